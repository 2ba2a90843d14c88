/**
 * A timetable of a million waiting things on one wake-up: a hierarchical timing wheel over typed arrays.
 *
 * Four rings of 256 slots, one per byte of a 32-bit millisecond count that wraps; a handle lies in the ring of
 * the highest byte in which its due time differs from the present, and moves to finer rings as its byte comes
 * up. G. Varghese and A. Lauck, "Hashed and Hierarchical Timing Wheels" (1987), scheme 6.
 *
 * @module
 */
/** What is due when. Handles are small integers that the caller chooses; times are whole milliseconds. */
export interface Schedule {
  /** How many handles wait. */
  readonly size: number;
  /**
   * Puts a handle in, or moves it if it is in. A fraction of a millisecond is rounded up. A due time in the past
   * counts as the last `advance`; one more than 2^31 - 1 ms after the last `advance` is cut to that, so a caller
   * with longer waits looks again when it fires, and one that was idle calls `advance` first. O(1).
   *
   * @throws {RangeError} if the handle is no integer from 0 to capacity - 1, or the due time is no number
   */
  add(handle: number, dueMs: number): void;
  /** Takes a handle out; nothing happens if it is not in. O(1). */
  cancel(handle: number): void;
  /** Whether the handle is in. */
  has(handle: number): boolean;
  /** When the handle is due, or `undefined` if it is not in. */
  dueMs(handle: number): number | undefined;
  /**
   * A moment to call `advance` at, no later than the earliest due time; `Infinity` if nothing waits. It is exact
   * for what is due before the next multiple of 256 ms, else it may be early: an `advance` then sorts finer, and at
   * most three such wake-ups precede any firing.
   */
  nextMs(): number;
  /**
   * Fires all that is due at `nowMs`, by due time, those of one millisecond in order of insertion. A handle is out
   * before it is fired and may be added again within `fire`, where one that is due already fires at the next
   * `advance`, so that no call runs for ever. If `fire` throws, the rest fires at the next `advance`. A `nowMs`
   * before the last one counts as the last one.
   */
  advance(nowMs: number, fire: (handle: number) => void): void;
}

const MAX_WAIT_MS = 0x7fff_ffff;

// Lists are rings through a sentinel, so that a handle leaves its list without knowing which it is. Index 0 is
// unused: a zero link means "not in", which is how typed arrays begin.
const FIRST_SLOT = 1;
const FIRED = FIRST_SLOT + 4 * 256;
const FIRST_HANDLE = FIRED + 1;

/**
 * Makes an empty schedule. Memory grows by doubling with the highest handle used, to 12 B for each of `capacity`.
 *
 * @param options `capacity`: handles are 0 to capacity - 1; `originMs`: the present, any epoch
 *
 * @example
 * ```ts
 * import { createSchedule } from "@bellhop/bellhop";
 * import { assertEquals } from "@std/assert";
 * const schedule = createSchedule({ capacity: 1_000_000, originMs: 0 });
 * schedule.add(7, 250);
 * schedule.add(3, 100);
 * const fired: number[] = [];
 * schedule.advance(99, (handle) => fired.push(handle));
 * assertEquals(fired, []);
 * schedule.advance(250, (handle) => fired.push(handle));
 * assertEquals(fired, [3, 7]);
 * ```
 */
export function createSchedule(options: { readonly capacity: number; readonly originMs: number }): Schedule {
  const { capacity } = options;
  let room = Math.min(capacity, 64);
  let next = new Int32Array(FIRST_HANDLE + room);
  let previous = new Int32Array(FIRST_HANDLE + room);
  /** Due times of handles, modulo 2^32. */
  let dues = new Uint32Array(room);
  /** One bit per slot; set while the slot may hold something, cleared when it is found empty. */
  const occupied = new Int32Array(32);
  let presentMs = Math.floor(options.originMs);
  /** `presentMs` modulo 2^32. */
  let present = presentMs >>> 0;
  let size = 0;
  for (let i = FIRST_SLOT; i <= FIRED; i++) next[i] = previous[i] = i;

  function has(handle: number): boolean {
    return handle < room && next[FIRST_HANDLE + handle] > 0;
  }

  function grow(handle: number): void {
    while (room <= handle) room = Math.min(capacity, room * 2);
    next = copied(next, new Int32Array(FIRST_HANDLE + room));
    previous = copied(previous, new Int32Array(FIRST_HANDLE + room));
    dues = copied(dues, new Uint32Array(room));
  }

  /** Appends a node to the slot that its due time belongs in at present. */
  function place(node: number, due: number): void {
    const apart = due ^ present;
    const level = apart === 0 ? 0 : (31 - Math.clz32(apart)) >>> 3;
    const slot = (level << 8) | ((due >>> (level << 3)) & 255);
    occupied[slot >>> 5] |= 1 << (slot & 31);
    const sentinel = FIRST_SLOT + slot;
    const last = previous[sentinel];
    next[last] = previous[sentinel] = node;
    previous[node] = last;
    next[node] = sentinel;
  }

  function unlink(node: number): void {
    const before = previous[node];
    const after = next[node];
    next[before] = after;
    previous[after] = before;
    next[node] = 0;
    size--;
  }

  /** The first slot from `from` to `to` (exclusive) that holds something, or -1. */
  function firstHeld(from: number, to: number): number {
    for (let slot = from; slot < to;) {
      const bits = occupied[slot >>> 5] >>> (slot & 31);
      if (bits === 0) {
        slot = (slot | 31) + 1;
        continue;
      }
      slot += 31 - Math.clz32(bits & -bits);
      if (slot >= to) return -1;
      if (next[FIRST_SLOT + slot] !== FIRST_SLOT + slot) return slot;
      occupied[slot >>> 5] &= ~(1 << (slot & 31));
      slot++;
    }
    return -1;
  }

  /** The slot that comes up first. Coarser rings begin after the present's own slot, which lies in finer ones. */
  function upcoming(): number {
    for (let level = 0; level < 4; level++) {
      const base = level << 8;
      const at = base + ((present >>> (level << 3)) & 255);
      let slot = firstHeld(level === 0 ? at : at + 1, base + 256);
      if (slot < 0 && level === 3) slot = firstHeld(base, at);
      if (slot >= 0) return slot;
    }
    return -1;
  }

  /** Milliseconds from the present to the begin of an upcoming slot. */
  function distance(slot: number): number {
    const shift = (slot >>> 8) << 3;
    const begin = ((slot & 255) << shift) >>> 0;
    const withinRing = shift === 24 ? present : present & ((256 << shift) - 1);
    return (begin - withinRing) >>> 0;
  }

  /** Moves all of a finest slot to the end of what is to be fired. */
  function collect(sentinel: number): void {
    const first = next[sentinel];
    const last = previous[sentinel];
    const tail = previous[FIRED];
    next[tail] = first;
    previous[first] = tail;
    next[last] = FIRED;
    previous[FIRED] = last;
    next[sentinel] = previous[sentinel] = sentinel;
  }

  /** Spreads all of a coarser slot over the finer rings. */
  function spread(sentinel: number): void {
    let node = next[sentinel];
    next[sentinel] = previous[sentinel] = sentinel;
    while (node !== sentinel) {
      const following = next[node];
      place(node, dues[node - FIRST_HANDLE]);
      node = following;
    }
  }

  function moveTo(ms: number): void {
    presentMs = ms;
    present = ms >>> 0;
  }

  return {
    get size() {
      return size;
    },
    add(handle, dueMs) {
      if (!(handle >= 0 && handle < capacity && handle % 1 === 0)) {
        throw new RangeError(`Cannot schedule: the handle must be an integer from 0 to ${capacity - 1}: ${handle}`);
      }
      const waitMs = Math.min(MAX_WAIT_MS, Math.max(0, Math.ceil(dueMs - presentMs)));
      if (waitMs !== waitMs) throw new RangeError("Cannot schedule: the due time must be a number: NaN");
      if (handle >= room) grow(handle);
      const node = FIRST_HANDLE + handle;
      if (next[node] !== 0) unlink(node);
      size++;
      place(node, dues[handle] = present + waitMs);
    },
    cancel(handle) {
      if (has(handle)) unlink(FIRST_HANDLE + handle);
    },
    has,
    dueMs(handle) {
      if (!has(handle)) return undefined;
      return presentMs + ((dues[handle] - present) | 0);
    },
    nextMs() {
      if (size === 0) return Infinity;
      return next[FIRED] !== FIRED ? presentMs : presentMs + distance(upcoming());
    },
    advance(nowMs, fire) {
      const untilMs = Math.max(presentMs, Math.floor(nowMs));
      while (size > 0) {
        const slot = upcoming();
        if (slot < 0) break;
        const beginMs = presentMs + distance(slot);
        if (beginMs > untilMs) break;
        moveTo(beginMs);
        if (slot < 256) collect(FIRST_SLOT + slot);
        else spread(FIRST_SLOT + slot);
      }
      moveTo(untilMs);
      for (let node = next[FIRED]; node !== FIRED; node = next[FIRED]) {
        unlink(node);
        fire(node - FIRST_HANDLE);
      }
    },
  };
}

function copied<T extends Int32Array | Uint32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
