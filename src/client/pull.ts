/**
 * Takes the deliveries of a service that cannot be called: one in a page, or behind NAT.
 *
 * @module
 */
import { DEFAULT_ENVELOPE_LIMITS, fromJson } from "../core/envelope/mod.ts";
import { BellhopError } from "../core/error.ts";
import type { Clock } from "../ports/clock.ts";
import { createReceiver, type Ruling } from "../service/receiver.ts";
import { eventsIn } from "./_event_stream.ts";
import { readText } from "./_gateway.ts";
import { inRange } from "./_in_range.ts";
import { problemError, readObject } from "./_problem.ts";
import { pause } from "./_time_limit.ts";
import type { DeliveryLink, DeliveryTaker } from "./delivery.ts";

export type { DeliveryLink, DeliveryTaker } from "./delivery.ts";
export type { Clock } from "../ports/clock.ts";
export type { ServiceDefinition } from "../service/definition.ts";

/** The bounds of one that pulls. */
export interface PullOptions {
  /** Handlers that run at once, 1 to 100; default 10. */
  readonly maxRunning?: number;
  /**
   * Milliseconds that one run of a handler may take, 1,000 to 86,400,000; default 600,000. Until then the gateway is told
   * that it is still at it; then its signal aborts and the attempt fails.
   */
  readonly handlerTimeoutMs?: number;
  /** Whether to ask for a stream first, which is told sooner than a long poll. Default `true`. */
  readonly stream?: boolean;
}

/** Seconds of one long poll. */
const WAIT_SECONDS = 30;
/** A stream carries something every 15 s; one that was silent for so long has died on the way. */
const SILENCE_MS = 45_000;
/** After a stream that brought nothing, long polls are what there is for so long. */
const WITHOUT_STREAM_MS = 300_000;
const SOONEST_MS = 500;
const LATEST_MS = 30_000;
/** Any request but a long poll, and the answers that a closing client still sends. */
const REQUEST_MS = 10_000;
const LAST_REQUEST_MS = 2_000;
const MOST_ANSWERS = 100;
/** An envelope may have 262,144 bytes, which base64 makes longer. */
const MOST_LENGTH = 1_048_576;
const LIMITS = { ...DEFAULT_ENVELOPE_LIMITS, maxBytes: MOST_LENGTH };
const EVENT_STREAM = "text/event-stream";

interface Answer {
  readonly ticket: string;
  readonly verdict: "ack" | "nak" | "term";
  readonly delayMs?: number;
}

/**
 * Registers with delivery `pull`, and takes deliveries by a stream of Server-Sent Events, or by long poll where no stream
 * comes through. Handlers run as in a mounted service; one that takes long keeps its lease.
 *
 * @throws {BellhopError} `argument-invalid` if a bound is out of range
 *
 * @example
 * ```ts
 * import { connect } from "@bellhop/bellhop/client";
 * import { gatewayRoutes } from "@bellhop/bellhop/hono";
 * import { embedded } from "@bellhop/bellhop/engines/embedded";
 * import { pull } from "@bellhop/bellhop/pull";
 * import { service } from "@bellhop/bellhop/service";
 * import { memory } from "@bellhop/bellhop/stores/memory";
 * import { systemClock } from "@bellhop/bellhop/clocks/system";
 * import { memoryTransport } from "@bellhop/bellhop/transports/memory";
 * import { assertEquals } from "@std/assert";
 * const engine = await embedded({
 *   store: memory(),
 *   transport: memoryTransport(new Map()),
 *   clock: systemClock(),
 *   random: Math.random,
 *   token: () => crypto.randomUUID(),
 * });
 * const app = gatewayRoutes({ engine, open: true, peer: () => "127.0.0.1" });
 * const greeted = Promise.withResolvers<string>();
 * const page = service({ name: "page", version: "1.0.0" }).on("greeting", ({ id }) => greeted.resolve(id));
 * const client = await connect(page, {
 *   gateway: "http://127.0.0.1/",
 *   delivery: pull(),
 *   fetch: async (url, init) => await app.fetch(new Request(url, init)),
 * });
 * await client.publish("greeting", {}, { id: "g-1" });
 * assertEquals(await greeted.promise, "g-1");
 * await client.close();
 * await engine.close();
 * ```
 */
export function pull(options: PullOptions = {}): DeliveryTaker {
  const { maxRunning = 10, handlerTimeoutMs = 600_000, stream = true } = options;
  inRange("maxRunning", maxRunning, 1, 100);
  inRange("handlerTimeoutMs", handlerTimeoutMs, 1_000, 86_400_000);
  return { kind: "pull", start: (link) => start(link, { maxRunning, handlerTimeoutMs, stream }) };
}

function start(link: DeliveryLink, options: Required<PullOptions>): ReturnType<DeliveryTaker["start"]> {
  const { gateway, announcement, trouble } = link;
  const { clock, random } = gateway;
  const { maxRunning, handlerTimeoutMs } = options;
  const receiver = createReceiver(link.service, { nowMs: () => clock.nowMs(), maxRunning: 10_000 });
  const stopped = new AbortController();
  /** What is taken and not answered, each with how to give it up. */
  const held = new Map<string, () => void>();
  const answers = new Map<string, { readonly answer: Answer; readonly untilMs: number }>();
  const waiting: (() => void)[] = [];
  let running = 0;
  let sending: Promise<void> | undefined;
  let noStreamUntilMs = options.stream ? 0 : Infinity;
  let whenFree = () => {};

  // Taking.

  async function takeAll(): Promise<void> {
    for (let failures = 0; !stopped.signal.aborted;) {
      try {
        if (clock.nowMs() < noStreamUntilMs) await poll();
        else await readStream(() => failures = 0);
      } catch (error) {
        if (stopped.signal.aborted) return;
        await mend(error);
        const ms = Math.min(LATEST_MS, SOONEST_MS * 2 ** Math.min(failures++, 10)) * (0.5 + random() / 2);
        await pause(clock, ms, stopped.signal).catch(() => {});
      }
    }
  }

  /** @throws what ended it, its plain end as well: the next comes after a pause */
  async function readStream(lives: () => void): Promise<void> {
    const limit = silence(clock, REQUEST_MS, stopped.signal);
    let through: boolean | undefined;
    const heard = () => {
      through = true;
      lives();
      limit.extend(SILENCE_MS);
    };
    try {
      const headers = { accept: EVENT_STREAM };
      const response = await ask(`deliveries?max=${maxRunning}`, { headers, signal: limit.signal });
      if (!response.ok) throw await refusal(response);
      // From here on it is the way that is at fault, until something is heard: the gateway says a word at once.
      through = false;
      if (response.body === null || response.headers.get("content-type")?.startsWith(EVENT_STREAM) !== true) {
        throw new BellhopError("unreachable", "no stream of deliveries comes through");
      }
      for await (const { event, data } of eventsIn(response.body, MOST_LENGTH, heard)) {
        if (event === "delivery") handle(readObject(data));
        else if (event === "ended") throw endedBy(readObject(data).code);
      }
      throw new BellhopError("unreachable", "the stream of deliveries has ended");
    } catch (error) {
      if (through === false && !stopped.signal.aborted) noStreamUntilMs = clock.nowMs() + WITHOUT_STREAM_MS;
      throw limit.silent ? limit.signal.reason : error;
    } finally {
      limit.end();
    }
  }

  async function poll(): Promise<void> {
    while (running >= maxRunning && !stopped.signal.aborted) await new Promise<void>((resolve) => whenFree = resolve);
    if (stopped.signal.aborted) return;
    const query = `max=${maxRunning - running}&wait=${WAIT_SECONDS}`;
    const body = await asked(`deliveries?${query}`, {}, WAIT_SECONDS * 1_000 + REQUEST_MS, stopped.signal);
    if (!Array.isArray(body.deliveries)) throw noGateway();
    for (const one of body.deliveries) handle(Object(one));
  }

  // Handling.

  function handle({ ticket, delivery, attempt, leaseMs: ms, envelope: given }: Record<string, unknown>): void {
    const leaseMs = Number(ms);
    if (typeof ticket !== "string" || !(leaseMs >= 1)) throw noGateway();
    const time = new AbortController();
    const startMs = clock.nowMs();
    const deadlineMs = startMs + handlerTimeoutMs;
    let leaseEndMs = startMs + leaseMs;
    let cancel = () => {};

    function done(answer: Omit<Answer, "ticket">): void {
      cancel();
      if (!held.delete(ticket as string)) return;
      answers.set(ticket as string, { answer: { ticket: ticket as string, ...answer }, untilMs: leaseEndMs });
      send();
    }

    async function stillAtIt(): Promise<void> {
      let again = leaseMs / 2;
      const askedMs = clock.nowMs();
      try {
        const [kept] = await post([{ ticket, verdict: "working" }]);
        if (!kept) return time.abort(new BellhopError("timeout", "the lease of the delivery has run out"));
        leaseEndMs = askedMs + leaseMs;
      } catch (error) {
        again = leaseMs / 8;
        await mend(error);
      }
      if (held.has(ticket as string)) watch(again);
    }

    /** Says `working` at half the lease, as long as it may; whose lease or time has run out is told to stop. */
    function watch(ms: number): void {
      cancel = clock.wakeAt(clock.nowMs() + ms, () => {
        if (clock.nowMs() < Math.min(leaseEndMs, deadlineMs)) void stillAtIt();
        else time.abort(new BellhopError("timeout", "the time of the attempt is up"));
      });
    }

    async function run(): Promise<void> {
      if (running < maxRunning) running++;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      let ruling: Ruling | undefined;
      try {
        // A lease that ran out, or was given back, before its turn came.
        if (!held.has(ticket as string) || time.signal.aborted) return done({ verdict: "nak" });
        const attempts = { attempt: Number(attempt) || 1, deliveryId: String(delivery) };
        ruling = await receiver.receive(fromJson(given, LIMITS), { signal: time.signal, deadlineMs, ...attempts });
      } catch (error) {
        // It would be no better the next time.
        trouble(error);
        return done({ verdict: "term" });
      } finally {
        const next = waiting.shift();
        if (next === undefined) running--;
        else next();
        whenFree();
      }
      const { verdict } = ruling;
      if (ruling.verdict === "ack" || ruling.delayMs === undefined) done({ verdict });
      else done({ verdict, delayMs: Math.ceil(ruling.delayMs) });
    }

    held.set(ticket, () => {
      cancel();
      time.abort(new BellhopError("closing", "the client is closed"));
    });
    watch(leaseMs / 2);
    void run();
  }

  // Answering.

  function send(): void {
    sending ??= sendAll().finally(() => {
      sending = undefined;
      // One that came in the moment between its last look and this.
      if (answers.size > 0) send();
      whenFree();
    });
  }

  async function sendAll(): Promise<void> {
    for (let failures = 0; answers.size > 0;) {
      const nowMs = clock.nowMs();
      for (const [ticket, { untilMs }] of answers) if (untilMs <= nowMs) answers.delete(ticket);
      const batch = [...answers.values()].slice(0, MOST_ANSWERS).map(({ answer }) => answer);
      if (batch.length === 0) return;
      try {
        await post(batch);
        for (const { ticket } of batch) answers.delete(ticket);
        failures = 0;
      } catch (error) {
        await mend(error);
        const ms = SOONEST_MS * 2 ** Math.min(failures++, 4) * (0.5 + random() / 2);
        await pause(clock, ms, NEVER);
      }
    }
  }

  async function post(answers: readonly object[], timeoutMs = REQUEST_MS): Promise<boolean[]> {
    const init = {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ answers }),
    };
    const { results } = await asked("deliveries", init, timeoutMs, NEVER);
    return Array.isArray(results) ? results.map((one) => one?.held === true) : [];
  }

  async function ask(path: string, init: RequestInit & { readonly signal: AbortSignal }): Promise<Response> {
    const own = await gateway.credential(init.signal);
    const headers = { "bellhop-lease": announcement.lease, ...own, ...init.headers as object };
    return await gateway.fetch(`${gateway.url}/${path}`, { ...init, headers, redirect: "manual" });
  }

  async function asked(
    path: string,
    init: RequestInit,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<Record<string, unknown>> {
    const limit = silence(clock, timeoutMs, signal);
    try {
      const response = await ask(path, { ...init, signal: limit.signal });
      if (!response.ok) throw await refusal(response);
      return readObject(await readText(response, MOST_LENGTH * maxRunning));
    } finally {
      limit.end();
    }
  }

  async function refusal(response: Response): Promise<BellhopError> {
    return problemError(response, await readText(response, MOST_LENGTH), clock.nowMs());
  }

  /** A gateway that has forgotten the lease is told again who this is. */
  async function mend(error: unknown): Promise<void> {
    trouble(error);
    if (error instanceof BellhopError && error.code === "lease-unknown") await announcement.renewed().catch(trouble);
  }

  const taking = takeAll();

  return {
    async stop(timeUp) {
      stopped.abort(new BellhopError("closing", "the client is closed"));
      whenFree();
      await Promise.race([taking, timeUp]);
      let over = false;
      const ended = (async () => {
        while (!over && (held.size > 0 || sending !== undefined)) await new Promise<void>((free) => whenFree = free);
      })();
      await Promise.race([ended, timeUp]);
      over = true;
      whenFree();
      const last: Answer[] = [...answers.values()].map(({ answer }) => answer);
      for (const [ticket, giveUp] of held) {
        last.push({ ticket, verdict: "nak" });
        giveUp();
      }
      held.clear();
      answers.clear();
      if (last.length > 0) await post(last.slice(0, MOST_ANSWERS), LAST_REQUEST_MS).catch(trouble);
    },
  };
}

const NEVER = new AbortController().signal;

/** Aborts after so long without a sign of life. */
function silence(clock: Clock, ms: number, outer: AbortSignal) {
  const controller = new AbortController();
  const leave = () => controller.abort(outer.reason);
  if (outer.aborted) leave();
  outer.addEventListener("abort", leave);
  let untilMs = clock.nowMs() + ms;
  let silent = false;
  const look = () => {
    if (clock.nowMs() < untilMs) cancel = clock.wakeAt(untilMs, look);
    else {
      silent = true;
      controller.abort(new BellhopError("timeout", `no answer within ${ms} ms`));
    }
  };
  let cancel = clock.wakeAt(untilMs, look);
  return {
    signal: controller.signal,
    get silent() {
      return silent;
    },
    extend: (ms: number) => void (untilMs = clock.nowMs() + ms),
    end() {
      cancel();
      outer.removeEventListener("abort", leave);
      // What is left of a body is let go.
      controller.abort();
    },
  };
}

function endedBy(code: unknown): BellhopError {
  if (code === "lease-unknown") return new BellhopError("lease-unknown", "the gateway has forgotten the lease");
  return new BellhopError("closing", "the gateway has ended the stream of deliveries");
}

function noGateway(): BellhopError {
  return new BellhopError("unreachable", "what answers is no gateway: a delivery has a ticket and a lease");
}
