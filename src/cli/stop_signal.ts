import process from "node:process";

/** How long `npx` may be gone before it is noticed, in milliseconds. */
const LOOK_MS = 250;

/**
 * Resolves with the signal's name when the command is told to stop; a second signal ends it at once. `npx` keeps SIGTERM
 * to itself: where it runs the command, its end is the signal.
 */
export function untilStopped(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve(signal));
    if (process.env.npm_lifecycle_event !== "npx") return;
    // The shell between the two ends with it.
    const parent = process.ppid;
    setInterval(() => process.ppid !== parent && resolve("SIGTERM"), LOOK_MS).unref();
  });
}
