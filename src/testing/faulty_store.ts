/**
 * A store that fails when it is told to, as disks do: for tests of what stands on a store.
 *
 * @module
 */

import { BellhopError, type ErrorCode } from "../core/error.ts";
import type { StoreOperation } from "../core/bus/operation.ts";
import type { MessageStore, OpenStore } from "../ports/store.ts";

/** Where a store meets its disk. */
export type IoPoint = "open" | "scan" | "write" | "close";

/** Which writes of a {@linkcode FaultyStore} fail, and how. */
export interface WriteFault {
  /** The first write to fail, counted from now: 1 is the next one (default). */
  readonly nth?: number;
  /** How many writes fail in a row: default 1; `Infinity` for ever. */
  readonly times?: number;
  /**
   * Whether the operations are applied all the same, as by a disk that fails after it wrote; or how many of them are,
   * the first ones, as by a disk that fails half-way: default `false`.
   */
  readonly applied?: boolean | number;
  /** Code of the error: default `not-durable`. */
  readonly code?: ErrorCode;
}

/** Which dealings with the disk fail, and how. */
export interface IoFault {
  /** Of which kind: default all kinds. */
  readonly at?: IoPoint;
  /** The first to fail, counted from now among those of its kind: 1 is the next one (default). */
  readonly nth?: number;
  /** How many fail in a row: default 1; `Infinity` for ever. */
  readonly times?: number;
  /** What the system says, in the error's `cause`: default `EIO`. */
  readonly error?: "EIO" | "ENOSPC";
  /** For a write, as in {@linkcode WriteFault}. */
  readonly applied?: boolean | number;
}

/** What a crash took. */
export interface Lost {
  /** Operations of writes not acknowledged that are gone. */
  readonly lost: number;
  /** Whether others, asked for with them in one write, are on the disk. */
  readonly torn: boolean;
}

/** A store under control of a test. */
export interface FaultyStore {
  /** Opens the wrapped store. */
  readonly open: OpenStore;
  /** Writes asked for so far, failed and held ones included, over all openings. */
  readonly writes: number;
  /** Dealings with the disk so far: openings, scans, writes and closings. */
  readonly points: number;
  /** Writes that hang at this moment. */
  readonly held: number;
  /** Plans a failure of writes; a later plan replaces an earlier one. */
  failWrites(fault?: WriteFault): void;
  /**
   * Plans a failure of any dealing with the disk, beside that of {@linkcode FaultyStore.failWrites}; a later plan
   * replaces an earlier one. A write rejects with `not-durable`, the others with `store-failed`; a store whose closing
   * fails has given up its ownership all the same.
   */
  fail(fault?: IoFault): void;
  /** Makes each scan reject with `store-failed`, until {@linkcode FaultyStore.heal}. */
  failScans(): void;
  /** Makes each opening reject with the code, until {@linkcode FaultyStore.heal}. */
  failOpening(code: ErrorCode): void;
  /**
   * Lets every write from now on hang until {@linkcode FaultyStore.release}; closing the store then waits for it.
   *
   * @param passing operations that still reach the disk, the first of a write that then hangs with the rest: default 0
   */
  hold(passing?: number): void;
  /** Lets the writes that hang go on, in the order in which they were asked for. */
  release(): void;
  /**
   * Lets the process die: what hangs never reaches the disk, but for its first `kept` operations (default 0), which
   * may tear a write in two. What was open is closed, all that is asked of it from now on rejects with `store-closed`,
   * and it can be opened anew. Planned failures stay planned. What stood on the store still runs, and hears that its
   * writes failed: a test stops listening to it before it waits for this.
   */
  crash(kept?: number): Promise<Lost>;
  /** Forgets every planned failure. What is held stays held. */
  heal(): void;
}

/**
 * Wraps a store so that a test decides what fails, hangs, or is lost in a crash. Like a real store, it rejects each
 * write after a failed one with `store-closed`, until it is closed and opened anew.
 *
 * @example
 * ```ts
 * import { faultyStore } from "@bellhop/bellhop/testing";
 * import { memory } from "@bellhop/bellhop/stores/memory";
 * import { assertEquals } from "@std/assert";
 * const faulty = faultyStore(memory());
 * const store = await faulty.open();
 * faulty.failWrites({ nth: 2 });
 * await store.write([{ keyspace: "messages", key: "a", value: "1" }]);
 * const error = await store.write([{ keyspace: "messages", key: "b", value: "2" }]).catch((error) => error);
 * assertEquals(error.code, "not-durable");
 * await store.close();
 *
 * const second = await faulty.open();
 * faulty.hold();
 * const [c, d] = ["c", "d"].map((key) => ({ keyspace: "messages", key, value: "3" } as const));
 * second.write([c, d]).catch(() => {});
 * assertEquals(await faulty.crash(1), { lost: 1, torn: true });
 * const third = await faulty.open();
 * assertEquals((await third.scan("messages", "", 10)).map(({ key }) => key), ["a", "c"]);
 * await third.close();
 * ```
 */
export function faultyStore(open: OpenStore): FaultyStore {
  let writes = 0;
  let points = 0;
  let fault: Planned<Required<WriteFault>> | undefined;
  let ioFault: Planned<Required<Omit<IoFault, "at">> & { readonly at: IoPoint | undefined }> | undefined;
  let scansFail = false;
  let openingFails: ErrorCode | undefined;
  /** Operations that pass before writes hang. */
  let passing = Infinity;
  const hanging = new Set<Hanging>();
  /** How each store that is open ends when the process dies. */
  const living = new Set<() => Promise<void>>();

  /** Counts one dealing with the disk. @returns the failure that is due */
  function meet(at: IoPoint): { readonly error: BellhopError; readonly applied: boolean | number } | undefined {
    points++;
    if (at === "write") {
      writes++;
      if (fault !== undefined && isDue(fault)) {
        return { error: new BellhopError(fault.code, "the test lets this write fail"), applied: fault.applied };
      }
    }
    if (ioFault === undefined || (ioFault.at !== undefined && ioFault.at !== at) || !isDue(ioFault)) return undefined;
    const { error, applied } = ioFault;
    const cause = Object.assign(new Error(`${error}: ${SENTENCES[error]}, ${at}`), { code: error });
    const code = at === "write" ? "not-durable" : "store-failed";
    return { error: new BellhopError(code, `the test lets this ${at} fail: ${cause.message}`, { cause }), applied };
  }

  async function openFaulty(): Promise<MessageStore> {
    const failure = meet("open");
    if (openingFails !== undefined) throw new BellhopError(openingFails, "the test lets the opening fail");
    if (failure !== undefined) throw failure.error;
    const store = await open();
    let failed = false;
    let dead = false;
    let shut: Promise<void> | undefined;
    const underWay = new Set<Promise<void>>();
    living.add(die);

    function write(operations: readonly StoreOperation[]): Promise<void> {
      const written = attempt(operations);
      underWay.add(written);
      const settled = (): unknown => underWay.delete(written);
      written.then(settled, settled);
      return written;
    }

    async function attempt(operations: readonly StoreOperation[]): Promise<void> {
      const failure = meet("write");
      if (shut !== undefined || dead) throw closed();
      let rest = operations;
      let begun: Promise<void> | undefined;
      if (operations.length > passing || passing === 0) {
        const first = operations.slice(0, passing);
        rest = operations.slice(passing);
        passing = 0;
        // Now, not when it is let go: a crash in between finds it on the disk.
        begun = first.length > 0 && !failed ? store.write(first) : undefined;
        begun?.catch(() => {});
        await hang(rest.length, begun !== undefined, async (count) => {
          if (!failed && count > 0) await store.write(rest.slice(0, count));
        });
      } else passing -= operations.length;
      if (failed) throw new BellhopError("store-closed", "an earlier write failed; open the store anew");
      if (failure === undefined) {
        const written = store.write(rest);
        await begun;
        return await written;
      }
      failed = true;
      const applied = failure.applied === true ? rest : rest.slice(0, Number(failure.applied));
      if (applied.length > 0) await store.write(applied);
      throw failure.error;
    }

    async function scan(...place: Parameters<MessageStore["scan"]>): ReturnType<MessageStore["scan"]> {
      const failure = meet("scan");
      if (dead) throw closed();
      if (scansFail) throw new BellhopError("store-failed", "the test lets scans fail");
      if (failure !== undefined) throw failure.error;
      return await store.scan(...place);
    }

    function close(): Promise<void> {
      return shut ??= dead ? Promise.resolve() : shutDown();
    }

    async function shutDown(): Promise<void> {
      const failure = meet("close");
      await Promise.allSettled(underWay);
      living.delete(die);
      await store.close();
      if (failure !== undefined) throw failure.error;
    }

    async function die(): Promise<void> {
      dead = true;
      living.delete(die);
      await store.close();
    }

    return { capabilities: store.capabilities, write, scan, close };
  }

  function hang(operations: number, begun: boolean, keep: Hanging["keep"]): Promise<void> {
    return new Promise((resolve, reject) => hanging.add({ operations, begun, keep, resolve, reject }));
  }

  async function crash(kept = 0): Promise<Lost> {
    const gone = [...hanging];
    hanging.clear();
    passing = Infinity;
    let left = kept;
    let lost = 0;
    let torn = false;
    const surviving: Promise<void>[] = [];
    for (const { operations, begun, keep } of gone) {
      const count = Math.min(left, operations);
      left -= count;
      lost += operations - count;
      torn ||= count < operations && (begun || count > 0);
      surviving.push(keep(count));
    }
    // Dead at once: nothing is written after what survives.
    const ended = Array.from(living, (die) => die());
    for (const { reject } of gone) reject(new BellhopError("store-closed", "the process died"));
    await Promise.all([...surviving, ...ended]);
    return { lost, torn };
  }

  return {
    open: openFaulty,
    get writes() {
      return writes;
    },
    get points() {
      return points;
    },
    get held() {
      return hanging.size;
    },
    failWrites({ nth = 1, times = 1, applied = false, code = "not-durable" } = {}) {
      fault = { nth, times, applied, code, met: 0 };
    },
    fail({ at, nth = 1, times = 1, error = "EIO", applied = false } = {}) {
      ioFault = { at, nth, times, error, applied, met: 0 };
    },
    failScans: () => scansFail = true,
    failOpening: (code) => openingFails = code,
    hold(count = 0) {
      passing = count;
    },
    release() {
      const going = [...hanging];
      hanging.clear();
      passing = Infinity;
      for (const { resolve } of going) resolve();
    },
    crash,
    heal() {
      fault = undefined;
      ioFault = undefined;
      scansFail = false;
      openingFails = undefined;
    },
  };
}

/** A write that hangs. */
interface Hanging {
  /** How many of its operations have not reached the disk. */
  readonly operations: number;
  /** Whether others of the same write have. */
  readonly begun: boolean;
  /** Lets the first of them reach it. */
  readonly keep: (count: number) => Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: BellhopError) => void;
}

/** A failure, and how many dealings it has met that it is meant for. */
type Planned<Fault> = Fault & { met: number };

const SENTENCES = { EIO: "i/o error", ENOSPC: "no space left on device" };

function isDue(fault: Planned<{ readonly nth: number; readonly times: number }>): boolean {
  fault.met++;
  return fault.met >= fault.nth && fault.met < fault.nth + fault.times;
}

function closed(): BellhopError {
  return new BellhopError("store-closed", "the store was closed");
}
