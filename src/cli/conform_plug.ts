/**
 * Which implementation `bellhop conform` tries, and how it is reached.
 *
 * @module
 */
import type { OpenSubject } from "../../conformance/mod.ts";
import type { OpenStore } from "../ports/store.ts";
import { type Given, text } from "./arguments.ts";
import { EXIT, Stop } from "./exit_code.ts";
import type { Option } from "./option.ts";

/** An implementation that can be opened. */
export interface Plug {
  readonly open: OpenSubject;
  /** The option that names it, as a shell reads it. */
  readonly said: string;
}

const PLUGS: Readonly<Record<string, Option>> = {
  stdio: { value: "COMMAND", help: "a program that speaks JSON Lines; the shell reads the command" },
  http: { value: "URL", help: "a gateway that runs, in real time" },
  "http-command": {
    value: "COMMAND",
    help: `what starts a gateway and prints {"url":"…"} as its first line, in real time`,
  },
  subject: { value: "bellhop", help: "this implementation itself, in this process" },
};

export const PLUG_OPTIONS: Readonly<Record<string, Option>> = {
  ...PLUGS,
  store: { value: "STORE", help: "what that one keeps CRITICAL in: memory (default), or sqlite, on this disk" },
};

/** Opens the bellhop in this process. @throws {Stop} `usage` for a store that is not known */
export async function reference(store = "memory"): Promise<OpenSubject> {
  if (store !== "memory" && store !== "sqlite") {
    throw new Stop(EXIT.usage, `--store: there are memory and sqlite, got ${JSON.stringify(store)}`);
  }
  const { bellhop } = await import("../../conformance/subjects/bellhop.ts");
  return store === "memory" ? bellhop() : bellhop({ disk: await files() });
}

/** Openers of one empty SQLite file after another, in a folder that goes when the process does. */
async function files(): Promise<() => OpenStore> {
  const [{ sqlite }, { mkdtempSync, rmSync }, { tmpdir }, { default: process }] = await Promise.all([
    import("../adapters/stores/sqlite.ts"),
    import("node:fs"),
    import("node:os"),
    import("node:process"),
  ]);
  const folder = mkdtempSync(`${tmpdir()}/bellhop-conform-`);
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  let count = 0;
  return () => sqlite(`${folder}/${++count}.db`);
}

/**
 * The implementation that the options name.
 *
 * @throws {Stop} `usage` unless exactly one is named
 */
export async function plugOf(values: Given["values"]): Promise<Plug> {
  const named = Object.keys(PLUGS).filter((name) => values[name] !== undefined);
  if (named.length !== 1) {
    const got = named.length === 0 ? "none" : named.map((name) => `--${name}`).join(" and ");
    throw new Stop(EXIT.usage, `wanted one of --stdio, --http, --http-command and --subject, got ${got}`);
  }
  const [name] = named;
  const value = text(values, name, "");
  if (value.trim() === "") throw new Stop(EXIT.usage, `--${name}: wanted a value`);
  const store = values.store as string | undefined;
  if (store !== undefined && name !== "subject") throw new Stop(EXIT.usage, "--store goes with --subject alone");
  const said = `--${name} ${quoted(value)}${store === undefined ? "" : ` --store ${store}`}`;
  return { open: await opened(name, value, store), said };
}

async function opened(name: string, value: string, store: string | undefined): Promise<OpenSubject> {
  if (name === "subject") {
    if (value === "bellhop") return await reference(store);
    throw new Stop(EXIT.usage, `--subject: there is bellhop alone, got ${JSON.stringify(value)}`);
  }
  if (name === "stdio") return (await import("../../conformance/drivers/stdio.ts")).stdioSubject(value);
  const { httpSubject } = await import("../../conformance/drivers/http.ts");
  if (name === "http-command") return httpSubject({ command: value });
  if (!/^https?:$/.test(URL.parse(value)?.protocol ?? "")) {
    throw new Stop(EXIT.usage, `--http: wanted an http URL, got ${JSON.stringify(value)}`);
  }
  return httpSubject({ url: value });
}

/** A text as one word of a shell. */
function quoted(value: string): string {
  return /^[\w./:=-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}
