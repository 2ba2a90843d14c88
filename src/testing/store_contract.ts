/**
 * The one contract that every store keeps, as checks that any test runner can run.
 *
 * @module
 */

import fc from "fast-check";
import { type Keyspace, KEYSPACES, type StoreOperation } from "../core/bus/operation.ts";
import { BellhopError, type ErrorCode } from "../core/error.ts";
import type { Durability, MessageStore, OpenStore, StoreCapabilities, StoreRecord } from "../ports/store.ts";

/** How the contract's checks are handed to a test runner. */
export interface StoreContractOptions {
  /** Takes each check by its name: `(name, fn) => Deno.test(name, fn)`, or `test` of another runner. */
  readonly register: (name: string, check: () => Promise<void>) => void;
  /** Number of random histories tried: 1 to 10,000, default 40. */
  readonly runs?: number;
}

type Check = (open: OpenStore, options: { readonly runs: number }) => Promise<void>;
type Contents = Map<Keyspace, Map<string, string>>;
type Step =
  | { readonly kind: "write"; readonly together: readonly (readonly StoreOperation[])[] }
  | { readonly kind: "scan"; readonly keyspace: Keyspace; readonly after: string; readonly limit: number }
  | { readonly kind: "reopen" };

/**
 * Registers the checks that every {@linkcode MessageStore} must pass: contents like a map's after any history, order
 * of scans, bounds, ownership, writes that settle in order, what closing means, and that the declared capabilities are
 * true. What only a crash can show (that `flushed` means flushed) is for a kill test of the store itself.
 *
 * @param fresh an opener of an empty store, at each call another; one opener is opened several times, one after another
 *
 * @example
 * ```ts
 * import { storeContract } from "@bellhop/bellhop/testing/store-contract";
 * import { memory } from "@bellhop/bellhop/stores/memory";
 * import { assertEquals } from "@std/assert";
 * const checks = new Map<string, () => Promise<void>>();
 * storeContract(memory, { register: (name, check) => checks.set(name, check) });
 * await checks.get("scan() goes by the order of code units")!();
 * assertEquals(checks.size > 10, true);
 * ```
 */
export function storeContract(fresh: () => OpenStore, { register, runs = 40 }: StoreContractOptions): void {
  for (const [name, check] of Object.entries(checks)) register(name, () => check(fresh(), { runs }));

  register("a store keeps what a map would keep, through any history", async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 12 }), (steps) => agree(fresh(), steps)), {
      numRuns: runs,
    });
  });
}

const checks: Readonly<Record<string, Check>> = {
  "capabilities are within what the port allows": (open) =>
    using(open, (store) => {
      const { name, durability, maxRecordBytes, ownership } = store.capabilities;
      expect(name !== "", "a store has a name");
      expect(["memory", "flushed", "replicated"].includes(durability), `unknown durability ${durability}`);
      expect(
        ["process", "file-lock", "web-lock", "durable-object", "given-lock"].includes(ownership),
        `unknown ${ownership}`,
      );
      expect(Number.isInteger(maxRecordBytes) && maxRecordBytes >= 98_304, "maxRecordBytes is at least 98,304");
    }),

  "a fresh store is empty in every keyspace": (open) =>
    using(open, async (store) => {
      for (const keyspace of KEYSPACES) same(await store.scan(keyspace, "", 1_000), []);
    }),

  "write() replaces, deletes, and may delete what is not there": (open) =>
    using(open, async (store) => {
      await store.write([put("a", "1"), put("b", "2"), drop("c")]);
      await store.write([put("a", "3"), drop("b"), put("b", "4"), drop("b")]);
      same(await store.scan("messages", "", 10), [{ key: "a", value: "3" }]);
    }),

  "write() of nothing resolves": (open) =>
    using(open, async (store) => {
      await store.write([]);
      same(await store.scan("messages", "", 1), []);
    }),

  "keyspaces know nothing of each other": (open) =>
    using(open, async (store) => {
      await store.write(KEYSPACES.map((keyspace) => ({ keyspace, key: "same", value: keyspace })));
      await store.write([{ keyspace: "outcomes", key: "same", value: undefined }]);
      for (const keyspace of KEYSPACES) {
        same(await store.scan(keyspace, "", 9), keyspace === "outcomes" ? [] : [{ key: "same", value: keyspace }]);
      }
    }),

  "scan() goes by the order of code units": (open) =>
    using(open, async (store) => {
      const keys = ["b", "B", "a", "aa", "a b", "a/b", "a~", "Z", "10", "9", "_", "~", " ", "A".repeat(256)];
      await store.write(keys.map((key) => put(key, key)));
      const expected = keys.toSorted(byCodeUnits);
      same((await store.scan("messages", "", 1_000)).map(({ key }) => key), expected);
      same((await store.scan("messages", "a", 3)).map(({ key }) => key), ["a b", "a/b", "aa"]);
    }),

  "scan() pages through everything, with `after` left out and `limit` kept": (open) =>
    using(open, async (store) => {
      const keys = Array.from({ length: 2_345 }, (_, index) => `key-${(index * 7_919) % 2_345}`);
      await store.write(keys.map((key) => put(key, key)));
      const seen: string[] = [];
      for (let page = await store.scan("messages", "", 1_000); page.length > 0;) {
        expect(page.length <= 1_000, "a page holds at most `limit` records");
        expect(seen.length === 0 || page[0].key > seen[seen.length - 1], "a page begins after `after`");
        seen.push(...page.map(({ key }) => key));
        page = await store.scan("messages", seen[seen.length - 1], 1_000);
      }
      same(seen, keys.toSorted(byCodeUnits));
      same((await store.scan("messages", "", 1)).length, 1);
    }),

  "scan() refuses a limit outside 1 to 1,000": (open) =>
    using(open, async (store) => {
      for (const limit of [0, 1_001, -1, 1.5, NaN, Infinity]) {
        await refuses("argument-invalid", store.scan("messages", "", limit));
      }
    }),

  "write() refuses a key that is not 1 to 256 printable ASCII characters": (open) =>
    using(open, async (store) => {
      for (const key of ["", "x".repeat(257), "tab\t", "é", "\0", "line\n", "\u{1F600}"]) {
        await refuses("argument-invalid", store.write([put("fine", "1"), put(key, "1")]));
      }
      same(await store.scan("messages", "", 10), []);
    }),

  "values of 1 byte to 256 KiB come back as they went in": (open) =>
    using(open, async (store) => {
      const most = Math.min(262_144, store.capabilities.maxRecordBytes);
      const sizes = [0, 1, 2, 599, 4_095, 4_096, 4_097, 65_535, 65_536, 65_537, 98_304, most - 1, most];
      const records = sizes.flatMap((size) =>
        [...alphabets].map(([name, text]) => put(`${name}-${size}`, text.repeat(Math.ceil(size)).slice(0, size)))
      ).filter(({ value }) => new TextEncoder().encode(value).length <= most).map(wellFormed);
      await store.write(records);
      for (const { key, value } of records) {
        const found = await valueOf(store, key);
        expect(found === value, `${key}: ${value.length} characters went in, ${found?.length} others came out`);
      }
    }),

  "write() refuses a record larger than declared, and that write alone": (open) =>
    using(open, async (store) => {
      const { maxRecordBytes } = store.capabilities;
      const before = store.write([put("before", "1")]);
      // Two bytes each: counted as characters they would fit.
      const large = store.write([put("beside", "1"), put("large", "é".repeat(Math.floor(maxRecordBytes / 2) + 1))]);
      const after = store.write([put("exact", "x".repeat(maxRecordBytes))]);
      await refuses("record-too-large", large);
      await Promise.all([before, after]);
      same((await store.scan("messages", "", 10)).map(({ key }) => key), ["before", "exact"]);
    }),

  "write() of a lone surrogate is refused or kept, never changed": (open) =>
    using(open, async (store) => {
      const value = "lone \ud800 surrogate";
      const kept = await store.write([put("a", value)]).then(() => true, () => false);
      same(await valueOf(store, "a"), kept ? value : undefined);
    }),

  "operations apply in their order, and concurrent writes in theirs": (open) =>
    using(open, async (store) => {
      const writes = Array.from(
        { length: 200 },
        (_, n) => [put("last", "early"), put("last", `${n}`), put(`n${n}`, "x"), drop(`n${n - 1}`)],
      );
      await Promise.all(writes.map((operations) => store.write(operations)));
      same(await store.scan("messages", "", 10), [{ key: "last", value: "199" }, { key: "n199", value: "x" }]);
    }),

  "concurrent writes settle in the order in which they were asked for": (open) =>
    using(open, async (store) => {
      const settled: number[] = [];
      const asked = Array.from({ length: 300 }, (_, n) => n);
      await Promise.all(asked.map((n) => store.write([put(`n${n}`, "x")]).then(() => settled.push(n))));
      same(settled, asked);
    }),

  "a write that was awaited is seen by the next scan": (open) =>
    using(open, async (store) => {
      for (let n = 0; n < 20; n++) {
        await store.write([put("n", `${n}`)]);
        same(await valueOf(store, "n"), `${n}`);
      }
    }),

  "publishers that write without a pause leave room for timers, if writing takes I/O": (open) =>
    using(open, async (store) => {
      if (!outlives(store.capabilities)) return;
      let fired = false;
      const timer = new Promise<void>((resolve) =>
        setTimeout(() => {
          fired = true;
          resolve();
        })
      );
      for (let n = 0; n < 100_000 && !fired; n++) await store.write([put("n", `${n}`)]);
      expect(fired, "100,000 writes, each asked for when the one before was done, kept a timer of 0 ms waiting");
      await timer;
    }),

  "an open store has one owner, and a closed one none": async (open) => {
    const first = await open();
    await refuses("store-locked", open());
    await first.write([put("a", "1")]);
    await refuses("store-locked", open());
    await first.close();
    const second = await open();
    await first.close();
    await refuses("store-locked", open());
    await second.close();
  },

  "of many that open at once one becomes the owner": async (open) => {
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => open()));
    const owners = results.filter((result) => result.status === "fulfilled");
    same(owners.length, 1);
    for (const result of results) if (result.status === "rejected") await refuses("store-locked", result.reason);
    await owners[0].value.close();
  },

  "close() waits for the writes under way, may be called again, and ends everything": async (open) => {
    const store = await open();
    const write = store.write([put("a", "1")]);
    let written = false;
    write.then(() => written = true, () => undefined);
    await Promise.all([store.close(), store.close()]);
    // A moment for what is settled to say so, and no more.
    await new Promise((resolve) => setTimeout(resolve));
    expect(written, "close() did not wait for a write");
    await store.close();
    await refuses("store-closed", store.write([put("b", "1")]));
    await refuses("store-closed", store.scan("messages", "", 1));
  },

  "a store more durable than memory finds its records when opened anew": async (open) => {
    const first = await open();
    if (outlives(first.capabilities)) {
      await first.write([put("kept", "1"), put("gone", "1")]);
      // Not awaited: closing does.
      const last = first.write([drop("gone"), put("last", "2")]);
      await first.close();
      await last;
      const second = await open();
      same(second.capabilities, first.capabilities);
      same(await second.scan("messages", "", 10), [{ key: "kept", value: "1" }, { key: "last", value: "2" }]);
      await second.close();
    } else await first.close();
  },
};

const alphabets: ReadonlyMap<string, string> = new Map([
  ["ascii", 'x"\\ \n'],
  ["nul", "\0a"],
  ["two-byte", "éß"],
  ["four-byte", "\u{1F600}\u{10FFFF}"],
  ["bom", "\uFEFF\uFFFD\uFFFF"],
]);

const keyspace = fc.constantFrom(...KEYSPACES);
// Few keys, so that writes meet each other.
const key = fc.oneof(
  fc.constantFrom("a", "b", "aa", "A", "~", " "),
  fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 3 }),
);
const value = fc.oneof(fc.string({ unit: "binary" }), fc.json());
const operation = fc.record({ keyspace, key, value: fc.option(value, { nil: undefined }) });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("write" as const),
      together: fc.array(fc.array(operation, { maxLength: 6 }), { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("scan" as const),
      keyspace,
      after: fc.oneof(fc.constant(""), key),
      limit: fc.integer({ min: 1, max: 5 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("reopen" as const) }) },
);

async function agree(open: OpenStore, steps: readonly Step[]): Promise<void> {
  let store = await open();
  try {
    const contents: Contents = new Map(KEYSPACES.map((keyspace) => [keyspace, new Map()]));
    for (const step of steps) {
      if (step.kind === "write") {
        await Promise.all(step.together.map((operations) => store.write(operations)));
        for (const operation of step.together.flat()) apply(contents, operation);
      } else if (step.kind === "scan") {
        const found = await store.scan(step.keyspace, step.after, step.limit);
        same(found, expected(contents, step.keyspace, step.after).slice(0, step.limit));
      } else if (outlives(store.capabilities)) {
        await store.close();
        store = await open();
      }
    }
    for (const keyspace of KEYSPACES) {
      same(await store.scan(keyspace, "", 1_000), expected(contents, keyspace, ""));
    }
  } finally {
    await store.close();
  }
}

function apply(contents: Contents, { keyspace, key, value }: StoreOperation): void {
  if (value === undefined) contents.get(keyspace)!.delete(key);
  else contents.get(keyspace)!.set(key, value);
}

function expected(contents: Contents, keyspace: Keyspace, after: string): readonly StoreRecord[] {
  return [...contents.get(keyspace)!].map(([key, value]) => ({ key, value })).filter(({ key }) => key > after)
    .sort((a, b) => byCodeUnits(a.key, b.key));
}

function outlives({ durability }: StoreCapabilities): boolean {
  return durability !== "memory" satisfies Durability;
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function put(key: string, value: string): StoreOperation & { readonly value: string } {
  return { keyspace: "messages", key, value };
}

function drop(key: string): StoreOperation {
  return { keyspace: "messages", key, value: undefined };
}

/** Cutting a text to a size may have cut a pair in two. */
function wellFormed<T extends StoreOperation & { readonly value: string }>(operation: T): T {
  return { ...operation, value: operation.value.isWellFormed() ? operation.value : operation.value.slice(0, -1) };
}

async function valueOf(store: MessageStore, key: string): Promise<string | undefined> {
  const before = key.slice(0, -1) + String.fromCharCode(key.charCodeAt(key.length - 1) - 1);
  const found = await store.scan("messages", before, 1_000);
  return found.find((record) => record.key === key)?.value;
}

async function using(open: OpenStore, check: (store: MessageStore) => void | Promise<void>): Promise<void> {
  const store = await open();
  try {
    await check(store);
  } finally {
    await store.close();
  }
}

async function refuses(code: ErrorCode, refused: unknown): Promise<void> {
  const error = refused instanceof Promise ? await refused.then(() => undefined, (error: unknown) => error) : refused;
  expect(error instanceof BellhopError && error.code === code, `wanted the error ${code}, got ${error}`);
}

function same(actual: unknown, wanted: unknown): void {
  const [found, expected] = [JSON.stringify(actual), JSON.stringify(wanted)];
  expect(found === expected, `wanted ${cut(expected)}, got ${cut(found)}`);
}

function expect(holds: boolean, sentence: string): void {
  if (!holds) throw new BellhopError("internal", `the store breaks its contract: ${sentence}`);
}

function cut(text: string | undefined): string {
  return text === undefined || text.length <= 500 ? `${text}` : `${text.slice(0, 500)}…`;
}
