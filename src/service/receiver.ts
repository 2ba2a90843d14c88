/**
 * What becomes of one delivery at a service: the step after the HTTP adapter has read the envelope, and before it
 * writes the verdict.
 *
 * @module
 */
import type { Envelope } from "../core/envelope/envelope.ts";
import { BellhopError, type ErrorDetails } from "../core/error.ts";
import { checkData } from "../schema/check_data.ts";
import type { TypedEnvelope } from "../schema/define_event.ts";
import { createAcked } from "./_acked.ts";
import { Ack, Nak, Term } from "./answer.ts";
import { createContext, type Delivery, type HandlerContext } from "./context.ts";
import type { ServiceDefinition, Subscription } from "./definition.ts";
import type { LogSink } from "./log.ts";
import { isReplyType } from "./reply.ts";

/** What the service answers. */
export type Ruling =
  | {
    readonly verdict: "ack";
    /** Whether it had been acked before: the handler did not run again. */
    readonly duplicate: boolean;
  }
  | {
    readonly verdict: "nak" | "term";
    /** What the handler said, or a sentence on what went wrong. */
    readonly reason: string;
    /** Absent where the handler itself gave the verdict. */
    readonly error?: BellhopError;
    /** Milliseconds to wait at least. */
    readonly delayMs?: number;
  };

/** A service at work. */
export interface Receiver {
  /** Handlers that run at this moment, those whose time is up included. */
  readonly running: number;
  /** Gives the envelope to its handler. Never rejects: a fault is a ruling. */
  receive(envelope: Envelope, delivery: Delivery): Promise<Ruling>;
}

/** The bounds of a receiver. */
export interface ReceiverOptions {
  /** At least so many acked messages are remembered and at most twice as many, 1 to 1,000,000; default 10,000. */
  readonly remember?: number;
  /** Handlers that may run at once, 1 to 10,000; default 1,000. What comes beyond is a nak with `queue-full`. */
  readonly maxRunning?: number;
  /** Epoch milliseconds, by the clock that deadlines are told by; default `Date.now`. */
  readonly nowMs?: () => number;
  /** Takes what handlers say by `ctx.log`, if the service's own options name nobody. */
  readonly log?: LogSink;
}

/**
 * Puts a service to work in this process.
 *
 * A message is known by `source` and `id`. It is remembered when it is acked, never when it arrives: a duplicate of one
 * that was acked is acked again without running the handler, a duplicate of one that is being handled is a nak
 * (`in-progress`). The horizon is a count, not a time: the last 10,000 acks, in this process.
 *
 * Sources: spec HTTP, "Service"; spec BUS, "Duplicates".
 *
 * @throws {BellhopError} `argument-invalid` if a bound is out of range
 *
 * @example
 * ```ts
 * import { createReceiver, service } from "@bellhop/bellhop/service";
 * import { assertEquals } from "@std/assert";
 * let handled = 0;
 * const receiver = createReceiver(service({ name: "users", version: "1" }).on("user.*", () => void handled++));
 * const delivery = { signal: new AbortController().signal, attempt: 1, deliveryId: "dlv_1", deadlineMs: Infinity };
 * const event = { specversion: "1.0", id: "1", source: "/a", type: "user.created" } as const;
 * assertEquals(await receiver.receive(event, delivery), { verdict: "ack", duplicate: false });
 * assertEquals(await receiver.receive(event, delivery), { verdict: "ack", duplicate: true });
 * assertEquals(handled, 1);
 * ```
 */
export function createReceiver<Env>(definition: ServiceDefinition<Env>, options: ReceiverOptions = {}): Receiver {
  const acked = createAcked(whole("remember", options.remember ?? 10_000, 1_000_000));
  const maxRunning = whole("maxRunning", options.maxRunning ?? 1_000, 10_000);
  const { runtime, settings } = definition;
  const running = new Set<string>();
  const sources = {
    service: settings.name,
    runtime,
    nowMs: options.nowMs ?? Date.now,
    log: settings.log ?? options.log,
    // The log's fault must not become the message's.
    onError(error: unknown): void {
      try {
        settings.onError?.(error);
      } catch { /* nobody is left to tell */ }
    },
  };

  async function receive(envelope: Envelope, delivery: Delivery): Promise<Ruling> {
    const reply = isReplyType(envelope.type);
    const waiting = reply ? runtime.replies.get(envelope.causationid ?? "") : undefined;
    if (waiting !== undefined) {
      waiting(envelope);
      return { verdict: "ack", duplicate: false };
    }
    const subscription = definition.subscriptionFor(envelope.type);
    if (subscription === undefined) {
      // Whoever asked waits no longer.
      if (reply) return { verdict: "ack", duplicate: false };
      return refused("term", new BellhopError("handler-missing", `no handler for ${envelope.type}`));
    }
    // A source has no line break.
    const key = `${envelope.source}\n${envelope.id}`;
    if (acked.has(key)) return { verdict: "ack", duplicate: true };
    if (running.has(key)) return refused("nak", new BellhopError("in-progress"));
    if (running.size >= maxRunning) {
      return refused("nak", new BellhopError("queue-full", `${maxRunning} handlers are running`));
    }
    running.add(key);
    const context = createContext(sources, envelope, delivery);
    const work = run(subscription, envelope, context).then((ruling) => {
      if (ruling.verdict === "ack") acked.add(key);
      else if (ruling.error?.code === "data-invalid") sources.onError(misfit(envelope, ruling.error));
      return ruling;
    }, (error) => {
      sources.onError(error);
      return failed(error);
    }).finally(() => running.delete(key));
    // What takes longer than its attempt outlives the answer too.
    if (delivery.waitUntil === undefined) runtime.keep(work);
    else delivery.waitUntil(work);
    return await Promise.race([work, timeUp(delivery.signal, work)]);
  }

  return {
    get running() {
      return running.size;
    },
    receive,
  };
}

async function run(subscription: Subscription, envelope: Envelope, context: HandlerContext<unknown>): Promise<Ruling> {
  const { schema, handler } = subscription;
  let event = envelope as TypedEnvelope<string, never>;
  if (schema !== undefined) {
    try {
      event = { ...event, data: await checkData(schema, envelope.data) as never };
    } catch (error) {
      if (error instanceof BellhopError && error.code === "data-invalid") return refused("term", error);
      throw error;
    }
  }
  let said: unknown;
  try {
    said = await handler(event, context as HandlerContext<never>);
  } catch (thrown) {
    if (!(thrown instanceof Ack || thrown instanceof Nak || thrown instanceof Term)) throw thrown;
    said = thrown;
  }
  if (said instanceof Term) return { verdict: "term", reason: said.reason };
  if (!(said instanceof Nak)) return { verdict: "ack", duplicate: false };
  return { verdict: "nak", reason: said.reason, ...(said.delayMs === undefined ? {} : { delayMs: said.delayMs }) };
}

/** The handler goes on, and its message stays in progress; but nobody waits for its answer any more. */
function timeUp(signal: AbortSignal, work: Promise<unknown>): Promise<Ruling> {
  return new Promise((resolve) => {
    const give = () => resolve(refused("nak", new BellhopError("timeout", "the handler took longer than the attempt")));
    if (signal.aborted) return give();
    signal.addEventListener("abort", give, { once: true });
    work.finally(() => signal.removeEventListener("abort", give));
  });
}

/** What was thrown may hold secrets: it goes to the log, and only its delay goes out. */
function failed(thrown: unknown): Ruling {
  const askedMs = (thrown as { retryAfterMs?: unknown } | null | undefined)?.retryAfterMs;
  const error = new BellhopError("handler-failed", undefined, { cause: thrown });
  const delay = typeof askedMs === "number" && askedMs > 0 ? { delayMs: Math.min(askedMs, 3_600_000) } : {};
  return { verdict: "nak", reason: error.message, error, ...delay };
}

/** For whoever runs the service: the gateway is told by a verdict alone. */
function misfit({ type, source, id }: Envelope, { message, field, faults }: BellhopError): BellhopError {
  return new BellhopError("data-invalid", `${type} ${id} of ${source}: ${message}`, { field, faults } as ErrorDetails);
}

function refused(verdict: "nak" | "term", error: BellhopError): Ruling {
  return { verdict, reason: error.message, error };
}

function whole(field: string, value: number, most: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new BellhopError("argument-invalid", `${field}: wanted a whole number from 1 to ${most}`, { field });
}
