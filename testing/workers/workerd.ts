/**
 * Real workerd, as miniflare starts it, on a program of ours.
 *
 * @module
 */
import type { Readable } from "node:stream";
import { kCurrentWorker, Miniflare } from "npm:miniflare@4.20260730.0";

/** A Worker that runs. */
export interface Workerd extends AsyncDisposable {
  /** Where it listens. */
  readonly url: string;
  /** Ends it by SIGKILL: whatever it had in memory is lost. */
  kill(): Promise<void>;
}

/** What it is given. */
export interface WorkerdOptions {
  /** Names of bindings, and the classes of the objects behind them. */
  readonly objects?: Readonly<Record<string, string>>;
  /** Variables. */
  readonly bindings?: Readonly<Record<string, string>>;
  /** Name under which it is bound to itself. */
  readonly self?: string;
  /** Folder in which objects are kept; in memory without. */
  readonly folder?: string;
}

/** One program for workerd, bundled. @param path relative to the repository */
export async function bundled(path: string): Promise<string> {
  const root = new URL("../..", import.meta.url).pathname;
  const folder = await Deno.makeTempDir({ prefix: "bellhop-" });
  const output = `${folder}/worker.js`;
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--platform", "browser", "--external", "node:*", "--output", output, path],
    cwd: root,
    stdout: "null",
    stderr: "piped",
  }).output();
  if (code !== 0) throw new Error(`${path} cannot be bundled: ${new TextDecoder().decode(stderr)}`);
  const text = await Deno.readTextFile(output);
  await Deno.remove(folder, { recursive: true });
  return text;
}

/** Starts workerd on a bundled program. */
export async function workerd(program: string, options: WorkerdOptions = {}): Promise<Workerd> {
  const { objects = {}, bindings = {}, self, folder } = options;
  const before = await children();
  const miniflare = new Miniflare({
    modules: [{ type: "ESModule", path: "worker.js", contents: program }],
    compatibilityDate: "2026-07-01",
    compatibilityFlags: ["nodejs_compat"],
    durableObjects: Object.fromEntries(
      Object.entries(objects).map(([name, className]) => [name, { className, useSQLite: true }]),
    ),
    bindings: { ...bindings },
    ...(self === undefined ? {} : { serviceBindings: { [self]: kCurrentWorker } }),
    host: "127.0.0.1",
    // It tells the stack of each connection that was cut.
    handleRuntimeStdio(output: Readable, errors: Readable) {
      output.resume();
      errors.resume();
    },
    ...(folder === undefined ? {} : { durableObjectsPersist: folder }),
  });
  const url = (await miniflare.ready).href.replace(/\/$/, "");
  let ended: Promise<void> | undefined;
  return {
    url,
    async kill() {
      for (const pid of await children()) if (!before.includes(pid)) Deno.kill(pid, "SIGKILL");
      await (ended ??= miniflare.dispose().catch(() => {}));
    },
    [Symbol.asyncDispose]: () => ended ??= miniflare.dispose(),
  };
}

/** The processes of workerd that this one has started. */
async function children(): Promise<number[]> {
  const pids: number[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await Deno.readTextFile(`/proc/${name}/stat`).catch(() => "");
    const [, command, , parent] = /^\d+ \((.*)\) (\S) (\d+)/.exec(stat) ?? [];
    if (command === "workerd" && Number(parent) === Deno.pid) pids.push(Number(name));
  }
  return pids;
}
