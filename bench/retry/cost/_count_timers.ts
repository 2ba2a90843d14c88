/**
 * Counts the timers that are set, from before an engine is loaded; only if the process is told to, for a wrapper costs.
 *
 * @module
 */
import process from "node:process";

/** Timers set so far. */
export const counted: { timers: number } = { timers: 0 };

/** The platform's own, which is not counted. */
export const platformTimeout: typeof setTimeout = setTimeout;

const platform = globalThis as unknown as Record<string, (...args: unknown[]) => unknown>;
if (process.argv.includes("--count-timers")) {
  for (const name of ["setTimeout", "setInterval", "setImmediate"]) {
    const set = platform[name];
    platform[name] = (...args) => {
      counted.timers++;
      return set(...args);
    };
  }
}
