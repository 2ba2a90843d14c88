import { assert, assertEquals, assertGreater } from "@std/assert";
import { operationsOf, WINDOW } from "../../../testing/crash/deno_kv_writer.ts";
import { killedWriter } from "../../../testing/crash/killed_writer.ts";
import { effort } from "../../../testing/effort.ts";
import type { StoreRecord } from "../../ports/store.ts";
import { seededRandom } from "../../testing/seeded_random.ts";
import { denoKv } from "./deno_kv.ts";

const CYCLES = effort(4, 200);
const WRITER = new URL("../../../testing/crash/deno_kv_writer.ts", import.meta.url);

Deno.test("denoKv() loses no acknowledged record to SIGKILL, invents none, tears none, and keeps a prefix", async () => {
  const seed = Number(Deno.env.get("FC_SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0]);
  // The instants go by the seed; where in a commit each falls goes by the machine as well.
  printLine(`kill test: ${CYCLES} cycles, replay the instants with FC_SEED=${seed}`);
  const random = seededRandom(seed);
  const directory = await Deno.makeTempDir({ prefix: "bellhop-" });
  const path = `${directory}/bus.kv`;
  let last = 0;
  let unacknowledged = 0;
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    const acknowledged = await killedWriter(WRITER, [path, `${last + 1}`], Math.floor(random() * 400), random() * 15);
    assertGreater(acknowledged.length, 0);
    assertEquals(acknowledged, acknowledged.map((_, index) => last + 1 + index), "acknowledged out of order");
    const store = await denoKv(path)();
    const [messages, deliveries] = [await store.scan("messages", "", 1_000), await store.scan("deliveries", "", 1_000)];
    // As an opener would: what was not acknowledged may be there in part, since each write has four operations.
    const found = Number(messages.at(-1)?.key ?? 0);
    assert(last + acknowledged.length <= found, `cycle ${cycle}: an acknowledged record is gone`);
    assert(
      prefixesUpTo(found).some((prefix) => same(prefix.messages, messages) && same(prefix.deliveries, deliveries)),
      `cycle ${cycle}: what is kept up to ${found} is no prefix of what was written`,
    );
    unacknowledged += found - last - acknowledged.length;
    // The next life begins after it, so this one is made whole.
    await store.write(operationsOf(found));
    await store.close();
    last = found;
  }
  printLine(`kill test: ${last} records written, ${unacknowledged} of them kept though not yet acknowledged`);
  await Deno.remove(directory, { recursive: true });
});

interface Contents {
  readonly messages: readonly StoreRecord[];
  readonly deliveries: readonly StoreRecord[];
}

/** What there is after the first, the second … of the operations of record `n`, those of all before it being done. */
function prefixesUpTo(n: number): readonly Contents[] {
  const kept = { messages: new Map<string, string>(), deliveries: new Map<string, string>() };
  const apply = ({ keyspace, key, value }: ReturnType<typeof operationsOf>[number]): void => {
    const drawer = kept[keyspace as keyof Contents];
    if (value === undefined) drawer.delete(key);
    else drawer.set(key, value);
  };
  for (let before = Math.max(1, n - 2 * WINDOW); before < n; before++) operationsOf(before).forEach(apply);
  return operationsOf(n).map((operation) => {
    apply(operation);
    return { messages: listed(kept.messages), deliveries: listed(kept.deliveries) };
  });
}

/** Keys are of one length and ascend, so they are in order already. */
function listed(drawer: ReadonlyMap<string, string>): readonly StoreRecord[] {
  return [...drawer].map(([key, value]) => ({ key, value }));
}

function same(a: readonly StoreRecord[], b: readonly StoreRecord[]): boolean {
  return a.length === b.length && a.every(({ key, value }, index) => key === b[index].key && value === b[index].value);
}

function printLine(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
}
