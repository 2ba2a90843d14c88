const EMPTY = -1;
const SMALLEST = 8;
/** Up to so many places a ring is not given back: what the next burst pays for a new one is spread over more items. */
const KEPT = 256;
/** The ring of a line that nothing has joined since. */
const NO_RING = new Int32Array(0);

/**
 * A first-in-first-out line of non-negative integers in one typed-array ring: O(1) at both ends, 4 to 16 bytes an item.
 *
 * A full ring loses its gaps, and doubles if items fill more than half of it; one of more than 256 places is given back
 * when it runs empty, so that a burst is not kept.
 */
export class Fifo {
  /** How many items wait. */
  size = 0;
  /** The oldest, here and not in the ring: of many lines most have one item at most, and need no way to a ring. */
  private oldest = EMPTY;
  /** Places of the ring that are in use, gaps included. */
  private used = 0;
  private head = 0;
  private ring: Int32Array = NO_RING;

  /** Joins the tail. */
  push(item: number): void {
    if (this.size++ === 0) {
      this.oldest = item;
      return;
    }
    if (this.used === this.ring.length) this.makeRoom();
    this.ring[(this.head + this.used) & (this.ring.length - 1)] = item;
    this.used++;
  }

  /** Takes the oldest item, or -1. */
  shift(): number {
    const item = this.oldest;
    if (this.size > 1) {
      this.size--;
      this.oldest = this.first();
      if (this.size === 1) this.reset();
    } else if (this.size === 1) {
      this.size = 0;
      this.oldest = EMPTY;
    }
    return item;
  }

  /** Takes the newest item, or -1. */
  pop(): number {
    if (this.size < 2) return this.shift();
    const mask = this.ring.length - 1;
    let item: number;
    do {
      this.used--;
      item = this.ring[(this.head + this.used) & mask];
    } while (item === EMPTY);
    if (--this.size === 1) this.reset();
    return item;
  }

  /**
   * Takes one item out of the middle. O(n) at worst, O(1) for the oldest, which is what expiry asks for; the gap
   * stays until the line has moved past it.
   *
   * @returns whether the item stood in the line
   */
  remove(item: number): boolean {
    if (this.oldest === item) {
      this.shift();
      return true;
    }
    const mask = this.ring.length - 1;
    for (let i = 0; i < this.used; i++) {
      const at = (this.head + i) & mask;
      if (this.ring[at] === item) {
        this.ring[at] = EMPTY;
        if (--this.size === 1) this.reset();
        return true;
      }
    }
    return false;
  }

  /** Takes the first of the ring. */
  private first(): number {
    const ring = this.ring;
    const mask = ring.length - 1;
    let item: number;
    do {
      item = ring[this.head];
      this.head = (this.head + 1) & mask;
      this.used--;
    } while (item === EMPTY);
    return item;
  }

  /** The ring holds nothing but gaps. */
  private reset(): void {
    this.head = 0;
    this.used = 0;
    if (this.ring.length > KEPT) this.ring = NO_RING;
  }

  private makeRoom(): void {
    const old = this.ring;
    // Gaps alone do not make it grow: a line of few could else take room for all that ever left it out of turn.
    const standing = this.size - 2; // but for the oldest, and the one for which room is made
    const ring = new Int32Array(Math.max(SMALLEST, standing * 2 > old.length ? old.length * 2 : old.length));
    const mask = old.length - 1;
    let used = 0;
    for (let i = 0; i < this.used; i++) {
      const item = old[(this.head + i) & mask];
      if (item !== EMPTY) ring[used++] = item;
    }
    this.ring = ring;
    this.head = 0;
    this.used = used;
  }
}
