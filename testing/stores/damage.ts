/**
 * What time does to files: they end too early, or bits of them turn over; and what a store then must not do.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { BellhopError } from "@bellhop/bellhop";
import { type Keyspace, KEYSPACES } from "@bellhop/bellhop/bus";
import type { MessageStore, OpenStore, StoreRecord } from "@bellhop/bellhop/ports";
import fc from "fast-check";

/** One damage; places are parts of the file's length, so that it fits any file. */
export type Damage =
  | { readonly kind: "cut"; readonly at: number }
  | { readonly kind: "flip"; readonly at: readonly number[]; readonly bit: number };

/** Not `fc.double`, which has more numbers near 0 than elsewhere. */
const place = fc.noBias(fc.integer({ min: 0, max: 2 ** 30 - 1 })).map((part) => part / 2 ** 30);

/** Any damage. */
export const damage: fc.Arbitrary<Damage> = fc.oneof(
  fc.record({ kind: fc.constant("cut" as const), at: place }),
  fc.record({
    kind: fc.constant("flip" as const),
    at: fc.array(place, { minLength: 1, maxLength: 3 }),
    bit: fc.integer({ min: 0, max: 7 }),
  }),
);

/** The bytes, damaged. */
export function damaged(bytes: Uint8Array, how: Damage): Uint8Array {
  if (how.kind === "cut") return bytes.slice(0, Math.floor(how.at * bytes.length));
  const changed = bytes.slice();
  for (const at of new Set(how.at.map((at) => Math.floor(at * bytes.length)))) changed[at] ^= 1 << how.bit;
  return changed;
}

/** With what a damaged store may refuse to open, or to be read. */
const CODES = new Set(["store-failed", "store-version"]);

/**
 * What came of opening a damaged store and reading it: a typed error; or every record, the unreadable ones told.
 *
 * @param kept what was acknowledged, by keyspace and key
 */
export async function judged(
  open: OpenStore,
  kept: ReadonlyMap<string, string>,
): Promise<"refused" | "unreadable" | "whole"> {
  let store: MessageStore | undefined;
  try {
    store = await open();
    const found = new Map<string, StoreRecord>();
    for (const keyspace of KEYSPACES) {
      for (const record of await readAll(store, keyspace)) found.set(`${keyspace} ${record.key}`, record);
    }
    assertEquals([...found.keys()].toSorted(), [...kept.keys()].toSorted(), "records were left out, or invented");
    for (const [key, { value, damaged }] of found) {
      if (damaged === undefined) assert(value === kept.get(key), `${key} is not what was written`);
    }
    return [...found.values()].some(({ damaged }) => damaged !== undefined) ? "unreadable" : "whole";
  } catch (error) {
    if (!(error instanceof BellhopError) || !CODES.has(error.code)) throw error;
    return "refused";
  } finally {
    await store?.close();
  }
}

/** All records of a keyspace, a few at a time. */
export async function readAll(store: MessageStore, keyspace: Keyspace): Promise<readonly StoreRecord[]> {
  const records: StoreRecord[] = [];
  for (let page = await store.scan(keyspace, "", 7); page.length > 0;) {
    records.push(...page);
    page = await store.scan(keyspace, page[page.length - 1].key, 7);
  }
  return records;
}
