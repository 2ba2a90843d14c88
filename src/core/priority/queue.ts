import { Fifo } from "./fifo.ts";
import type { Rank } from "./table.ts";

/**
 * The fixed round of 15 dispatches, by rank: C H C N C H C L C H C N C H C (spec PRI).
 *
 * `CRITICAL` stands in it 8 times, `HIGH` 4, `NORMAL` 2, `LOW` once, evenly spread: the gaps between two places of a
 * class are at most ⌈15/w⌉, hence the bound that {@linkcode PriorityQueue.pop} states.
 */
export const ROUND: readonly Rank[] = [3, 2, 3, 1, 3, 2, 3, 0, 3, 2, 3, 1, 3, 2, 3];

const RANK_AT = Uint8Array.from(ROUND);

/**
 * The line in front of one target: four classes served by the fixed round, each first in, first out.
 *
 * Items are non-negative integers (the bus's delivery slots). Push and pop are O(1).
 *
 * @example
 * ```ts
 * import { PriorityQueue, rankOf } from "@bellhop/bellhop";
 * import { assertEquals } from "@std/assert";
 * const queue = new PriorityQueue();
 * queue.push(7, rankOf("LOW"));
 * queue.push(8, rankOf("CRITICAL"));
 * assertEquals([queue.pop(), queue.pop(), queue.pop()], [8, 7, -1]);
 * ```
 */
export class PriorityQueue {
  private readonly low = new Fifo();
  private readonly normal = new Fifo();
  private readonly high = new Fifo();
  private readonly critical = new Fifo();
  /** Bit r is set while class r has an item. */
  private waiting = 0;
  private place = 0;

  /** How many items wait. */
  get size(): number {
    return this.low.size + this.normal.size + this.high.size + this.critical.size;
  }

  /** Whether nothing waits. */
  get empty(): boolean {
    return this.waiting === 0;
  }

  /** How many items of one class wait. */
  sizeOf(rank: Rank): number {
    return this.line(rank).size;
  }

  /** Joins the tail of its class. */
  push(item: number, rank: Rank): void {
    this.line(rank).push(item);
    this.waiting |= 1 << rank;
  }

  /**
   * Takes the next item by the round; a class with nothing to send gives its place to the highest that waits.
   *
   * The item at place p of its class (1 = head), whose class has weight w, comes within ⌈15/w⌉·p pops.
   *
   * @returns the item, or -1 if nothing waits
   */
  pop(): number {
    const waiting = this.waiting;
    if (waiting === 0) return -1;
    let rank = RANK_AT[this.place];
    this.place = this.place === 14 ? 0 : this.place + 1;
    if ((waiting & (1 << rank)) === 0) rank = 31 - Math.clz32(waiting);
    const line = this.line(rank);
    const item = line.shift();
    if (line.size === 0) this.waiting = waiting & ~(1 << rank);
    return item;
  }

  /**
   * Takes the newest item of the lowest memory class below `rank`: the victim when a more important arrival finds
   * the target full. `CRITICAL` is never a victim.
   *
   * @returns the item, or -1 if no lower class waits
   */
  evictBelow(rank: Rank): number {
    for (let lower = 0; lower < rank; lower++) {
      const line = this.line(lower);
      if (line.size === 0) continue;
      const item = line.pop();
      if (line.size === 0) this.waiting &= ~(1 << lower);
      return item;
    }
    return -1;
  }

  /** Whether {@linkcode PriorityQueue.evictBelow} would find a victim. */
  canEvictBelow(rank: Rank): boolean {
    return (this.waiting & ((1 << rank) - 1)) !== 0;
  }

  /** Takes one item out, wherever it stands; O(1) for the oldest of its class. */
  remove(item: number, rank: Rank): boolean {
    const line = this.line(rank);
    const found = line.remove(item);
    if (line.size === 0) this.waiting &= ~(1 << rank);
    return found;
  }

  /** Not by a list of four: it would be one more way to another place of memory. */
  private line(rank: number): Fifo {
    return rank < 2 ? rank === 0 ? this.low : this.normal : rank === 2 ? this.high : this.critical;
  }
}
