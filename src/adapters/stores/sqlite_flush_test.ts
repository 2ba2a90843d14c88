import { assert, assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { sqlite } from "./sqlite.ts";

const writer = new URL("../../../testing/crash/sqlite_writer.ts", import.meta.url).pathname;
const refusal = await whyNoTrace();
if (refusal !== undefined) printLine(`sqlite_flush_test: ignored, since ${refusal}`);

Deno.test({
  name: "write() resolves only after fsync of the log, and a fresh file's directory is synchronized first",
  ignore: refusal !== undefined,
  async fn() {
    const directory = await Deno.makeTempDir({ prefix: "bellhop-" });
    try {
      const calls = await trace(directory);
      let unsynchronized = 0;
      let directorySynchronized = false;
      let acknowledged = 0;
      for (const call of calls) {
        const [, name, file] = /(\w+)\(\d+<([^>]*)>/.exec(call) ?? [];
        if (name?.startsWith("pwrite") && file.endsWith("bus.db-wal")) unsynchronized++;
        else if (/^fsync$|^fdatasync$/.test(name ?? "")) {
          if (file.endsWith("bus.db-wal")) unsynchronized = 0;
          if (file === directory) directorySynchronized = true;
        } else if (/write\(1<[^>]*>, "\d+\\n"/.test(call)) {
          acknowledged++;
          assertEquals(unsynchronized, 0, `acknowledged before it was flushed: ${call}`);
          assert(directorySynchronized, "acknowledged before the file's name was flushed");
        }
      }
      assertGreater(acknowledged, 100);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});

Deno.test({
  name: "write() rejects with not-durable when fsync fails, and what was acknowledged before is kept",
  ignore: refusal !== undefined,
  async fn() {
    const directory = await Deno.makeTempDir({ prefix: "bellhop-" });
    const path = `${directory}/bus.db`;
    try {
      // A dozen calls make the file; the 20th falls among the groups, and none after it succeeds either.
      const inject = ["-f", "-e", "trace=fsync", "-e", "inject=fsync:error=EIO:when=20+", "-o", "/dev/null"];
      const args = [...inject, "--", Deno.execPath(), "run", "-A", "--no-check", writer, path];
      const { code, stdout, stderr } = await new Deno.Command("strace", { args }).output();
      assertEquals(code, 1);
      assertStringIncludes(new TextDecoder().decode(stderr), "input/output error");
      const acknowledged = new TextDecoder().decode(stdout).trim().split("\n");
      assertGreater(acknowledged.length, 10);
      const store = await sqlite(path)();
      const kept = new Set((await store.scan("messages", "", 1_000)).map(({ key }) => Number(key)));
      await store.close();
      assertEquals(acknowledged.filter((n) => !kept.has(Number(n))), []);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});

/** The system calls of a writer, from its start to its end. */
async function trace(directory: string): Promise<readonly string[]> {
  const log = `${directory}/calls`;
  const child = new Deno.Command("strace", {
    args: ["-f", "-y", "-e", "trace=write,pwrite64,pwritev,fsync,fdatasync", "-o", log, "--"]
      .concat(Deno.execPath(), "run", "-A", "--no-check", writer, `${directory}/bus.db`, "1", "200"),
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  assertEquals((await child.status).code, 0);
  return (await Deno.readTextFile(log)).split("\n");
}

async function whyNoTrace(): Promise<string | undefined> {
  try {
    const { success } = await new Deno.Command("strace", { args: ["-o", "/dev/null", "true"] }).output();
    return success ? undefined : "strace may not trace here";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "there is no strace here";
    throw error;
  }
}

function printLine(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
}
