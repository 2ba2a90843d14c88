/**
 * Miniflare in a process of its own, for it leaves timers and files of the one that it runs in behind: prints where
 * workerd listens and which processes it is, and ends with its standard input.
 *
 *     deno run -A testing/workers/_serve_workerd.ts options.json
 *
 * @module
 */
import { kCurrentWorker, Miniflare } from "npm:miniflare@4.20260730.0";
import type { WorkerdOptions } from "./workerd.ts";

const { program, objects = {}, bindings = {}, self, folder }: WorkerdOptions & { readonly program: string } = JSON
  .parse(await Deno.readTextFile(Deno.args[0]));
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
  ...(folder === undefined ? {} : { durableObjectsPersist: folder }),
});
const url = (await miniflare.ready).href.replace(/\/$/, "");
await Deno.stdout.write(new TextEncoder().encode(`${JSON.stringify({ url, pids: await children() })}\n`));
for await (const _ of Deno.stdin.readable);
await miniflare.dispose();
Deno.exit(0);

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
