/**
 * Due times in an indexed binary heap: each owner has one place, which can be moved and taken out.
 *
 * Entries that are only marked as dead would outlive their instances by a lease; a loop of register and deregister would
 * then fill the memory.
 */

/** One due time. It is made once with its owner and keeps its place in the heap. */
export interface Timer<T> {
  readonly owner: T;
  dueMs: number;
  /** Place in the heap, -1 while not in it. */
  at: number;
}

/** Due times, the earliest first. */
export interface Timers<T> {
  readonly size: number;
  /** Puts the timer in, or moves it, to the due time. */
  set(timer: Timer<T>, dueMs: number): void;
  /** Takes the timer out; nothing happens if it is not in. */
  clear(timer: Timer<T>): void;
  /** The earliest, which stays in. */
  peek(): Timer<T> | undefined;
}

/** A timer that is not set. */
export function timer<T>(owner: T): Timer<T> {
  return { owner, dueMs: 0, at: -1 };
}

/** No timers. */
export function createTimers<T>(): Timers<T> {
  const heap: Timer<T>[] = [];

  function place(entry: Timer<T>, at: number): void {
    heap[at] = entry;
    entry.at = at;
  }

  function settle(entry: Timer<T>): void {
    let at = entry.at;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (heap[parent].dueMs <= entry.dueMs) break;
      place(heap[parent], at);
      at = parent;
    }
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1].dueMs < heap[child].dueMs) child++;
      if (heap[child].dueMs >= entry.dueMs) break;
      place(heap[child], at);
      at = child;
    }
    place(entry, at);
  }

  return {
    get size(): number {
      return heap.length;
    },
    set(entry: Timer<T>, dueMs: number): void {
      entry.dueMs = dueMs;
      if (entry.at < 0) place(entry, heap.length);
      settle(entry);
    },
    clear(entry: Timer<T>): void {
      const at = entry.at;
      if (at < 0) return;
      entry.at = -1;
      const last = heap.pop()!;
      if (last === entry) return;
      place(last, at);
      settle(last);
    },
    peek(): Timer<T> | undefined {
      return heap[0];
    },
  };
}
