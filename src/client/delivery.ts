/**
 * How a client that is not called comes by its deliveries: what `connect` gives to whoever takes them, and asks of it.
 *
 * @module
 */
import type { Clock } from "../ports/clock.ts";
import type { ServiceDefinition } from "../service/definition.ts";
import type { Fetch } from "./fetch.ts";

/** What whoever takes deliveries has of the client. */
export interface DeliveryLink {
  /** Whose handlers are to run. */
  readonly service: ServiceDefinition;
  /** Where to ask, and by what. */
  readonly gateway: {
    /** The client's. */
    readonly clock: Clock;
    /** Uniform numbers in [0, 1). */
    readonly random: () => number;
    /** The client's. */
    readonly fetch: Fetch;
    /** The gateway's URL without a slash at its end. */
    readonly url: string;
    /** Headers of every request to the gateway: the credential, if there is one. Rejects when the signal aborts. */
    credential(signal: AbortSignal): Promise<Readonly<Record<string, string>>>;
  };
  /** The instance that is registered. */
  readonly announcement: {
    /** The lease token of this moment. */
    readonly lease: string;
    /** Registers anew, since the gateway does not know the lease. */
    renewed(): Promise<void>;
  };
  /** Tells of what failed and is tried again by itself. */
  trouble(error: unknown): void;
}

/** Takes deliveries in place of an endpoint: `pull()` of the entry `pull` makes one. */
export interface DeliveryTaker {
  /** As the registration has it. */
  readonly kind: "pull";
  /** Begins. */
  start(link: DeliveryLink): {
    /** Takes no more, and resolves when all that was taken is answered; what still runs at `timeUp` goes back. */
    stop(timeUp: Promise<unknown>): Promise<void>;
  };
}
