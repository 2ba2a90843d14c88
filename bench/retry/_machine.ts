import { cpus, loadavg, totalmem } from "node:os";
import type { Machine } from "../report/result.ts";
import type { Runtime } from "./cost/runtimes.ts";

/** The machine, as it is when a bench begins. */
export function machine(runtimes: readonly Runtime[]): Machine {
  const all = cpus();
  return {
    cpu: all[0]?.model.trim() ?? "",
    cores: all.length,
    memoryBytes: totalmem(),
    os: `${Deno.build.os} ${Deno.osRelease()}`,
    runtimes: Object.fromEntries(runtimes.map(({ name, version }) => [name, version])),
    load: loadavg()[0],
  };
}
