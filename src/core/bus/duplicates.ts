import type { Rank } from "../priority/table.ts";
import type { BusMessage } from "./message.ts";
import type { Target } from "./target.ts";

/**
 * The messages known by (`source`, `id`): two generations, so that forgetting costs nothing per message.
 *
 * A message is remembered for at least `horizonMs` after it came in, or until half of `capacity` newer ones have come;
 * at the bound the older generation is forgotten early. What has not ended is never forgotten. What has ended in
 * memory leaves no object behind, only a row of columns: a collector that must move a million records is slower than
 * the bus.
 */
export class Duplicates {
  private young = new Generation();
  private old = new Generation();
  private turnsMs = Infinity;
  private lastSource = "";
  private lastSourceHash = hashOf("", 0);

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
    if (nowMs >= this.turnsMs || this.young.rows >= this.capacity / 2) this.turn(nowMs);
    else if (this.turnsMs === Infinity) this.turnsMs = nowMs + this.horizonMs;
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
    const { generation, row } = message;
    generation?.compact(row, message);
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
    if (source !== this.lastSource) {
      this.lastSource = source;
      this.lastSourceHash = hashOf(source, 0);
    }
    return hashOf(id, this.lastSourceHash);
  }

  private turn(nowMs: number): void {
    const forgotten = this.old;
    this.old = this.young;
    this.young = new Generation();
    this.turnsMs = this.old.size === 0 ? Infinity : nowMs + this.horizonMs;
    forgotten.forEach((message) => {
      if (message.open > 0) this.add(nowMs, message);
      else this.forget?.(message);
    }, this.forget === undefined);
  }
}

/** What many messages have in common. */
interface Kind {
  readonly source: string;
  readonly type: string;
  readonly rank: Rank;
  readonly targets: readonly Target[];
}

/** The messages that came in within one horizon: an open-addressing table over columns. */
export class Generation {
  /** How many are remembered. */
  size = 0;
  /** How many rows there are, those taken out included. */
  rows = 0;
  /** Pairs of a hash and a row + 1; 0 is free. */
  private table = new Int32Array(64);
  private readonly ids: (string | undefined)[] = [];
  private readonly kinds: (Kind | undefined)[] = [];
  private readonly messages: (BusMessage | undefined)[] = [];
  /** The packed outcome of the one receiver, or those of several. */
  private readonly outcomes: (number | readonly number[])[] = [];
  private fingerprints = new Float64Array(16);
  private accepted = new Float64Array(16);
  private lastKind: Kind | undefined;

  find(hash: number, source: string, id: string): number {
    const { table } = this;
    const mask = table.length - 2;
    for (let at = (hash << 1) & mask;; at = (at + 2) & mask) {
      const row = table[at + 1] - 1;
      if (row === -1) return -1;
      if (table[at] === hash && this.ids[row] === id && this.sourceOf(row) === source) return row;
    }
  }

  add(hash: number, message: BusMessage): void {
    if (this.rows * 4 >= this.table.length) this.grow();
    const row = this.rows++;
    this.size++;
    this.place(hash, row);
    this.ids.push(message.id);
    this.kinds.push(undefined);
    this.messages.push(message);
    this.outcomes.push(0);
    this.fingerprints[row] = message.fingerprint;
    this.accepted[row] = message.acceptedMs;
    message.generation = this;
    message.row = row;
  }

  remove(row: number): void {
    if (this.ids[row] === undefined) return;
    this.ids[row] = this.kinds[row] = this.messages[row] = undefined;
    this.size--;
  }

  /** Keeps of a message no more than a row can hold; one that was redriven or lies on disk stays as it is. */
  compact(row: number, message: BusMessage): void {
    if (message.rank === 3 || message.runs !== undefined || this.messages[row] !== message) return;
    const { source, type, rank, targets, progress } = message;
    let kind = this.lastKind;
    if (kind?.targets !== targets || kind.type !== type || kind.source !== source || kind.rank !== rank) {
      kind = this.lastKind = { source, type, rank, targets };
    }
    this.kinds[row] = kind;
    this.outcomes[row] = progress.length === 1 ? progress[0] : progress;
    this.messages[row] = undefined;
  }

  revive(row: number, message: BusMessage): void {
    this.messages[row] = message;
  }

  read(row: number): BusMessage {
    const message = this.messages[row];
    if (message !== undefined) return message;
    const { source, type, rank, targets } = this.kinds[row]!;
    const outcomes = this.outcomes[row];
    return {
      source,
      id: this.ids[row]!,
      type,
      rank,
      acceptedMs: this.accepted[row],
      fingerprint: this.fingerprints[row],
      targets,
      progress: typeof outcomes === "number" ? [outcomes] : [...outcomes],
      runs: undefined,
      open: 0,
      undecided: 0,
      envelope: undefined,
      index: -1,
      expiresMs: Infinity,
      givesUpMs: Infinity,
      lane: undefined,
      principal: "",
      replyTo: undefined,
      instance: undefined,
      pinned: false,
      sequence: 0,
      order: 0,
      bytes: 0,
      token: 0,
      watched: false,
      generation: this,
      row,
    };
  }

  /** Every message that is remembered, or only those that are more than a row. */
  forEach(visit: (message: BusMessage) => void, liveOnly: boolean): void {
    for (let row = 0; row < this.rows; row++) {
      if (this.ids[row] !== undefined && (!liveOnly || this.messages[row] !== undefined)) visit(this.read(row));
    }
  }

  private sourceOf(row: number): string {
    return this.kinds[row]?.source ?? this.messages[row]!.source;
  }

  private place(hash: number, row: number): void {
    const { table } = this;
    const mask = table.length - 2;
    let at = (hash << 1) & mask;
    while (table[at + 1] !== 0) at = (at + 2) & mask;
    table[at] = hash;
    table[at + 1] = row + 1;
  }

  private grow(): void {
    const old = this.table;
    this.table = new Int32Array(old.length * 2);
    for (let at = 0; at < old.length; at += 2) if (old[at + 1] !== 0) this.place(old[at], old[at + 1] - 1);
    const room = this.table.length / 4;
    this.fingerprints = widened(this.fingerprints, room);
    this.accepted = widened(this.accepted, room);
  }
}

function widened(column: Float64Array, room: number): Float64Array<ArrayBuffer> {
  const wide = new Float64Array(room);
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
