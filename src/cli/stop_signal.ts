import process from "node:process";

/** Resolves with the signal's name when the command is told to stop; a second signal ends it at once. */
export function untilStopped(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve(signal));
  });
}
