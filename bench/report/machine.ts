import { availableParallelism, cpus } from "node:os";
import type { Machine } from "./result.ts";

/**
 * The machine and the load it has at this moment: call it before anything is measured, or the bench sees itself.
 *
 * @param runtimes versions of other runtimes that take part, by name
 */
export function thisMachine(runtimes: Readonly<Record<string, string>> = {}): Machine {
  return {
    cpu: cpus()[0]?.model.trim().replaceAll(/\s+/g, " ") || "unknown",
    cores: availableParallelism(),
    memoryBytes: Deno.systemMemoryInfo().total,
    os: `${Deno.build.os} ${Deno.osRelease()} ${Deno.build.arch}`,
    runtimes: { deno: Deno.version.deno, ...runtimes },
    load: Deno.loadavg()[0],
  };
}
