/**
 * A store that fails when it is told to: for tests of what stands on a store.
 *
 * @module
 */

import { BellhopError, type ErrorCode } from "../core/error.ts";
import type { StoreOperation } from "../core/bus/operation.ts";
import type { MessageStore, OpenStore } from "../ports/store.ts";

/** Which writes of a {@linkcode FaultyStore} fail, and how. */
export interface WriteFault {
  /** The first write to fail, counted from now: 1 is the next one (default). */
  readonly nth?: number;
  /** How many writes fail in a row: default 1; `Infinity` for ever. */
  readonly times?: number;
  /** Whether the operations are applied all the same, as by a disk that fails after it wrote: default `false`. */
  readonly applied?: boolean;
  /** Code of the error: default `not-durable`. */
  readonly code?: ErrorCode;
}

/** A store under control of a test. */
export interface FaultyStore {
  /** Opens the wrapped store. */
  readonly open: OpenStore;
  /** Writes asked for so far, failed and held ones included, over all openings. */
  readonly writes: number;
  /** Writes that hang at this moment. */
  readonly held: number;
  /** Plans a failure; a later plan replaces an earlier one. */
  failWrites(fault?: WriteFault): void;
  /** Makes each scan reject with `store-failed`, until {@linkcode FaultyStore.heal}. */
  failScans(): void;
  /** Makes each opening reject with the code, until {@linkcode FaultyStore.heal}. */
  failOpening(code: ErrorCode): void;
  /** Lets every write from now on hang until {@linkcode FaultyStore.release}; closing the store then waits for it. */
  hold(): void;
  /** Lets the writes that hang go on, in the order in which they were asked for. */
  release(): void;
  /** Forgets every planned failure. What is held stays held. */
  heal(): void;
}

/**
 * Wraps a store so that a test decides which writes fail or hang. Like a real store, it rejects each write after a
 * failed one with `store-closed`, until it is closed and opened anew.
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
 * assertEquals((await store.scan("messages", "", 10)).length, 1);
 * await store.close();
 * ```
 */
export function faultyStore(open: OpenStore): FaultyStore {
  let writes = 0;
  let held = 0;
  let fault: Required<WriteFault> | undefined;
  let faultFrom = 0;
  let scansFail = false;
  let openingFails: ErrorCode | undefined;
  let gate: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;

  function failWrites({ nth = 1, times = 1, applied = false, code = "not-durable" }: WriteFault = {}): void {
    fault = { nth, times, applied, code };
    faultFrom = writes + nth;
  }

  async function openFaulty(): Promise<MessageStore> {
    if (openingFails !== undefined) throw new BellhopError(openingFails, "the test lets the opening fail");
    const store = await open();
    let failed = false;

    const underWay = new Set<Promise<void>>();
    let closing = false;

    function write(operations: readonly StoreOperation[]): Promise<void> {
      const written = attempt(operations);
      underWay.add(written);
      const settled = (): unknown => underWay.delete(written);
      written.then(settled, settled);
      return written;
    }

    async function attempt(operations: readonly StoreOperation[]): Promise<void> {
      writes++;
      const due = fault !== undefined && writes >= faultFrom && writes < faultFrom + fault.times ? fault : undefined;
      if (closing) throw new BellhopError("store-closed", "the store was closed");
      if (gate !== undefined) {
        held++;
        await gate.promise;
        held--;
      }
      if (failed) throw new BellhopError("store-closed", "an earlier write failed; open the store anew");
      if (due === undefined) return await store.write(operations);
      failed = true;
      if (due.applied) await store.write(operations);
      throw new BellhopError(due.code, "the test lets this write fail");
    }

    async function close(): Promise<void> {
      closing = true;
      await Promise.allSettled(underWay);
      await store.close();
    }

    return {
      capabilities: store.capabilities,
      write,
      async scan(keyspace, after, limit) {
        if (scansFail) throw new BellhopError("store-failed", "the test lets scans fail");
        return await store.scan(keyspace, after, limit);
      },
      close,
    };
  }

  return {
    open: openFaulty,
    get writes() {
      return writes;
    },
    get held() {
      return held;
    },
    failWrites,
    failScans: () => scansFail = true,
    failOpening: (code) => openingFails = code,
    hold() {
      if (gate !== undefined) return;
      let resolve!: () => void;
      gate = { promise: new Promise<void>((settle) => resolve = settle), resolve };
    },
    release() {
      gate?.resolve();
      gate = undefined;
    },
    heal() {
      fault = undefined;
      scansFail = false;
      openingFails = undefined;
    },
  };
}
