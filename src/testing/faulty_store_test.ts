import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { memory } from "../adapters/stores/memory.ts";
import type { StoreOperation } from "../core/bus/operation.ts";
import { BellhopError, type ErrorCode } from "../core/error.ts";
import type { MessageStore } from "../ports/store.ts";
import { faultyStore } from "./faulty_store.ts";
import { storeContract } from "./store_contract.ts";

storeContract(() => faultyStore(memory()).open, {
  register: (name, check) => Deno.test(`faultyStore() without a fault: ${name}`, check),
});

Deno.test("faultyStore() fails the nth write from now, then takes none until it is opened anew", async () => {
  const faulty = faultyStore(memory());
  const store = await faulty.open();
  await store.write(put("a"));
  faulty.failWrites({ nth: 2 });
  await store.write(put("b"));
  await rejects("not-durable", store.write(put("c")));
  await rejects("store-closed", store.write(put("d")));
  assertEquals(await keys(store), ["a", "b"]);
  await store.close();
  const again = await faulty.open();
  await again.write(put("e"));
  assertEquals(await keys(again), ["a", "b", "e"]);
  assertEquals(faulty.writes, 5);
});

Deno.test("faultyStore() may apply what it says has failed", async () => {
  const faulty = faultyStore(memory());
  const store = await faulty.open();
  faulty.failWrites({ applied: true, code: "store-failed" });
  await rejects("store-failed", store.write(put("a")));
  assertEquals(await keys(store), ["a"]);
});

Deno.test("faultyStore() fails for ever, until it heals", async () => {
  const faulty = faultyStore(memory());
  faulty.failWrites({ times: Infinity });
  for (let opening = 0; opening < 3; opening++) {
    const store = await faulty.open();
    await rejects("not-durable", store.write(put("a")));
    await store.close();
  }
  faulty.heal();
  const store = await faulty.open();
  await store.write(put("a"));
  assertEquals(await keys(store), ["a"]);
});

Deno.test("faultyStore() holds writes until they are released, in their order", async () => {
  const faulty = faultyStore(memory());
  const store = await faulty.open();
  faulty.hold();
  const settled: string[] = [];
  const writes = ["a", "b"].map((key) => store.write(put(key)).then(() => settled.push(key)));
  assertEquals(faulty.held, 2);
  assertEquals(await keys(store), []);
  assertEquals(settled, []);
  faulty.release();
  await Promise.all(writes);
  assertEquals(settled, ["a", "b"]);
  assertEquals(faulty.held, 0);
  await store.write(put("c"));
  assertEquals(await keys(store), ["a", "b", "c"]);
});

Deno.test("faultyStore() fails openings and scans", async () => {
  const faulty = faultyStore(memory());
  faulty.failOpening("store-locked");
  await rejects("store-locked", faulty.open());
  faulty.heal();
  const store = await faulty.open();
  faulty.failScans();
  await rejects("store-failed", store.scan("messages", "", 1));
  faulty.heal();
  assertEquals(await keys(store), []);
});

Deno.test("faultyStore() fails at each dealing with the disk, by what the system would say", async () => {
  const faulty = faultyStore(memory());
  const error = async (promise: Promise<unknown>) => {
    const { code, cause } = await assertRejects(() => promise, BellhopError);
    return [code, (cause as { readonly code: string }).code];
  };
  faulty.fail({ error: "ENOSPC" });
  assertEquals(await error(faulty.open()), ["store-failed", "ENOSPC"]);
  const store = await faulty.open();
  faulty.fail({ at: "scan", nth: 2, times: Infinity });
  await store.write(put("a"));
  assertEquals(await keys(store), ["a"]);
  for (let again = 0; again < 3; again++) {
    assertEquals(await error(store.scan("messages", "", 1)), ["store-failed", "EIO"]);
  }
  faulty.fail({ at: "write", error: "ENOSPC", applied: 1 });
  assertEquals(await error(store.write([...put("b"), ...put("c")])), ["not-durable", "ENOSPC"]);
  assertEquals(await keys(store), ["a", "b"]);
  faulty.fail({ at: "close" });
  assertEquals(await error(store.close()), ["store-failed", "EIO"]);
  assertEquals(faulty.points, 10);
  // Its owner is gone nevertheless.
  await (await faulty.open()).close();
});

Deno.test("faultyStore() lets a crash take what hangs, but for a prefix of it", async () => {
  await fc.assert(fc.asyncProperty(
    fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 }),
    fc.nat(12),
    fc.nat(12),
    async (sizes, passing, kept) => {
      const faulty = faultyStore(memory());
      const store = await faulty.open();
      faulty.hold(passing);
      let next = 0;
      const all = sizes.map((size) => Array.from({ length: size }, () => String.fromCharCode(97 + next++)));
      const acknowledged: string[] = [];
      const writes = all.map((keys) =>
        store.write(keys.flatMap(put)).then(() => {
          acknowledged.push(...keys);
        }, (error) => assertEquals(error.code, "store-closed"))
      );
      await new Promise((resolve) => setTimeout(resolve));
      const { lost, torn } = await faulty.crash(kept);
      await Promise.all(writes);
      await rejects("store-closed", store.write(put("late")));
      const again = await faulty.open();
      const found = await keys(again);
      assertEquals(found, all.flat().slice(0, passing + kept));
      assertEquals(acknowledged.every((key) => found.includes(key)), true);
      assertEquals(lost, next - found.length);
      const whole = new Set([0, ...sizes.map((_, at) => all.slice(0, at + 1).flat().length)]);
      assertEquals(torn, !whole.has(found.length));
      await again.close();
    },
  ));
});

function put(key: string): readonly StoreOperation[] {
  return [{ keyspace: "messages", key, value: "1" }];
}

async function keys(store: MessageStore): Promise<readonly string[]> {
  return (await store.scan("messages", "", 1_000)).map(({ key }) => key);
}

async function rejects(code: ErrorCode, promise: Promise<unknown>): Promise<void> {
  assertEquals((await assertRejects(() => promise, BellhopError)).code, code);
}
