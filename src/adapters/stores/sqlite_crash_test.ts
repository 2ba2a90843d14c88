import { assertEquals, assertGreater, assertLessOrEqual } from "@std/assert";
import { killedWriter } from "../../../testing/crash/killed_writer.ts";
import { keyOf, valueOf, WINDOW } from "../../../testing/crash/sqlite_writer.ts";
import { effort } from "../../../testing/effort.ts";
import type { Keyspace } from "../../core/bus/operation.ts";
import type { MessageStore } from "../../ports/store.ts";
import { seededRandom } from "../../testing/seeded_random.ts";
import { sqlite } from "./sqlite.ts";

const CYCLES = effort(15, 200);
const WRITER = new URL("../../../testing/crash/sqlite_writer.ts", import.meta.url);

Deno.test("sqlite() loses no acknowledged record to SIGKILL, invents none and keeps their order", async () => {
  const seed = Number(Deno.env.get("FC_SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0]);
  // The instants go by the seed; where in a flush each falls goes by the machine as well.
  printLine(`kill test: ${CYCLES} cycles, replay the instants with FC_SEED=${seed}`);
  const random = seededRandom(seed);
  const directory = await Deno.makeTempDir({ prefix: "bellhop-" });
  const path = `${directory}/bus.db`;
  let last = 0;
  let unacknowledged = 0;
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    const acknowledged = await killedWriter(WRITER, [path, `${last + 1}`], Math.floor(random() * 400), random() * 15);
    assertEquals(acknowledged, acknowledged.map((_, index) => last + 1 + index), "acknowledged out of order");
    const store = await sqlite(path)();
    const kept = await numbersKept(store, "messages");
    assertEquals(await numbersKept(store, "deliveries"), kept, "one write was torn in two");
    await store.close();
    const found = kept.length === 0 ? 0 : kept[kept.length - 1];
    assertGreater(acknowledged.length, 0);
    assertLessOrEqual(last + acknowledged.length, found, `cycle ${cycle}: an acknowledged record is gone`);
    // A prefix: everything up to the last one, but for what later writes deleted.
    const first = Math.max(1, found - WINDOW + 1);
    assertEquals(kept, Array.from({ length: found - first + 1 }, (_, index) => first + index));
    unacknowledged += found - last - acknowledged.length;
    last = found;
  }
  printLine(`kill test: ${last} records written, ${unacknowledged} of them kept though not yet acknowledged`);
  await Deno.remove(directory, { recursive: true });
});

/** The numbers of the records kept, each verified to hold what was written. */
async function numbersKept(store: MessageStore, keyspace: Keyspace): Promise<readonly number[]> {
  const records = await store.scan(keyspace, "", 1_000);
  return records.map(({ key, value }) => {
    const n = Number(key);
    assertEquals({ key, value }, { key: keyOf(n), value: valueOf(n) });
    return n;
  });
}

function printLine(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
}
