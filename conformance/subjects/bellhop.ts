/**
 * Bellhop itself as a subject: the embedded engine and the gateway's routes on a clock that the suite moves. Needs no
 * more of its platform than `fetch`, so that it runs in a page and in a Worker too.
 *
 * @module
 */
import { BellhopError, DEFAULT_ENVELOPE_LIMITS, fromHttp, PRIORITIES, toStructured } from "@bellhop/bellhop";
import { embedded, type EmbeddedOptions } from "@bellhop/bellhop/engines/embedded";
import { gatewayRoutes, serviceRoutes } from "@bellhop/bellhop/hono";
import type { Answer as TransportAnswer, Delivery, Engine, OpenStore, Transport } from "@bellhop/bellhop/ports";
import { Ack, type HandlerContext, Nak, service, type StandardSchema, Term } from "@bellhop/bellhop/service";
import { connect } from "@bellhop/bellhop/client";
import { defineEvent } from "@bellhop/bellhop/schema";
import type { OutboxOptions } from "@bellhop/bellhop/outbox";
import { memory } from "@bellhop/bellhop/stores/memory";
import { faultyStore, manualClock } from "@bellhop/bellhop/testing";
import { fetchTransport } from "@bellhop/bellhop/transports/fetch";
import { createCredentials, createEndpointGuard, createKeyring } from "@bellhop/bellhop/security";
import type { Answer, CallAnswer, Command, Hello, JsonObject, Subject, SubjectEvent } from "../control.ts";
import { Hono } from "hono";
import { answerTo } from "./_bellhop_questions.ts";
import { bytesOf, fromBase64, refusalOf, responseOf, streamed, textOf } from "./_bodies.ts";
import { cryptographyUnderWay } from "./_cryptography.ts";
import { type Client, client } from "./_outbox.ts";
import { contentOf } from "./_store_content.ts";
import { turn } from "./_turn.ts";

type App = { fetch(request: Request): Response | Promise<Response> };
type Start = Extract<Command, { do: "start" }>;

/** What a mutant or an eccentric may change of the reference. */
export interface BellhopChanges {
  readonly hello?: Partial<Hello>;
  readonly embedded?: Partial<EmbeddedOptions>;
  readonly outbox?: Partial<OutboxOptions>;
  /** Gives the opener of an empty store at each call, in place of one in memory that lies about its durability. */
  readonly disk?: () => OpenStore;
}

const ORIGIN = "http://127.0.0.1:8000";

/** Opens the reference implementation. */
export function bellhop(changes: BellhopChanges = {}): () => Promise<Subject> {
  return () => Promise.resolve(new Bellhop(changes));
}

class Bellhop implements Subject {
  private clock = manualClock();
  private events: SubjectEvent[] = [];
  private calls = new Map<string, (answer: CallAnswer | undefined) => void>();
  private callCount = 0;
  private busy = 0;
  /** Commands answered `pending` whose answer has not come yet. */
  private unanswered = new Set<number>();
  private engine: Engine | undefined;
  private client: Client | undefined;
  private app: App | undefined;
  /** Ends the streams of an app that is left behind. */
  private streaming = new AbortController();
  /** Requests by their command, as long as they have not ended. */
  private requests = new Map<number, OpenRequest>();
  /** Where the gateway is mounted. */
  private mount = "";
  /** Where requests come from. */
  private peers = new WeakMap<Request, string | undefined>();
  /** What names resolve to. */
  private hosts: Hosts = {};
  private disk: OpenStore = memory();
  private faulty = faultyStore(this.disk);
  private deafen: (() => void) | undefined;
  private tokens = 0;
  private limits = DEFAULT_ENVELOPE_LIMITS;

  constructor(private readonly changes: BellhopChanges) {}

  async send(seq: number, command: Command): Promise<Answer> {
    const outcome = await this.outcome(seq, command);
    await this.idle();
    const events = this.events;
    this.events = [];
    return { seq, nowMs: this.clock.nowMs(), ...outcome, events };
  }

  async close(): Promise<void> {
    this.deafen?.();
    this.deafen = undefined;
    for (const end of [...this.calls.values()]) end(undefined);
    this.calls.clear();
    if (this.client !== undefined) {
      // Nobody releases what the suite held, and the store's closing waits for it.
      this.faulty.release();
      await this.client.close();
      this.client = undefined;
    }
    await this.engine?.close({ deadlineMs: 0 });
    this.engine = undefined;
    this.app = undefined;
    this.streaming.abort();
    this.streaming = new AbortController();
  }

  /** The result, or that it will follow as an event. */
  private async outcome(seq: number, command: Command): Promise<Partial<Answer>> {
    let settled: Partial<Answer> | undefined;
    let late = false;
    const { unanswered } = this;
    const work = this.carryOut(command, seq).then((ok): Partial<Answer> => ({ ok }), (error): Partial<Answer> => {
      if (error instanceof Unsupported) return { unsupported: error.message };
      if (!(error instanceof BellhopError)) throw error;
      return { refused: refusalOf(error) };
    });
    const done = work.then((outcome) => {
      settled = outcome;
      // What was asked before a start is forgotten with all else.
      if (!late || !unanswered.delete(seq) || unanswered !== this.unanswered) return;
      this.events.push({ kind: "answer", to: seq, ...outcome } as SubjectEvent);
    });
    await this.idle(() => settled !== undefined);
    if (settled !== undefined) return settled;
    if (MAY_WAIT.has(command.do)) {
      // Streams take turns of the platform, how many nobody knows: an answer is waited for until it is there, or what it
      // waits for itself is the suite.
      const untilMs = performance.now() + PATIENCE_MS;
      for (let turns = 0; settled === undefined && performance.now() < untilMs; turns++) {
        if (cryptographyUnderWay() > 0) turns = 0;
        if (turns > TURNS && (this.calls.size > 0 || this.faulty.held > 0 || prefersToWait(command))) {
          break;
        }
        await turn();
        await this.idle(() => settled !== undefined);
      }
      if (settled === undefined) {
        late = true;
        unanswered.add(seq);
        return { pending: true };
      }
      return settled;
    }
    await done;
    return settled!;
  }

  /** Lets promises run out, without time passing. */
  private async idle(until?: () => boolean): Promise<void> {
    let idleTurns = 0;
    for (;;) {
      await this.clock.settle(0);
      if (until?.() === true) return;
      // What was answered `pending` may be at work in a stream, which takes turns of the platform.
      if (
        this.busy + cryptographyUnderWay() === 0 &&
        (until !== undefined || this.unanswered.size === 0 || ++idleTurns > TURNS)
      ) return;
      await turn();
    }
  }

  private async carryOut(command: Command, seq: number): Promise<JsonObject> {
    switch (command.do) {
      case "hello":
        return { ...HELLO, ...this.changes.hello } as unknown as JsonObject;
      case "start":
        await this.start(command);
        return {};
      case "ask":
        return await answerTo(command.about, command.input);
      case "settle": {
        const end = this.calls.get(command.call);
        if (end === undefined) return { held: false };
        if ("verdict" in command.answer && command.answer.verdict === "working") {
          throw new Unsupported("working: the HTTP binding has no way to say it");
        }
        this.calls.delete(command.call);
        end(command.answer);
        return { held: true };
      }
      case "advance":
        await this.advance(command.toMs);
        return {};
      case "request":
        return await this.request(command, seq);
      case "read":
        return await this.read(command.to);
      case "hang-up":
        return this.hangUp(command.to);
      case "hosts":
        this.hosts = command.hosts;
        return {};
      case "store":
        return await this.store(command);
      case "stop":
        await this.close();
        return {};
      default:
        if (this.client === undefined) return await this.tell(this.engine!, command);
        return await this.client.hear(command) ?? unknown(command);
    }
  }

  /** The commands that go to the engine. */
  private async tell(engine: Engine, command: Command): Promise<JsonObject> {
    switch (command.do) {
      case "publish": {
        if (engine.closing) throw new BellhopError("closing");
        const headers = new Headers(command.headers);
        const body = command.bodyBase64 === undefined ? bytesOf(command.body ?? "") : fromBase64(command.bodyBase64);
        const content = fromHttp(headers, body, this.limits);
        const publisher = (source: string) => ({
          principal: source,
          ...(command.lease === undefined ? {} : { lease: command.lease }),
          ...(command.delayMs === undefined ? {} : { delayMs: command.delayMs }),
        });
        if (content.mode !== "batched") {
          const { envelope } = content;
          return { ...await engine.publish(envelope, publisher(envelope.source)) };
        }
        const results: JsonObject[] = [];
        for (const item of content.results) {
          try {
            if (item.error !== undefined) throw item.error;
            results.push({ ok: { ...await engine.publish(item.envelope, publisher(item.envelope.source)) } } as never);
          } catch (error) {
            if (!(error instanceof BellhopError)) throw error;
            results.push({ refused: refusalOf(error) } as never);
          }
        }
        return { results };
      }
      case "registry":
        return await this.registry(command.envelope);
      case "discover":
        return { ...await engine.discover(command.url) } as unknown as JsonObject;
      case "status":
        return await engine.status(command.source, command.id) as unknown as JsonObject;
      case "cancel":
        return await engine.cancel(command.source, command.id) as unknown as JsonObject;
      case "list":
        return await this.list(engine, command);
      case "letter":
        if (command.action === "redrive") return await engine.redrive(command.id) as unknown as JsonObject;
        await engine.discard(command.id);
        return {};
      case "drain":
        await engine.close({ deadlineMs: 3_600_000 });
        return {};
      default:
        return unknown(command);
    }
  }

  private async list(engine: Engine, command: Extract<Command, { do: "list" }>): Promise<JsonObject> {
    const { what, limit = 100, after, receiver } = command;
    if (what === "services") return { entries: await engine.services(), after: null } as unknown as JsonObject;
    const page = what === "unfinished"
      ? await engine.unfinishedCritical(limit, after)
      : what === "delayed"
      ? await engine.delayed(limit, after)
      : await engine.deadLetters(limit, after, receiver);
    return page as unknown as JsonObject;
  }

  /** A registry envelope goes through the routes, which know its form. */
  private async registry(envelope: JsonObject): Promise<JsonObject> {
    const response = await this.request({
      do: "request",
      method: "POST",
      path: "/registry",
      headers: { "content-type": "application/cloudevents+json" },
      body: JSON.stringify(envelope),
    });
    const body = JSON.parse(response.body as string);
    if (response.status === 200) return body;
    const { code, field, faults } = body;
    throw new BellhopError(code, body.detail, { field, faults });
  }

  private async start(command: Start): Promise<void> {
    await this.close();
    this.events = [];
    this.unanswered = new Set();
    this.requests.clear();
    this.mount = command.options.mount ?? "";
    this.clock = manualClock(command.nowMs);
    const durable = command.options.store !== "memory";
    if (command.keep !== true) this.disk = durable && this.changes.disk !== undefined ? this.changes.disk() : memory();
    this.faulty = faultyStore(durable ? this.watched(this.disk, command.options.maxRecordBytes) : memory());
    if (command.role === "service") return this.startService(command);
    if (command.role === "client") return this.startClient(command, durable);
    await this.startGateway(command);
  }

  private async startGateway({ options, security, draws }: Start): Promise<void> {
    const policies = options.policy === undefined ? undefined : Object.fromEntries(
      PRIORITIES.map((priority) => [priority, options.policy]),
    );
    const clock = this.clock;
    this.limits = { ...DEFAULT_ENVELOPE_LIMITS, ...options.limits };
    let drawn = 0;
    const { secrets, credentials, allowHosts = [], hosts = {}, guard: level = "pinned" } = (security ?? {}) as {
      readonly secrets?: never;
      readonly credentials?: never;
      readonly allowHosts?: readonly string[];
      readonly hosts?: Hosts;
      readonly guard?: "pinned";
    };
    this.hosts = hosts;
    const secure = security !== undefined;
    const resolve = (host: string) => Promise.resolve(this.hosts[host] ?? []);
    const guard = secure ? createEndpointGuard({ level, allowHosts, resolve }) : undefined;
    const outside = fetchTransport({
      fetch: (url, init) => this.dial(url, init),
      nowMs: () => clock.nowMs(),
      after: (ms, wake) => clock.wakeAt(clock.nowMs() + ms, wake),
      maxResponseBytes: 65_536,
      ...(guard === undefined ? {} : { guard }),
      ...(secure ? { keysOf: createKeyring(secrets), origin: "gateway.example" } : {}),
    });
    let deaf = false;
    this.deafen = () => deaf = true;
    this.engine = await embedded({
      trace: (step) => deaf || this.events.push({ kind: "trace", event: step.event as never }),
      store: this.faulty.open,
      transport: this.transport(outside),
      clock,
      random: () => 0,
      token: () => `t${(++this.tokens).toString().padStart(23, "0")}`,
      ...this.changes.embedded,
      bus: {
        // Of this start alone: an engine that was left behind may still be drawing.
        random: () => draws[drawn++ % draws.length],
        ...(policies === undefined ? {} : { policies: policies as never }),
        ...pick(options, ["capacity", "maxInFlight", "maxDeadLetters", "maxDurableBytes"]),
        ...this.changes.embedded?.bus,
      },
      registry: {
        ...(options.healthIntervalMs === undefined ? {} : { healthIntervalMs: options.healthIntervalMs }),
        strategy: "round-robin",
        ...this.changes.embedded?.registry,
      },
    });
    const { bounds = {}, policy } = options;
    const limits = {
      ...options.limits,
      ...pick({
        maxWaits: bounds.waits,
        maxCalls: bounds.calls,
        maxPulls: bounds.pulls,
        maxStreamBytes: bounds.streamBytes,
        bodyTimeoutMs: bounds.bodyMs,
        heartbeatMs: bounds.commentMs,
        callTimeoutMs: policy?.attemptTimeoutMs,
      }),
    };
    const routes = gatewayRoutes({
      engine: this.engine,
      clock,
      peer: (request: Request) => this.peers.get(request),
      ...(secure ? { guard } : { open: true }),
      ...(credentials === undefined ? {} : { credentials: createCredentials(credentials) }),
      signal: this.streaming.signal,
      fetch: (url: string, init: RequestInit) => this.dial(url, init),
      limits,
    } as never);
    this.app = this.mount === "" ? routes : new Hono().route(this.mount, routes);
  }

  /** The store, `flushed` as far as the suite can see, which waits for all that is asked of it. */
  private watched(open: OpenStore, maxRecordBytes?: number): OpenStore {
    const awaited = <T>(work: Promise<T>): Promise<T> => {
      this.busy++;
      const done = () => void this.busy--;
      work.then(done, done);
      return work;
    };
    return async () => {
      const store = await awaited(open());
      return {
        ...store,
        capabilities: {
          ...store.capabilities,
          durability: "flushed",
          ...(maxRecordBytes === undefined ? {} : { maxRecordBytes }),
        },
        write: (operations) => awaited(store.write(operations)),
        scan: (...place) => awaited(store.scan(...place)),
        close: () => awaited(store.close()),
      };
    };
  }

  private async startClient({ options, draws }: Start, durable: boolean): Promise<void> {
    this.client = await client({
      clock: this.clock,
      store: durable ? this.faulty.open : undefined,
      options,
      draws,
      changes: this.changes.outbox,
      call: (call, signal) => this.callUntil(call, signal),
      tell: (event) => this.events.push(event),
    });
  }

  private async startService({ service: wanted, security }: Start): Promise<void> {
    const { name = "subject", subscriptions = [">"], schemas = {} } = (wanted ?? {}) as {
      readonly name?: string;
      readonly subscriptions?: readonly string[];
      readonly schemas?: Readonly<Record<string, readonly string[]>>;
    };
    let definition = service({ name, version: "1.0.0" });
    for (const pattern of subscriptions) {
      const members = schemas[pattern];
      const event = members === undefined ? pattern : defineEvent(pattern, textsIn(members));
      definition = definition.on(
        event as string,
        (event, context) => this.handler(event as unknown as JsonObject, context as never) as never,
      );
    }
    await connect(definition, {
      gateway: "http://127.0.0.1:8000",
      clock: this.clock,
      fetch: (_, init) => this.publishing(init),
    });
    this.app = serviceRoutes(definition, {
      clock: this.clock,
      peer: (request) => this.peers.get(request),
      ...(security === undefined ? { open: true } : {}),
      ...(security?.secrets === undefined ? {} : { signingSecret: security.secrets as string }),
    }) as App;
  }

  /** A handler asks the suite what it shall answer. */
  private async handler(envelope: JsonObject, context: HandlerContext): Promise<unknown> {
    const { signal } = context;
    const name = `c${this.callCount + 1}`;
    signal.addEventListener(
      "abort",
      () => this.events.push({ kind: "stop", call: name, atMs: this.clock.nowMs() }),
      { once: true },
    );
    const answer = await this.call({ for: "handler", envelope });
    if (answer !== undefined && "verdict" in answer && answer.verdict === "ack" && answer.reply !== undefined) {
      await context.reply(answer.reply);
    }
    if (answer === undefined || !("verdict" in answer)) throw new Error("the handler fails");
    if (answer.verdict === "nak") return new Nak(answer.delayMs === undefined ? {} : { delayMs: answer.delayMs });
    if (answer.verdict === "term") return new Term(answer.reason ?? "refused");
    return new Ack();
  }

  /** What a handler publishes goes to the suite. */
  private async publishing(init: RequestInit): Promise<Response> {
    const envelope = JSON.parse(await new Response(init.body).text());
    const answer = await this.call({ for: "publish", envelope });
    if (answer === undefined || !("verdict" in answer)) return responseOf(answer);
    const { source, id } = envelope;
    return Response.json({ source, id, durability: "memory", receivers: [], duplicate: false }, { status: 202 });
  }

  private transport(outside: Transport): Transport {
    return { ...outside, deliver: (delivery) => this.deliver(outside, delivery) };
  }

  /** The suite may answer by a verdict, which no status can say to the millisecond. */
  private deliver(outside: Transport, delivery: Delivery): Promise<TransportAnswer> {
    const slot: Slot = { delivery, give: () => {} };
    const given = new Promise<TransportAnswer>((resolve) => slot.give = resolve);
    this.delivering.push(slot);
    this.busy++;
    Promise.resolve(outside.deliver(delivery)).then((answer) => {
      if (slot.dialled !== true) {
        this.busy--;
        this.delivering = this.delivering.filter((one) => one !== slot);
      }
      slot.give(answer);
    });
    return given;
  }

  /** Deliveries that have not come to their request yet, in order. */
  private delivering: Slot[] = [];

  /** As the platform's `fetch` does it, which follows a redirect unless it is told otherwise. */
  private async dial(url: string, init: RequestInit): Promise<Response> {
    const response = await this.ask(url, init);
    const location = response.headers.get("location");
    const redirected = [301, 302, 303, 307, 308].includes(response.status) && location !== null;
    return redirected && init.redirect !== "manual" ? await this.dial(new URL(location, url).href, init) : response;
  }

  private async ask(url: string, init: RequestInit): Promise<Response> {
    const headers = Object.fromEntries(new Headers(init.headers));
    const method = init.method ?? "GET";
    const body = typeof init.body === "string" ? init.body : await new Response(init.body).text();
    const request = { method, url, headers, body };
    if (method === "POST" && headers["content-type"]?.startsWith("application/cloudevents+json")) {
      const at = this.delivering.findIndex(({ delivery }) =>
        delivery.endpoint === url && body === toStructured(delivery.envelope).body
      );
      if (at >= 0) {
        const [slot] = this.delivering.splice(at, 1);
        slot.dialled = true;
        this.busy--;
        return await this.deliveryCall(slot, request);
      }
    }
    const kind = method === "OPTIONS"
      ? "handshake"
      : headers.accept?.includes("health+json")
      ? "health"
      : headers.accept?.includes("application/json")
      ? "manifest"
      : "proxy";
    return responseOf(
      await (kind === "proxy"
        ? this.callUntil({ for: kind, request }, init.signal!)
        : this.call({ for: kind, request })),
    );
  }

  /** Whoever asks may go away, or have no more time. */
  private callUntil(about: Parameters<Bellhop["call"]>[0], signal: AbortSignal): Promise<CallAnswer | undefined> {
    const name = `c${this.callCount + 1}`;
    const call = this.call(about);
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.calls.delete(name);
        reject(signal.reason);
      };
      signal.addEventListener("abort", leave, { once: true });
      call.then(resolve).finally(() => signal.removeEventListener("abort", leave));
    });
  }

  private async deliveryCall(slot: Slot, request: JsonObject): Promise<Response> {
    const { delivery } = slot;
    const answer = await this.call({
      for: "delivery",
      receiver: delivery.receiver,
      instance: delivery.instance,
      run: runOf(delivery),
      attempt: delivery.attempt,
      deliveryId: delivery.deliveryId,
      envelope: JSON.parse(toStructured(delivery.envelope).body),
      request,
    });
    if (answer !== undefined && "verdict" in answer) {
      const { verdict, delayMs, reason } = answer as {
        verdict: "ack" | "nak" | "term";
        delayMs?: number;
        reason?: string;
      };
      slot.give({
        verdict,
        reason: verdict === "ack" ? "" : reason ?? verdict,
        answered: true,
        ...(delayMs === undefined ? {} : { retryAfterMs: delayMs }),
      });
    }
    return responseOf(answer);
  }

  private call(
    call: { readonly for: string; readonly [member: string]: unknown },
  ): Promise<CallAnswer | undefined> {
    const name = `c${++this.callCount}`;
    return new Promise((resolve) => {
      const end = (answer: CallAnswer | undefined): void => {
        this.calls.delete(name);
        resolve(answer);
      };
      this.calls.set(name, end);
      this.events.push({ kind: "call", call: name, atMs: this.clock.nowMs(), ...call } as unknown as SubjectEvent);
    });
  }

  private async advance(toMs: number): Promise<void> {
    await this.idle();
    while (this.events.length === 0 && this.clock.nowMs() < toMs) {
      await this.clock.settle(Math.min(this.clock.nextMs, toMs) - this.clock.nowMs());
      await this.idle();
    }
  }

  private async request(command: Extract<Command, { do: "request" }>, seq?: number): Promise<JsonObject> {
    const { path, stream, unfinished } = command;
    const body = command.bodyBase64 === undefined ? command.body : fromBase64(command.bodyBase64);
    const leaving = new AbortController();
    const url = ORIGIN + (path === "/" && this.mount !== "" ? this.mount : this.mount + path);
    const request = new Request(url, {
      method: command.method,
      headers: command.headers,
      ...(unfinished === true
        ? { body: streamed(typeof body === "string" ? bytesOf(body) : body, false), duplex: "half" }
        : body === undefined
        ? {}
        : { body }),
      redirect: "manual",
      signal: leaving.signal,
    });
    // As it was sent: `Request` puts a path in order, and a server need not.
    Object.defineProperty(request, "url", { value: url });
    // A page leaves out `host`, `connection` and others; here it plays the server, and to that they come.
    const headers = new Headers(command.headers);
    if (!headers.has("content-type") && request.headers.has("content-type")) {
      headers.set("content-type", request.headers.get("content-type")!);
    }
    Object.defineProperty(request, "headers", { value: headers });
    this.peers.set(request, command.peer === undefined ? "127.0.0.1" : command.peer ?? undefined);
    const open: OpenRequest = { leave: () => leaving.abort(), decoder: new TextDecoder() };
    if (seq !== undefined) this.requests.set(seq, open);
    const response = await this.app!.fetch(request);
    const head = { status: response.status, headers: Object.fromEntries(response.headers) };
    if (stream !== true) {
      const text = await textOf(response, leaving.signal);
      if (seq !== undefined) this.requests.delete(seq);
      return { ...head, body: text };
    }
    if (response.body !== null) open.reader = response.body.getReader();
    return { ...head, body: "" };
  }

  private async read(seq: number): Promise<JsonObject> {
    const open = this.requests.get(seq);
    if (open?.reader === undefined) return { text: "", ended: true };
    let text = "";
    for (let turns = 0; turns < TURNS; turns++) {
      let got: ReadableStreamReadResult<Uint8Array> | undefined;
      open.next ??= open.reader.read();
      open.next.then((one) => got = one, () => got = { done: true, value: undefined });
      for (let turn = 0; turn < 10 && got === undefined; turn++) await undefined;
      if (got === undefined) await turn();
      if (got === undefined) continue;
      open.next = undefined;
      if (got.done) {
        this.requests.delete(seq);
        return { text, ended: true };
      }
      text += open.decoder.decode(got.value, { stream: true });
      turns = 0;
    }
    return { text, ended: false };
  }

  private hangUp(seq: number): JsonObject {
    const open = this.requests.get(seq);
    this.requests.delete(seq);
    this.unanswered.delete(seq);
    open?.leave();
    open?.reader?.cancel().catch(() => {});
    return {};
  }

  private async store({ action, writes }: Extract<Command, { do: "store" }>): Promise<JsonObject> {
    if (action === "read") return { base64: await contentOf(this.disk) };
    if (action === "fail") this.faulty.failWrites();
    else if (action === "hold") this.faulty.hold(writes);
    else if (action === "release") this.faulty.release();
    else {
      // What hangs is lost with the process: it must never reach the disk.
      this.unanswered = new Set();
      const crashed = this.faulty.crash();
      // At once: what the engine makes of its dead store nobody is there to hear.
      const closed = this.close();
      const { lost: held, torn } = await crashed;
      await closed;
      return { held, torn };
    }
    return {};
  }
}

/** Commands that may wait for the suite: for an answer of its own, or for the store that it holds. */
const MAY_WAIT: ReadonlySet<Command["do"]> = new Set(
  ["request", "discover", "publish", "cancel", "letter", "registry", "drain"] as const,
);
/** Turns of the platform after which a call that is open is taken for what an answer waits for. */
const TURNS = 8;
/** Milliseconds after which an answer is late for no reason that is known. */
const PATIENCE_MS = 2_000;

/** A stream goes on, too, until the next start, and a body that never ends. */
function prefersToWait(command: Command): boolean {
  return command.do === "request" && (command.path === "/trace" ||
    command.path.startsWith("/deliveries?") || command.unfinished === true ||
    Object.entries(command.headers).some(([name, value]) => name.toLowerCase() === "prefer" && /\bwait\b/.test(value)));
}

type Hosts = Readonly<Record<string, readonly string[]>>;

interface Slot {
  readonly delivery: Delivery;
  give: (answer: TransportAnswer) => void;
  dialled?: boolean;
}

/** A request that has not ended. */
interface OpenRequest {
  readonly leave: () => void;
  reader?: ReadableStreamDefaultReader<Uint8Array>;
  next?: Promise<ReadableStreamReadResult<Uint8Array>> | undefined;
  readonly decoder: TextDecoder;
}

class Unsupported extends Error {}

function unknown({ do: asked }: Command): never {
  throw new Unsupported(`${asked} is not known`);
}

const HELLO: Hello = {
  control: 1,
  name: "bellhop",
  version: "0.1.0",
  spec: "0.1",
  profiles: ["core", "registry", "http", "pull", "durable", "security", "outbox"],
  clock: "virtual",
  asks: ["parse", "write", "delay", "policy", "match", "verdict", "sign", "verify"],
  can: [
    "store-faults",
    "crash",
    "torn-writes",
    "service",
    "drain",
    "peer",
    "hosts",
    "guard",
    "store-read",
    "streams",
    "mount",
    "bounds",
    "schemas",
    "stops",
    "replies",
  ],
};

function runOf(delivery: Delivery): number {
  return (delivery as unknown as { readonly flight?: { readonly run: number } }).flight?.run ?? 1;
}

function pick(from: object, names?: readonly string[]): object {
  return Object.fromEntries(
    Object.entries(from).filter(([name, value]) => names?.includes(name) !== false && value !== undefined),
  );
}

/** A schema: an object with these members, each a text. */
function textsIn(members: readonly string[]): StandardSchema {
  const validate = (value: unknown) => {
    const texts = typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
    const missing = members.filter((name) => typeof texts[name] !== "string");
    if (missing.length === 0) return { value };
    return { issues: missing.map((name) => ({ message: "wanted a text", path: [name] })) };
  };
  return { "~standard": { version: 1, vendor: "suite", validate } };
}
