import { assertEquals } from "@std/assert";
import { acknowledgedUntil, assertFlushedFirst, whyNoTrace, type Writer } from "../../../testing/crash/strace.ts";
import { sqlite } from "./sqlite.ts";

const ignore = await whyNoTrace("sqlite_flush_test") !== undefined;

Deno.test({
  name: "write() resolves only after fsync of the log, and a fresh file's directory is synchronized first",
  ignore,
  fn: () => withWriter((writer) => assertFlushedFirst(writer, ["fsync", "fdatasync"])),
});

Deno.test({
  name: "write() rejects with not-durable when fsync fails, and what was acknowledged before is kept",
  ignore,
  fn: () =>
    withWriter(async (writer) => {
      // A dozen calls make the file; the 20th falls among the groups, and none after it succeeds either.
      const fault = { inject: "fsync:error=EIO:when=20+", says: "input/output error" };
      const acknowledged = await acknowledgedUntil(writer, fault);
      const store = await sqlite(writer.path)();
      const kept = new Set((await store.scan("messages", "", 1_000)).map(({ key }) => Number(key)));
      await store.close();
      assertEquals(acknowledged.filter((n) => !kept.has(n)), []);
    }),
});

async function withWriter(act: (writer: Writer) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "bellhop-" });
  const program = new URL("../../../testing/crash/sqlite_writer.ts", import.meta.url).pathname;
  try {
    await act({ program, path: `${directory}/bus.db` });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
