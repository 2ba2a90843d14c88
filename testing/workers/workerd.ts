/**
 * Real workerd, as miniflare starts it, on a program of ours, in processes of its own.
 *
 * @module
 */

import { gone } from "../gone.ts";

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
  const file = await Deno.makeTempFile({ prefix: "bellhop-" });
  await Deno.writeTextFile(file, JSON.stringify({ ...options, program }));
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", new URL("_serve_workerd.ts", import.meta.url).pathname, file],
    stdin: "piped",
    stdout: "piped",
    // It tells the stack of each connection that was cut.
    stderr: "null",
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  while (!said.includes("\n")) {
    const { value, done } = await lines.read();
    if (done) break;
    said += value;
  }
  await Deno.remove(file);
  let ended: Promise<void> | undefined;
  const end = async (pids: readonly number[]): Promise<void> => {
    for (const pid of pids) Deno.kill(pid, "SIGKILL");
    child.kill("SIGKILL");
    await child.stdin.abort().catch(() => {});
    await lines.cancel();
    await child.status;
    await gone(({ pid }) => pids.includes(pid));
  };
  if (!said.includes("\n")) {
    await end([]);
    throw new Error("workerd did not start");
  }
  const { url, pids } = JSON.parse(said) as { readonly url: string; readonly pids: readonly number[] };
  const kill = () => ended ??= end(pids);
  return { url, kill, [Symbol.asyncDispose]: kill };
}
