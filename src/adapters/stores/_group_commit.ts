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
  /** Flushes the open group at once, or as soon as the flush under way has ended. */
  flush(): void;
  /** Flushes as well; resolves when everything asked for so far has settled, and never rejects. */
  settled(): Promise<void>;
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
 * A commit that takes time flushes alone: what is asked for meanwhile gathers, and goes at the end of the turn in which
 * that commit ended, so that those whom it answered can join. Groups settle in the order of their writes.
 *
 * @param commit applies the operations in order and flushes, by the time it returns or its promise resolves; throws or
 * rejects if that failed, and the group rejects with it
 */
export function groupCommit(
  commit: (operations: readonly StoreOperation[]) => void | Promise<void>,
  afterTurn: AfterTurn,
): GroupCommit {
  let group: Group | undefined;
  let callOff: (() => void) | undefined;
  let busy = false;
  /** Groups that nobody joins any more, while another is being flushed. */
  const waiting: Group[] = [];
  let last: Promise<void> = Promise.resolve();

  function write(operations: readonly StoreOperation[]): Promise<void> {
    if (group === undefined) {
      group = openGroup();
      last = group.done;
      if (callOff === undefined && !busy) queueMicrotask(flush);
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
    waiting.push(group);
    group = undefined;
    flushWaiting();
  }

  function flushWaiting(): void {
    while (!busy && waiting.length > 0) start(waiting.shift()!);
  }

  function start({ operations, resolve, reject }: Group): void {
    callOff ??= afterTurn(turnEnded);
    try {
      const flushed = commit(operations);
      if (flushed === undefined) return resolve();
      busy = true;
      flushed.then(resolve, reject).then(ended);
    } catch (error) {
      reject(error);
    }
  }

  function ended(): void {
    busy = false;
    flushWaiting();
    callOff ??= afterTurn(turnEnded);
  }

  function turnEnded(): void {
    callOff = undefined;
    if (!busy) flush();
  }

  function settled(): Promise<void> {
    flush();
    return last.then(nothing, nothing);
  }

  function stop(): void {
    callOff?.();
    callOff = undefined;
  }

  return { write, flush, settled, stop };
}

function nothing(): void {}

function openGroup(): Group {
  let settle!: Pick<Group, "resolve" | "reject">;
  const done = new Promise<void>((resolve, reject) => settle = { resolve, reject });
  return { operations: [], chars: 0, done, ...settle };
}
