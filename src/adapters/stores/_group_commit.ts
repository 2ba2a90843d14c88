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
  readonly done: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** A group that has grown to this many operations is flushed without waiting for the turn's end. */
const MOST_OPERATIONS = 4_096;
/** … or to this many characters of values. */
const MOST_CHARS = 8_388_608;

/**
 * The first group of a turn is flushed on a microtask: the soonest that lets every publisher of that moment join. Those
 * who write again as soon as they are answered would keep the microtasks going for ever, so what is asked for after
 * that flush waits for the turn's end: timers and sockets are served in between, and what they ask for joins. One turn
 * of the event loop thus spends at most two flushes, but for groups that outgrow their bounds.
 *
 * @param commit applies the operations in order and flushes; throws if that failed, and the group rejects with it
 */
export function groupCommit(
  commit: (operations: readonly StoreOperation[]) => void,
  afterTurn: AfterTurn,
): GroupCommit {
  let group: Group | undefined;
  let callOff: (() => void) | undefined;

  function write(operations: readonly StoreOperation[]): Promise<void> {
    if (group === undefined) {
      group = openGroup();
      if (callOff === undefined) queueMicrotask(flush);
    }
    const { done } = group;
    for (const operation of operations) {
      group.operations.push(operation);
      group.chars += operation.value?.length ?? 0;
    }
    if (group.operations.length >= MOST_OPERATIONS || group.chars >= MOST_CHARS) flush();
    return done;
  }

  function flush(): void {
    if (group === undefined) return;
    const { operations, resolve, reject } = group;
    group = undefined;
    callOff ??= afterTurn(turnEnded);
    try {
      commit(operations);
      resolve();
    } catch (error) {
      reject(error);
    }
  }

  function turnEnded(): void {
    callOff = undefined;
    flush();
  }

  function stop(): void {
    callOff?.();
    callOff = undefined;
  }

  return { write, flush, stop };
}

function openGroup(): Group {
  let settle!: Pick<Group, "resolve" | "reject">;
  const done = new Promise<void>((resolve, reject) => settle = { resolve, reject });
  return { operations: [], chars: 0, done, ...settle };
}
