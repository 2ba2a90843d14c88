/**
 * The bridge to any driver of `unstorage`: Redis, S3, the file system and others, each as good as it is.
 *
 * @module
 */

import { type Keyspace, KEYSPACES, type StoreOperation } from "../../core/bus/operation.ts";
import { BellhopError } from "../../core/error.ts";
import type { MessageStore, OpenStore, StoreCapabilities, StoreRecord } from "../../ports/store.ts";
import { type AfterTurn, groupCommit } from "./_group_commit.ts";
import {
  checkRange,
  checkScan,
  DEFAULT_RECORD_BYTES,
  LEAST_RECORD_BYTES,
  MOST_RECORD_BYTES,
  refusal,
} from "./_request.ts";
import { type SortedKeys, sortedKeys } from "./_sorted_keys.ts";
import { checkDriver, type UnstorageDriver } from "./_unstorage_driver.ts";
import { itemKey, itemValue, recordKey, recordText, SCHEMA } from "./_unstorage_items.ts";

export type { UnstorageDriver };

/** What is used of a `Storage` of unstorage 1.10 or newer, as `createStorage()` returns it. */
export interface UnstorageLike {
  /** The value of an item, or `null`. */
  getItem(key: string): Promise<unknown>;
  /** Puts a value. */
  setItem(key: string, value: string): Promise<void>;
  /** Deletes an item. */
  removeItem(key: string): Promise<void>;
  /** Whether there is such an item. */
  hasItem(key: string): Promise<boolean>;
  /** The keys of all items that begin so. */
  getKeys(base: string): Promise<string[]>;
  /** Which driver keeps an item. */
  getMount?(key: string): { readonly driver: UnstorageDriver };
  /** The drivers that keep the items that begin so. */
  getMounts?(base: string): readonly { readonly driver: UnstorageDriver }[];
}

/** A lock that the caller has taken, or did not get. */
export interface UnstorageLock {
  /** Gives it up; called when the store is closed. */
  release(): void | Promise<void>;
  /** Aborted when it was lost, as a lease is that could not be renewed: the store then takes no write any more. */
  readonly lost?: AbortSignal;
}

/** What holds beyond the driver, as far as the caller knows it. */
export interface UnstorageOptions {
  /** What its items begin with: segments of `a` to `z`, `0` to `9` and `-`, divided by `:`; default `bellhop`. */
  readonly base?: string;
  /**
   * What is true of an item when `setItem()` has resolved; default: that this process knows it (`memory`), so that
   * CRITICAL is refused. Say more only where it is true, and say why.
   */
  readonly durability?: {
    /** `flushed` to its disk, or `replicated` to several machines. */
    readonly level: "flushed" | "replicated";
    /** The settings that it hangs on, in 10 to 200 characters: `appendfsync always`. It is part of the store's name. */
    readonly reliesOn: string;
  };
  /**
   * Takes a lock that keeps other processes out, or resolves to `undefined` if somebody else has it. Without one the
   * store keeps out those alone that open the same storage object.
   */
  readonly lock?: () => Promise<UnstorageLock | undefined>;
  /** Largest value kept, in UTF-8 bytes: 98,304 to 67,108,864; default 1,048,576 (1 MiB). It must fit the driver. */
  readonly maxRecordBytes?: number;
  /** Most records kept, since their keys are held in memory: 1 to 1,000,000; default 100,000. */
  readonly maxRecords?: number;
}

interface Settings {
  readonly base: string;
  readonly maxRecords: number;
  readonly capabilities: StoreCapabilities;
}

interface Drawer {
  readonly known: Set<string>;
  readonly keys: SortedKeys;
}

/** Items that are read at once. */
const READS = 50;
const BASE = /^[a-z0-9-]+(:[a-z0-9-]+)*$/;

/** Which parts of which storages are open. */
const open = new WeakMap<UnstorageLike, Set<string>>();

/**
 * A store on a storage of `unstorage` (`createStorage({ driver })`), which the caller makes and disposes of. It promises
 * what the driver keeps and no more: `docs/stores/unstorage.md` says what that is. Opening lists all keys and
 * holds them in memory. Operations go to the driver one after another: each costs a round trip, a delete two.
 *
 * @param storage the storage itself, not one of `prefixStorage()`, whose driver cannot be seen
 * @returns an opener that rejects with `store-locked` (it is open, or the lock is somebody else's), `store-version`
 * (written by another version of Bellhop) or `store-failed` (the driver failed, does not keep what is put, or holds
 * something else under `base`)
 * @throws {BellhopError} `argument-invalid` if an option is out of range, or the driver is one that cannot keep the
 * contract, such as those of Cloudflare KV: `detail` says why
 *
 * @example
 * ```ts
 * import { unstorageStore } from "@bellhop/bellhop/stores/unstorage";
 * import { assertEquals } from "@std/assert";
 * import { createStorage } from "npm:unstorage@1.17.6";
 * const store = await unstorageStore(createStorage())();
 * await store.write([{ keyspace: "messages", key: "a", value: "1" }]);
 * assertEquals(await store.scan("messages", "", 10), [{ key: "a", value: "1" }]);
 * await store.close();
 * ```
 */
export function unstorageStore(storage: UnstorageLike, options: UnstorageOptions = {}): OpenStore {
  const { base = "bellhop", durability, lock, maxRecordBytes = DEFAULT_RECORD_BYTES, maxRecords = 100_000 } = options;
  if (!BASE.test(base)) throw invalid("base", "wanted segments of a to z, 0 to 9 and -, divided by :");
  checkRange("maxRecordBytes", maxRecordBytes, LEAST_RECORD_BYTES, MOST_RECORD_BYTES);
  checkRange("maxRecords", maxRecords, 1, 1_000_000);
  if (durability !== undefined) checkDurability(durability);
  const drivers = driversOf(storage, base);
  drivers.forEach(checkDriver);
  const name = `unstorage ${drivers[0]?.name ?? "custom"}`;
  const capabilities: StoreCapabilities = {
    name: durability === undefined ? name : `${name} (relies on: ${durability.reliesOn})`,
    durability: durability?.level ?? "memory",
    maxRecordBytes,
    ownership: lock === undefined ? "process" : "given-lock",
  };
  return async () => {
    const release = claim(storage, base);
    let held: UnstorageLock | undefined;
    try {
      held = await lock?.();
      if (lock !== undefined && held === undefined) {
        throw new BellhopError("store-locked", `${name}: the lock is taken`);
      }
      const drawers = await readKeys(storage, base, maxRecords);
      const settings = { base, maxRecords, capabilities };
      return openStore(storage, settings, drawers, held?.lost, async () => {
        release();
        await held?.release();
      });
    } catch (cause) {
      release();
      await held?.release();
      throw failure(name, cause);
    }
  };
}

function openStore(
  storage: UnstorageLike,
  { base, maxRecords, capabilities }: Settings,
  drawers: ReadonlyMap<Keyspace, Drawer>,
  lost: AbortSignal | undefined,
  release: () => Promise<void>,
): MessageStore {
  const { name, maxRecordBytes } = capabilities;
  let state: "open" | "failed" | "closing" | "closed" = "open";
  let shut: Promise<void> | undefined;
  /** Records that writes under way may add. */
  let coming = 0;
  /** The item at which writing ended: the driver may have done it or not. */
  let doubtful: string | undefined;
  const group = groupCommit(commit, afterTurn);

  function write(operations: readonly StoreOperation[]): Promise<void> {
    if (state !== "open") return Promise.reject(closed(name, state));
    const refused = refusal(operations, maxRecordBytes);
    if (refused !== undefined) return Promise.reject(refused);
    const more = operations.filter(isNew).length;
    if (more > 0 && count(drawers) + coming + more > maxRecords) {
      return Promise.reject(new BellhopError("store-full", `${name}: it has ${maxRecords} records, as many as it may`));
    }
    coming += more;
    const written = group.write(operations);
    const settled = (): unknown => coming -= more;
    written.then(settled, settled);
    return written;
  }

  function isNew({ keyspace, key, value }: StoreOperation): boolean {
    return value !== undefined && !drawers.get(keyspace)!.known.has(key);
  }

  async function commit(operations: readonly StoreOperation[]): Promise<void> {
    if (state === "failed" || state === "closed") throw closed(name, state);
    for (const operation of operations) {
      try {
        if (lost?.aborted) {
          throw new BellhopError("store-locked", `${name}: the lock was lost: it takes no write any more`);
        }
        await apply(operation);
      } catch (cause) {
        state = "failed";
        doubtful = itemKey(base, operation.keyspace, operation.key);
        if (cause instanceof BellhopError) throw cause;
        throw notDurable(name, cause);
      }
    }
  }

  async function apply({ keyspace, key, value }: StoreOperation): Promise<void> {
    const { known, keys } = drawers.get(keyspace)!;
    const item = itemKey(base, keyspace, key);
    if (value !== undefined) {
      await storage.setItem(item, itemValue(value));
      if (!known.has(key)) keys.add(key);
      known.add(key);
    } else if (known.has(key)) {
      await storage.removeItem(item);
      // Some drivers, that of the file system among them, resolve though they could not delete.
      if (await storage.hasItem(item)) throw new Error("the driver resolved a delete, and the item is still there");
      keys.drop(key);
      known.delete(key);
    }
  }

  async function scan(keyspace: Keyspace, after: string, limit: number): Promise<readonly StoreRecord[]> {
    if (state === "closed") throw closed(name, state);
    checkScan(keyspace, limit);
    const records: StoreRecord[] = [];
    try {
      for (let from = after; records.length < limit;) {
        const keys = drawers.get(keyspace)!.keys.after(from, Math.min(READS, limit - records.length));
        if (keys.length === 0) break;
        const values = await Promise.all(keys.map((key) => read(keyspace, key)));
        records.push(...values.filter((record) => record !== undefined));
        from = keys[keys.length - 1];
      }
    } catch (cause) {
      throw failure(name, cause);
    }
    return records;
  }

  async function read(keyspace: Keyspace, key: string): Promise<StoreRecord | undefined> {
    const item = itemKey(base, keyspace, key);
    const kept = await storage.getItem(item);
    const value = recordText(kept);
    if (value !== undefined) return { key, value };
    // Deleted since its key was looked up, or by the delete that failed.
    if ((kept ?? null) === null && (!drawers.get(keyspace)!.known.has(key) || item === doubtful)) return undefined;
    const finding = (kept ?? null) === null ? "is gone" : "is not what was written";
    throw new BellhopError("store-failed", `${name}: the item ${item} ${finding}; nothing was repaired or overwritten`);
  }

  function close(): Promise<void> {
    return shut ??= shutDown();
  }

  async function shutDown(): Promise<void> {
    if (state === "open") state = "closing";
    await group.settled();
    group.stop();
    state = "closed";
    await release();
  }

  return { capabilities, write, scan, close };
}

/** Refuses what is no store of this version, makes one where nothing is, and lists its records. */
async function readKeys(
  storage: UnstorageLike,
  base: string,
  maxRecords: number,
): Promise<ReadonlyMap<Keyspace, Drawer>> {
  const drawers = new Map<Keyspace, Drawer>(
    KEYSPACES.map((keyspace) => [keyspace, { known: new Set(), keys: sortedKeys() }]),
  );
  const [schemaItem, openerItem] = [`${base}:schema`, `${base}:opener`];
  const schema = await storage.getItem(schemaItem) ?? undefined;
  if (schema !== undefined && schema !== SCHEMA) {
    throw new BellhopError("store-version", `${schemaItem} says ${schema}, this version of Bellhop reads ${SCHEMA}`);
  }
  for (const item of await storage.getKeys(base)) {
    if (item === schemaItem || item === openerItem || !item.startsWith(`${base}:`)) continue;
    const found = recordKey(base, item);
    if (found === undefined || schema === undefined) {
      throw new BellhopError("store-failed", `${item} is of something else and was left as it is: choose another base`);
    }
    const { known, keys } = drawers.get(found.keyspace)!;
    if (known.has(found.key)) continue;
    known.add(found.key);
    keys.add(found.key);
  }
  if (count(drawers) > maxRecords) {
    throw new BellhopError("store-failed", `it has ${count(drawers)} records, maxRecords is ${maxRecords}`);
  }
  await storage.setItem(schemaItem, SCHEMA);
  // Another text each time: a driver that is read-only, or behind, resolves all the same.
  const opener = itemValue(crypto.randomUUID());
  await storage.setItem(openerItem, opener);
  if (await storage.getItem(openerItem) !== opener) {
    throw new BellhopError(
      "store-failed",
      "the driver resolved a write and does not give it back: it may be read-only",
    );
  }
  return drawers;
}

/** The driver of the store's own items first. */
function driversOf(storage: UnstorageLike, base: string): readonly UnstorageDriver[] {
  const own = storage.getMount?.(`${base}:schema`).driver;
  return [...own === undefined ? [] : [own], ...(storage.getMounts?.(base) ?? []).map(({ driver }) => driver)];
}

/** Keeps other stores of this process out. */
function claim(storage: UnstorageLike, base: string): () => void {
  const bases = open.get(storage) ?? new Set();
  open.set(storage, bases);
  if (bases.has(base)) throw new BellhopError("store-locked", `this storage is open already under ${base}`);
  bases.add(base);
  let released = false;
  return () => {
    if (!released) bases.delete(base);
    released = true;
  };
}

/** A turn of the event loop where the platform tells it, else the shortest timer. */
const afterTurn: AfterTurn = (run) => {
  const { setImmediate, clearImmediate } = globalThis as unknown as Immediates;
  if (setImmediate === undefined || clearImmediate === undefined) {
    const timer = setTimeout(run);
    return () => clearTimeout(timer);
  }
  const immediate = setImmediate(run);
  return () => clearImmediate(immediate);
};

interface Immediates {
  readonly setImmediate?: (run: () => void) => unknown;
  readonly clearImmediate?: (immediate: unknown) => void;
}

function count(drawers: ReadonlyMap<Keyspace, Drawer>): number {
  let records = 0;
  for (const { known } of drawers.values()) records += known.size;
  return records;
}

function checkDurability({ level, reliesOn }: NonNullable<UnstorageOptions["durability"]>): void {
  if (level !== "flushed" && level !== "replicated") {
    throw invalid("durability.level", `wanted flushed or replicated, got ${level}`);
  }
  if (typeof reliesOn !== "string" || reliesOn.length < 10 || reliesOn.length > 200) {
    throw invalid("durability.reliesOn", "wanted 10 to 200 characters: the settings that it hangs on");
  }
}

function failure(name: string, cause: unknown): BellhopError {
  if (cause instanceof BellhopError) return cause;
  return new BellhopError("store-failed", `${name}: the driver failed: ${said(cause)}`, { cause });
}

function notDurable(name: string, cause: unknown): BellhopError {
  return new BellhopError(
    "not-durable",
    `${name}: the driver failed: ${
      said(cause)
    }; of this group nothing was accepted, a beginning may be found, and the ` +
      "store takes no write until it is opened anew",
    { cause },
  );
}

function said(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function invalid(field: string, detail: string): BellhopError {
  return new BellhopError("argument-invalid", `${field}: ${detail}`, { field });
}

function closed(name: string, state: "failed" | "closing" | "closed"): BellhopError {
  return new BellhopError(
    "store-closed",
    state === "failed" ? `${name}: a write failed: close it, open it anew and recover` : `${name} was closed`,
  );
}
