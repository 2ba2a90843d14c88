import type { Rank } from "../priority/table.ts";
import type { IdHash } from "./_id_hash.ts";
import { type BusMessage, endedMessage } from "./message.ts";
import type { Target } from "./target.ts";

/** What is left of a message that has ended: shared by all that have it in common, but for those with many receivers. */
interface Remains {
  readonly source: string;
  readonly type: string;
  readonly rank: Rank;
  readonly targets: readonly Target[];
  /** The outcomes, if there is not exactly one receiver. */
  readonly progress: ArrayLike<number> | undefined;
  readonly open: 0;
}

/** Most rows of one generation. */
const MAX_ROWS = 1 << 20;
const LEAST_ROOM = 32;

/**
 * The messages that came in within one horizon: columns, chained by hash, with a filter of 16 bits a row before them.
 *
 * Nearly every message is new, and the tables are larger than a processor's caches. So that it need not wait for them,
 * a new message is told by one bit, which is easy to guess, and is entered without a branch.
 */
export class Generation {
  /** How many are remembered. */
  size = 0;
  /** How many of them have ended and are no more than a row. */
  ended = 0;
  /** How many rows there are, those taken out included. */
  rows = 0;
  private filter = new Int32Array(LEAST_ROOM / 2);
  /** For each hash the row that came last, plus 1. */
  private heads = new Int32Array(LEAST_ROOM);
  /** For each row the one before it of the same hash, plus 1. */
  private nexts = new Int32Array(LEAST_ROOM);
  private lows = new Int32Array(LEAST_ROOM);
  private highs = new Int32Array(LEAST_ROOM);
  private readonly holders: (BusMessage | Remains | undefined)[] = [];
  /** The packed outcome of the one receiver. */
  private outcomes = new Int32Array(LEAST_ROOM);
  private fingerprints = new Int32Array(LEAST_ROOM);
  private accepted = new Float64Array(LEAST_ROOM);
  private lastRemains: Remains | undefined;

  /** Whether no row is left. */
  get isFull(): boolean {
    return this.rows === MAX_ROWS;
  }

  /**
   * Nothing remembered: by these same columns if they were used well, for to grow them again costs as much as to fill
   * them. What they refer to is let go as new rows come.
   */
  emptied(): Generation {
    if (this.rows * 4 < this.heads.length) return new Generation();
    this.rows = this.size = this.ended = 0;
    this.heads.fill(0);
    this.filter.fill(0);
    return this;
  }

  /** The row of that source and id, or -1. Of what has ended the hash decides, of all else the words. */
  find(hash: IdHash, source: string, id: string): number {
    const { low, high } = hash;
    const { filter, heads } = this;
    if ((filter[(high >>> 5) & (filter.length - 1)] & (1 << high)) === 0) return -1;
    for (let row = heads[low & (heads.length - 1)] - 1; row !== -1; row = this.nexts[row] - 1) {
      if (this.lows[row] !== low || this.highs[row] !== high) continue;
      const holder = this.holders[row];
      if (holder?.source === source && (!("row" in holder) || holder.id === id)) return row;
    }
    return -1;
  }

  add(hash: IdHash, message: BusMessage): void {
    if (this.rows === this.heads.length) this.grow();
    const row = this.rows++;
    this.size++;
    this.lows[row] = hash.low;
    this.highs[row] = hash.high;
    this.place(row);
    this.holders[row] = message;
    this.fingerprints[row] = message.fingerprint;
    this.accepted[row] = message.acceptedMs;
    message.generation = this;
    message.row = row;
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
    if (progress.length !== 1) {
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
    this.outcomes[row] = progress[0];
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
    return endedMessage({
      source,
      id,
      type,
      rank,
      acceptedMs: this.accepted[row],
      fingerprint: this.fingerprints[row],
      targets,
      progress: progress === undefined ? [this.outcomes[row]] : Array.from(progress),
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
    const { filter, heads } = this;
    const high = this.highs[row];
    const at = this.lows[row] & (heads.length - 1);
    this.nexts[row] = heads[at];
    heads[at] = row + 1;
    filter[(high >>> 5) & (filter.length - 1)] |= 1 << high;
  }

  private grow(): void {
    const room = 2 * this.heads.length;
    this.filter = new Int32Array(room / 2);
    this.heads = new Int32Array(room);
    this.nexts = new Int32Array(room);
    this.lows = widened(this.lows, new Int32Array(room));
    this.highs = widened(this.highs, new Int32Array(room));
    this.outcomes = widened(this.outcomes, new Int32Array(room));
    this.fingerprints = widened(this.fingerprints, new Int32Array(room));
    this.accepted = widened(this.accepted, new Float64Array(room));
    for (let row = 0; row < this.rows; row++) this.place(row);
  }
}

function widened<Column extends Int32Array<ArrayBuffer> | Float64Array<ArrayBuffer>>(
  column: Column,
  wide: Column,
): Column {
  wide.set(column);
  return wide;
}
