/**
 * The store that keeps messages in this process: for tests, for outboxes that may forget, for trying Bellhop out.
 *
 * @module
 */

import { type Keyspace, KEYSPACES, type StoreOperation } from "../../core/bus/operation.ts";
import { BellhopError } from "../../core/error.ts";
import type { MessageStore, OpenStore, StoreCapabilities, StoreRecord } from "../../ports/store.ts";
import { checkScan, DEFAULT_RECORD_BYTES, refusal } from "./_request.ts";
import { type SortedKeys, sortedKeys } from "./_sorted_keys.ts";

interface Drawer {
  readonly values: Map<string, string>;
  readonly keys: SortedKeys;
}

const capabilities: StoreCapabilities = {
  name: "memory",
  durability: "memory",
  maxRecordBytes: DEFAULT_RECORD_BYTES,
  ownership: "process",
};

/**
 * A store in memory. Its records live as long as the opener that this returns: closing the store and opening it anew
 * finds them again, the end of the process loses them. Two calls make two stores that know nothing of each other.
 *
 * The opener rejects with `store-locked` while the store is open. A write is applied when it is asked for; a scan
 * sees every write asked for before it. Records hold at most 1 MiB; how many there are is for the caller to bound.
 *
 * @example
 * ```ts
 * import { memory } from "@bellhop/bellhop/stores/memory";
 * import { assertEquals } from "@std/assert";
 * const store = await memory()();
 * await store.write([{ keyspace: "messages", key: "a", value: "1" }]);
 * assertEquals(await store.scan("messages", "", 10), [{ key: "a", value: "1" }]);
 * await store.close();
 * ```
 */
export function memory(): OpenStore {
  const drawers = new Map<Keyspace, Drawer>(
    KEYSPACES.map((keyspace) => [keyspace, { values: new Map(), keys: sortedKeys() }]),
  );
  let owned = false;
  return () => {
    if (owned) return Promise.reject(new BellhopError("store-locked", "this memory store is open already"));
    owned = true;
    return Promise.resolve(memoryStore(drawers, () => owned = false));
  };
}

function memoryStore(drawers: ReadonlyMap<Keyspace, Drawer>, release: () => void): MessageStore {
  let open = true;

  function write(operations: readonly StoreOperation[]): Promise<void> {
    if (!open) return Promise.reject(closed());
    const refused = refusal(operations, capabilities.maxRecordBytes);
    if (refused !== undefined) return Promise.reject(refused);
    for (const operation of operations) apply(drawers.get(operation.keyspace)!, operation);
    return Promise.resolve();
  }

  // deno-lint-ignore require-await -- async so that a bad argument rejects instead of throwing
  async function scan(keyspace: Keyspace, after: string, limit: number): Promise<readonly StoreRecord[]> {
    if (!open) throw closed();
    checkScan(keyspace, limit);
    const { keys, values } = drawers.get(keyspace)!;
    return keys.after(after, limit).map((key) => ({ key, value: values.get(key)! }));
  }

  function close(): Promise<void> {
    if (open) release();
    open = false;
    return Promise.resolve();
  }

  return { capabilities, write, scan, close };
}

function apply({ values, keys }: Drawer, { key, value }: StoreOperation): void {
  const known = values.has(key);
  if (value === undefined) {
    if (known) keys.drop(key);
    values.delete(key);
  } else {
    if (!known) keys.add(key);
    values.set(key, value);
  }
}

function closed(): BellhopError {
  return new BellhopError("store-closed", "this memory store was closed");
}
