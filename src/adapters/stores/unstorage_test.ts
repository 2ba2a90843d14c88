import { assert, assertEquals, assertNotEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import { createStorage, type Driver, type Storage } from "npm:unstorage@1.17.6";
import cloudflareHttp from "npm:unstorage@1.17.6/drivers/cloudflare-kv-http";
import cloudflareBinding from "npm:unstorage@1.17.6/drivers/cloudflare-kv-binding";
import fs from "npm:unstorage@1.17.6/drivers/fs";
import memoryDriver from "npm:unstorage@1.17.6/drivers/memory";
import nullDriver from "npm:unstorage@1.17.6/drivers/null";
import { effort } from "../../../testing/effort.ts";
import version1 from "../../../testing/stores/unstorage_1.json" with { type: "json" };
import type { StoreOperation } from "../../core/bus/operation.ts";
import { BellhopError, type ErrorCode } from "../../core/error.ts";
import { storeContract } from "../../testing/store_contract.ts";
import { itemKey, recordKey } from "./_unstorage_items.ts";
import { unstorageStore } from "./unstorage.ts";

const directory = Deno.makeTempDirSync({ prefix: "bellhop-" });
globalThis.addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));
let folders = 0;

/** What the tests need of a file system: that it is there when it is opened anew. */
const DECLARED = { level: "flushed", reliesOn: "a test that never cuts the power" } as const;

storeContract(() => unstorageStore(createStorage()), {
  register: (name, check) => Deno.test(`unstorageStore() on the driver memory: ${name}`, check),
  runs: effort(10, 40),
});
storeContract(() => onDisk(fresh()), {
  register: (name, check) => Deno.test(`unstorageStore() on the driver fs: ${name}`, check),
  runs: effort(4, 40),
});

Deno.test("unstorageStore() throws argument-invalid for what cannot be", () => {
  for (const base of ["", "A", "a b", ":a", "a:", "a::b", "../a"]) {
    throws("argument-invalid", () => unstorageStore(createStorage(), { base }));
  }
  for (const maxRecordBytes of [98_303, 67_108_865]) {
    throws("argument-invalid", () => unstorageStore(createStorage(), { maxRecordBytes }));
  }
  for (const maxRecords of [0, 1_000_001, 1.5]) {
    throws("argument-invalid", () => unstorageStore(createStorage(), { maxRecords }));
  }
  for (const durability of [{ level: "flushed", reliesOn: "" }, { level: "memory", reliesOn: "nothing at all" }]) {
    throws("argument-invalid", () => unstorageStore(createStorage(), { durability: durability as typeof DECLARED }));
  }
});

Deno.test("unstorageStore() refuses Cloudflare KV with the reason, wherever it is mounted, and other drivers that forget", () => {
  const http = { accountId: "a", namespaceId: "b", apiToken: "c" };
  for (const driver of [cloudflareBinding({ binding: "KV" }), cloudflareHttp(http)]) {
    const mounted = [
      createStorage({ driver }),
      createStorage().mount("bellhop", driver),
      createStorage().mount("bellhop:messages", driver),
    ];
    for (const storage of mounted) {
      const error = throws("argument-invalid", () => unstorageStore(storage));
      assertStringIncludes(error.message, "eventually consistent");
      assertEquals(error.field, "storage");
    }
    // Elsewhere in the same storage it is none of our business.
    unstorageStore(createStorage().mount("cache", driver));
  }
  throws("argument-invalid", () => unstorageStore(createStorage({ driver: nullDriver() })));
  for (const name of ["lru-cache", "vercel-runtime-cache", "overlay", "deno-kv", "deno-kv-node", "netlify-blobs"]) {
    throws("argument-invalid", () => unstorageStore(createStorage({ driver: { ...memoryDriver(), name } })));
  }
  const strong = { ...memoryDriver(), name: "netlify-blobs", options: { consistency: "strong" } };
  unstorageStore(createStorage({ driver: strong }));
});

Deno.test("unstorageStore() promises memory unless told otherwise, and says what the promise relies on", async () => {
  const plain = await unstorageStore(createStorage({ driver: fs({ base: fresh() }) }))();
  assertEquals([plain.capabilities.durability, plain.capabilities.name], ["memory", "unstorage fs"]);
  assertEquals(plain.capabilities.ownership, "process");
  await plain.close();
  const declared = await onDisk(fresh())();
  assertEquals(declared.capabilities.durability, "flushed");
  assertStringIncludes(declared.capabilities.name, DECLARED.reliesOn);
  await declared.close();
});

Deno.test("itemKey() makes names that every driver keeps apart, without regard to case, and recordKey() reads them", () => {
  const key = fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 256 });
  fc.assert(fc.property(key, key, (a, b) => {
    const [one, other] = [itemKey("base", "messages", a), itemKey("base", "messages", b)];
    assert(/^[a-z0-9_:-]+$/.test(one) && one.split(":").every((segment) => segment !== "" && segment.length <= 102));
    assertEquals(recordKey("base", one), { keyspace: "messages", key: a });
    if (a === b) return;
    assertNotEquals(one, other);
    // As paths, none is a folder of the other.
    assert(!other.startsWith(`${one}:`) && !one.startsWith(`${other}:`));
  }));
  for (
    const item of ["base:messages", "base:messages:", "base:messages:a", "base:messages:kA", "base:else:ka", "base:x"]
  ) {
    assertEquals(recordKey("base", item), undefined, item);
  }
});

Deno.test("on the driver fs every record is found by another process's storage, whatever its key and its text", async () => {
  const folder = fresh();
  const written = [
    put("a", '{"looks":"like JSON"}'),
    put("A", "true"),
    put("con", "12"),
    put("x".repeat(100), "short of a folder"),
    put("x".repeat(256), "in folders"),
    put("../up?a=1", "\uFEFF\0 trailing \n"),
    put(" ~$%:/\\|<>*", ""),
  ];
  const first = await onDisk(folder)();
  await first.write(written);
  await first.close();
  const second = await onDisk(folder)();
  const sorted = written.toSorted((a, b) => a.key < b.key ? -1 : 1);
  assertEquals(await second.scan("messages", "", 100), sorted.map(({ key, value }) => ({ key, value })));
  await second.close();
});

Deno.test("write() rejects its whole group with not-durable when the driver fails half-way, and the store takes no more", async () => {
  const storage = createStorage();
  const failing = failingAt(storage, "setItem", 2);
  const open = unstorageStore(failing.storage);
  const store = await open();
  await store.write([put("before", "1")]);
  failing.arm();
  const writes = [
    store.write([put("first", "1"), put("second", "2"), put("third", "3")]),
    store.write([put("beside", "1")]),
  ];
  for (const write of writes) assertStringIncludes((await rejects("not-durable", write)).message, "the bucket is full");
  await rejects("store-closed", store.write([put("after", "1")]));
  await rejects("store-locked", open());
  await store.close();
  failing.heal();
  const again = await open();
  // A beginning of the group, though none of it was accepted.
  assertEquals((await again.scan("messages", "", 10)).map(({ key }) => key), ["before", "first"]);
  await again.write([put("after", "1")]);
  await again.close();
});

Deno.test("write() rejects with not-durable when the driver resolves a delete and keeps the item", async () => {
  const driver = memoryDriver();
  const store = await unstorageStore(createStorage({ driver: { ...driver, removeItem: () => {} } as Driver }))();
  await store.write([put("a", "1")]);
  assertStringIncludes((await rejects("not-durable", store.write([drop("a")]))).message, "still there");
  await store.close();
});

Deno.test("a delete that failed though it was done leaves the others to be read", async () => {
  const storage = createStorage();
  const failing = failingAt(storage, "hasItem", 1);
  const store = await unstorageStore(failing.storage)();
  await store.write([put("a", "1"), put("b", "1")]);
  failing.arm();
  await rejects("not-durable", store.write([drop("a")]));
  assertEquals(await store.scan("messages", "", 10), [{ key: "b", value: "1" }]);
  await store.close();
});

Deno.test("unstorageStore() rejects with store-failed when the driver takes nothing, or fails", async () => {
  const folder = fresh();
  await (await onDisk(folder)()).close();
  const error = await rejects(
    "store-failed",
    unstorageStore(createStorage({ driver: fs({ base: folder, readOnly: true }) }))(),
  );
  assertStringIncludes(error.message, "read-only");
  const failing = failingAt(createStorage(), "getKeys", 1);
  failing.arm();
  await rejects("store-failed", unstorageStore(failing.storage)());
  failing.heal();
  await (await unstorageStore(failing.storage)()).close();
});

Deno.test("unstorageStore() reads what schema version 1 wrote, and rejects with store-version what a later one wrote", async () => {
  const storage = createStorage();
  for (const [item, value] of Object.entries(version1)) await storage.setItem(item, value);
  const store = await unstorageStore(storage)();
  assertEquals(await store.scan("messages", "", 10), [
    { key: "A/1", value: '{"id":"é\u{1F600}"}' },
    { key: "x".repeat(150), value: "" },
  ]);
  assertEquals(await store.scan("registry", "", 10), [{ key: "a", value: "true" }]);
  await store.close();
  await storage.setItem("bellhop:schema", "bellhop-store-2");
  assertStringIncludes((await rejects("store-version", unstorageStore(storage)())).message, "bellhop-store-2");
});

Deno.test("unstorageStore() leaves items alone that are of something else", async () => {
  for (const item of ["bellhop:diary", "bellhop:messages:ka", "bellhop:messages:K"]) {
    const storage = createStorage();
    await storage.setItem(item, "Monday");
    await rejects("store-failed", unstorageStore(storage)());
    assertEquals(await storage.getKeys(), [item]);
  }
  const storage = createStorage();
  await storage.setItem("bellhopper", "Monday");
  await (await unstorageStore(storage)()).close();
});

Deno.test("scan() rejects with store-failed when a record was torn, changed or taken away, and reads the others", async () => {
  const storage = createStorage();
  const store = await unstorageStore(storage)();
  const item = itemKey("bellhop", "messages", "b");
  await store.write([put("a", "1"), put("b", "to be torn"), put("c", "3")]);
  const whole = await storage.getItem<string>(item);
  for (const torn of [whole!.slice(0, -1), whole!.replace("torn", "worn"), "", "{}", "b1 "]) {
    await storage.setItem(item, torn);
    assertStringIncludes((await rejects("store-failed", store.scan("messages", "", 10))).message, item, torn);
  }
  assertEquals((await store.scan("messages", "b", 10)).map(({ key }) => key), ["c"]);
  await storage.removeItem(item);
  assertStringIncludes((await rejects("store-failed", store.scan("messages", "", 10))).message, "is gone");
  await store.close();
});

Deno.test("a store is owned by storage and base: others are free", async () => {
  const storage = createStorage();
  const store = await unstorageStore(storage)();
  await rejects("store-locked", unstorageStore(storage)());
  const beside = await unstorageStore(storage, { base: "another:one" })();
  const elsewhere = await unstorageStore(createStorage())();
  await beside.write([put("a", "1")]);
  assertEquals(await store.scan("messages", "", 1), []);
  for (const one of [store, beside, elsewhere]) await one.close();
});

Deno.test("a lock that is handed in keeps others out, is given up on closing, and ends writing when it is lost", async () => {
  let holder: AbortController | undefined;
  const lock = () => {
    if (holder !== undefined) return Promise.resolve(undefined);
    holder = new AbortController();
    return Promise.resolve({ lost: holder.signal, release: () => holder = undefined });
  };
  const driver = memoryDriver();
  // Two storages over one driver, as two processes would have.
  const open = () => unstorageStore(createStorage({ driver }), { lock })();
  const first = await open();
  assertEquals(first.capabilities.ownership, "given-lock");
  await rejects("store-locked", open());
  await first.close();
  const second = await open();
  await second.write([put("a", "1")]);
  holder!.abort();
  await rejects("store-locked", second.write([put("b", "1")]));
  await rejects("store-closed", second.write([put("c", "1")]));
  assertEquals((await second.scan("messages", "", 10)).map(({ key }) => key), ["a"]);
  await second.close();
  const failing = failingAt(createStorage({ driver }), "getKeys", 1);
  failing.arm();
  await rejects("store-failed", unstorageStore(failing.storage, { lock })());
  // Given up as well when opening fails.
  await (await open()).close();
});

Deno.test("write() rejects with store-full what would pass maxRecords, that write alone, and opening says so", async () => {
  const storage = createStorage();
  const store = await unstorageStore(storage, { maxRecords: 3 })();
  const fits = store.write([put("a", "1"), put("b", "1")]);
  const refused = store.write([put("c", "1"), put("d", "1")]);
  await fits;
  await rejects("store-full", refused);
  await store.write([put("a", "2"), put("c", "1")]);
  await rejects("store-full", store.write([put("d", "1")]));
  await store.write([drop("b")]);
  await store.write([put("d", "1")]);
  await store.close();
  await rejects("store-failed", unstorageStore(storage, { maxRecords: 2 })());
});

function onDisk(base: string): ReturnType<typeof unstorageStore> {
  // A storage of its own each time, as another process would have; so what keeps a second owner out is the lock.
  const owned = locks.get(base) ?? { taken: false };
  locks.set(base, owned);
  const lock = () => {
    if (owned.taken) return Promise.resolve(undefined);
    owned.taken = true;
    return Promise.resolve({ release: () => void (owned.taken = false) });
  };
  return () => unstorageStore(createStorage({ driver: fs({ base }) }), { durability: DECLARED, lock })();
}

const locks = new Map<string, { taken: boolean }>();

/** A storage of which one method throws at its nth call, and at all after it, once that is armed. */
function failingAt(real: Storage, method: "setItem" | "hasItem" | "getKeys", nth: number) {
  let calls = -Infinity;
  const storage: Storage = {
    ...real,
    // deno-lint-ignore no-explicit-any -- one of three methods
    [method]: (...args: any[]) => {
      // deno-lint-ignore no-explicit-any
      if (++calls < nth) return (real[method] as any)(...args);
      return Promise.reject(new Error("the bucket is full"));
    },
  };
  return { storage, arm: () => calls = 0, heal: () => calls = -Infinity };
}

function fresh(): string {
  return `${directory}/${folders++}`;
}

function put(key: string, value: string): StoreOperation & { readonly value: string } {
  return { keyspace: "messages", key, value };
}

function drop(key: string): StoreOperation {
  return { keyspace: "messages", key, value: undefined };
}

async function rejects(code: ErrorCode, promise: Promise<unknown>): Promise<BellhopError> {
  const error = await assertRejects(() => promise, BellhopError);
  assertEquals(error.code, code, error.message);
  return error;
}

function throws(code: ErrorCode, fn: () => unknown): BellhopError {
  const error = assertThrows(fn, BellhopError);
  assertEquals(error.code, code, error.message);
  return error;
}
