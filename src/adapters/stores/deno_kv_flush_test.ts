import { assert, assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { denoKv } from "./deno_kv.ts";

const writer = new URL("../../../testing/crash/deno_kv_writer.ts", import.meta.url).pathname;
const refusal = await whyNoTrace();
if (refusal !== undefined) printLine(`deno_kv_flush_test: ignored, since ${refusal}`);

Deno.test({
  name: "write() of denoKv() resolves only after a synchronization of the log that follows all that was written to it",
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
        if (name?.startsWith("pwrite") && file.endsWith("bus.kv-wal")) unsynchronized++;
        // The store's own: SQLite calls fsync, on a level that Deno does not promise.
        else if (name === "fdatasync" && file.endsWith("bus.kv-wal")) unsynchronized = 0;
        else if (name === "fsync" && file === directory) directorySynchronized = true;
        else if (/write\(1<[^>]*>, "\d+\\n"/.test(call)) {
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

const FAILURES = [
  { failure: "fdatasync of its own fails", says: "os error 5", inject: "fdatasync:error=EIO:when=30+" },
  { failure: "the disk is full", says: "the disk is full", inject: "pwrite64:error=ENOSPC:when=400+" },
];

for (const { failure, says, inject } of FAILURES) {
  Deno.test({
    name: `write() of denoKv() rejects with not-durable when ${failure}, and what was acknowledged before is kept`,
    ignore: refusal !== undefined,
    async fn() {
      const directory = await Deno.makeTempDir({ prefix: "bellhop-" });
      const path = `${directory}/bus.kv`;
      try {
        const calls = inject.slice(0, inject.indexOf(":"));
        const flags = ["-f", "-e", `trace=${calls}`, "-e", `inject=${inject}`, "-o", "/dev/null"];
        const args = [...flags, "--", Deno.execPath(), "run", "-A", "--no-check", writer, path];
        const { code, stdout, stderr } = await new Deno.Command("strace", { args }).output();
        const said = new TextDecoder().decode(stderr);
        assertEquals(code, 1, said);
        assertStringIncludes(said, says);
        const acknowledged = new TextDecoder().decode(stdout).trim().split("\n");
        assertGreater(acknowledged.length, 10);
        const store = await denoKv(path)();
        const kept = new Set((await store.scan("deliveries", "", 1_000)).map(({ key }) => Number(key)));
        await store.close();
        // Later ones delete those before them.
        const last = acknowledged.slice(-50);
        assertEquals(last.filter((n) => !kept.has(Number(n))), []);
      } finally {
        await Deno.remove(directory, { recursive: true });
      }
    },
  });
}

/** The system calls of a writer, from its start to its end. */
async function trace(directory: string): Promise<readonly string[]> {
  const log = `${directory}/calls`;
  const child = new Deno.Command("strace", {
    args: ["-f", "-y", "-e", "trace=write,pwrite64,pwritev,fsync,fdatasync", "-o", log, "--"]
      .concat(Deno.execPath(), "run", "-A", "--no-check", writer, `${directory}/bus.kv`, "1", "200"),
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
