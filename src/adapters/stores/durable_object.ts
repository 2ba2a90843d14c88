/**
 * The store of a Cloudflare Durable Object: its own SQLite, which outlives it. The object that the engine runs in is
 * its one owner.
 *
 * @module
 */
import { type Keyspace, KEYSPACES, type StoreOperation } from "../../core/bus/operation.ts";
import { BellhopError } from "../../core/error.ts";
import type { MessageStore, OpenStore, StoreCapabilities, StoreRecord } from "../../ports/store.ts";
import { groupCommit } from "./_group_commit.ts";
import { checkRange, checkScan, DEFAULT_RECORD_BYTES, LEAST_RECORD_BYTES, refusal } from "./_request.ts";

/** What this store needs of `ctx.storage`, the storage of an object whose class has SQLite. */
export interface ObjectStorage {
  /** The SQL API: statements run at once, and are written by the output gate. */
  readonly sql: {
    exec(query: string, ...bindings: (string | number | null)[]): { toArray(): Record<string, unknown>[] };
  };
  /** Runs all of it or nothing. */
  transactionSync<Result>(work: () => Result): Result;
  /** Resolves when all that was written before has reached the disk. */
  sync(): Promise<void>;
  /** When the object is woken, epoch milliseconds. */
  getAlarm(): Promise<number | null>;
  /** Sets when the object is woken; one alarm, which replaces another. */
  setAlarm(atMs: number): Promise<void>;
}

/** Bounds of such a store. */
export interface DurableObjectOptions {
  /** Largest value kept, in UTF-8 bytes: 98,304 to 1,966,080; a row has at most 2 MB. Default 1,048,576 (1 MiB). */
  readonly maxRecordBytes?: number;
  /** First part of the tables' names: 1 to 32 of `a-z0-9_`, where one object keeps several stores. Default `bellhop`. */
  readonly prefix?: string;
}

/** Schema of the tables. */
const SCHEMA_VERSION = 1;
/** Below the 2 MB of a row, with room for its key. */
const MOST_RECORD_BYTES = 1_966_080;
/** How long after the last event an object may be evicted at the soonest: what waits is looked after in memory before. */
const REVIVE_MS = 10_000;

/** Stores that are open, by their storage and prefix: two engines in one object would undo each other's work. */
const open = new WeakMap<ObjectStorage, Set<string>>();

/**
 * A store in the SQLite of a Durable Object. A write resolves when the platform has confirmed it: on Cloudflare, when
 * it lies on the disks of several machines; in `wrangler dev` and miniflare, on this one.
 *
 * While a message is kept an alarm is set, in the same transaction, that wakes the object after it was evicted or
 * crashed: its `alarm()` has to open the store anew and to call {@linkcode revive}.
 *
 * @returns an opener that rejects with `store-locked` (this object has it open), `store-version` (written by another
 * version of Bellhop; left as it is), `store-unavailable` (the object's class has no SQLite) or `store-failed`
 * @throws {BellhopError} `argument-invalid` for an option outside its range
 *
 * @example
 * ```ts ignore
 * import { durableObject } from "@bellhop/bellhop/stores/durable-object";
 * export class Bus {
 *   constructor(private readonly ctx: DurableObjectState) {}
 *   async fetch() {
 *     const store = await durableObject(this.ctx.storage)();
 *     await store.write([{ keyspace: "messages", key: "a", value: "1" }]);
 *     return Response.json(await store.scan("messages", "", 10));
 *   }
 * }
 * ```
 */
export function durableObject(storage: ObjectStorage, options: DurableObjectOptions = {}): OpenStore {
  const { maxRecordBytes = DEFAULT_RECORD_BYTES, prefix = "bellhop" } = options;
  checkRange("maxRecordBytes", maxRecordBytes, LEAST_RECORD_BYTES, MOST_RECORD_BYTES);
  if (!/^[a-z0-9_]{1,32}$/.test(prefix)) {
    throw new BellhopError("argument-invalid", "prefix: wanted 1 to 32 of a-z, 0-9 and _", { field: "prefix" });
  }
  const capabilities: StoreCapabilities = {
    name: "durable-object",
    durability: "flushed",
    maxRecordBytes,
    ownership: "durable-object",
  };
  // deno-lint-ignore require-await -- async so that a failure rejects instead of throwing
  return async () => {
    if (typeof storage?.sql?.exec !== "function") {
      throw new BellhopError(
        "store-unavailable",
        "This object has no SQLite: name its class in new_sqlite_classes of a migration in wrangler.jsonc",
      );
    }
    const prefixes = open.get(storage) ?? new Set();
    if (prefixes.has(prefix)) throw new BellhopError("store-locked", `This object has ${prefix} open already`);
    prepare(storage, prefix);
    open.set(storage, prefixes.add(prefix));
    return objectStore(storage, prefix, capabilities);
  };
}

/**
 * Sets the alarm anew while messages are kept; to be called at the end of the object's `alarm()`.
 *
 * @param atMs when the object has something to do next, epoch milliseconds; the alarm is at least 10 s away, since the
 * object is awake until then, and sees to it itself
 * @returns whether there are any
 *
 * @example
 * ```ts ignore
 * import { revive } from "@bellhop/bellhop/stores/durable-object";
 * async function alarm(this: { ctx: DurableObjectState }) {
 *   await revive(this.ctx.storage, Date.now() + 60_000);
 * }
 * ```
 */
export async function revive(storage: ObjectStorage, atMs: number, prefix = "bellhop"): Promise<boolean> {
  const kept = storage.sql.exec(`SELECT 1 FROM ${prefix}_messages LIMIT 1`).toArray().length > 0;
  if (kept) await storage.setAlarm(Math.max(atMs, Date.now() + REVIVE_MS));
  return kept;
}

function prepare(storage: ObjectStorage, prefix: string): void {
  try {
    storage.transactionSync(() => {
      const { sql } = storage;
      sql.exec(`CREATE TABLE IF NOT EXISTS ${prefix}_schema (version INTEGER NOT NULL)`);
      const [found] = sql.exec(`SELECT version FROM ${prefix}_schema`).toArray();
      if (found === undefined) {
        for (const keyspace of KEYSPACES) {
          sql.exec(`CREATE TABLE ${prefix}_${keyspace} (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)`);
        }
        sql.exec(`INSERT INTO ${prefix}_schema VALUES (?)`, SCHEMA_VERSION);
      } else if (found.version !== SCHEMA_VERSION) {
        throw new BellhopError(
          "store-version",
          `The object has schema version ${found.version}, this version of Bellhop reads and writes ${SCHEMA_VERSION}`,
        );
      }
    });
  } catch (cause) {
    throw failure(cause);
  }
}

function objectStore(storage: ObjectStorage, prefix: string, capabilities: StoreCapabilities): MessageStore {
  const { sql } = storage;
  let state: "open" | "failed" | "closed" = "open";
  /** Until then an alarm is set for sure. */
  let alarmMs = 0;
  const group = groupCommit(commit, (run) => {
    const timer = setTimeout(run, 0);
    return () => clearTimeout(timer);
  });

  function write(operations: readonly StoreOperation[]): Promise<void> {
    if (state !== "open") return Promise.reject(closed(state));
    const refused = refusal(operations, capabilities.maxRecordBytes);
    return refused === undefined ? group.write(operations) : Promise.reject(refused);
  }

  async function commit(operations: readonly StoreOperation[]): Promise<void> {
    if (state !== "open") throw closed(state);
    if (operations.length === 0) return;
    try {
      storage.transactionSync(() => {
        for (const { keyspace, key, value } of operations) {
          const table = `${prefix}_${keyspace}`;
          if (value === undefined) sql.exec(`DELETE FROM ${table} WHERE key = ?`, key);
          else sql.exec(`INSERT OR REPLACE INTO ${table} VALUES (?, ?)`, key, value);
        }
      });
      // No turn in between: the platform writes both or none.
      if (operations.some(({ keyspace, value }) => keyspace === "messages" && value !== undefined)) wakeLater();
      await storage.sync();
    } catch (cause) {
      state = "failed";
      throw new BellhopError("not-durable", `The object's storage took nothing: ${messageOf(cause)}`, { cause });
    }
  }

  function wakeLater(): void {
    const nowMs = Date.now();
    if (alarmMs > nowMs) return;
    alarmMs = nowMs + REVIVE_MS;
    // What fails here fails in `sync()` too.
    storage.setAlarm(alarmMs).catch(() => {});
  }

  async function scan(keyspace: Keyspace, after: string, limit: number): Promise<readonly StoreRecord[]> {
    if (state === "closed") throw closed(state);
    checkScan(keyspace, limit);
    await group.settled();
    try {
      return sql.exec(`SELECT key, value FROM ${prefix}_${keyspace} WHERE key > ? ORDER BY key LIMIT ?`, after, limit)
        .toArray().map(({ key, value }) => ({ key: String(key), value: String(value) }));
    } catch (cause) {
      throw failure(cause);
    }
  }

  async function close(): Promise<void> {
    if (state === "closed") return;
    await group.settled();
    group.stop();
    state = "closed";
    open.get(storage)?.delete(prefix);
  }

  return { capabilities, write, scan, close };
}

function failure(cause: unknown): BellhopError {
  return cause instanceof BellhopError
    ? cause
    : new BellhopError("store-failed", `The object's storage failed: ${messageOf(cause)}`, { cause });
}

function closed(state: "failed" | "closed"): BellhopError {
  return new BellhopError(
    "store-closed",
    state === "failed" ? "a flush of this store has failed; open it anew" : "this store is closed",
  );
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
