import type { DeadLetter } from "../core/bus/dead_letter.ts";
import type { MessageStatus } from "../core/bus/status.ts";
import type { TraceEvent } from "../core/bus/trace.ts";
import type { Envelope } from "../core/envelope/mod.ts";
import type { RegistryEvent } from "../core/registry/event.ts";
import type { Deregistered, Registered, Renewed } from "../core/registry/registry.ts";
import type { ServiceView } from "../core/registry/view.ts";
import type { Durability } from "./store.ts";

/** Who publishes, as far as the gateway knows. */
export interface Publisher {
  /** Who pays for room on disk: the credential's name, or the `source` where everything is open. */
  readonly principal: string;
  /** Lease token of the publishing instance: it gets the receipts, if its service asked for them. */
  readonly lease?: string | undefined;
  /** Milliseconds until the message may be delivered, unless its `deliverat` says when. */
  readonly delayMs?: number | undefined;
}

/** The answer to a publish: what is promised from now on. */
export interface Acknowledgement {
  /** `source` of the message. */
  readonly source: string;
  /** `id` of the message. */
  readonly id: string;
  /** What this message has been made safe against. */
  readonly durability: Durability;
  /** The receiving services, frozen from now on. */
  readonly receivers: readonly string[];
  /** Whether it was known already: nothing new happens. */
  readonly duplicate: boolean;
}

/** What an instance asks for that takes its deliveries by itself. */
export interface PullRequest {
  /** Most deliveries of one answer, 1 to 100. */
  readonly max: number;
  /** Milliseconds to wait for the first, 0 to 60,000. */
  readonly waitMs: number;
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined;
  /** Whether it is asked again and again, as for a stream: of many that wait it is not the one to give way. */
  readonly streams?: boolean | undefined;
}

/** One attempt, handed out to the instance that asked. */
export interface PulledDelivery {
  /** Names this attempt and no other: what it is answered by. */
  readonly ticket: string;
  /** Names the delivery, the same in each of its attempts. */
  readonly deliveryId: string;
  /** 1 = the first attempt. */
  readonly attempt: number;
  /** Milliseconds within which it must be answered; after that it counts as failed. */
  readonly leaseMs: number;
  /** What is delivered. */
  readonly envelope: Envelope;
}

/** What an instance says of an attempt that it has taken. */
export type PullVerdict =
  | { readonly verdict: "ack" }
  /** Try again, not before `delayMs` if it is given. */
  | { readonly verdict: "nak"; readonly reason: string; readonly delayMs?: number | undefined }
  /** Never again. */
  | { readonly verdict: "term"; readonly reason: string }
  /** Still at it: the lease begins anew. */
  | { readonly verdict: "working" };

/** Somewhere to send a call: one instance, chosen. */
export interface Route {
  /**
   * One service.
   *
   * @throws {BellhopError} `service-unknown`
   */
  readonly service: string;
  /** The instance chosen. */
  readonly instance: string;
  /** Where it is called. */
  readonly endpoint: string;
  /** To be called once when the call has ended: whether the instance did its part, and whether it answered at all. */
  done(ok: boolean, answered: boolean): void;
}

/** A step to show: of a message, or of the registry. */
export type EngineTrace =
  | { readonly subject: "message"; readonly event: TraceEvent }
  | { readonly subject: "registry"; readonly event: RegistryEvent };

/** How the engine is. */
export interface EngineHealth {
  /** `fail`: CRITICAL is refused; `warn`: something is near its bound or could not be read. */
  readonly status: "pass" | "warn" | "fail";
  /** A sentence if not `pass`. */
  readonly output?: string;
  /** Deliveries that have not ended. */
  readonly unfinished: number;
  /** Attempts under way. */
  readonly inFlight: number;
  /** Deliveries in backoff or deferred. */
  readonly waiting: number;
  /** Dead letters in the order of their end, of one receiver if it is given. */
  readonly deadLetters: number;
  /** All services, in the order of their registration. */
  readonly services: number;
  /** Instances registered. */
  readonly instances: number;
}

/** One page of a list; `after` asks for the next, and is `null` on the last. */
export interface Page<Entry> {
  /** What this page holds. */
  readonly entries: readonly Entry[];
  /** What to ask for the next page; `null` on the last. */
  readonly after: string | null;
}

/** A CRITICAL that is still being tried. */
export interface UnfinishedCritical extends MessageStatus {
  /** Milliseconds since it was accepted. */
  readonly ageMs: number;
}

/**
 * Who runs the bus and the registry, as the gateway sees it.
 *
 * There are to be two kinds. The **embedded** one keeps both machines in this process: it needs a store with one
 * owner, one clock with one wake-up, and a transport; its answers come from memory. A **distributed** one (NATS
 * JetStream, many gateways before one cluster) needs a log that is shared, a consumer per receiving service whose
 * redelivery is steered by our retry table, and a key-value bucket for registry, outcomes and duplicates; its answers
 * come from other machines. Hence every method may take its time, no method hands out live state, a message is known
 * by (`source`, `id`) and never by an object, durability is said per acknowledgement, and a trace is of this gateway
 * alone. Nothing here or in the core assumes that there is one process.
 *
 * Every method may fail with a `BellhopError`; the codes that matter are named.
 */
export interface Engine {
  /** What a CRITICAL is made safe against; what all others are is `memory`. */
  readonly durability: Durability;
  /** Largest CRITICAL record, UTF-8 bytes. */
  readonly maxRecordBytes: number;
  /** Whether it has begun to close: whatever is published is refused for that first, before it is even read. */
  readonly closing: boolean;
  /**
   * Accepts a valid envelope; a CRITICAL when it is flushed.
   *
   * @throws {BellhopError} `type-reserved`, `source-reserved`, `target-unknown`, `lease-unknown`, `id-conflict`, `message-expired`,
   * `queue-full`, `store-full`, `store-required`, `record-too-large`, `not-durable`, `closing`
   */
  publish(envelope: Envelope, publisher: Publisher): Acknowledgement | Promise<Acknowledgement>;
  /**
   * Where a message stands.
   *
   * @throws {BellhopError} `message-unknown`
   */
  status(source: string, id: string): Promise<MessageStatus>;
  /**
   * Resolves when every delivery has ended, or after `timeoutMs` (0 to 60,000), or when `signal` aborts, with the
   * status of that moment.
   *
   * @throws {BellhopError} `message-unknown`
   */
  settled(source: string, id: string, timeoutMs: number, signal?: AbortSignal): Promise<MessageStatus>;
  /**
   * Ends what is left of a message.
   *
   * @throws {BellhopError} `message-unknown`, `message-ended`
   */
  cancel(source: string, id: string): Promise<MessageStatus>;
  /** CRITICAL messages that have not ended, oldest first. */
  unfinishedCritical(limit: number, after?: string): Promise<Page<UnfinishedCritical>>;
  /** Messages that are kept for later; one that comes or goes while pages are asked for may be missed or seen. */
  delayed(limit: number, after?: string): Promise<Page<MessageStatus>>;
  /** Dead letters in the order of their end, of one receiver if it is given. */
  deadLetters(limit: number, after?: string, receiver?: string): Promise<Page<DeadLetter>>;
  /**
   * One dead letter.
   *
   * @throws {BellhopError} `dead-letter-unknown`
   */
  deadLetter(id: string): Promise<DeadLetter>;
  /**
   * Gives a dead letter another run.
   *
   * @throws {BellhopError} `dead-letter-unknown`, `message-expired`, `target-unknown`, `queue-full`, `not-durable`
   */
  redrive(id: string): Promise<MessageStatus>;
  /**
   * Throws a dead letter away.
   *
   * @throws {BellhopError} `dead-letter-unknown`, `not-durable`
   */
  discard(id: string): Promise<void>;
  /**
   * Registers an instance.
   *
   * @throws {BellhopError} `registration-invalid`, `registry-full`, `endpoint-refused`, `not-durable`
   */
  register(registration: unknown): Promise<Registered>;
  /**
   * Renews a lease.
   *
   * @throws {BellhopError} `lease-unknown`
   */
  renew(lease: string): Promise<Renewed>;
  /**
   * Takes out the instance that holds the lease, or its whole service.
   *
   * @throws {BellhopError} `lease-unknown`
   */
  deregister(lease: string, wholeService: boolean): Promise<Deregistered>;
  /** Fetches the manifest at a URL and registers what it says. @throws {BellhopError} `discovery-failed`, `endpoint-refused` */
  discover(url: string): Promise<Registered>;
  /**
   * Takes deliveries for the instance that holds the lease, which is renewed by it.
   *
   * @throws {BellhopError} `lease-unknown`, `argument-invalid` for an instance that is called, `closing`
   */
  pull(lease: string, request: PullRequest): Promise<readonly PulledDelivery[]>;
  /**
   * Answers an attempt that was taken.
   *
   * @returns whether it was still held; if not, nothing happens
   * @throws {BellhopError} `lease-unknown`
   */
  answer(lease: string, ticket: string, verdict: PullVerdict): Promise<boolean>;
  /** Takes back an attempt that nobody was sent, since who asked had gone: it does not count. One that ended stays so. */
  putBack(ticket: string): Promise<void>;
  /** All services, in the order of their registration. */
  services(): Promise<readonly ServiceView[]>;
  /**
   * One service.
   *
   * @throws {BellhopError} `service-unknown`
   */
  service(name: string): Promise<ServiceView>;
  /** Chooses an instance for a direct call. @throws {BellhopError} `service-unknown`, `no-instance`, `circuit-open` */
  route(name: string): Promise<Route>;
  /** Calls `listener` for each step from now on, until the function returned is called. */
  trace(listener: (step: EngineTrace) => void): () => void;
  /** How it is. */
  health(): Promise<EngineHealth>;
  /**
   * Accepts nothing more, waits at most `deadlineMs` for the attempts under way, and gives the store up. What is
   * CRITICAL lies on disk; what is not and has not ended is lost. A store that hangs is waited for until the deadline,
   * or for one second if less is left; then who waits for it hears `not-durable`. Idempotent.
   */
  close(options?: { readonly deadlineMs?: number }): Promise<void>;
}
