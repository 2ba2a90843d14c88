/**
 * What a writer asks of the system, and a system that refuses: by `strace`, where it is there and may trace.
 *
 * @module
 */
import { assert, assertEquals, assertGreater, assertStringIncludes } from "@std/assert";

/** Why nothing can be traced here, if so; it is printed too, for the tests that are ignored then. */
export async function whyNoTrace(test: string): Promise<string | undefined> {
  const reason = await new Deno.Command("strace", { args: ["-o", "/dev/null", "true"] }).output().then(
    ({ success }) => success ? undefined : "strace may not trace here",
    (error) => {
      if (error instanceof Deno.errors.NotFound) return "there is no strace here";
      throw error;
    },
  );
  if (reason !== undefined) {
    Deno.stderr.writeSync(new TextEncoder().encode(`${test}: tests are ignored, since ${reason}\n`));
  }
  return reason;
}

/** A program that writes records into a store and prints the number of each when it is acknowledged. */
export interface Writer {
  /** The program. */
  readonly program: string;
  /** The store's file, in a folder of its own. */
  readonly path: string;
}

/**
 * Runs a writer of 200 records and asserts that each was acknowledged only when all that had been written to the log was
 * flushed, and the name of the file as well.
 *
 * @param flushes system calls that flush the log
 */
export async function assertFlushedFirst({ program, path }: Writer, flushes: readonly string[]): Promise<void> {
  const directory = path.slice(0, path.lastIndexOf("/"));
  const calls = `${directory}/calls`;
  const trace = ["-f", "-y", "-e", "trace=write,pwrite64,pwritev,fsync,fdatasync", "-o", calls];
  const { code } = await strace(trace, [program, path, "1", "200"]);
  assertEquals(code, 0);
  let unsynchronized = 0;
  let directorySynchronized = false;
  let acknowledged = 0;
  for (const call of (await Deno.readTextFile(calls)).split("\n")) {
    const [, name, file] = /(\w+)\(\d+<([^>]*)>/.exec(call) ?? [];
    if (name?.startsWith("pwrite") && file === `${path}-wal`) unsynchronized++;
    else if (file === `${path}-wal` && flushes.includes(name)) unsynchronized = 0;
    else if (file === directory && /^f(data)?sync$/.test(name)) directorySynchronized = true;
    else if (/write\(1<[^>]*>, "\d+\\n"/.test(call)) {
      acknowledged++;
      assertEquals(unsynchronized, 0, `acknowledged before it was flushed: ${call}`);
      assert(directorySynchronized, "acknowledged before the file's name was flushed");
    }
  }
  assertGreater(acknowledged, 100);
}

/**
 * Runs a writer whose system begins to fail, and asserts that it says so and ends.
 *
 * @param inject as `strace` takes it: `fsync:error=EIO:when=20+`
 * @returns the records that it had acknowledged before
 */
export async function acknowledgedUntil(
  { program, path }: Writer,
  { inject, says }: { readonly inject: string; readonly says: string },
): Promise<readonly number[]> {
  const calls = inject.slice(0, inject.indexOf(":"));
  const faults = ["-f", "-e", `trace=${calls}`, "-e", `inject=${inject}`, "-o", "/dev/null"];
  const { code, stdout, stderr } = await strace(faults, [program, path]);
  const said = new TextDecoder().decode(stderr);
  assertEquals(code, 1, said);
  assertStringIncludes(said, says);
  const acknowledged = new TextDecoder().decode(stdout).trim().split("\n").map(Number);
  assertGreater(acknowledged.length, 10);
  return acknowledged;
}

function strace(flags: readonly string[], program: readonly string[]): Promise<Deno.CommandOutput> {
  const args = [...flags, "--", Deno.execPath(), "run", "-A", "--no-check", ...program];
  return new Deno.Command("strace", { args, stdin: "null" }).output();
}
