import type { Rank } from "../priority/table.ts";
import type { IdHash } from "./_id_hash.ts";
import { type BusMessage, endedMessage } from "./message.ts";
import type { Target } from "./target.ts";

/** What is left of a message that has ended: shared by all that have it in common, but where receivers fared differently. */
interface Remains {
  readonly source: string;
  readonly type: string;
  readonly rank: Rank;
  readonly targets: readonly Target[];
  /** The outcomes, if they are not all the same. */
  readonly progress: ArrayLike<number> | undefined;
  readonly open: 0;
}

/** Most rows of one generation. */
const MAX_ROWS = 1 << 20;
const LEAST_ROWS = 32;

/** Words of a row. */
const LOW = 0;
const HIGH = 1;
/** The row before it in the same bucket, plus 1. */
const NEXT = 2;
const FINGERPRINT = 3;
/** The packed outcome that all receivers have in common. */
const OUTCOME = 4;
/** Milliseconds since the generation's origin. */
const ACCEPTED = 5;
const WORDS = 6;

/** Of a cell: the row that came last, plus 1; above it one bit of 8 for each row of the bucket. */
const ROW = 0xff_ffff;
const FIRST_BIT = 1 << 24;

/**
 * Where to look for a hash: two cells a bucket, one for each generation.
 *
 * The table is larger than a processor's caches, so that each look at it is a wait. A message that is new, as nearly all
 * are, costs one: both its cells lie side by side, and the bits in them say without a look at any row that it is not
 * there.
 */
export class Buckets {
  /** The cells. */
  cells: Int32Array = new Int32Array(2 * LEAST_ROWS);

  /** How many rows a generation may have before the table is too small for it. */
  get size(): number {
    return this.cells.length / 2;
  }

  /** Twice as many buckets, all empty. */
  grow(): void {
    this.cells = new Int32Array(2 * this.cells.length);
  }

  /** The place of the bucket's first cell. */
  at(low: number): number {
    return (low << 1) & (this.cells.length - 1);
  }
}

/** The messages that came in within one horizon, a row each; see `duplicates.ts`. */
export class Generation {
  /** How many are remembered. */
  size = 0;
  /** How many of them have ended and are no more than a row. */
  ended = 0;
  /** How many rows there are, those taken out included. */
  rows = 0;
  private words = new Int32Array(LEAST_ROWS * WORDS);
  private readonly holders: (BusMessage | Remains | undefined)[] = [];
  private originMs = 0;
  private lastRemains: Remains | undefined;

  /** @param side which cell of each bucket is its own */
  constructor(private readonly buckets: Buckets, private readonly side: 0 | 1) {}

  /** Whether no row is left. */
  get isFull(): boolean {
    return this.rows === MAX_ROWS;
  }

  /**
   * Nothing remembered: by these same rows if they were used well, for to grow them again costs as much as to fill them.
   * What they refer to is let go as new rows come.
   */
  emptied(): Generation {
    const { cells } = this.buckets;
    for (let at = this.side; at < cells.length; at += 2) cells[at] = 0;
    if (this.rows * WORDS * 4 < this.words.length) return new Generation(this.buckets, this.side);
    this.rows = this.size = this.ended = 0;
    return this;
  }

  /** The row of that source and id, or -1. Of what has ended the hash decides, of all else the words. */
  find({ low, high }: IdHash, source: string, id: string): number {
    const cell = this.buckets.cells[this.buckets.at(low) + this.side];
    if ((cell & (FIRST_BIT << (high & 7))) === 0) return -1;
    for (let row = (cell & ROW) - 1; row !== -1; row = this.words[row * WORDS + NEXT] - 1) {
      const at = row * WORDS;
      if (this.words[at + LOW] !== low || this.words[at + HIGH] !== high) continue;
      const holder = this.holders[row];
      if (holder?.source === source && (!("row" in holder) || holder.id === id)) return row;
    }
    return -1;
  }

  /** Another row; the caller has made sure that the buckets are enough for it. */
  add({ low, high }: IdHash, message: BusMessage): void {
    const row = this.rows++;
    const at = row * WORDS;
    if (row === 0) this.originMs = message.acceptedMs;
    if (at === this.words.length) this.words = widened(this.words);
    const { words } = this;
    this.size++;
    words[at + LOW] = low;
    words[at + HIGH] = high;
    words[at + FINGERPRINT] = message.fingerprint;
    words[at + ACCEPTED] = message.acceptedMs - this.originMs;
    this.place(row);
    this.holders[row] = message;
    message.generation = this;
    message.row = row;
  }

  /** Finds its rows new places after the buckets have grown. */
  placeAll(): void {
    for (let row = 0; row < this.rows; row++) this.place(row);
  }

  remove(row: number): void {
    if (!this.isWhole(row)) this.ended--;
    this.holders[row] = undefined;
    this.size--;
  }

  /** Keeps of a message no more than a row can hold; one that was redriven or lies on disk stays as it is. */
  compact(row: number, message: BusMessage): void {
    if (message.rank === 3 || message.runs !== undefined || this.holders[row] !== message) return;
    const { source, type, rank, targets, progress } = message;
    this.ended++;
    if (!allAlike(progress)) {
      this.holders[row] = { source, type, rank, targets, progress, open: 0 };
      return;
    }
    let remains = this.lastRemains;
    if (
      remains?.targets !== targets || remains.type !== type || remains.source !== source || remains.rank !== rank
    ) {
      remains = this.lastRemains = { source, type, rank, targets, progress: undefined, open: 0 };
    }
    this.holders[row] = remains;
    this.words[row * WORDS + OUTCOME] = progress[0] ?? 0;
  }

  revive(row: number, message: BusMessage): void {
    if (!this.isWhole(row)) this.ended--;
    this.holders[row] = message;
  }

  /** The message of a row, by the id that it was found with. */
  read(row: number, id: string): BusMessage {
    const holder = this.holders[row]!;
    if ("row" in holder) return holder;
    const { source, type, rank, targets, progress } = holder;
    const at = row * WORDS;
    return endedMessage({
      source,
      id,
      type,
      rank,
      acceptedMs: this.originMs + this.words[at + ACCEPTED],
      fingerprint: this.words[at + FINGERPRINT],
      targets,
      progress: progress === undefined ? targets.map(() => this.words[at + OUTCOME]) : Array.from(progress),
      generation: this,
      row,
    });
  }

  /** Every message that is more than a row. */
  forEachWhole(visit: (message: BusMessage) => void): void {
    for (let row = 0; row < this.rows; row++) {
      const holder = this.holders[row];
      if (holder !== undefined && "row" in holder) visit(holder);
    }
  }

  private isWhole(row: number): boolean {
    return "row" in this.holders[row]!;
  }

  private place(row: number): void {
    const { words } = this;
    const { cells } = this.buckets;
    const at = row * WORDS;
    const bucket = this.buckets.at(words[at + LOW]) + this.side;
    const cell = cells[bucket];
    words[at + NEXT] = cell & ROW;
    cells[bucket] = (cell & ~ROW) | (FIRST_BIT << (words[at + HIGH] & 7)) | (row + 1);
  }
}

function allAlike(progress: ArrayLike<number>): boolean {
  for (let place = 1; place < progress.length; place++) if (progress[place] !== progress[0]) return false;
  return true;
}

function widened(words: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const wide = new Int32Array(2 * words.length);
  wide.set(words);
  return wide;
}
