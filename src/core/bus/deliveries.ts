const GROWN_FROM = 64;

/**
 * The columns of all deliveries under way, 14 bytes each, indexed by slot: a small integer that a delivery keeps until
 * it has ended. With 12 bytes in the schedule, 16 for its first two failed attempts and 4 in its message, if that has
 * many receivers, a waiting retry costs 46. They double as they grow: the room to spare is memory that nothing has
 * touched yet, which the system does not hand out before.
 */
export class Deliveries {
  /** Slots in use. */
  size = 0;
  /** Number of the message in the state's table; of a free slot, the next free one. */
  message: Int32Array = new Int32Array(0);
  /** Which of the message's receivers. */
  place: Uint16Array = new Uint16Array(0);
  /** Head of the attempt history, or -1. */
  history: Int32Array = new Int32Array(0);
  /** State in the low 4 bits, then whether it is head of its lane, attempts above. */
  private progress: Uint32Array = new Uint32Array(0);
  private free = -1;
  private used = 0;

  /** @param capacity how many deliveries may be under way at once */
  constructor(readonly capacity: number) {}

  /** Whether `count` more deliveries have room. */
  hasRoom(count: number): boolean {
    return this.size + count <= this.capacity;
  }

  /** Takes a slot; the caller has made sure that there is room. */
  claim(message: number, place: number): number {
    let slot = this.free;
    if (slot === -1) {
      slot = this.used++;
      if (slot >= this.message.length) this.grow();
    } else {
      this.free = this.message[slot];
    }
    this.message[slot] = message;
    this.place[slot] = place;
    this.history[slot] = -1;
    this.progress[slot] = 0;
    this.size++;
    return slot;
  }

  /** Gives a slot back. */
  release(slot: number): void {
    this.message[slot] = this.free;
    this.progress[slot] = 0;
    this.free = slot;
    this.size--;
  }

  stateOf(slot: number): number {
    return this.progress[slot] & 15;
  }

  setState(slot: number, state: number): void {
    this.progress[slot] = (this.progress[slot] & ~15) | state;
  }

  attemptsOf(slot: number): number {
    return this.progress[slot] >>> 5;
  }

  setAttempts(slot: number, attempts: number): void {
    this.progress[slot] = (attempts << 5) | (this.progress[slot] & 31);
  }

  /** Whether it is the head of its lane, and so owes the next one its release. */
  holdsLane(slot: number): boolean {
    return (this.progress[slot] & 16) !== 0;
  }

  setHoldsLane(slot: number): void {
    this.progress[slot] |= 16;
  }

  private grow(): void {
    const room = Math.min(this.capacity, Math.max(GROWN_FROM, this.message.length * 2));
    this.message = widened(this.message, new Int32Array(room));
    this.place = widened(this.place, new Uint16Array(room));
    this.history = widened(this.history, new Int32Array(room));
    this.progress = widened(this.progress, new Uint32Array(room));
  }
}

function widened<T extends Int32Array | Uint32Array | Uint16Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
