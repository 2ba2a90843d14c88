/**
 * `connect()`: a client of one gateway, which may announce a service.
 *
 * @module
 */
import { BellhopError } from "../core/error.ts";
import type { Clock } from "../ports/clock.ts";
import type { EventDefinition, TypedEnvelope } from "../schema/define_event.ts";
import type { ServiceDefinition } from "../service/definition.ts";
import type { CallOptions, CallRequest, PublishOptions, Sent } from "../service/outgoing.ts";
import { announce, type Announcement } from "./_announcement.ts";
import { checkedUrl } from "./_check_gateway.ts";
import { credentialOf } from "./_credential.ts";
import type { Gateway } from "./_gateway.ts";
import { inRange } from "./_in_range.ts";
import { newId } from "./_new_id.ts";
import { createResolution } from "./_resolution.ts";
import { call } from "./call.ts";
import { type DeadLetters, deadLettersOf } from "./dead_letters.ts";
import { type Delayed, delayedOf } from "./delayed.ts";
import type { DeliveryTaker } from "./delivery.ts";
import type { Fetch } from "./fetch.ts";
import { platformClock } from "./_platform_clock.ts";
import { publish } from "./publish.ts";
import { request, type RequestOptions } from "./request.ts";
import type { Token } from "./token.ts";

/** Where the gateway is, and who is speaking. Only the gateway's URL is needed. */
export interface ConnectOptions {
  /** URL that the gateway is mounted at: `http://127.0.0.1:8000/bus`. */
  readonly gateway: string;
  /** URL that the service is mounted at. Without it nothing is announced: the gateway discovers the service. */
  readonly endpoint?: string;
  /**
   * Takes deliveries where no endpoint can be called, in a page or behind NAT: `pull()` of the entry `pull`. In place of
   * `endpoint`: the gateway refuses both.
   */
  readonly delivery?: DeliveryTaker;
  /** `source` of what is published; default `/services/` and the service's name, or one made up for this client. */
  readonly source?: string;
  /** Credential, sent to the gateway as a bearer token and to nobody else. */
  readonly token?: Token;
  /** How long to try to register, 1 to 3,600,000 ms; default 30,000. */
  readonly timeoutMs?: number;
  /** Told of registrations and renewals that failed and are tried again by themselves. */
  readonly onError?: (error: unknown) => void;
  /** Default: the platform's. */
  readonly fetch?: Fetch;
  /** Default: the platform's. */
  readonly clock?: Clock;
  /** Uniform numbers in [0, 1); default: `Math.random`. */
  readonly random?: () => number;
}

/** A client of a gateway. */
export interface Client extends AsyncDisposable {
  /** `source` of what it publishes. */
  readonly source: string;
  /** The instance's id at the gateway; `undefined` if it announced none. */
  readonly instance: string | undefined;
  /**
   * Publishes an event, and resolves when the gateway has taken it: a CRITICAL when it is flushed. It is tried by the
   * policy of its priority, always with the same id, so that trying again is harmless.
   *
   * @throws {BellhopError} `data-invalid` before anything is sent; `deadline-exceeded` or the last error when
   * `timeoutMs` or the retries are spent; otherwise what the gateway refused with
   */
  publish(type: string, data?: unknown, options?: PublishOptions): Promise<Sent>;
  // The last, for the compiler explains a refusal by the last alone: which member is wrong.
  /** As above, with data of which the event says what it is. */
  publish<Type extends string, Input, Output>(
    event: EventDefinition<Type, Input, Output>,
    data: NoInfer<Input>,
    options?: PublishOptions,
  ): Promise<Sent>;
  /**
   * Publishes an event and waits for the reply that a handler gives by `ctx.reply`: it comes back to this instance as an
   * event of its own, so the client needs a service with an `endpoint` or a `delivery`. Of several replies the first counts.
   *
   * @throws {BellhopError} `timeout`; `attempts-exhausted` when the request was delivered to nobody; `target-unknown` when
   * nobody takes it; `not-connected` without an `endpoint` or a `delivery`; `argument-invalid` for the `id` of a request that waits,
   * and for a type of more than 250 characters, for its reply has 6 more;
   * `data-invalid`; otherwise as `publish`
   */
  request<Data = unknown>(
    type: string,
    data?: unknown,
    options?: RequestOptions<Data>,
  ): Promise<TypedEnvelope<string, Data>>;
  /** As above, with data of which the event says what it is. */
  request<Type extends string, Input, Output, Data = unknown>(
    event: EventDefinition<Type, Input, Output>,
    data: NoInfer<Input>,
    options?: RequestOptions<Data>,
  ): Promise<TypedEnvelope<string, Data>>;
  /**
   * Calls a service by its name, at the least busy of two of its instances, and gives its response, whatever the status.
   * Idempotent methods, and requests with an `idempotency-key`, are tried again within the deadline. The time that
   * remains travels as `bellhop-deadline-ms`. The path is taken from the root of the endpoint's origin.
   *
   * @throws {BellhopError} `service-unknown`, `no-instance`, `unreachable`, `deadline-exceeded`, `argument-invalid`
   */
  call(service: string, request: CallRequest, options?: CallOptions): Promise<Response>;
  /** What failed for good at the gateway: to be listed, redriven and discarded. */
  readonly deadLetters: DeadLetters;
  /** What the gateway keeps for later: to be listed and cancelled. */
  readonly delayed: Delayed;
  /**
   * Waits for the handlers of the service with what they gave to `waitUntil`, and for the publishes under way, at most
   * `deadlineMs` (default 5,000) in all; then it ends all else and deregisters. Idempotent.
   */
  close(options?: { readonly deadlineMs?: number }): Promise<void>;
}

/** Publishes under way at once, at most. */
const MOST_PUBLISHES = 10_000;

/**
 * Connects a service to a gateway: its handlers publish and call through the client. With an `endpoint` the instance is registered, its lease is renewed until the client
 * is closed, and it is registered anew whenever the gateway has forgotten it.
 *
 * @throws {BellhopError} `argument-invalid`, `registration-invalid`, `deadline-exceeded`, or as the gateway refuses
 *
 * @example
 * ```ts
 * import { connect } from "@bellhop/bellhop/client";
 * import { assertEquals } from "@std/assert";
 * const answer = { durability: "memory", receivers: ["users"], duplicate: false };
 * const gateway = () => Promise.resolve(Response.json(answer, { status: 202 }));
 * await using client = await connect({ gateway: "http://127.0.0.1:8000/bus", fetch: gateway });
 * const sent = await client.publish("user.created", { id: "42" }, { priority: "HIGH" });
 * assertEquals(sent.receivers, ["users"]);
 * ```
 */
export function connect(service: ServiceDefinition, options: ConnectOptions): Promise<Client>;
/** Connects somebody who only publishes and calls. */
export function connect(options: ConnectOptions): Promise<Client>;
export async function connect(
  first: ServiceDefinition | ConnectOptions,
  second?: ConnectOptions,
): Promise<Client> {
  const service = second === undefined ? undefined : first as ServiceDefinition;
  const options = second ?? first as ConnectOptions;
  const { clock = platformClock, random = Math.random, timeoutMs = 30_000, endpoint, delivery, token, onError } =
    options;
  const trouble = (error: unknown) => onError?.(error);
  inRange("timeoutMs", timeoutMs, 1, 3_600_000);
  const url = checkedUrl(options.gateway);
  const credential = credentialOf(token);
  const manifest = service?.manifest();
  const source = options.source ?? (manifest === undefined ? `/clients/${newId()}` : `/services/${manifest.name}`);
  const closed = new AbortController();
  const gateway: Gateway = {
    clock,
    random,
    // Called as a plain function: the platform's refuses any other `this`.
    fetch: options.fetch ?? ((url, init) => fetch(url, init)),
    url,
    closed: closed.signal,
    credential,
  };
  let announcement: Announcement | undefined;
  let taking: ReturnType<DeliveryTaker["start"]> | undefined;
  const resolution = createResolution(gateway);
  const publishing = new Set<Promise<unknown>>();
  let closing: Promise<void> | undefined;
  let ending = false;

  function refusal(): BellhopError | undefined {
    if (ending) return clientClosed();
    if (publishing.size < MOST_PUBLISHES) return undefined;
    return new BellhopError("queue-full", `${MOST_PUBLISHES} publishes are under way`);
  }

  async function end(deadlineMs: number): Promise<void> {
    let cancel = () => {};
    const timeUp = new Promise<void>((resolve) => cancel = clock.wakeAt(clock.nowMs() + deadlineMs, resolve));
    // Handlers may publish and call to their end.
    if (service !== undefined) {
      await taking?.stop(timeUp);
      await Promise.race([service.runtime.drain(), timeUp]);
    }
    ending = true;
    await Promise.race([Promise.allSettled(publishing), timeUp]);
    cancel();
    await announcement?.end();
    closed.abort(clientClosed());
  }

  const client: Client = {
    source,
    get instance() {
      return announcement?.instance;
    },
    publish(event: EventDefinition | string, data?: unknown, given: PublishOptions = {}) {
      const refused = refusal();
      if (refused !== undefined) return Promise.reject(refused);
      const sent = publish({ gateway, source, announcement }, event, data, given);
      const settled = sent.then(() => {}, () => {}).finally(() => publishing.delete(settled));
      publishing.add(settled);
      return sent;
    },
    request(event: EventDefinition | string, data?: unknown, given: RequestOptions = {}) {
      const refused = refusal();
      if (refused !== undefined) return Promise.reject(refused);
      return request({ gateway, source, announcement }, service, event, data, given) as Promise<never>;
    },
    call(name, asked, given = {}) {
      if (ending) return Promise.reject(clientClosed());
      return call(gateway, resolution, name, asked, given);
    },
    deadLetters: deadLettersOf(gateway),
    delayed: delayedOf(gateway),
    close: ({ deadlineMs = 5_000 } = {}) => closing ??= end(deadlineMs),
    [Symbol.asyncDispose]: () => client.close(),
  };
  // The first delivery may come before the gateway's answer to the registration.
  if (service !== undefined) service.runtime.outlet = client;
  if (service !== undefined && (delivery ?? endpoint) !== undefined) {
    announcement = await announce(
      gateway,
      source,
      { ...manifest, endpoint, delivery: delivery?.kind },
      timeoutMs,
      trouble,
    );
    taking = delivery?.start({ service, gateway, announcement, trouble });
  }
  return client;
}

function clientClosed(): BellhopError {
  return new BellhopError("closing", "the client is closed");
}
