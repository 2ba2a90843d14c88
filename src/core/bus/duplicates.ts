import type { Rank } from "../priority/table.ts";
import { type BusMessage, endedMessage } from "./message.ts";
import type { Target } from "./target.ts";

/**
 * The messages known by (`source`, `id`): two generations, so that forgetting costs nothing per message.
 *
 * A message is remembered for at least `horizonMs` after it has ended, or until half of `capacity` newer ones have come;
 * at the bound the older generation is forgotten early. What has not ended is never forgotten. What has ended in
 * memory leaves no object behind, only a row of columns: a collector that must move a million records is slower than
 * the bus.
 */
export class Duplicates {
  private young = new Generation();
  private old = new Generation();
  private turnsMs = Infinity;
  /** Rows of the younger generation that came from the older, for they had not ended. */
  private carried = 0;
  private lastSource = "";
  private lastSourceHash = hashOf("", 0);
  private lastId: string | undefined;
  private lastHash = 0;

  /** @param forget is told each message that is forgotten */
  constructor(
    private readonly horizonMs: number,
    private readonly capacity: number,
    private readonly forget?: (message: BusMessage) => void,
  ) {}

  /** How many are remembered. */
  get size(): number {
    return this.young.size + this.old.size;
  }

  /** The message of that source and id; of one that has ended, a copy of what is known. */
  get(source: string, id: string): BusMessage | undefined {
    if (this.young.rows + this.old.rows === 0) return undefined;
    const hash = this.hash(source, id);
    let row = this.young.find(hash, source, id);
    if (row !== -1) return this.young.read(row);
    row = this.old.find(hash, source, id);
    return row === -1 ? undefined : this.old.read(row);
  }

  /** Remembers a message that is not known, as of now. */
  add(nowMs: number, message: BusMessage): void {
    const { young, old, capacity } = this;
    const fresh = young.rows - this.carried;
    if (nowMs >= this.turnsMs || fresh >= capacity / 2 || young.ended + old.ended >= capacity || young.isFull) {
      this.turn(nowMs);
    }
    if (this.turnsMs === Infinity) this.turnsMs = nowMs + this.horizonMs;
    this.young.add(this.hash(message.source, message.id), message);
  }

  /** Begins the horizon anew. */
  touch(nowMs: number, message: BusMessage): void {
    this.remove(message);
    this.add(nowMs, message);
  }

  /** Takes a message out that was not accepted after all. */
  remove(message: BusMessage): void {
    const hash = this.hash(message.source, message.id);
    const generation = this.young.find(hash, message.source, message.id) === -1 ? this.old : this.young;
    const row = generation.find(hash, message.source, message.id);
    if (row !== -1) generation.remove(row);
  }

  /** The message has ended: from now on a row is enough. */
  compact(message: BusMessage): void {
    // The horizon begins at the end.
    if (message.generation === this.old && !this.young.isFull) {
      this.old.remove(message.row);
      this.young.add(this.hash(message.source, message.id), message);
    }
    message.generation?.compact(message.row, message);
  }

  /** The message is under way again. */
  revive(message: BusMessage): void {
    message.generation?.revive(message.row, message);
  }

  /** Forgets what is past the horizon. */
  wake(nowMs: number): void {
    if (nowMs >= this.turnsMs) this.turn(nowMs);
  }

  /** When {@linkcode Duplicates.wake} has something to do; `Infinity` if never. */
  nextWakeMs(): number {
    return this.turnsMs;
  }

  private hash(source: string, id: string): number {
    if (id === this.lastId && source === this.lastSource) return this.lastHash;
    if (source !== this.lastSource) {
      this.lastSource = source;
      this.lastSourceHash = hashOf(source, 0);
    }
    this.lastId = id;
    return this.lastHash = hashOf(id, this.lastSourceHash);
  }

  private turn(nowMs: number): void {
    const forgotten = this.old;
    const open: BusMessage[] = [];
    forgotten.forEach((message) => {
      if (message.open > 0) open.push(message);
      else this.forget?.(message);
    }, this.forget === undefined);
    this.old = this.young;
    this.young = forgotten.emptied();
    for (const message of open) this.young.add(this.hash(message.source, message.id), message);
    this.carried = this.young.rows;
    this.turnsMs = this.size === 0 ? Infinity : nowMs + this.horizonMs;
  }
}

/** What is left of a message that has ended: shared by all that have it in common, but for those with many receivers. */
interface Remains {
  readonly source: string;
  readonly type: string;
  readonly rank: Rank;
  readonly targets: readonly Target[];
  /** The outcomes, if there is not exactly one receiver. */
  readonly progress: readonly number[] | undefined;
  readonly open: 0;
}

const ROW_BITS = 20;
/** Most rows of one generation. */
const MAX_ROWS = (1 << ROW_BITS) - 1;
const ROW = (1 << ROW_BITS) - 1;

/**
 * The messages that came in within one horizon: an open-addressing table of 4-byte cells, each 12 bits of a hash beside
 * the number of a row, over columns. Small cells, since every look is a cache miss.
 */
export class Generation {
  /** How many are remembered. */
  size = 0;
  /** How many of them have ended and are no more than a row. */
  ended = 0;
  /** How many rows there are, those taken out included. */
  rows = 0;
  private table = new Int32Array(64);
  private hashes = new Int32Array(32);
  private readonly ids: (string | undefined)[] = [];
  private readonly holders: (BusMessage | Remains | undefined)[] = [];
  /** The packed outcome of the one receiver. */
  private outcomes = new Int32Array(32);
  private fingerprints = new Float64Array(32);
  private accepted = new Float64Array(32);
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
    if (this.rows * 8 < this.table.length) return new Generation();
    this.rows = this.size = this.ended = 0;
    this.table.fill(0);
    return this;
  }

  find(hash: number, source: string, id: string): number {
    const { table } = this;
    const mask = table.length - 1;
    for (let at = hash & mask;; at = (at + 1) & mask) {
      const cell = table[at];
      if (cell === 0) return -1;
      if (((cell ^ hash) & ~ROW) !== 0) continue;
      const row = (cell & ROW) - 1;
      if (this.ids[row] === id && this.holders[row]!.source === source) return row;
    }
  }

  add(hash: number, message: BusMessage): void {
    if (this.rows * 2 >= this.table.length) this.grow();
    const row = this.rows++;
    this.size++;
    this.place(hash, row);
    this.hashes[row] = hash;
    this.ids[row] = message.id;
    this.holders[row] = message;
    this.fingerprints[row] = message.fingerprint;
    this.accepted[row] = message.acceptedMs;
    message.generation = this;
    message.row = row;
  }

  remove(row: number): void {
    if (!this.isWhole(row)) this.ended--;
    this.ids[row] = this.holders[row] = undefined;
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

  read(row: number): BusMessage {
    const holder = this.holders[row]!;
    if ("row" in holder) return holder;
    const { source, type, rank, targets, progress } = holder;
    return endedMessage({
      source,
      id: this.ids[row]!,
      type,
      rank,
      acceptedMs: this.accepted[row],
      fingerprint: this.fingerprints[row],
      targets,
      progress: progress === undefined ? [this.outcomes[row]] : [...progress],
      generation: this,
      row,
    });
  }

  /** Every message that is remembered, or only those that have not ended. */
  forEach(visit: (message: BusMessage) => void, openOnly: boolean): void {
    for (let row = 0; row < this.rows; row++) {
      const holder = this.holders[row];
      if (holder !== undefined && (!openOnly || holder.open > 0)) visit(this.read(row));
    }
  }

  private isWhole(row: number): boolean {
    return "row" in this.holders[row]!;
  }

  private place(hash: number, row: number): void {
    const { table } = this;
    const mask = table.length - 1;
    let at = hash & mask;
    while (table[at] !== 0) at = (at + 1) & mask;
    table[at] = (hash & ~ROW) | (row + 1);
  }

  private grow(): void {
    this.table = new Int32Array(this.table.length * 2);
    for (let row = 0; row < this.rows; row++) this.place(this.hashes[row], row);
    const room = this.table.length / 2;
    this.hashes = widened(this.hashes, new Int32Array(room));
    this.outcomes = widened(this.outcomes, new Int32Array(room));
    this.fingerprints = widened(this.fingerprints, new Float64Array(room));
    this.accepted = widened(this.accepted, new Float64Array(room));
  }
}

function widened<Column extends Int32Array<ArrayBuffer> | Float64Array<ArrayBuffer>>(
  column: Column,
  wide: Column,
): Column {
  wide.set(column);
  return wide;
}

/** 32 bits of a text, begun from a seed: multiply and mix, as in MurmurHash. */
function hashOf(text: string, seed: number): number {
  let hash = seed ^ text.length;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x5bd1_e995) ^ (hash >>> 15);
  hash = Math.imul(hash ^ (hash >>> 13), 0x85eb_ca6b);
  return hash ^ (hash >>> 16);
}
