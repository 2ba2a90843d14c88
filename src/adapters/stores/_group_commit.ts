/**
 * Group commit: writes asked for together share one flush, since a flush costs the same for one record as for a hundred.
 *
 * @module
 */

import type { StoreOperation } from "../../core/bus/operation.ts";

/** Collects writes and hands them over in groups. */
export interface GroupCommit {
  /** Joins the open group; the promise settles with the group's flush. */
  write(operations: readonly StoreOperation[]): Promise<void>;
  /** Flushes the open group at once. */
  flush(): void;
  /** Forgets the timer; call {@linkcode GroupCommit.flush} before. */
  stop(): void;
}

/** Runs a function after the events of this turn of the event loop, and returns how to call that off. */
export type AfterTurn = (run: () => void) => () => void;

interface Group {
  readonly operations: StoreOperation[];
  chars: number;
  readonly done: PromiseWithResolvers<void>;
}

/** A group that has grown to this many operations is flushed without waiting for the turn's end. */
const MOST_OPERATIONS = 4_096;
/** … or to this many characters of values. */
const MOST_CHARS = 8_388_608;
/** Flushes that one turn of the event loop may spend on microtasks. */
const MICROTASK_FLUSHES = 4;

/**
 * The first groups of a turn are flushed on a microtask, which is the soonest that lets every publisher of that moment
 * join. Publishers that write again as soon as they are answered would keep the microtasks going for ever, so the
 * groups after these wait for the turn's end: timers and sockets are served in between, and what they ask for joins.
 *
 * @param commit applies the operations in order and flushes; throws if that failed, and the group rejects with it
 */
export function groupCommit(
  commit: (operations: readonly StoreOperation[]) => void,
  afterTurn: AfterTurn,
): GroupCommit {
  let group: Group | undefined;
  let flushes = 0;
  let callOff: (() => void) | undefined;

  function write(operations: readonly StoreOperation[]): Promise<void> {
    if (group === undefined) {
      group = { operations: [], chars: 0, done: Promise.withResolvers<void>() };
      if (flushes < MICROTASK_FLUSHES) queueMicrotask(flush);
    }
    const { done } = group;
    for (const operation of operations) {
      group.operations.push(operation);
      group.chars += operation.value?.length ?? 0;
    }
    if (group.operations.length >= MOST_OPERATIONS || group.chars >= MOST_CHARS) flush();
    return done.promise;
  }

  function flush(): void {
    if (group === undefined) return;
    const { operations, done } = group;
    group = undefined;
    flushes++;
    callOff ??= afterTurn(turnEnded);
    try {
      commit(operations);
      done.resolve();
    } catch (error) {
      done.reject(error);
    }
  }

  function turnEnded(): void {
    callOff = undefined;
    flushes = 0;
    flush();
  }

  function stop(): void {
    callOff?.();
    callOff = undefined;
  }

  return { write, flush, stop };
}
