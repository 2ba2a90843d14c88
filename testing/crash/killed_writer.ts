/**
 * A program that writes, prints the number of each record once it is acknowledged, and is killed at some instant.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";

const DEADLINE_MS = 20_000;

/**
 * Runs the program until it has acknowledged more than `count` records and `extraMs` have passed, kills it with SIGKILL,
 * and returns the numbers of all that it acknowledged, in their order.
 */
export async function killedWriter(
  program: URL,
  args: readonly string[],
  count: number,
  extraMs: number,
): Promise<readonly number[]> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", program.pathname, ...args],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const deadline = setTimeout(() => child.kill("SIGKILL"), DEADLINE_MS);
  let kill: ReturnType<typeof setTimeout> | undefined;
  let output = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    output += text;
    if (kill === undefined && output.split("\n").length > count) {
      kill = setTimeout(() => child.kill("SIGKILL"), extraMs);
    }
  }
  const { signal } = await child.status;
  clearTimeout(deadline);
  clearTimeout(kill);
  assertEquals(signal, "SIGKILL");
  assert(kill !== undefined, `the writer acknowledged fewer than ${count} records in ${DEADLINE_MS} ms`);
  // What follows the last line break is a line cut off by the kill.
  return output.split("\n").slice(0, -1).map(Number);
}
