/**
 * The file of the disk store: how it is owned, what makes it a Bellhop store, what its tables are.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { KEYSPACES } from "../../core/bus/operation.ts";
import { BellhopError } from "../../core/error.ts";
import { damaged } from "./_sqlite_failure.ts";
import { textSum } from "./_text_sum.ts";

/**
 * Rows in order of arrival with an index on the key: keys come in no order, and whole rows moved about in a tree sorted
 * by key cost three times as much. No type on `value`: see {@linkcode toColumn}. `damaged` keeps what could not be read.
 */
const TABLES: ReadonlyMap<string, string> = new Map([
  ...KEYSPACES.map((keyspace) =>
    [keyspace, `CREATE TABLE ${keyspace} (key TEXT NOT NULL PRIMARY KEY, value, sum)`] as const
  ),
  ["damaged", "CREATE TABLE damaged (keyspace TEXT NOT NULL, key TEXT NOT NULL, value, sum)"],
]);

/** "BELL": marks the file for `file(1)` and for us (sqlite.org/pragma.html#pragma_application_id). */
const APPLICATION_ID = 0x42454c4c;
const SCHEMA_VERSION = 2;
/** Had no sums, and no table for what is set aside. */
const VERSION_WITHOUT_SUMS = 1;
const PAGE_BYTES = 4_096;
/** The log is folded into the file whenever it has this many pages: 4 MiB. */
const CHECKPOINT_PAGES = 1_000;
/** A longer log, left by a large group, is cut to this when it starts over. */
const LOG_BYTES = 8_388_608;
/** Rows that get their sum at a time. */
const PAGE_ROWS = 500;

/**
 * Takes the lock, refuses what is damaged or no Bellhop store of a version that it knows, makes the tables of a fresh
 * file, and turns on the write-ahead log. The lock lasts until the database is closed or the process ends, however it
 * ends.
 */
export function prepareFile(database: DatabaseSync, path: string, maxFileBytes: number): void {
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
  else {
    const version = checkIdentity(database, path);
    checkPages(database, path);
    if (version === VERSION_WITHOUT_SUMS) addSums(database);
    checkTables(database, path);
  }
  database.exec("COMMIT");
  const mode = pragma(database, "journal_mode = WAL");
  if (mode !== "wal") throw new BellhopError("store-failed", `${path}: its file system allows no write-ahead log`);
  database.exec(`PRAGMA max_page_count = ${Math.floor(maxFileBytes / pageBytes(database))}`);
}

/** Keeps a byte order mark: it is part of the value. */
const bytesDecoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Some runtimes end a text column at its first NUL; as bytes it keeps them. */
export function toColumn(value: string): string | Uint8Array {
  return value.includes("\0") ? new TextEncoder().encode(value) : value;
}

/** What {@linkcode toColumn} was given, or `undefined` for what it never gave. */
export function textOf(column: unknown): string | undefined {
  if (typeof column === "string") return column;
  return column instanceof Uint8Array ? bytesDecoder.decode(column) : undefined;
}

/** Brings all that is in the log into the file, as durably as any commit. @returns whether it is all there */
export function foldLog(database: DatabaseSync): boolean {
  const { busy, log, checkpointed } = database.prepare("PRAGMA wal_checkpoint(FULL)").get()!;
  return busy === 0 && log === checkpointed;
}

/** Cuts a log that has been folded, so that what is left behind is one file. */
export function cutLog(database: DatabaseSync): void {
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
}

function isFresh(database: DatabaseSync): boolean {
  return pragma(database, "application_id") === 0 && pragma(database, "user_version") === 0 &&
    database.prepare("SELECT count(*) AS n FROM sqlite_schema").get()!.n === 0;
}

function createTables(database: DatabaseSync): void {
  for (const [, text] of TABLES) database.exec(text);
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}`);
}

/** @returns the version of the schema, one that this version of Bellhop knows */
function checkIdentity(database: DatabaseSync, path: string): number {
  if (pragma(database, "application_id") !== APPLICATION_ID) {
    throw new BellhopError("store-failed", `${path} is a database of something else and was left as it is`);
  }
  const version = Number(pragma(database, "user_version"));
  if (version === SCHEMA_VERSION || version === VERSION_WITHOUT_SUMS) return version;
  throw new BellhopError(
    "store-version",
    `${path} has schema version ${version}, this version of Bellhop reads ${VERSION_WITHOUT_SUMS} and ` +
      `${SCHEMA_VERSION}, and writes ${SCHEMA_VERSION}`,
  );
}

/** From version 1 to 2, within the transaction of the opening. */
function addSums(database: DatabaseSync): void {
  database.exec(TABLES.get("damaged")!);
  for (const keyspace of KEYSPACES) {
    database.exec(`ALTER TABLE ${keyspace} ADD COLUMN sum`);
    const page = database.prepare(`SELECT rowid, key, value FROM ${keyspace} WHERE rowid > ? ORDER BY rowid LIMIT ?`);
    const put = database.prepare(`UPDATE ${keyspace} SET sum = ? WHERE rowid = ?`);
    for (let rows = page.all(-Number.MAX_SAFE_INTEGER, PAGE_ROWS); rows.length > 0;) {
      for (const { rowid, key, value } of rows) put.run(textSum(key as string, textOf(value) ?? ""), rowid);
      rows = page.all(rows[rows.length - 1].rowid, PAGE_ROWS);
    }
  }
  database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
}

/** Whether the tables are those that were made: SQLite takes the text of a schema for what it says, even if it changed. */
function checkTables(database: DatabaseSync, path: string): void {
  const found = database.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'table'").all();
  for (const { name, sql } of found) {
    if (TABLES.get(name as string) !== sql) throw damaged(path, `the table ${name} is not one of ours`);
  }
  if (found.length !== TABLES.size) throw damaged(path, "tables are missing");
}

/**
 * Whether the pages make whole trees and each index agrees with its table: reads the whole file, in a fraction of the
 * time that reading the records takes. What a value says is not checked here: that is what `sum` is for.
 */
function checkPages(database: DatabaseSync, path: string): void {
  const finding = pragma(database, "integrity_check(1)");
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
