/**
 * The database of the browser's store: its schema, what it is refused for, and one transaction of it.
 *
 * @module
 */

import { delMany, promisifyRequest, setMany, type UseStore } from "idb-keyval";
import type { Keyspace, StoreOperation } from "../../core/bus/operation.ts";
import { BellhopError } from "../../core/error.ts";
import type { StoreRecord } from "../../ports/store.ts";
import { beginNewLog } from "./_indexed_db_log.ts";

/** One object store for each keyspace; their keys are strings, which IndexedDB sorts by code units. */
const OBJECT_STORES = ["messages", "deliveries", "outcomes", "registry"] satisfies readonly Keyspace[];

/** Step n turns schema n into n + 1. A step that was released never changes: databases made by it are out there. */
const STEPS: readonly ((database: IDBDatabase) => void)[] = [
  (database) => OBJECT_STORES.forEach((keyspace) => database.createObjectStore(keyspace)),
];

/** The schema that is read and written: the database's own version. */
const SCHEMA_VERSION = STEPS.length;

/** Opens the database, makes it or brings it up to this schema; gives up after the time. */
export async function openDatabase(name: string, timeoutMs: number): Promise<IDBDatabase> {
  const database = await inTime(prepare(name), name, timeoutMs);
  if ([...database.objectStoreNames].join() === [...OBJECT_STORES].sort().join()) return database;
  database.close();
  throw new BellhopError("store-failed", `${name} is a database of something else and was left as it is`);
}

/** The library's `createStore` gives no version, and makes no second object store in one database. */
async function prepare(name: string): Promise<IDBDatabase> {
  await beginNewLog(name);
  const request = indexedDB.open(name, SCHEMA_VERSION);
  request.onupgradeneeded = ({ oldVersion }) => STEPS.slice(oldVersion).forEach((step) => step(request.result));
  return await promisifyRequest(request);
}

/** Applies the operations in one transaction; resolves when the browser has flushed it, rejects with what it died of. */
export async function writeStrictly(database: IDBDatabase, operations: readonly StoreOperation[]): Promise<void> {
  const changes = lastOfEach(operations);
  const transaction = database.transaction([...changes.keys()], "readwrite", { durability: "strict" });
  const ended = endOf(transaction);
  const told = [...changes].flatMap(([keyspace, values]) => {
    const useStore = within(transaction, keyspace, ended);
    const [puts, drops] = [
      [...values].filter(isPut),
      [...values.keys()].filter((key) => values.get(key) === undefined),
    ];
    return [setMany(puts, useStore), delMany(drops, useStore)];
  });
  await Promise.all([ended, ...told]);
}

/** At most `limit` records whose keys are greater than `after`, in order, as one transaction sees them. */
export async function readAfter(
  database: IDBDatabase,
  keyspace: Keyspace,
  after: string,
  limit: number,
): Promise<readonly StoreRecord[]> {
  const transaction = database.transaction(keyspace, "readonly");
  const records = transaction.objectStore(keyspace);
  const range = IDBKeyRange.lowerBound(after, true);
  const [keys, values] = await Promise.all([
    promisifyRequest(records.getAllKeys(range, limit)),
    promisifyRequest(records.getAll(range, limit)),
    endOf(transaction),
  ]);
  return keys.map((key, index) => ({ key: key as string, value: values[index] as string }));
}

/**
 * What the library is handed instead of a store of its own, whose transactions would be relaxed: one transaction for
 * all that it is told, and the transaction's end for an answer. Its own promise hears a request fail before the browser
 * has said why the transaction did, and of two calls on one transaction only the later.
 */
function within(transaction: IDBTransaction, keyspace: Keyspace, ended: Promise<void>): UseStore {
  return async (_mode, callback) => {
    try {
      Promise.resolve(callback(transaction.objectStore(keyspace))).catch(() => {});
    } catch (cause) {
      // Half of a group must not be committed.
      transaction.abort();
      throw cause;
    }
    return await ended as never;
  };
}

/**
 * Resolves when the transaction is complete, rejects with what ended it otherwise.
 *
 * Chromium says nothing more to a transaction whose database it closes, neither to its requests: only the database
 * hears of it.
 */
function endOf(transaction: IDBTransaction): Promise<void> {
  const { db } = transaction;
  return new Promise<void>((resolve, reject) => {
    const closed = (): void => reject(new DOMException("the database was closed", "InvalidStateError"));
    const settle = (settled: () => void): void => {
      db.removeEventListener("close", closed);
      settled();
    };
    db.addEventListener("close", closed);
    transaction.addEventListener("complete", () => settle(resolve));
    transaction.addEventListener("abort", () => settle(() => reject(transaction.error ?? aborted())));
  });
}

function aborted(): DOMException {
  return new DOMException("aborted", "AbortError");
}

/** A transaction is all or nothing, so of the operations on one key the last says it all. */
function lastOfEach(
  operations: readonly StoreOperation[],
): ReadonlyMap<Keyspace, ReadonlyMap<string, string | undefined>> {
  const changes = new Map<Keyspace, Map<string, string | undefined>>();
  for (const { keyspace, key, value } of operations) {
    if (!changes.has(keyspace)) changes.set(keyspace, new Map());
    changes.get(keyspace)!.set(key, value);
  }
  return changes;
}

function isPut(entry: [string, string | undefined]): entry is [string, string] {
  return entry[1] !== undefined;
}

/** Another connection's deletion or upgrade may keep the browser from answering for as long as that page lives. */
async function inTime(opened: Promise<IDBDatabase>, name: string, timeoutMs: number): Promise<IDBDatabase> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      opened.then((database) => database.close(), () => {});
      reject(
        new BellhopError(
          "store-failed",
          `${name}: the browser did not open it in ${timeoutMs} ms: a page that has it open by other means may be in the way`,
        ),
      );
    }, timeoutMs);
  });
  try {
    return await Promise.race([opened, late]);
  } finally {
    clearTimeout(timer);
  }
}
