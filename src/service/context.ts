/**
 * What a handler is told of a delivery, and what it can do besides answering.
 *
 * @module
 */
import type { Envelope } from "../core/envelope/envelope.ts";
import { BellhopError } from "../core/error.ts";
import type { EventDefinition } from "../schema/define_event.ts";
import { createLog, type Log, type LogSink } from "./log.ts";
import type { CallOptions, CallRequest, Outlet, PublishOptions, Sent } from "./outgoing.ts";
import { replyTypeOf } from "./reply.ts";
import type { ServiceRuntime } from "./runtime.ts";

/** One attempt as it arrived: what the adapter knows, and the handler is told. */
export interface Delivery<Env = unknown> {
  /** Aborted when the time of the attempt is up: pass it on. */
  readonly signal: AbortSignal;
  /** 1 for the first attempt of a run. */
  readonly attempt: number;
  /** Equal over the attempts of a delivery. */
  readonly deliveryId: string;
  /** Epoch milliseconds, by this machine's clock, after which nobody waits for the answer; `Infinity` if not told. */
  readonly deadlineMs: number;
  /** The platform's bindings. */
  readonly env?: Env;
  /** The platform's own way to keep work alive that outlives the answer; it never sees a rejection. */
  readonly waitUntil?: (work: Promise<unknown>) => void;
}

/**
 * What a handler is told of a delivery, and what it can do besides answering. Its members may be taken apart.
 *
 * @example
 * ```ts
 * import { createReceiver, type LogRecord, type Outlet, service } from "@bellhop/bellhop/service";
 * import { assertEquals } from "@std/assert";
 * const published: unknown[] = [];
 * const logged: LogRecord[] = [];
 * // Any client is an outlet; `connect(users, …)` gives its own.
 * const outlet = {
 *   publish: (type: string, _data: unknown, options: unknown) => Promise.resolve(published.push([type, options])),
 * } as unknown as Outlet;
 * const users = service({ name: "users", version: "1.0.0", outlet: () => outlet, log: (record) => logged.push(record) })
 *   .on("user.created", async (event, { publish, log, waitUntil }) => {
 *     await publish("mail.wanted", { user: event.id }, { priority: "HIGH" });
 *     log.info("asked for a mail", { to: "the new one" });
 *     waitUntil(Promise.resolve("what nobody needs to wait for"));
 *   });
 * const event = { specversion: "1.0", id: "7", source: "/a", type: "user.created" } as const;
 * const delivery = { signal: new AbortController().signal, attempt: 2, deliveryId: "dlv_1", deadlineMs: Infinity };
 * await createReceiver(users).receive(event, delivery);
 * // What caused it, and the conversation it belongs to, are told by themselves.
 * assertEquals(published, [["mail.wanted", { causationid: "7", correlationid: "7", priority: "HIGH" }]]);
 * const { service: name, event: id, attempt, fields } = logged[0];
 * assertEquals({ name, id, attempt, fields }, { name: "users", id: "7", attempt: 2, fields: { to: "the new one" } });
 * ```
 */
export interface HandlerContext<Env = unknown> extends Outlet {
  /** Aborted when the time of the attempt is up: pass it on. */
  readonly signal: AbortSignal;
  /** 1 for the first attempt of a run. */
  readonly attempt: number;
  /** Equal over the attempts of a delivery. */
  readonly deliveryId: string;
  /** Epoch milliseconds, by this machine's clock, after which nobody waits for the answer; `Infinity` if not told. */
  readonly deadlineMs: number;
  /** The platform's bindings: what Hono calls `c.env`. */
  readonly env: Env;
  /** Says something, with the service, the event's id, the attempt and the trace. */
  readonly log: Log;
  /**
   * Publishes as a client does. Unless the options say otherwise, `causationid` is the event's id, `correlationid` the
   * event's own or else its id, and `traceparent` and `tracestate` are the event's.
   *
   * @throws {BellhopError} as `Client.publish`; `not-connected` if the service has neither been connected nor been
   * given an outlet
   */
  publish<Type extends string, Input, Output>(
    event: EventDefinition<Type, Input, Output>,
    data: NoInfer<Input>,
    options?: PublishOptions,
  ): Promise<Sent>;
  /** As above, for a type of whose data nothing is known. */
  publish(type: string, data?: unknown, options?: PublishOptions): Promise<Sent>;
  /**
   * Replies to whoever asked with `Client.request`: an event of the same type and `.reply`, with the priority of the
   * request. Where nobody asked, or nobody waits any more, nothing is sent, and the promise gives `undefined`.
   *
   * @throws {BellhopError} as `publish`
   */
  reply(data?: unknown, options?: PublishOptions): Promise<Sent | undefined>;
  /**
   * Calls as a client does, and no longer than the attempt: `deadlineMs` is at most what is left of it, and the call
   * ends with `signal`. The event's `traceparent` goes along, unless the headers have one.
   *
   * @throws {BellhopError} as `Client.call`; `deadline-exceeded` if the time of the attempt is up; `not-connected`
   */
  call(service: string, request: CallRequest, options?: CallOptions): Promise<Response>;
  /**
   * Lets work outlive the answer. On Workers the platform keeps it alive, elsewhere the service does, and `close`
   * waits for it. What it rejects with goes to `onError`, never to the message.
   *
   * @throws {BellhopError} `queue-full` beyond 10,000 handlers and pieces of work at once; the work goes on unwatched
   */
  waitUntil(work: PromiseLike<unknown>): void;
}

/** What a context is made from, besides the event and its delivery. */
export interface ContextSources {
  readonly service: string;
  readonly runtime: ServiceRuntime;
  readonly nowMs: () => number;
  readonly log: LogSink | undefined;
  readonly onError: (error: unknown) => void;
}

/** As a call without a deadline of its own. */
const CALL_MS = 15_000;
const MOST_WORK = 10_000;

/** The context of one delivery. */
export function createContext<Env>(
  sources: ContextSources,
  event: Envelope,
  delivery: Delivery<Env>,
): HandlerContext<Env> {
  const { runtime, nowMs } = sources;
  const { signal, attempt, deliveryId, deadlineMs, env } = delivery;
  const { traceparent, tracestate } = event;
  let log: Log | undefined;
  const context: HandlerContext<Env> = {
    signal,
    attempt,
    deliveryId,
    deadlineMs,
    env: env as Env,
    get log() {
      return log ??= createLog(
        { service: sources.service, event: event.id, attempt, traceparent },
        sources.log,
        nowMs,
      );
    },
    async publish(wanted: EventDefinition | string, data?: unknown, options: PublishOptions = {}) {
      const outlet = await runtime.reach(env);
      const inherited = {
        causationid: event.id,
        correlationid: event.correlationid ?? event.id,
        // A vendor's state belongs to its trace.
        ...(traceparent === undefined || options.traceparent !== undefined ? {} : {
          traceparent,
          ...(tracestate === undefined ? {} : { tracestate }),
        }),
      };
      return await outlet.publish(wanted as string, data, { ...inherited, ...options });
    },
    async reply(data, options = {}) {
      const { replyto, priority } = event;
      if (replyto === undefined) return undefined;
      const addressed = { target: replyto, ...(priority === undefined ? {} : { priority }), ...options };
      try {
        return await context.publish(replyTypeOf(event.type), data, addressed);
      } catch (error) {
        if (error instanceof BellhopError && error.code === "target-unknown") return undefined;
        throw error;
      }
    },
    async call(name, request, options = {}) {
      const outlet = await runtime.reach(env);
      const leftMs = Math.floor(deadlineMs - nowMs());
      if (signal.aborted || leftMs < 1) throw new BellhopError("deadline-exceeded", "the time of the attempt is up");
      const headers = new Headers(options.headers);
      if (traceparent !== undefined && !headers.has("traceparent")) {
        headers.set("traceparent", traceparent);
        if (tracestate !== undefined) headers.set("tracestate", tracestate);
      }
      return await outlet.call(name, request, {
        ...options,
        headers,
        deadlineMs: Math.min(options.deadlineMs ?? CALL_MS, leftMs),
        signal: options.signal === undefined ? signal : AbortSignal.any([signal, options.signal]),
      });
    },
    waitUntil(work) {
      const guarded = Promise.resolve(work).then(() => {}, sources.onError);
      if (delivery.waitUntil !== undefined) return delivery.waitUntil(guarded);
      if (runtime.underWay >= MOST_WORK) {
        throw new BellhopError("queue-full", `${MOST_WORK} pieces of work are under way`);
      }
      runtime.keep(guarded);
    },
  };
  return context;
}
