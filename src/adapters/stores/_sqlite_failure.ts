/**
 * What SQLite's result codes mean to the operator (sqlite.org/rescode.html).
 *
 * @module
 */

import { BellhopError } from "../../core/error.ts";
import { permissionMissing } from "../../core/permission_missing.ts";

const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const IO = 10;
const CORRUPT = 11;
const FULL = 13;
const CANNOT_OPEN = 14;
const NO_DATABASE = 26;

/** One sentence for each primary result code that an operator can do something about. */
const sentences: Readonly<Record<number, string>> = {
  [READONLY]: "the file or its directory is read-only",
  [IO]: "the disk reported an input/output error",
  [CORRUPT]: "the file is damaged: keep a copy of it, then start with another file",
  [FULL]: "the disk is full, or the file has reached maxFileBytes",
  [CANNOT_OPEN]: "the file cannot be opened: its directory must exist and be writable",
  [NO_DATABASE]: "the file is not an SQLite database and was left as it is",
};

/** How SQLite words the codes (sqlite3_errstr). */
const texts: readonly (readonly [text: string, code: number])[] = [
  ["database is locked", BUSY],
  ["database table is locked", LOCKED],
  ["attempt to write a readonly database", READONLY],
  ["disk I/O error", IO],
  ["database disk image is malformed", CORRUPT],
  ["database or disk is full", FULL],
  ["unable to open database file", CANNOT_OPEN],
  ["file is not a database", NO_DATABASE],
];

/** A failure to open or to read, as a typed error. */
export function storeFailure(path: string, cause: unknown): BellhopError {
  if (cause instanceof BellhopError) return cause;
  const forbidden = permissionMissing(`cannot open ${path}`, cause);
  if (forbidden !== undefined) return forbidden;
  if (isLocked(cause)) {
    return new BellhopError("store-locked", `${path} is open in another process or another store`, { cause });
  }
  return new BellhopError("store-failed", `${path}: ${sentence(cause)}`, { cause });
}

/** Whether somebody else has locked the database. */
export function isLocked(cause: unknown): boolean {
  const code = primaryCode(cause);
  return code === BUSY || code === LOCKED;
}

/** A failure to flush, as a typed error. */
export function flushFailure(path: string, cause: unknown): BellhopError {
  return new BellhopError(
    "not-durable",
    `${path}: ${
      sentence(cause)
    }; nothing of this group was accepted, and the store takes no write until it is opened anew`,
    { cause },
  );
}

/** A file whose contents are not what they should be, as a typed error. */
export function damaged(path: string, finding: string): BellhopError {
  return new BellhopError("store-failed", `${path}: ${sentences[CORRUPT]} (${finding})`);
}

function sentence(cause: unknown): string {
  const known = sentences[primaryCode(cause)];
  const said = cause instanceof Error ? cause.message : String(cause);
  return known === undefined ? said : `${known} (${said})`;
}

/** The low byte of an extended code is the primary one. */
function primaryCode(cause: unknown): number {
  const { errcode, message } = (cause ?? {}) as { errcode?: unknown; message?: unknown };
  if (typeof errcode === "number") return errcode & 0xff;
  // Deno gives some errors no code, only SQLite's own text for it.
  const found = texts.find(([text]) => typeof message === "string" && message.startsWith(text));
  return found === undefined ? 0 : found[1];
}
