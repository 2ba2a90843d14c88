/**
 * `outbox()`: publishing that outlives the network, and for CRITICAL the page, the worker or the process.
 *
 * @module
 */
import type { OutboxEnd, OutboxEntry, OutboxOutcome, OutboxState } from "../../core/outbox/mod.ts";
import { serialize } from "../../core/envelope/serialize.ts";
import { BellhopError } from "../../core/error.ts";
import type { Priority } from "../../core/priority/table.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Durability, OpenStore } from "../../ports/store.ts";
import type { EventDefinition } from "../../schema/define_event.ts";
import { checkedUrl } from "../_check_gateway.ts";
import { credentialOf } from "../_credential.ts";
import type { Gateway } from "../_gateway.ts";
import { inRange } from "../_in_range.ts";
import { type EnvelopeOptions, newEnvelope } from "../_new_envelope.ts";
import { newId } from "../_new_id.ts";
import { platformClock } from "../_platform_clock.ts";
import { aborted, pause, timeLimit } from "../_time_limit.ts";
import type { Fetch } from "../fetch.ts";
import { messageOf } from "./_message_of.ts";
import { openSender } from "./_sender.ts";
import { alone, type Place, shared } from "./_tabs.ts";
import type { OutboxRows } from "./rows.ts";
import type { Token } from "../token.ts";
import type { MessageName, OutboxStatus, Sealed } from "./terms.ts";

export type { Token } from "../token.ts";
export type { MessageName, OutboxStatus, Sealed } from "./terms.ts";

/** Where the gateway is, what is kept where, and who is told. Only the gateway's URL is needed. */
export interface OutboxOptions {
  /** URL that the gateway is mounted at; in a page also a path: `/bus`. */
  readonly gateway: string;
  /** Credential, sent as a bearer token. */
  readonly token?: Token;
  /** `source` of what is published; default: one made up for this outbox. */
  readonly source?: string;
  /** Keeps CRITICAL. Without one, or with one that is memory alone, a CRITICAL is refused with `store-required`. */
  readonly store?: OpenStore;
  /** Accept CRITICAL although the store is memory alone: its durability is then `memory`. For tests and for play. */
  readonly criticalInMemory?: boolean;
  /**
   * All pages and workers of the origin that say the same name share one outbox, where there are Web Locks. Elsewhere,
   * and by default, the outbox has its store to itself.
   */
  readonly sharedAs?: string;
  /** Most CRITICAL with their dead letters, and most other messages: 1 to 100,000 each; default 10,000. */
  readonly maxMessages?: number;
  /** Most characters of JSON of each of the two: 1,024 to 1,073,741,824; default 16,777,216. */
  readonly maxLength?: number;
  /** Attempts at once, 1 to 64; default 4, for a browser has six connections to one host. */
  readonly maxInFlight?: number;
  /** Told of each message that the gateway has taken, in every tab that shares the outbox. */
  readonly onSent?: (message: Ended) => void;
  /** Told of each message that failed for good, likewise. A CRITICAL is kept as a dead letter. */
  readonly onFailed?: (message: Ended) => void;
  /** Told of trouble that mends itself: a store that failed and is opened anew. */
  readonly onError?: (error: unknown) => void;
  /** Default: the platform's. */
  readonly fetch?: Fetch;
  /** Default: the platform's. */
  readonly clock?: Clock;
  /** Uniform numbers in [0, 1); default: `Math.random`. */
  readonly random?: () => number;
}

/** Attributes of the envelope, under their names there. All may be left out. */
export type OutboxPublishOptions = EnvelopeOptions;

/** A message that the outbox has taken. */
export interface Kept extends MessageName {
  /** What it is safe against from now on: `flushed` for a CRITICAL on a disk. */
  readonly durability: Durability;
}

/** A message with its envelope, and how it has fared. */
export interface Shown extends MessageName {
  /** Its priority. */
  readonly priority: Priority;
  /** The whole envelope, as it is sent. */
  readonly envelope: Readonly<Record<string, unknown>>;
  /** Answers that asked for another attempt, and a refusal: an attempt without an answer does not count. */
  readonly attempts: number;
  /** Stable word for what was last wrong: an error code, `status-502`, `unreachable`, …; empty if nothing was. */
  readonly reason: string;
  /** When the outbox took it, epoch milliseconds. */
  readonly acceptedMs: number;
}

/** A message without a final answer. */
export interface Waiting extends Shown {
  /** Where it stands. */
  readonly state: OutboxState;
  /** While it is `waiting`: when it is tried again, epoch milliseconds. */
  readonly dueMs: number | undefined;
}

/** A message that has ended. */
export interface Ended extends Shown {
  /** `accepted` by the gateway; `rejected` by it for good; `exhausted`, `expired` or `cancelled` before that. */
  readonly outcome: OutboxOutcome;
  /** When it ended, epoch milliseconds. */
  readonly endedMs: number;
}

/** An outbox. */
export interface Outbox extends AsyncDisposable {
  /** `source` of what it publishes. */
  readonly source: string;
  /**
   * Takes an event, and resolves when it is safe: a CRITICAL when the store has flushed it, any other in memory. It is
   * sent from then on, by the policy of its priority and always with the same id, whether or not anybody waits.
   *
   * @throws {BellhopError} `queue-full` at a bound; for CRITICAL `store-required`, `not-durable`, `record-too-large`;
   * `data-invalid`, `message-expired`, `id-conflict`, `argument-invalid`, `closing`
   */
  publish(type: string, data?: unknown, options?: OutboxPublishOptions): Promise<Kept>;
  // The last, for the compiler explains a refusal by the last alone: which member is wrong.
  /** As above, with data of which the event says what it is. */
  publish<Type extends string, Input, Output>(
    event: EventDefinition<Type, Input, Output>,
    data: NoInfer<Input>,
    options?: OutboxPublishOptions,
  ): Promise<Kept>;
  /** How it is. */
  status(): Promise<OutboxStatus>;
  /** What has no final answer, in order of acceptance. */
  list(): Promise<readonly Waiting[]>;
  /** CRITICAL messages that failed for good, oldest first. */
  deadLetters(): Promise<readonly Ended[]>;
  /**
   * Takes a message out, and resolves when a restart would not bring it back: if the store's write fails, that is when
   * it has been opened anew.
   *
   * @throws {BellhopError} `message-unknown`, or `in-progress` while an attempt is under way, which may succeed; `closing`
   * if the outbox is closed before it is known: it may be out or not
   */
  cancel(message: MessageName): Promise<void>;
  /**
   * Sends a dead letter again, with a new budget.
   *
   * @throws {BellhopError} `dead-letter-unknown`, `message-expired`, `in-progress`; `not-durable` if the store's write
   * fails: it may be sent all the same
   */
  redrive(message: MessageName): Promise<void>;
  /**
   * Throws a dead letter away, and resolves as {@linkcode Outbox.cancel} does.
   *
   * @throws {BellhopError} `dead-letter-unknown`, `in-progress` while it is being redriven, `not-durable` while the store
   * is opened anew, `closing`
   */
  discard(message: MessageName): Promise<void>;
  /**
   * Tries at once, and resolves when nothing waits any more: for `waitUntil` of a service worker's `sync` event.
   *
   * @throws {BellhopError} `deadline-exceeded` after `timeoutMs` (1 to 3,600,000, default 30,000): what waits goes on;
   * `closing`
   */
  flush(options?: { readonly timeoutMs?: number }): Promise<void>;
  /**
   * The envelope of an event as text, for {@linkcode OutboxRows}: to be written with the application's own data, in one
   * transaction. CRITICAL unless it says otherwise.
   */
  seal(event: EventDefinition | string, data?: unknown, options?: OutboxPublishOptions): Promise<Sealed>;
  /** Publishes what was written so, and removes it there. To be called after a commit, and at start. @returns how many */
  collect(rows: OutboxRows): Promise<number>;
  /** Sends nothing more, waits at most `deadlineMs` (default 5,000) for what is under way, and gives the store up. */
  close(options?: { readonly deadlineMs?: number }): Promise<void>;
}

const COLLECTED = 100;
/** How often `flush()` looks whether anything still waits. */
const LOOK_MS = 100;

/**
 * Opens an outbox, and goes on with what its store holds.
 *
 * @throws {BellhopError} `argument-invalid`, or as the store refuses to open
 *
 * @example
 * ```ts
 * import { outbox } from "@bellhop/bellhop/outbox";
 * import { assertEquals } from "@std/assert";
 * const taken: string[] = [];
 * const gateway = (_url: string, { body }: RequestInit) => {
 *   taken.push(JSON.parse(body as string).type);
 *   return Promise.resolve(new Response(null, { status: 202 }));
 * };
 * await using box = await outbox({ gateway: "http://127.0.0.1:8000/bus", fetch: gateway });
 * await box.publish("user.created", { id: "42" }); // with a store it takes CRITICAL too
 * await box.flush();
 * assertEquals(taken, ["user.created"]);
 * ```
 */
export async function outbox(options: OutboxOptions): Promise<Outbox> {
  const { clock = platformClock, maxMessages = 10_000, maxLength = 16_777_216, maxInFlight = 4 } = options;
  const { onSent, onFailed, onError = () => {}, sharedAs } = options;
  inRange("maxMessages", maxMessages, 1, 100_000);
  inRange("maxLength", maxLength, 1_024, 1_073_741_824);
  inRange("maxInFlight", maxInFlight, 1, 64);
  const credential = credentialOf(options.token);
  const source = options.source ?? `/clients/${newId()}`;
  const closed = new AbortController();
  const gateway: Gateway = {
    clock,
    random: options.random ?? Math.random,
    // Called as a plain function: the platform's refuses any other `this`.
    fetch: options.fetch ?? ((url, init) => fetch(url, init)),
    url: checkedUrl(options.gateway),
    closed: closed.signal,
    credential,
  };

  function ended(end: OutboxEnd): void {
    const told = end.outcome === "accepted" ? onSent : onFailed;
    // What a listener throws is its own affair, and shall not end ours.
    try {
      told?.(endedOf(end));
    } catch (error) {
      onError(error);
    }
  }

  const start = (onEnd: typeof ended) =>
    openSender({ ...options, gateway, maxMessages, maxLength, maxInFlight, onEnd, onError });
  // Node 20 has none.
  const { locks, onLine }: Partial<Navigator> = globalThis.navigator ?? {};
  const name = `bellhop:outbox:${sharedAs}`;
  const place: Place = sharedAs !== undefined && locks !== undefined
    ? await shared({ locks, channel: new BroadcastChannel(name), name }, clock, start, ended, onError)
    : await alone(start, ended);

  const network = (): void => void place.ask("network", navigator.onLine).catch(() => {});
  const events = ["online", "offline"];
  // A page, or a worker; elsewhere nobody says how the network is.
  if (onLine !== undefined) events.forEach((event) => addEventListener(event, network));
  if (onLine === false) network();
  let closing: Promise<void> | undefined;

  async function seal(
    event: EventDefinition | string,
    data: unknown,
    given: OutboxPublishOptions = {},
  ): Promise<Sealed & { readonly json: string }> {
    const envelope = await newEnvelope(source, clock.nowMs(), event, data, given);
    const json = serialize(envelope);
    // NaN, which is no number of milliseconds.
    if (!(messageOf(json).expiresMs > 0)) {
      throw new BellhopError("argument-invalid", "expirytime: wanted a timestamp", { field: "expirytime" });
    }
    return { source: envelope.source, id: envelope.id, json };
  }

  async function keep({ source, id, json }: Sealed): Promise<Kept> {
    if (closing !== undefined) throw new BellhopError("closing", "the outbox is closed");
    return { source, id, durability: await place.ask("keep", json) };
  }

  async function end(deadlineMs: number): Promise<void> {
    events.forEach((event) => globalThis.removeEventListener?.(event, network));
    await place.close(deadlineMs);
    closed.abort(new BellhopError("closing", "the outbox is closed"));
  }

  /** Asked again and again, so that nothing is left of it in the tab that sends when the time is up. */
  async function emptied(signal: AbortSignal): Promise<void> {
    await place.ask("network", true);
    while ((await place.ask("status")).waiting > 0) await pause(clock, LOOK_MS, signal);
  }

  const box: Outbox = {
    source,
    publish: async (event: EventDefinition | string, data?: unknown, given?: OutboxPublishOptions) =>
      await keep(await seal(event, data, given)),
    status: () => place.ask("status"),
    list: async () =>
      (await place.ask("list")).map((entry) => {
        const { state, dueMs } = entry;
        return { ...shown(entry), state, dueMs: state === "waiting" ? dueMs : undefined };
      }),
    deadLetters: async () => (await place.ask("deadLetters")).map(endedOf),
    cancel: ({ source, id }) => place.ask("cancel", source, id),
    redrive: ({ source, id }) => place.ask("redrive", source, id),
    discard: ({ source, id }) => place.ask("discard", source, id),
    async flush({ timeoutMs = 30_000 } = {}) {
      inRange("timeoutMs", timeoutMs, 1, 3_600_000);
      const late = () => new BellhopError("deadline-exceeded", `messages wait after ${timeoutMs} ms`);
      const limit = timeLimit(clock, timeoutMs, late, closed.signal);
      try {
        await Promise.race([emptied(limit.signal), aborted(limit.signal)]);
      } finally {
        limit.end();
      }
    },
    seal: (event, data, given) => seal(event, data, { priority: "CRITICAL", ...given }),
    async collect(rows) {
      for (let count = 0;;) {
        const found = await rows.read(COLLECTED);
        if (found.length === 0) return count;
        await Promise.all(found.map(({ json }) => keep({ ...messageOf(json), json })));
        await rows.remove(found.map(({ key }) => key));
        count += found.length;
      }
    },
    close: ({ deadlineMs = 5_000 } = {}) => closing ??= end(deadlineMs),
    [Symbol.asyncDispose]: () => box.close(),
  };
  return box;
}

function endedOf(end: OutboxEnd): Ended {
  return { ...shown(end), outcome: end.outcome, endedMs: end.endedMs };
}

function shown({ message, attempts, reason, acceptedMs }: OutboxEnd | OutboxEntry): Shown {
  const { source, id, priority, json } = message;
  return { source, id, priority, envelope: JSON.parse(json), attempts, reason, acceptedMs };
}
