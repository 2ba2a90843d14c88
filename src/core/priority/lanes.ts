import { Fifo } from "./fifo.ts";

/**
 * The lanes of one target: of the items that share a key only the head may go; the others follow in order of arrival.
 *
 * A lane exists while it has a head. Its key is the priority with the `partitionkey` (spec PRI).
 *
 * @example
 * ```ts
 * import { Lanes } from "@bellhop/bellhop";
 * import { assertEquals } from "@std/assert";
 * const lanes = new Lanes();
 * assertEquals(lanes.enter("account-1", 10), true); // head: may go
 * assertEquals(lanes.enter("account-1", 11), false); // follows
 * assertEquals(lanes.release("account-1"), 11); // the next head
 * assertEquals(lanes.release("account-1"), -1); // the lane is gone
 * ```
 */
export class Lanes {
  private readonly followers = new Map<string, Fifo | null>();

  /** How many lanes have a head. */
  get size(): number {
    return this.followers.size;
  }

  /**
   * Joins a lane.
   *
   * @returns whether the item is the head; otherwise it follows
   */
  enter(key: string, item: number): boolean {
    const line = this.followers.get(key);
    if (line === undefined) {
      this.followers.set(key, null);
      return true;
    }
    if (line === null) {
      const started = new Fifo();
      started.push(item);
      this.followers.set(key, started);
    } else {
      line.push(item);
    }
    return false;
  }

  /**
   * The head has ended.
   *
   * @returns the item that is head now, or -1 if the lane is gone
   */
  release(key: string): number {
    const next = this.followers.get(key)?.shift() ?? -1;
    if (next === -1) this.followers.delete(key);
    return next;
  }

  /**
   * Takes a follower out.
   *
   * @returns whether it followed
   */
  drop(key: string, item: number): boolean {
    return this.followers.get(key)?.remove(item) ?? false;
  }
}
