/**
 * What a service has while it runs, however often it is mounted: its outlet, and the work under way.
 *
 * @module
 */
import type { Envelope } from "../core/envelope/envelope.ts";
import { BellhopError } from "../core/error.ts";
import type { Outlet } from "./outgoing.ts";

/** What a service has while it runs. */
export interface ServiceRuntime {
  /** What handlers publish and call through. `connect` puts its client there; the last one counts. */
  outlet: Outlet | undefined;
  /**
   * The outlet, or the one that the service's options make, once, when it is first asked for.
   *
   * @param env the platform's bindings
   * @throws {BellhopError} `not-connected` if there is neither; otherwise as the making of it fails
   */
  reach(env: unknown): Promise<Outlet>;
  /** Who waits for the reply to a request, by the request's id. */
  readonly replies: Map<string, (reply: Envelope) => void>;
  /** Handlers and work that go on at this moment. */
  readonly underWay: number;
  /** Keeps work until it ends; it must not reject. */
  keep(work: Promise<unknown>): void;
  /** Resolves when what is under way now has ended: handlers, and what they gave to `waitUntil`. */
  drain(): Promise<void>;
}

/** @param make makes an outlet from the platform's bindings */
export function createRuntime(make: ((env: never) => Outlet | Promise<Outlet>) | undefined): ServiceRuntime {
  const work = new Set<Promise<unknown>>();
  let made: Promise<Outlet> | undefined;

  const runtime: ServiceRuntime = {
    outlet: undefined,
    replies: new Map(),
    async reach(env) {
      if (runtime.outlet !== undefined) return runtime.outlet;
      if (make === undefined) throw new BellhopError("not-connected");
      if (made === undefined) {
        const making = made = (async () => await make(env as never))();
        // What failed once may succeed for the next.
        making.catch(() => made = made === making ? undefined : made);
      }
      return await made;
    },
    get underWay() {
      return work.size;
    },
    keep(promise) {
      work.add(promise);
      promise.finally(() => work.delete(promise));
    },
    async drain() {
      await Promise.allSettled(work);
      // What the handlers left behind.
      await Promise.allSettled(work);
    },
  };
  return runtime;
}
