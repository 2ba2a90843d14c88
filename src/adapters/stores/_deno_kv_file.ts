/**
 * The file of the Deno KV store: what is used of the platform, how the file is owned, what makes it a Bellhop store.
 *
 * @module
 */

import { BellhopError } from "../../core/error.ts";
import { permissionMissing } from "../../core/permission_missing.ts";
import {
  COMMITS_KEY,
  LONG_PREFIX,
  longRecordOf,
  type LongRecords,
  OWNER_KEY,
  type Row,
  type RowChange,
  type RowKey,
  SCHEMA_KEY,
} from "./_deno_kv_rows.ts";
import { damaged, isLocked } from "./_sqlite_failure.ts";
import { probe } from "./_sqlite_probe.ts";
import { textSum } from "./_text_sum.ts";

const SCHEMA_VERSION = 2;
const OLDEST_VERSION = 1;
/** How many commits have been acknowledged, and a sum of that. */
const MARK_BYTES = 12;
/** Between two attempts to write to a database that somebody else is writing to. */
const PAUSE_MS = 5;
/** What Deno makes in a fresh database. */
const DENO_TABLES = ["migration_state", "data_version", "kv"];

/** One row and its version. */
interface Entry extends Row {
  readonly versionstamp: string | null;
}

interface Atomic {
  check(check: { readonly key: RowKey; readonly versionstamp: string | null }): Atomic;
  set(key: RowKey, value: unknown): Atomic;
  delete(key: RowKey): Atomic;
  commit(): Promise<{ readonly ok: boolean; readonly versionstamp?: string }>;
}

/** What is used of `Deno.Kv`. */
export interface Database {
  get(key: RowKey): Promise<Entry>;
  list(
    selector: { readonly prefix: RowKey; readonly start?: RowKey },
    options?: { readonly limit?: number; readonly batchSize?: number },
  ): AsyncIterable<Entry>;
  atomic(): Atomic;
  close(): void;
}

interface File {
  tryLockSync(exclusive: boolean): boolean;
  syncData(): Promise<void>;
  seekSync(offset: number, whence: number): number;
  readSync(bytes: Uint8Array): number | null;
  writeSync(bytes: Uint8Array): number;
  unlockSync(): void;
  close(): void;
}

interface Platform {
  readonly openKv?: (path: string) => Promise<Database>;
  open(path: string, options: Readonly<Record<"read" | "write" | "create", boolean>>): Promise<File>;
  stat(path: string): Promise<{ readonly size: number }>;
  readonly errors: { readonly NotFound: new () => Error };
}

/** An open file of which this process is the owner. */
export interface OwnedFile {
  /** Rows of a keyspace from `start` on, all as of one moment. */
  rows(prefix: RowKey, start: RowKey, limit: number): Promise<readonly Row[]>;
  /** Applies the changes all together or not at all. @throws {BellhopError} `store-locked` if the file was taken over */
  commit(changes: readonly RowChange[]): Promise<void>;
  /** Resolves when the device has confirmed what was committed, which is then marked as acknowledged. */
  flush(): Promise<void>;
  close(): void;
  readonly long: LongRecords;
}

/** Takes the lock, refuses what is no store of this version, makes one of a fresh file, and says who owns it now. */
export async function openOwned(path: string, lockWaitMs: number): Promise<OwnedFile> {
  const platform = (globalThis as { readonly Deno?: Platform }).Deno;
  if (platform?.openKv === undefined) {
    throw new BellhopError(
      "store-unavailable",
      `cannot open ${path}: this runtime has no Deno.openKv; start Deno with --unstable-kv, or with ` +
        '"unstable": ["kv"] in deno.json',
    );
  }
  const free = <T>(attempt: () => Promise<T>): Promise<T> => whenFree(path, lockWaitMs, attempt);
  const opened: { close(): void }[] = [];
  const close = (): void => {
    for (const one of opened.reverse()) one.close();
  };
  try {
    const mark = await lock(platform, path);
    opened.push({ close: () => unlock(mark) });
    const acknowledged = await sizeOf(platform, path) === undefined ? 0 : readMark(mark);
    if (acknowledged > 0 && await sizeOf(platform, path) === 0) throw gone(path, acknowledged, 0);
    // Asked first, since Deno.openKv() holds up the thread for as long as another program holds the lock, and would
    // make its tables in a database of something else.
    await free(() => probe(path, DENO_TABLES));
    const database = await platform.openKv(path);
    opened.push(database);
    let commits = Number((await database.get(COMMITS_KEY)).value ?? 0);
    if (!Number.isSafeInteger(commits)) throw damaged(path, "the count of commits is no number");
    if (commits < acknowledged) throw gone(path, acknowledged, commits);
    const versionstamp = await free(() => identify(database, path));
    const long = await readLong(database, path);
    const log = await openLog(platform, path);
    opened.push(log);
    const flush = async (): Promise<void> => {
      const flushed = commits;
      await log.syncData();
      writeMark(mark, flushed);
    };
    // What made the file a store is as durable as what it keeps.
    await flush();
    return {
      rows: (prefix, start, limit) => read(database, { prefix, start }, limit),
      async commit(changes) {
        const count = commits + 1;
        await free(() => commit(database, path, changes, versionstamp, count));
        commits = count;
      },
      flush,
      close,
      long,
    };
  } catch (cause) {
    close();
    throw cause;
  }
}

/**
 * A file of its own: the system gives its lock up when the process ends, however it ends. The database itself cannot be
 * locked so, for closing it would end the locks that SQLite holds on it in this process.
 */
async function lock(platform: Platform, path: string): Promise<File> {
  const name = `${path}-lock`;
  let file: File;
  try {
    file = await platform.open(name, { read: true, write: true, create: true });
  } catch (cause) {
    throw permissionMissing(`cannot open ${name}`, cause) ?? new BellhopError(
      "store-failed",
      `${name} cannot be opened: its directory must exist and be writable`,
      { cause },
    );
  }
  if (file.tryLockSync(true)) return file;
  file.close();
  throw new BellhopError("store-locked", `${path} is open in another process or another store`);
}

/**
 * To close the file is not enough: a program that this process starts at the moment has it as well, until it runs, and
 * as long as anybody has it the lock stays.
 */
function unlock(mark: File): void {
  mark.unlockSync();
  mark.close();
}

/** @returns the version of the owner's row, which every commit checks: whoever opens the file by force changes it */
async function identify(database: Database, path: string): Promise<string> {
  const [schema, owner] = [await database.get(SCHEMA_KEY), await database.get(OWNER_KEY)];
  if (schema.versionstamp !== null) checkVersion(schema.value, path);
  const made = await database.atomic()
    .check({ key: SCHEMA_KEY, versionstamp: schema.versionstamp })
    .check({ key: OWNER_KEY, versionstamp: owner.versionstamp })
    .set(SCHEMA_KEY, { version: SCHEMA_VERSION })
    .set(OWNER_KEY, { id: crypto.randomUUID() })
    .commit();
  if (made.ok && made.versionstamp !== undefined) return made.versionstamp;
  throw new BellhopError("store-locked", `${path} was opened by another store at the same moment`);
}

function checkVersion(value: unknown, path: string): void {
  const version = (value as { readonly version?: unknown } | null)?.version;
  if (typeof version === "number" && version >= OLDEST_VERSION && version <= SCHEMA_VERSION) return;
  throw new BellhopError(
    "store-version",
    `${path} has schema version ${version}, this version of Bellhop reads ${OLDEST_VERSION} and ${SCHEMA_VERSION}, ` +
      `and writes ${SCHEMA_VERSION}`,
  );
}

async function sizeOf(platform: Platform, path: string): Promise<number | undefined> {
  try {
    return (await platform.stat(path)).size;
  } catch (cause) {
    if (cause instanceof platform.errors.NotFound) return undefined;
    throw cause;
  }
}

/**
 * How many commits were acknowledged, by the file of the lock; 0 if that does not say. It is not flushed: written after
 * the log was, it never claims more than was.
 */
function readMark(file: File): number {
  const bytes = new DataView(new ArrayBuffer(MARK_BYTES));
  file.seekSync(0, 0);
  if (file.readSync(new Uint8Array(bytes.buffer)) !== MARK_BYTES) return 0;
  const commits = bytes.getFloat64(0);
  return bytes.getInt32(8) === textSum("commits", `${commits}`) ? commits : 0;
}

function writeMark(file: File, commits: number): void {
  const bytes = new DataView(new ArrayBuffer(MARK_BYTES));
  bytes.setFloat64(0, commits);
  bytes.setInt32(8, textSum("commits", `${commits}`));
  file.seekSync(0, 0);
  file.writeSync(new Uint8Array(bytes.buffer));
}

/** SQLite takes a log that was cut off, or is damaged, for one that ends there. */
function gone(path: string, acknowledged: number, found: number): BellhopError {
  return new BellhopError(
    "store-failed",
    `${path} or its write-ahead log is cut off or damaged: ${acknowledged} commits were acknowledged, ${found} are ` +
      `left; restore what is missing, or remove ${path}-lock to go on without it`,
  );
}

async function readLong(database: Database, path: string): Promise<LongRecords> {
  const long: LongRecords = new Map();
  for await (const row of database.list({ prefix: LONG_PREFIX }, { batchSize: 1_000 })) {
    const found = longRecordOf(row);
    if (found === undefined) throw damaged(path, "the list of long records holds what was never written");
    long.set(...found);
  }
  return long;
}

/** Deno promises no flush level, so the log is synchronized from here, whatever SQLite has done before. */
async function openLog(platform: Platform, path: string): Promise<File> {
  try {
    return await platform.open(`${path}-wal`, { read: true, write: true, create: false });
  } catch (cause) {
    throw permissionMissing(`cannot open ${path}-wal`, cause) ?? new BellhopError(
      "store-failed",
      `${path} has no write-ahead log that could be flushed: its file system allows none, or Deno keeps it otherwise`,
      { cause },
    );
  }
}

async function read(
  database: Database,
  selector: { readonly prefix: RowKey; readonly start: RowKey },
  limit: number,
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for await (const row of database.list(selector, { limit, batchSize: limit })) rows.push(row);
  return rows;
}

async function commit(
  database: Database,
  path: string,
  changes: readonly RowChange[],
  versionstamp: string,
  count: number,
): Promise<void> {
  const atomic = database.atomic().check({ key: OWNER_KEY, versionstamp }).set(COMMITS_KEY, count);
  for (const { key, value } of changes) {
    if (value === undefined) atomic.delete(key);
    else atomic.set(key, value);
  }
  const { ok } = await atomic.commit();
  if (ok) return;
  throw new BellhopError(
    "store-locked",
    `${path} was taken over by another store: this one has lost it and takes no write any more`,
  );
}

/**
 * Tries until nobody else writes. Deno reports a database that somebody else is writing to at once, before it has
 * changed anything; and a change is the same however often it is made.
 */
async function whenFree<T>(path: string, waitMs: number, attempt: () => Promise<T>): Promise<T> {
  const began = performance.now();
  while (true) {
    try {
      return await attempt();
    } catch (cause) {
      if (!isLocked(cause)) throw cause;
      if (performance.now() - began >= waitMs) {
        throw new BellhopError("store-locked", `${path} was locked by another program for ${waitMs} ms`, { cause });
      }
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
