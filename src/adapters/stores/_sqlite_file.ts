/**
 * The file of the disk store: how it is owned, what makes it a Bellhop store, what its tables are.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { KEYSPACES } from "../../core/bus/operation.ts";
import { BellhopError } from "../../core/error.ts";
import { damaged } from "./_sqlite_failure.ts";

/** "BELL": marks the file for `file(1)` and for us (sqlite.org/pragma.html#pragma_application_id). */
const APPLICATION_ID = 0x42454c4c;
const SCHEMA_VERSION = 1;
const PAGE_BYTES = 4_096;
/** The log is folded into the file whenever it has this many pages: 4 MiB. */
const CHECKPOINT_PAGES = 1_000;
/** A longer log, left by a large group, is cut to this when it starts over. */
const LOG_BYTES = 8_388_608;
/** Up to this size a file that was not closed is checked on opening; so that opening takes bounded time. */
const CHECKED_BYTES = 67_108_864;

/**
 * Takes the lock, refuses what is no Bellhop store of this version, makes the tables of a fresh file, and turns on the
 * write-ahead log. The lock lasts until the database is closed or the process ends, however it ends.
 *
 * @param unclean whether a log was left behind, so that the last owner did not close the store
 */
export function prepareFile(database: DatabaseSync, path: string, maxFileBytes: number, unclean: boolean): void {
  // EXCLUSIVE before the first access: the lock is then never given back, and the log's index stays in this process.
  // FULL makes each commit wait for fsync of the log; fullfsync makes that reach the medium on macOS.
  database.exec(`
    PRAGMA busy_timeout = 0;
    PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA synchronous = FULL;
    PRAGMA fullfsync = 1;
    PRAGMA checkpoint_fullfsync = 1;
    PRAGMA page_size = ${PAGE_BYTES};
    PRAGMA trusted_schema = OFF;
    PRAGMA cell_size_check = ON;
    PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};
    PRAGMA journal_size_limit = ${LOG_BYTES};
    BEGIN EXCLUSIVE`);
  if (isFresh(database)) createTables(database);
  else checkIdentity(database, path);
  database.exec("COMMIT");
  const mode = pragma(database, "journal_mode = WAL");
  if (mode !== "wal") throw new BellhopError("store-failed", `${path}: its file system allows no write-ahead log`);
  database.exec(`PRAGMA max_page_count = ${Math.floor(maxFileBytes / pageBytes(database))}`);
  if (unclean) checkPages(database, path);
}

/** Folds the log into the file, so that what is left behind is one file. */
export function foldLog(database: DatabaseSync): void {
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
}

function isFresh(database: DatabaseSync): boolean {
  return pragma(database, "application_id") === 0 && pragma(database, "user_version") === 0 &&
    database.prepare("SELECT count(*) AS n FROM sqlite_schema").get()!.n === 0;
}

function createTables(database: DatabaseSync): void {
  // Rows in order of arrival with an index on the key: keys come in no order, and whole rows moved about in a tree
  // sorted by key cost three times as much. No type on `value`: see `toColumn` in sqlite.ts.
  for (const keyspace of KEYSPACES) database.exec(`CREATE TABLE ${keyspace} (key TEXT NOT NULL PRIMARY KEY, value)`);
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}`);
}

function checkIdentity(database: DatabaseSync, path: string): void {
  if (pragma(database, "application_id") !== APPLICATION_ID) {
    throw new BellhopError("store-failed", `${path} is a database of something else and was left as it is`);
  }
  const version = pragma(database, "user_version");
  if (version === SCHEMA_VERSION) return;
  throw new BellhopError(
    "store-version",
    `${path} has schema version ${version}, this version of Bellhop reads and writes ${SCHEMA_VERSION}`,
  );
}

function checkPages(database: DatabaseSync, path: string): void {
  if (Number(pragma(database, "page_count")) * pageBytes(database) > CHECKED_BYTES) return;
  const finding = pragma(database, "quick_check(1)");
  if (finding !== "ok") throw damaged(path, String(finding));
}

/** What the file was made with, whatever we would choose today. */
function pageBytes(database: DatabaseSync): number {
  return Number(pragma(database, "page_size"));
}

function pragma(database: DatabaseSync, text: string): unknown {
  const row = database.prepare(`PRAGMA ${text}`).get();
  return row === undefined ? undefined : Object.values(row)[0];
}
