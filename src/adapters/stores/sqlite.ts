/**
 * The disk store of servers: one SQLite file, flushed before a write is acknowledged.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { type Keyspace, KEYSPACES, type StoreOperation } from "../../core/bus/operation.ts";
import { BellhopError } from "../../core/error.ts";
import type { MessageStore, OpenStore, StoreCapabilities, StoreRecord } from "../../ports/store.ts";
import { groupCommit } from "./_group_commit.ts";
import {
  checkRange,
  checkScan,
  DEFAULT_RECORD_BYTES,
  LEAST_RECORD_BYTES,
  MOST_RECORD_BYTES,
  refusal,
} from "./_request.ts";
import { flushFailure, isLocked, storeFailure } from "./_sqlite_failure.ts";
import { cutLog, foldLog, prepareFile, textOf, toColumn } from "./_sqlite_file.ts";
import { checkLog, forgetMark, type Mark, markBeginning, openMark } from "./_sqlite_mark.ts";
import { textSum } from "./_text_sum.ts";

/** Bounds of a disk store. */
export interface SqliteOptions {
  /** Largest value kept, in UTF-8 bytes: 98,304 to 67,108,864; default 1,048,576 (1 MiB). */
  readonly maxRecordBytes?: number;
  /** Largest the file may grow, in bytes: 1,048,576 to 1,099,511,627,776; default 4,294,967,296 (4 GiB). */
  readonly maxFileBytes?: number;
}

/** The modules of the platform that an open store needs. */
interface Platform {
  readonly sqlite: typeof import("node:sqlite");
  readonly fs: typeof import("node:fs");
  readonly path: typeof import("node:path");
  readonly timers: typeof import("node:timers");
}

interface Statements {
  readonly put: StatementSync;
  readonly drop: StatementSync;
  /** The same for {@linkcode ROWS} at once. */
  readonly putMany: StatementSync;
  readonly dropMany: StatementSync;
  readonly scan: StatementSync;
  /** Copies the record of a key to where nothing writes over it. */
  readonly setAside: StatementSync;
}

/** Rows of one statement: half of what a row costs is the way into SQLite and back. */
const ROWS = 16;

/**
 * A store in one SQLite file (`node:sqlite`: Deno, Node 22.13 or newer, Bun where it has it). The file is made if it
 * is missing; its directory must exist. Beside it, while it is open, live `<path>-wal`, which belongs to it, and
 * `<path>-mark`, which tells when that has lost its end: never move or copy one without the others, and open none by
 * other means while the store is open.
 *
 * A write resolves when SQLite has flushed it to the device (write-ahead log, `synchronous=FULL`, `F_FULLFSYNC` on
 * macOS). Writes of one moment share one flush. The flush holds up this thread; see `docs/stores/sqlite.md`.
 *
 * @param path the file, relative to the working directory at the time of opening
 * @returns an opener that rejects with `store-locked` (another process or store owns the file), `store-unavailable`
 * (this runtime has no `node:sqlite`), `store-version` (written by another version of Bellhop) or `store-failed` (not
 * a Bellhop store, damaged, not writable: `detail` says which); a file that is no Bellhop store is left as it is
 * @throws {BellhopError} `argument-invalid` if the path is empty or a bound is out of range
 *
 * @example
 * ```ts
 * import { sqlite } from "@bellhop/bellhop/stores/sqlite";
 * import { assertEquals } from "@std/assert";
 * const directory = await Deno.makeTempDir();
 * const store = await sqlite(`${directory}/bus.db`)();
 * await store.write([{ keyspace: "messages", key: "a", value: "1" }]);
 * assertEquals(await store.scan("messages", "", 10), [{ key: "a", value: "1" }]);
 * await store.close();
 * await Deno.remove(directory, { recursive: true });
 * ```
 */
export function sqlite(path: string, options: SqliteOptions = {}): OpenStore {
  const { maxRecordBytes = DEFAULT_RECORD_BYTES, maxFileBytes = 4_294_967_296 } = options;
  // SQLite takes these for databases in memory or temporary ones, which no flush makes durable.
  if (typeof path !== "string" || path === "" || path === ":memory:" || path.includes("\0")) {
    throw new BellhopError("argument-invalid", "path: wanted the path of a file", { field: "path" });
  }
  checkRange("maxRecordBytes", maxRecordBytes, LEAST_RECORD_BYTES, MOST_RECORD_BYTES);
  checkRange("maxFileBytes", maxFileBytes, 1_048_576, 1_099_511_627_776);
  const capabilities: StoreCapabilities = {
    name: "sqlite",
    durability: "flushed",
    maxRecordBytes,
    ownership: "file-lock",
  };
  return async () => {
    const platform = await loadPlatform(path);
    // Resolved, since SQLite reads a path that begins with "file:" as a URI with options.
    const file = platform.path.resolve(path);
    try {
      await checkLog(platform.fs, file, path);
    } catch (cause) {
      throw storeFailure(path, cause);
    }
    const [database, mark] = openFile(platform, file, path, maxFileBytes);
    return sqliteStore(platform, database, mark, path, capabilities);
  };
}

async function loadPlatform(file: string): Promise<Platform> {
  try {
    // On opening, not at the top: importing this module must work where node:sqlite is missing.
    const [sqlite, fs, path, timers] = await Promise.all([
      import("node:sqlite"),
      import("node:fs"),
      import("node:path"),
      import("node:timers"),
    ]);
    return { sqlite, fs, path, timers };
  } catch (cause) {
    throw new BellhopError(
      "store-unavailable",
      `cannot open ${file}: this runtime has no node:sqlite`,
      { cause },
    );
  }
}

function openFile(
  { sqlite, fs }: Platform,
  file: string,
  path: string,
  maxFileBytes: number,
): readonly [DatabaseSync, Mark] {
  let database: DatabaseSync | undefined;
  markBeginning(fs, file);
  try {
    database = new sqlite.DatabaseSync(file);
    prepareFile(database, path, maxFileBytes);
    return [database, openMark(fs, file)];
  } catch (cause) {
    // Closing rolls back, folds the log, and gives the lock up.
    database?.close();
    if (!isLocked(cause)) forgetMark(fs, file);
    throw storeFailure(path, cause);
  }
}

function sqliteStore(
  { timers }: Platform,
  database: DatabaseSync,
  mark: Mark,
  path: string,
  capabilities: StoreCapabilities,
): MessageStore {
  const statements = prepareStatements(database, path);
  let state: "open" | "failed" | "closed" = "open";
  /** Keyspace and key of records that a scan could not read, until they are set aside. */
  const unreadable = new Set<string>();
  const group = groupCommit(commit, (run) => {
    const immediate = timers.setImmediate(run);
    return () => timers.clearImmediate(immediate);
  });

  function write(operations: readonly StoreOperation[]): Promise<void> {
    if (state !== "open") return Promise.reject(closed(path, state));
    const refused = refusal(operations, capabilities.maxRecordBytes);
    return refused === undefined ? group.write(operations) : Promise.reject(refused);
  }

  function commit(operations: readonly StoreOperation[]): void {
    if (state !== "open") throw closed(path, state);
    if (operations.length === 0) return;
    try {
      database.exec("BEGIN");
      if (unreadable.size > 0) setAside(operations);
      for (let at = 0; at < operations.length;) at += apply(operations, at);
      database.exec("COMMIT");
      mark.committed();
    } catch (cause) {
      state = "failed";
      rollBack(database);
      throw flushFailure(path, cause);
    }
  }

  /** Keeps what could not be read of the records that these operations would write over. */
  function setAside(operations: readonly StoreOperation[]): void {
    for (const { keyspace, key } of operations) {
      if (unreadable.delete(`${keyspace} ${key}`)) statements[keyspace].setAside.run(key);
    }
  }

  /** Applies the operation there, with those after it if a statement takes them all. @returns how many */
  function apply(operations: readonly StoreOperation[], at: number): number {
    const { keyspace, key, value } = operations[at];
    const { put, drop, putMany, dropMany } = statements[keyspace];
    const many = at + ROWS <= operations.length && isAlike(operations, at, at + ROWS);
    if (!many) {
      if (value === undefined) drop.run(key);
      else put.run(key, toColumn(value), textSum(key, value));
      return 1;
    }
    const columns: (string | Uint8Array | number)[] = [];
    for (let i = at; i < at + ROWS; i++) {
      const { key, value } = operations[i];
      columns.push(key);
      if (value !== undefined) columns.push(toColumn(value), textSum(key, value));
    }
    (value === undefined ? dropMany : putMany).run(...columns);
    return ROWS;
  }

  // deno-lint-ignore require-await -- async so that a failure rejects instead of throwing
  async function scan(keyspace: Keyspace, after: string, limit: number): Promise<readonly StoreRecord[]> {
    if (state === "closed") throw closed(path, state);
    checkScan(keyspace, limit);
    group.flush();
    try {
      const records = statements[keyspace].scan.all(after, limit).map(fromRow);
      for (const { key, damaged } of records) if (damaged !== undefined) unreadable.add(`${keyspace} ${key}`);
      return records;
    } catch (cause) {
      throw storeFailure(path, cause);
    }
  }

  // deno-lint-ignore require-await -- async as the port is
  async function close(): Promise<void> {
    if (state === "closed") return;
    group.flush();
    group.stop();
    state = "closed";
    try {
      if (foldLog(database)) {
        mark.folded();
        cutLog(database);
      }
    } catch {
      // The log stays beside the file, and the next opener reads it: nothing acknowledged is lost.
    } finally {
      database.close();
      mark.close();
    }
  }

  return { capabilities, write, scan, close };
}

function prepareStatements(database: DatabaseSync, path: string): Readonly<Record<Keyspace, Statements>> {
  try {
    return Object.fromEntries(KEYSPACES.map((keyspace) => [keyspace, {
      put: database.prepare(upsert(keyspace, 1)),
      drop: database.prepare(`DELETE FROM ${keyspace} WHERE key = ?`),
      putMany: database.prepare(upsert(keyspace, ROWS)),
      dropMany: database.prepare(`DELETE FROM ${keyspace} WHERE key IN (${places("?", ROWS)})`),
      scan: database.prepare(`SELECT key, value, sum FROM ${keyspace} WHERE key > ? ORDER BY key LIMIT ?`),
      setAside: database.prepare(
        `INSERT INTO damaged (keyspace, key, value, sum) SELECT '${keyspace}', key, value, sum FROM ${keyspace} WHERE key = ?`,
      ),
    }])) as Record<Keyspace, Statements>;
  } catch (cause) {
    database.close();
    throw storeFailure(path, cause);
  }
}

/** Rows are put in their order, so of two for one key the later one stays. */
function upsert(keyspace: Keyspace, rows: number): string {
  return `INSERT INTO ${keyspace} (key, value, sum) VALUES ${places("(?, ?, ?)", rows)}
    ON CONFLICT (key) DO UPDATE SET value = excluded.value, sum = excluded.sum`;
}

function places(one: string, count: number): string {
  return new Array(count).fill(one).join(", ");
}

/** Whether all of them put into, or all delete from, the same keyspace. */
function isAlike(operations: readonly StoreOperation[], from: number, to: number): boolean {
  const { keyspace, value } = operations[from];
  for (let i = from + 1; i < to; i++) {
    if (operations[i].keyspace !== keyspace || (operations[i].value === undefined) !== (value === undefined)) {
      return false;
    }
  }
  return true;
}

function fromRow({ key, value, sum }: Record<string, unknown>): StoreRecord {
  const text = textOf(value);
  if (text !== undefined && textSum(key as string, text) === sum) return { key: key as string, value: text };
  return { key: key as string, value: "", damaged: "it is not what was written: its checksum differs" };
}

function rollBack(database: DatabaseSync): void {
  try {
    database.exec("ROLLBACK");
  } catch {
    // SQLite has rolled back by itself, as it does when the disk is full.
  }
}

function closed(path: string, state: "failed" | "closed"): BellhopError {
  return new BellhopError(
    "store-closed",
    state === "closed" ? `${path} was closed` : `${path} could not be flushed: close it, open it anew and recover`,
  );
}
