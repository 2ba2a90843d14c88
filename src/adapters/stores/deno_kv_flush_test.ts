import { assertEquals } from "@std/assert";
import { acknowledgedUntil, assertFlushedFirst, whyNoTrace, type Writer } from "../../../testing/crash/strace.ts";
import { denoKv } from "./deno_kv.ts";

const ignore = await whyNoTrace("deno_kv_flush_test") !== undefined;

Deno.test({
  name: "write() of denoKv() resolves only after a synchronization of the log that follows all that was written to it",
  ignore,
  // The store's own: SQLite calls fsync, on a level that Deno does not promise.
  fn: () => withWriter((writer) => assertFlushedFirst(writer, ["fdatasync"])),
});

const FAILURES = [
  { failure: "fdatasync of its own fails", says: "os error 5", inject: "fdatasync:error=EIO:when=30+" },
  { failure: "the disk is full", says: "the disk is full", inject: "pwrite64:error=ENOSPC:when=400+" },
];

for (const { failure, ...fault } of FAILURES) {
  Deno.test({
    name: `write() of denoKv() rejects with not-durable when ${failure}, and what was acknowledged before is kept`,
    ignore,
    fn: () =>
      withWriter(async (writer) => {
        const acknowledged = await acknowledgedUntil(writer, fault);
        const store = await denoKv(writer.path)();
        const kept = new Set((await store.scan("deliveries", "", 1_000)).map(({ key }) => Number(key)));
        await store.close();
        // Later ones delete those before them.
        assertEquals(acknowledged.slice(-50).filter((n) => !kept.has(n)), []);
      }),
  });
}

async function withWriter(act: (writer: Writer) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "bellhop-" });
  const program = new URL("../../../testing/crash/deno_kv_writer.ts", import.meta.url).pathname;
  try {
    await act({ program, path: `${directory}/bus.kv` });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
