/**
 * The disk store of browsers: one IndexedDB database for pages and service workers, flushed before a write is
 * acknowledged.
 *
 * @module
 */

import type { Keyspace, StoreOperation } from "../../core/bus/operation.ts";
import { BellhopError } from "../../core/error.ts";
import type { MessageStore, OpenStore, StoreCapabilities, StoreRecord } from "../../ports/store.ts";
import { type AfterTurn, groupCommit } from "./_group_commit.ts";
import { openDatabase, readAfter, writeStrictly } from "./_indexed_db_database.ts";
import { flushFailure, storeFailure } from "./_indexed_db_failure.ts";
import {
  checkRange,
  checkScan,
  DEFAULT_RECORD_BYTES,
  LEAST_RECORD_BYTES,
  MOST_RECORD_BYTES,
  refusal,
} from "./_request.ts";
import { type HeldLock, holdLock } from "./_web_lock.ts";

/** Bounds of a browser's store. */
export interface IndexedDbOptions {
  /** Largest value kept, in UTF-8 bytes: 98,304 to 67,108,864; default 1,048,576 (1 MiB). */
  readonly maxRecordBytes?: number;
  /** Longest wait for the browser to open the database, in milliseconds: 1 to 600,000; default 10,000. */
  readonly openTimeoutMs?: number;
}

/** What ends a store before it is closed. */
type Ending = "failed" | "closed by the browser" | "robbed of its lock";

/**
 * A store in one IndexedDB database of the page's origin, for pages and workers. The database is made if it is missing
 * and holds nothing else.
 *
 * A write resolves when the browser has flushed its transaction (`durability: "strict"`). Writes of one moment share
 * one transaction. The browser may still delete the whole origin: see `docs/stores/indexeddb.md`.
 *
 * Of all pages and workers of the origin one owns the store, by the Web Lock `bellhop:indexeddb:<name>`. It is given
 * up when the store is closed and when its page or worker ends. A `deleteDatabase` by other code of the origin waits
 * until then; who clears the site's data closes the store, and the next write says `store-closed`.
 *
 * @param name the database's name within its origin
 * @returns an opener that rejects with `store-locked` (another page, worker or store owns it), `store-unavailable` (no
 * IndexedDB, Web Locks or strict transactions here: `detail` says what to do), `store-version` (written by a newer
 * version of Bellhop) or `store-failed` (not a Bellhop store, damaged, no answer in time: `detail` says which); a
 * database that is no Bellhop store is left as it is
 * @throws {BellhopError} `argument-invalid` if the name is empty or a bound is out of range
 *
 * @example
 * ```ts
 * import { indexeddb } from "@bellhop/bellhop/stores/indexeddb";
 * import { assertEquals } from "@std/assert";
 * const open = indexeddb("outbox");
 * if ("indexedDB" in globalThis) { // a page, or a worker
 *   const store = await open();
 *   await store.write([{ keyspace: "messages", key: "a", value: "1" }]);
 *   assertEquals(await store.scan("messages", "", 10), [{ key: "a", value: "1" }]);
 *   await store.close();
 * }
 * ```
 */
export function indexeddb(name: string, options: IndexedDbOptions = {}): OpenStore {
  const { maxRecordBytes = DEFAULT_RECORD_BYTES, openTimeoutMs = 10_000 } = options;
  if (typeof name !== "string" || name === "") {
    throw new BellhopError("argument-invalid", "name: wanted the name of a database", { field: "name" });
  }
  checkRange("maxRecordBytes", maxRecordBytes, LEAST_RECORD_BYTES, MOST_RECORD_BYTES);
  checkRange("openTimeoutMs", openTimeoutMs, 1, 600_000);
  const capabilities: StoreCapabilities = {
    name: "indexeddb",
    durability: "flushed",
    maxRecordBytes,
    ownership: "web-lock",
  };
  return async () => {
    const locks = browserLocks(name);
    const lock = await holdLock(locks, `bellhop:indexeddb:${name}`);
    try {
      return indexedDbStore(await openDatabase(name, openTimeoutMs), name, capabilities, lock);
    } catch (cause) {
      await lock.release();
      throw storeFailure(name, cause);
    }
  };
}

/** The browser's locks, if it has all that the store needs. */
function browserLocks(name: string): LockManager {
  const lacks = (what: string): BellhopError => new BellhopError("store-unavailable", `cannot open ${name}: ${what}`);
  if (globalThis.indexedDB === undefined) throw lacks("this runtime has no IndexedDB; a server takes sqlite()");
  const { locks } = navigator as { readonly locks?: LockManager };
  if (locks === undefined) {
    throw lacks("no navigator.locks here: serve the page by https or from localhost, to a browser that has Web Locks");
  }
  // A browser without the property ignores the wish, and would acknowledge what it has not flushed.
  if (!("durability" in IDBTransaction.prototype)) {
    throw lacks("this browser flushes no transaction on demand: it takes a newer one");
  }
  return locks;
}

function indexedDbStore(
  database: IDBDatabase,
  name: string,
  capabilities: StoreCapabilities,
  lock: HeldLock,
): MessageStore {
  let ending: Ending | undefined;
  let closing: Promise<void> | undefined;
  const turns = turnsOf();
  const group = groupCommit(commit, turns.afterTurn);
  database.onclose = () => ending = "closed by the browser";
  lock.taken.then(() => {
    ending = "robbed of its lock";
    database.close();
  });

  function write(operations: readonly StoreOperation[]): Promise<void> {
    const refused = closedNow() ?? refusal(operations, capabilities.maxRecordBytes);
    return refused === undefined ? group.write(operations) : Promise.reject(refused);
  }

  async function commit(operations: readonly StoreOperation[]): Promise<void> {
    if (ending !== undefined) throw ended(name, ending);
    if (operations.length === 0) return;
    try {
      await writeStrictly(database, operations);
    } catch (cause) {
      ending ??= "failed";
      throw flushFailure(name, cause);
    }
  }

  async function scan(keyspace: Keyspace, after: string, limit: number): Promise<readonly StoreRecord[]> {
    checkOpenToRead();
    checkScan(keyspace, limit);
    await group.settled();
    checkOpenToRead();
    try {
      return await readAfter(database, keyspace, after, limit);
    } catch (cause) {
      checkOpenToRead();
      throw storeFailure(name, cause);
    }
  }

  /** What could not be flushed can be read all the same: recovering begins so. */
  function checkOpenToRead(): void {
    const error = closedNow();
    if (error !== undefined && !(closing === undefined && ending === "failed")) throw error;
  }

  function closedNow(): BellhopError | undefined {
    if (closing !== undefined) return new BellhopError("store-closed", `${name} was closed`);
    return ending === undefined ? undefined : ended(name, ending);
  }

  async function end(): Promise<void> {
    await group.settled();
    group.stop();
    turns.close();
    database.close();
    await lock.release();
  }

  return { capabilities, write, scan, close: () => closing ??= end() };
}

function ended(name: string, ending: Ending): BellhopError {
  return new BellhopError("store-closed", `${name} ${endings[ending]}`);
}

const endings: Readonly<Record<Ending, string>> = {
  "failed": "could not be flushed: close it, open it anew and recover",
  "closed by the browser": "was closed by the browser, since its data was cleared or its disk failed: what was " +
    "acknowledged may be gone; close it, open it anew and recover",
  "robbed of its lock": "lost its Web Lock to other code of this origin (steal): close it",
};

/** A message to oneself is a task of its own, at once; a timer would wait for 4 ms, and for a second in a hidden tab. */
function turnsOf(): { readonly afterTurn: AfterTurn; readonly close: () => void } {
  const { port1, port2 } = new MessageChannel();
  let due: (() => void) | undefined;
  port1.onmessage = () => {
    const run = due;
    due = undefined;
    run?.();
  };
  return {
    afterTurn(run) {
      due = run;
      port2.postMessage(0);
      return () => due = undefined;
    },
    close: () => port1.close(),
  };
}
