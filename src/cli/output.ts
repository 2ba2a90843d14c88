/**
 * The voice of the command line: results on standard output, everything else on standard error.
 *
 * @module
 */
import process from "node:process";

/** One line of result. */
export function print(line = ""): void {
  process.stdout.write(`${line}\n`);
}

/** One line for the person who watches. */
export function tell(line = ""): void {
  process.stderr.write(`${line}\n`);
}

/** Whether a person watches standard error, so that a moving bar makes sense. */
export function isWatched(): boolean {
  return process.stderr.isTTY === true;
}

/** Resolves when what was said has left this process, which may then end. */
export async function written(): Promise<void> {
  const empty = (stream: NodeJS.WriteStream) => new Promise<void>((resolve) => stream.write("", () => resolve()));
  await Promise.all([empty(process.stdout), empty(process.stderr)]);
}
