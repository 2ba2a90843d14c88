import { Buckets, Generation } from "./_generation.ts";
import type { IdHash } from "./_id_hash.ts";
import type { BusMessage } from "./message.ts";

/**
 * The messages known by (`source`, `id`): two generations, so that forgetting costs nothing per message.
 *
 * A message is remembered for at least `horizonMs` after it has ended, or until half of `capacity` newer ones have come;
 * at the bound the older generation is forgotten early. What has not ended is never forgotten. What has ended in
 * memory leaves no object behind, only a row of columns, with 64 bits of a hash for its id: a collector that must move a
 * million records is slower than the bus. Among a million another id is taken for one of them with a probability of
 * 2^-44, and then refused as `id-conflict`, since its content is not the same.
 */
export class Duplicates {
  private readonly buckets = new Buckets();
  private young = new Generation(this.buckets, 0);
  private old = new Generation(this.buckets, 1);
  private turnsMs = Infinity;
  /** Rows of the younger generation that came from the older, for they had not ended. */
  private carried = 0;

  /** @param forget is told each message that is forgotten, if it is of those that lie on disk */
  constructor(
    private readonly horizonMs: number,
    private readonly capacity: number,
    private readonly hash: IdHash,
    private readonly forget?: (message: BusMessage) => void,
  ) {}

  /** How many are remembered. */
  get size(): number {
    return this.young.size + this.old.size;
  }

  /** The message of that source and id; of one that has ended, a copy of what is known. */
  get(source: string, id: string): BusMessage | undefined {
    if (this.young.rows + this.old.rows === 0) return undefined;
    this.hash.of(source, id);
    let row = this.young.find(this.hash, source, id);
    if (row !== -1) return this.young.read(row, id);
    row = this.old.find(this.hash, source, id);
    return row === -1 ? undefined : this.old.read(row, id);
  }

  /** Remembers a message that is not known, as of now. */
  add(nowMs: number, message: BusMessage): void {
    const { young, old, capacity } = this;
    const fresh = young.rows - this.carried;
    if (nowMs >= this.turnsMs || fresh >= capacity / 2 || young.ended + old.ended >= capacity || young.isFull) {
      this.turn(nowMs);
    }
    if (this.turnsMs === Infinity) this.turnsMs = nowMs + this.horizonMs;
    this.enter(message);
  }

  /** Begins the horizon anew. */
  touch(nowMs: number, message: BusMessage): void {
    this.remove(message);
    this.add(nowMs, message);
  }

  /** Takes a message out that was not accepted after all. */
  remove(message: BusMessage): void {
    const { hash, young, old } = this;
    hash.of(message.source, message.id);
    for (const generation of [young, old]) {
      const row = generation.find(hash, message.source, message.id);
      if (row !== -1) return generation.remove(row);
    }
  }

  /** The message has ended: from now on a row is enough. */
  compact(message: BusMessage): void {
    // The horizon begins at the end.
    if (message.generation === this.old && !this.young.isFull) {
      this.old.remove(message.row);
      this.enter(message);
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

  private enter(message: BusMessage): void {
    const { buckets, young, old } = this;
    if (young.rows === buckets.size) {
      buckets.grow();
      young.placeAll();
      old.placeAll();
    }
    this.hash.of(message.source, message.id);
    young.add(this.hash, message);
  }

  private turn(nowMs: number): void {
    const forgotten = this.old;
    const open: BusMessage[] = [];
    forgotten.forEachWhole((message) => {
      if (message.open > 0) open.push(message);
      else this.forget?.(message);
    });
    this.old = this.young;
    this.young = forgotten.emptied();
    for (const message of open) this.enter(message);
    this.carried = this.young.rows;
    this.turnsMs = this.size === 0 ? Infinity : nowMs + this.horizonMs;
  }
}
