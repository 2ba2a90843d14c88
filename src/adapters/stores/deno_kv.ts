/**
 * The store in a file of Deno KV: for those who keep their own data there too.
 *
 * @module
 */

import type { Keyspace, StoreOperation } from "../../core/bus/operation.ts";
import { BellhopError } from "../../core/error.ts";
import type { MessageStore, OpenStore, StoreCapabilities, StoreRecord } from "../../ports/store.ts";
import { openOwned, type OwnedFile } from "./_deno_kv_file.ts";
import {
  commits,
  headKey,
  keyspacePrefix,
  MOST_KV_RECORD_BYTES,
  MOST_PARTS,
  partsOf,
  recordOf,
  type Row,
  setAside,
  startAfter,
} from "./_deno_kv_rows.ts";
import { groupCommit } from "./_group_commit.ts";
import { checkRange, checkScan, LEAST_RECORD_BYTES, refusal } from "./_request.ts";
import { flushFailure, storeFailure } from "./_sqlite_failure.ts";

/** Bounds of a Deno KV store. */
export interface DenoKvOptions {
  /** Largest value kept, in UTF-8 bytes: 98,304 to 786,432; default 524,288 (512 KiB). */
  readonly maxRecordBytes?: number;
  /**
   * Longest wait for a database that another program is writing to, in milliseconds: 1 to 60,000; default 5,000. A
   * write that has waited so long rejects with `store-locked` and ends writing.
   */
  readonly lockWaitMs?: number;
}

/** Rows that are read at a time. */
const PAGE_ROWS = 500;

/**
 * A store in a local file of Deno KV (Deno with `--unstable-kv`). The file is made if it is missing; its directory must
 * exist. Beside it live `<path>-wal` and `<path>-shm`, which belong to it, and `<path>-lock`, which keeps a second
 * owner out. All keys begin with `"bellhop"`: an application may keep its own data in the same file.
 *
 * A write resolves when its atomic commit has been made and the device has confirmed it. Writes of one moment share
 * one commit; a larger group takes several, of which a crash may keep the first. A record is never cut in two.
 *
 * @param path the file, relative to the working directory at the time of opening; no address of a hosted database:
 * that has no lock that ends with its owner, and its flush cannot be seen
 * @returns an opener that rejects with `store-locked` (another process or store owns the file), `store-unavailable`
 * (Deno was started without `--unstable-kv`, or this is not Deno), `store-version` (written by another version of
 * Bellhop) or `store-failed` (not a database, damaged, not writable: `detail` says which)
 * @throws {BellhopError} `argument-invalid` if the path is none of a file, or a bound is out of range
 *
 * @example
 * ```ts
 * import { denoKv } from "@bellhop/bellhop/stores/deno-kv";
 * import { assertEquals } from "@std/assert";
 * const directory = await Deno.makeTempDir();
 * const store = await denoKv(`${directory}/bus.kv`)();
 * await store.write([{ keyspace: "messages", key: "a", value: "1" }]);
 * assertEquals(await store.scan("messages", "", 10), [{ key: "a", value: "1" }]);
 * await store.close();
 * await Deno.remove(directory, { recursive: true });
 * ```
 */
export function denoKv(path: string, options: DenoKvOptions = {}): OpenStore {
  const { maxRecordBytes = 524_288, lockWaitMs = 5_000 } = options;
  // Deno takes what begins with a colon for a database in memory, and an address for a hosted one.
  if (typeof path !== "string" || !/^[^:\0][^\0]*$/.test(path) || /^https?:/i.test(path)) {
    throw new BellhopError(
      "argument-invalid",
      "path: wanted the path of a file; of a database in memory or elsewhere no flush and no owner can be seen",
      { field: "path" },
    );
  }
  checkRange("maxRecordBytes", maxRecordBytes, LEAST_RECORD_BYTES, MOST_KV_RECORD_BYTES);
  checkRange("lockWaitMs", lockWaitMs, 1, 60_000);
  const capabilities: StoreCapabilities = {
    name: "deno-kv",
    durability: "flushed",
    maxRecordBytes,
    ownership: "file-lock",
  };
  return async () => {
    try {
      return denoKvStore(await openOwned(path, lockWaitMs), path, capabilities);
    } catch (cause) {
      throw storeFailure(path, cause);
    }
  };
}

function denoKvStore(file: OwnedFile, path: string, capabilities: StoreCapabilities): MessageStore {
  let state: "open" | "failed" | "closing" | "closed" = "open";
  let shut: Promise<void> | undefined;
  /** Keyspace and key of records that a scan could not read, until they are set aside. */
  const unreadable = new Set<string>();
  const group = groupCommit(commit, (run) => {
    const { setImmediate, clearImmediate } = globalThis as unknown as Immediates;
    const immediate = setImmediate(run);
    return () => clearImmediate(immediate);
  });

  function write(operations: readonly StoreOperation[]): Promise<void> {
    if (state !== "open") return Promise.reject(closed(path, state));
    const refused = refusal(operations, capabilities.maxRecordBytes);
    return refused === undefined ? group.write(operations) : Promise.reject(refused);
  }

  async function commit(operations: readonly StoreOperation[]): Promise<void> {
    if (state === "failed" || state === "closed") throw closed(path, state);
    if (operations.length === 0) return;
    try {
      if (unreadable.size > 0) await setAsideFor(operations);
      for (const changes of commits(operations, file.long)) await file.commit(changes);
      await file.flush();
    } catch (cause) {
      state = "failed";
      throw taken(cause) ?? flushFailure(path, cause);
    }
  }

  /** Keeps what could not be read of the records that these operations write over; a row a commit, for its size. */
  async function setAsideFor(operations: readonly StoreOperation[]): Promise<void> {
    for (const { keyspace, key } of operations) {
      if (!unreadable.delete(`${keyspace} ${key}`)) continue;
      for (const row of await rowsOf(file, keyspace, key)) await file.commit(setAside(row));
    }
  }

  async function scan(keyspace: Keyspace, after: string, limit: number): Promise<readonly StoreRecord[]> {
    if (state === "closed") throw closed(path, state);
    checkScan(keyspace, limit);
    try {
      const records = await readRecords(file, keyspace, after, limit);
      for (const { key, damaged } of records) if (damaged !== undefined) unreadable.add(`${keyspace} ${key}`);
      return records;
    } catch (cause) {
      throw storeFailure(path, cause);
    }
  }

  function close(): Promise<void> {
    return shut ??= shutDown();
  }

  async function shutDown(): Promise<void> {
    if (state === "open") state = "closing";
    await group.settled();
    group.stop();
    state = "closed";
    file.close();
  }

  return { capabilities, write, scan, close };
}

async function readRecords(
  file: OwnedFile,
  keyspace: Keyspace,
  after: string,
  limit: number,
): Promise<readonly StoreRecord[]> {
  const pageRows = Math.max(MOST_PARTS, Math.min(limit, PAGE_ROWS));
  const records: StoreRecord[] = [];
  let start = startAfter(keyspace, after);
  while (true) {
    const rows = await file.rows(keyspacePrefix(keyspace), start, pageRows);
    let at = 0;
    while (at < rows.length) {
      const parts = partsOf(rows[at]);
      // Its end is on the next page, which is read from its beginning: all rows of a record are of one moment.
      if (rows.length === pageRows && at > 0 && at + parts > rows.length) break;
      const record = parts === 0 ? undefined : recordOf(rows.slice(at, at + parts));
      if (record !== undefined) {
        records.push(record);
        at += parts;
      } else {
        const key = String(rows[at].key[2]);
        records.push({ key, value: "", damaged: "it is not what was written: its checksum or its parts differ" });
        while (at < rows.length && rows[at].key[2] === key) at++;
      }
      if (records.length === limit) return records;
    }
    if (rows.length < pageRows) return records;
    start = at < rows.length ? headKey(keyspace, String(rows[at].key[2])) : startAfter(keyspace, records.at(-1)!.key);
  }
}

/** All rows of a record, of however many parts it says it is. */
async function rowsOf(file: OwnedFile, keyspace: Keyspace, key: string): Promise<readonly Row[]> {
  const rows = await file.rows(keyspacePrefix(keyspace), headKey(keyspace, key), MOST_PARTS + 1);
  return rows.filter((row) => row.key[2] === key);
}

interface Immediates {
  setImmediate(run: () => void): unknown;
  clearImmediate(immediate: unknown): void;
}

/** A loss of ownership, told as what it is. */
function taken(cause: unknown): BellhopError | undefined {
  return cause instanceof BellhopError && cause.code === "store-locked" ? cause : undefined;
}

function closed(path: string, state: "failed" | "closing" | "closed"): BellhopError {
  return new BellhopError(
    "store-closed",
    state === "failed" ? `${path} could not be flushed: close it, open it anew and recover` : `${path} was closed`,
  );
}
