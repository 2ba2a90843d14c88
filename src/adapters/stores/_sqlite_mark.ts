/**
 * What tells that SQLite's log has lost its end: SQLite takes a log that was cut off, or whose frames are damaged, for
 * one that ends there, and forgets what came after without a word.
 *
 * After each commit `<path>-mark` is written over: which log it is, and how many commits are in it. It is not flushed:
 * written after the log was, it never claims more than the log holds. A process that is killed leaves it as it was; a
 * power cut may leave an older one, or none, which finds less.
 *
 * @module
 */

import { BellhopError } from "../../core/error.ts";

type Fs = typeof import("node:fs");

/** How far a log has come (sqlite.org/fileformat2.html#the_write_ahead_log). */
interface LogState {
  /** Goes up by one whenever the log starts over. */
  readonly salt: number;
  /** Drawn anew whenever the log starts over. */
  readonly draw: number;
  /** Whole transactions in it. */
  readonly commits: number;
}

/** Keeps the mark beside a store that is open. */
export interface Mark {
  /** Notes one more commit in the log. */
  committed(): void;
  /** Notes that everything is in the file itself, so that the log may go. */
  folded(): void;
  /** Lets go of it; it stays if the log does. */
  close(): void;
}

const NOTHING: LogState = { salt: 0, draw: 0, commits: 0 };
const LOG_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const MAGIC = 0x377f_0682;
const MARK_BYTES = 16;
/** A log that seems to be damaged is read again after this, in case that its owner lives and is just writing it. */
const PAUSE_MS = 20;
const READINGS = 3;

/**
 * Compares log and mark before SQLite sees either, for SQLite would fold a damaged log into the file and delete it.
 *
 * @throws {BellhopError} `store-failed` if commits are gone
 */
export async function checkLog(fs: Fs, file: string, path: string): Promise<void> {
  for (let reading = 1;; reading++) {
    const finding = missing(fs, file);
    if (finding === undefined) return;
    if (reading === READINGS) {
      throw new BellhopError(
        "store-failed",
        `${path}: ${finding}; nothing was changed: restore what is missing, or remove ${path}-mark to go on without it`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/** Opens the mark, and says in it what the log holds. */
export function openMark(fs: Fs, file: string): Mark {
  const log = `${file}-wal`;
  const name = `${file}-mark`;
  const mark = fs.openSync(name, fs.existsSync(name) ? "r+" : "w+");
  const bytes = new DataView(new ArrayBuffer(MARK_BYTES));
  const salts = new DataView(new ArrayBuffer(8));
  let state = readLog(fs, log) ?? NOTHING;
  let source: number | undefined;
  note();

  function note(): void {
    bytes.setUint32(0, state.salt);
    bytes.setUint32(4, state.draw);
    bytes.setUint32(8, state.commits);
    bytes.setUint32(12, checkOf(state));
    fs.writeSync(mark, bytes, 0, MARK_BYTES, 0);
  }

  return {
    committed() {
      source ??= fs.openSync(log, "r");
      fs.readSync(source, salts, 0, 8, 16);
      const [salt, draw] = [salts.getUint32(0), salts.getUint32(4)];
      const commits = salt === state.salt && draw === state.draw ? state.commits + 1 : 1;
      state = { salt, draw, commits };
      note();
    },
    folded() {
      state = NOTHING;
      note();
      // Else a power cut soon after could bring back a mark that asks for a log that has gone.
      fs.fsyncSync(mark);
    },
    close() {
      if (source !== undefined) fs.closeSync(source);
      fs.closeSync(mark);
      forgetMark(fs, file);
    },
  };
}

/** Leaves an empty mark where a file is about to be made, so that an empty file found later is known for what it is. */
export function markBeginning(fs: Fs, file: string): void {
  if (fs.existsSync(file)) return;
  try {
    fs.closeSync(fs.openSync(`${file}-mark`, "a"));
  } catch {
    // What hinders this hinders SQLite as well, and is told from there.
  }
}

/** Forgets a mark whose log SQLite has folded into the file and deleted. */
export function forgetMark(fs: Fs, file: string): void {
  if (fs.existsSync(`${file}-wal`)) return;
  try {
    fs.rmSync(`${file}-mark`, { force: true });
  } catch {
    // Where it may not be removed it may not be written either: it is of somebody else.
  }
}

/** What is not there that should be. */
function missing(fs: Fs, file: string): string | undefined {
  const beginning = fs.statSync(`${file}-mark`, { throwIfNoEntry: false })?.size === 0;
  const mark = readMark(fs, `${file}-mark`);
  const log = readLog(fs, `${file}-wal`);
  const size = fs.statSync(file, { throwIfNoEntry: false })?.size;
  if (size === undefined && mark.commits + (log?.commits ?? 0) > 0) return "the file is gone, its log is not";
  if (size === 0 && !beginning) return "the file is empty, which no store ever is";
  if (mark.commits === 0) return undefined;
  if (log === undefined) return "its write-ahead log is gone or damaged";
  const turns = (log.salt - mark.salt) >>> 0;
  if (turns === 0 && log.draw === mark.draw && log.commits >= mark.commits) return undefined;
  // It has started over since: then what it held before is in the file.
  if (turns > 0 && turns < 0x8000_0000) return undefined;
  return `its write-ahead log is cut off or damaged: ${mark.commits} commits were acknowledged, ${log.commits} are left`;
}

function readMark(fs: Fs, name: string): LogState {
  const bytes = new DataView(new ArrayBuffer(MARK_BYTES));
  let mark: number;
  try {
    mark = fs.openSync(name, "r");
  } catch (error) {
    if ((error as { readonly code?: string }).code === "ENOENT") return NOTHING;
    throw error;
  }
  try {
    if (fs.readSync(mark, bytes, 0, MARK_BYTES, 0) < MARK_BYTES) return NOTHING;
  } finally {
    fs.closeSync(mark);
  }
  const state = { salt: bytes.getUint32(0), draw: bytes.getUint32(4), commits: bytes.getUint32(8) };
  return checkOf(state) === bytes.getUint32(12) ? state : NOTHING;
}

function checkOf({ salt, draw, commits }: LogState): number {
  return (Math.imul(salt ^ Math.imul(draw ^ commits, 0x9e37_79b1), 0x85eb_ca6b) ^ 0xbe11_0b0b) >>> 0;
}

/** How far SQLite would read in a log; `undefined` if there is none, or not even its head can be read. */
function readLog(fs: Fs, name: string): LogState | undefined {
  if (!fs.existsSync(name)) return undefined;
  const log = fs.openSync(name, "r");
  try {
    const head = new DataView(new ArrayBuffer(LOG_HEADER_BYTES));
    if (fs.readSync(log, head, 0, LOG_HEADER_BYTES, 0) < LOG_HEADER_BYTES) return undefined;
    const magic = head.getUint32(0);
    if ((magic & ~1) >>> 0 !== MAGIC) return undefined;
    const littleEndian = (magic & 1) === 0;
    const sums = new Uint32Array(2);
    add(sums, head, 0, 24, littleEndian);
    if (sums[0] !== head.getUint32(24) || sums[1] !== head.getUint32(28)) return undefined;
    const pageBytes = head.getUint32(8);
    const [salt, draw] = [head.getUint32(16), head.getUint32(20)];
    if (pageBytes < 512 || pageBytes > 65_536) return undefined;
    const frame = new DataView(new ArrayBuffer(FRAME_HEADER_BYTES + pageBytes));
    let commits = 0;
    for (let at = LOG_HEADER_BYTES;; at += frame.byteLength) {
      if (fs.readSync(log, frame, 0, frame.byteLength, at) < frame.byteLength) break;
      if (frame.getUint32(8) !== salt || frame.getUint32(12) !== draw) break;
      add(sums, frame, 0, 8, littleEndian);
      add(sums, frame, FRAME_HEADER_BYTES, frame.byteLength, littleEndian);
      if (sums[0] !== frame.getUint32(16) || sums[1] !== frame.getUint32(20)) break;
      if (frame.getUint32(4) > 0) commits++;
    }
    return { salt, draw, commits };
  } finally {
    fs.closeSync(log);
  }
}

function add(sums: Uint32Array, bytes: DataView, from: number, to: number, littleEndian: boolean): void {
  let [one, two] = sums;
  for (let at = from; at < to; at += 8) {
    one = (one + bytes.getUint32(at, littleEndian) + two) >>> 0;
    two = (two + bytes.getUint32(at + 4, littleEndian) + one) >>> 0;
  }
  sums[0] = one;
  sums[1] = two;
}
