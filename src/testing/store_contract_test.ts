import { assertEquals } from "@std/assert";
import { memory } from "../adapters/stores/memory.ts";
import { BellhopError } from "../core/error.ts";
import type { MessageStore, OpenStore } from "../ports/store.ts";
import { storeContract } from "./store_contract.ts";

/** One defect each, and the check that is named for it. */
const mutants: Readonly<Record<string, (store: MessageStore) => Partial<MessageStore>>> = {
  "capabilities are within what the port allows": (store) => ({
    capabilities: { ...store.capabilities, maxRecordBytes: 65_536 },
  }),
  "a fresh store is empty in every keyspace": () => ({
    scan: () => Promise.resolve([{ key: "left", value: "over" }]),
  }),
  "write() replaces, deletes, and may delete what is not there": (store) => ({
    write: (operations) => store.write(operations.filter(({ value }) => value !== undefined)),
  }),
  "write() of nothing resolves": (store) => ({
    write: (operations) => operations.length === 0 ? Promise.reject(new Error("empty")) : store.write(operations),
  }),
  "keyspaces know nothing of each other": (store) => ({
    write: (operations) => store.write(operations.map((operation) => ({ ...operation, keyspace: "messages" }))),
    scan: (_, after, limit) => store.scan("messages", after, limit),
  }),
  "scan() goes by the order of code units": (store) => ({
    scan: async (...args) => (await store.scan(...args)).toSorted((a, b) => a.key.localeCompare(b.key)),
  }),
  "scan() pages through everything, with `after` left out and `limit` kept": (store) => ({
    scan: async (keyspace, after, limit) => {
      const page = await store.scan(keyspace, after, limit);
      return after === "" ? page : [{ key: after, value: after }, ...page];
    },
  }),
  "scan() refuses a limit outside 1 to 1,000": (store) => ({
    scan: (keyspace, after, limit) => store.scan(keyspace, after, Math.min(limit, 1_000)),
  }),
  "write() refuses a key that is not 1 to 256 printable ASCII characters": (store) => ({
    write: (operations) => store.write(operations.filter(({ key }) => key !== "")),
  }),
  "values of 1 byte to 256 KiB come back as they went in": (store) => ({
    write: (operations) =>
      store.write(operations.map((operation) => ({ ...operation, value: operation.value?.replace(/\0.*/s, "") }))),
  }),
  "write() refuses a record larger than declared, and that write alone": (store) => ({
    capabilities: { ...store.capabilities, maxRecordBytes: 131_072 },
  }),
  "write() of a lone surrogate is refused or kept, never changed": (store) => ({
    write: (operations) =>
      store.write(operations.map((operation) => ({ ...operation, value: operation.value?.toWellFormed() }))),
  }),
  "operations apply in their order, and concurrent writes in theirs": (store) => ({
    write: (operations) => store.write(operations.toReversed()),
  }),
  "concurrent writes settle in the order in which they were asked for": (store) => {
    let n = 0;
    return {
      write: async (operations) => {
        if (n++ % 2 === 0) await Promise.resolve().then(() => undefined);
        await store.write(operations);
      },
    };
  },
  "a write that was awaited is seen by the next scan": (store) => {
    let late = Promise.resolve();
    return {
      write: (operations) => {
        late = late.then(() => Promise.resolve()).then(() => store.write(operations));
        return Promise.resolve();
      },
    };
  },
  "publishers that write without a pause leave room for timers, if writing takes I/O": (store) => ({
    capabilities: { ...store.capabilities, durability: "flushed" },
  }),
  "close() waits for the writes under way, may be called again, and ends everything": (store) => ({
    close: () => Promise.resolve(void store.close),
  }),
  "a store keeps what a map would keep, through any history": (store) => ({
    scan: (keyspace, after, limit) => store.scan(keyspace, after === "" ? after : `${after}~`, limit),
  }),
};

for (const [name, mutate] of Object.entries(mutants)) {
  Deno.test(`storeContract() kills the mutant of: ${name}`, async () => {
    const fresh = () => {
      const open = memory();
      return async () => {
        const store = await open();
        return { ...store, ...mutate(store) };
      };
    };
    assertEquals(await fails(fresh, name), true);
  });
}

Deno.test("storeContract() kills a store with two owners, and one that forgets", async () => {
  const forgetful = () => () => memory()();
  assertEquals(await fails(forgetful, "an open store has one owner, and a closed one none"), true);
  assertEquals(await fails(forgetful, "of many that open at once one becomes the owner"), true);
  const flushed = () => async () => {
    const store = await memory()();
    return { ...store, capabilities: { ...store.capabilities, durability: "flushed" as const } };
  };
  assertEquals(await fails(flushed, "a store more durable than memory finds its records when opened anew"), true);
});

/** Whether the check of that name fails for the contract's reason. */
async function fails(fresh: () => OpenStore, name: string): Promise<boolean> {
  const checks = new Map<string, () => Promise<void>>();
  storeContract(fresh, { register: (name, check) => checks.set(name, check), runs: 200 });
  try {
    await checks.get(name)!();
    return false;
  } catch (error) {
    if (error instanceof BellhopError || (error as Error).message.startsWith("Property failed")) return true;
    return (error as Error).message === "empty";
  }
}
