/**
 * A hop that stays in the process: a handler takes the place of an endpoint. Its answer may come at once, which costs no
 * promise; from here it returns to the engine.
 *
 * @module
 */
import { BellhopError } from "../../core/error.ts";
import type { Answer, Delivery, ProbeStatus, Transport } from "../../ports/transport.ts";

/** Takes a delivery: nothing means ack. What it throws means nak. */
export type MemoryHandler = (delivery: Delivery) => Answer | void | Promise<Answer | void>;

/** What answers at one endpoint. */
export interface MemoryEndpoint {
  /** Takes the deliveries. */
  readonly handle: MemoryHandler;
  /** What its health check says; `pass` if absent. */
  readonly health?: () => ProbeStatus;
  /** What it serves as its manifest. */
  readonly manifest?: unknown;
}

const ACK: Answer = Object.freeze({ verdict: "ack", reason: "", answered: true });
const FAILED: Answer = Object.freeze({ verdict: "nak", reason: "handler-failed", answered: true });
const UNREACHABLE: Answer = Object.freeze({ verdict: "nak", reason: "unreachable", answered: false });

/**
 * A transport to handlers in this process, found by their endpoint's URL. The map may change at any time: an endpoint
 * that is not in it is unreachable. A handler has no deadline here: the lease of its attempt ends in its stead.
 *
 * @example
 * ```ts
 * import { memoryTransport } from "@bellhop/bellhop/transports/memory";
 * import { assertEquals } from "@std/assert";
 * const transport = memoryTransport(new Map([["http://127.0.0.1:1/users", { handle: () => {} }]]));
 * assertEquals(await transport.health("http://127.0.0.1:1/users", "health", 1_000), "pass");
 * assertEquals(await transport.health("http://127.0.0.1:1/nobody", "health", 1_000), "fail");
 * ```
 */
export function memoryTransport(endpoints: ReadonlyMap<string, MemoryEndpoint>): Transport {
  return {
    deliver(delivery: Delivery): Answer | Promise<Answer> {
      const endpoint = endpoints.get(delivery.endpoint);
      if (endpoint === undefined) return UNREACHABLE;
      try {
        const answer = endpoint.handle(delivery);
        if (answer === undefined) return ACK;
        return answer instanceof Promise ? answer.then((late) => late ?? ACK, () => FAILED) : answer;
      } catch {
        return FAILED;
      }
    },
    health(endpoint: string): Promise<ProbeStatus> {
      const found = endpoints.get(endpoint);
      return Promise.resolve(found === undefined ? "fail" : found.health?.() ?? "pass");
    },
    manifest(url: string): Promise<unknown> {
      const found = endpoints.get(url);
      if (found?.manifest !== undefined) return Promise.resolve(found.manifest);
      return Promise.reject(new BellhopError("discovery-failed", `Nothing serves a manifest at ${url}`));
    },
    check(): void {},
  };
}
