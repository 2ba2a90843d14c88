/**
 * One conversation with a subject: the commands as methods, what it told kept in order, and every message linted.
 *
 * @module
 */
import type {
  Ability,
  Answer,
  CallAnswer,
  Command,
  DeliveryCall,
  HandlerStop,
  Hello,
  Json,
  JsonObject,
  LateAnswer,
  OtherCall,
  OutgoingRequest,
  Profile,
  Question,
  Refusal,
  StartOptions,
  Subject,
  TraceStep,
} from "./control.ts";
import { Failure, NotApplicable, NotKnown, SubjectBroken } from "./failure.ts";
import { createLint, type Lint } from "./lint.ts";

/** When every session begins: 2026-01-01T00:00:00Z. */
export const START_MS = 1_767_225_600_000;
/** Most commands of one session; more is a fault of the check. */
const MAX_COMMANDS = 200_000;
/** Most lines of the log that are kept: the first and the last halves. */
const MAX_LOG = 4_000;

/** One line of the wire log. */
export interface LogLine {
  /** Who says it. */
  readonly from: "suite" | "subject";
  /** What is said. */
  readonly message: JsonObject;
}

/** The answer to a command that may be refused. */
export type Reply =
  | { readonly ok: JsonObject; readonly refused?: undefined; readonly seq?: number }
  | { readonly ok?: undefined; readonly refused: Refusal }
  | { readonly ok?: undefined; readonly refused?: undefined; readonly pending: number };

/** An envelope to publish: `specversion`, `id`, `source` and `type` are filled in where they are missing. */
export type EventFields = { readonly [attribute: string]: Json };

/** How a session is begun. */
export interface SessionStart extends StartOptions {
  /** The subject's clock at the start. */
  readonly nowMs?: number;
  /** Random numbers of the waits; default 0.5 for each. */
  readonly draws?: readonly number[];
  /** Whether what the durable store holds is kept. */
  readonly keep?: boolean;
  /** Who the subject plays. */
  readonly role?: "gateway" | "service" | "client";
  /** The service that it plays. */
  readonly service?: JsonObject;
  /** Secrets and credentials instead of open mode. */
  readonly security?: JsonObject;
}

/** A service registered by the session. */
export interface Member {
  /** Name of the service. */
  readonly name: string;
  /** Id of the instance. */
  readonly instance: string;
  /** Its lease token. */
  readonly lease: string;
}

/** How a service is registered; all but `subscriptions` has a default that keeps out of the way. */
export interface MemberFields {
  /** Patterns of types; default none. */
  readonly subscriptions?: readonly string[];
  /** Id of the instance; default `i1`. */
  readonly instance?: string;
  /** Other members of the registration. */
  readonly [member: string]: Json | undefined;
}

/** See the module. A session is used by one check at a time. */
export class Session {
  /** The subject's clock, as it said last. */
  nowMs: number = START_MS;
  /** Deliveries begun and not settled, in the order of their start. */
  calls: DeliveryCall[] = [];
  /** Other calls of the subject that wait for an answer. Health checks are answered `pass` unless {@linkcode manualHealth}. */
  otherCalls: OtherCall[] = [];
  /** All trace events since the start. */
  trace: TraceStep["event"][] = [];
  /** Handlers that were told to stop. */
  stops: HandlerStop[] = [];
  /** Late answers, by the id of their command. */
  readonly late: Map<number, LateAnswer> = new Map<number, LateAnswer>();
  /** Whether the check answers health checks by itself. */
  manualHealth = false;
  /** All that was said, for reports. */
  log: LogLine[] = [];
  /** Virtual milliseconds that have passed, over all starts. */
  simulatedMs = 0;
  /** Requirements judged so far. */
  readonly judged: Set<string> = new Set<string>();
  private lint: Lint = createLint();
  private commands = 0;
  private role: SessionStart["role"];
  private made = 0;
  /** Behind a URL may be a gateway that knows the messages of other sessions. */
  private readonly own: string;

  /** A conversation that has not begun. */
  constructor(
    private readonly subject: Subject,
    /** What the subject says of itself. */
    readonly hello: Hello,
  ) {
    this.own = hello.clock === "real" ? `${Math.random().toString(36).slice(2, 10)}-` : "";
  }

  /** Judges: what must hold, said of one requirement. */
  must(holds: boolean, requirement: string, message: string | (() => string)): asserts holds {
    this.judged.add(requirement);
    if (!holds) throw new Failure(requirement, typeof message === "string" ? message : message());
  }

  /** Judges equality of two JSON values, members in any order. */
  same(actual: unknown, wanted: unknown, requirement: string, what: string): void {
    this.must(
      canonical(actual) === canonical(wanted),
      requirement,
      () => `${what}: wanted ${canonical(wanted)}, got ${canonical(actual)}`,
    );
  }

  /** Whether the subject declares a profile. `core` includes its parts. */
  has(profile: string): boolean {
    const { profiles } = this.hello;
    return (profiles as readonly string[]).includes(profile) ||
      (profile.startsWith("core.") && profiles.includes("core"));
  }

  /** Begins anew; whatever was before is forgotten. */
  async start(options: SessionStart = {}): Promise<void> {
    const reply = await this.tryStart(options);
    if (reply.ok === undefined) throw new SubjectBroken(`start was not answered ok: ${JSON.stringify(reply)}`);
  }

  /** Begins anew with what may be forbidden; whatever was before is forgotten all the same. */
  async tryStart(options: SessionStart): Promise<Reply> {
    const { nowMs = START_MS, draws = [0.5], keep, role, service, security, ...rest } = options;
    if (keep === true) this.lint.restarted();
    else this.lint = createLint(role);
    this.role = role;
    this.calls = [];
    this.otherCalls = [];
    this.trace = [];
    this.stops = [];
    this.late.clear();
    this.manualHealth = false;
    this.nowMs = nowMs;
    return await this.say({
      do: "start",
      nowMs,
      draws,
      options: rest,
      ...(keep === undefined ? {} : { keep }),
      ...(role === undefined ? {} : { role }),
      ...(service === undefined ? {} : { service }),
      ...(security === undefined ? {} : { security }),
    });
  }

  /** An event with what is missing filled in; its id is new to the subject. */
  event(fields: EventFields = {}): JsonObject {
    const event: Record<string, Json> = {
      specversion: "1.0",
      id: `m-${this.own}${++this.made}`,
      source: "/suite",
      type: "thing.happened",
      ...fields,
    };
    return event;
  }

  /** Publishes an envelope in structured mode. */
  publish(event: JsonObject, more: { readonly lease?: string; readonly delayMs?: number } = {}): Promise<Reply> {
    return this.publishRaw({
      headers: { "content-type": "application/cloudevents+json" },
      body: JSON.stringify(event),
      ...more,
    });
  }

  /** Publishes what may be no envelope at all. */
  async publishRaw(parts: Omit<Extract<Command, { do: "publish" }>, "do">): Promise<Reply> {
    this.lint.submitted(parts);
    return await this.say({ do: "publish", ...parts });
  }

  /** Publishes an event that must be accepted; gives it back. A broken `requirement` is named if it is not. */
  async accepted(
    fields: EventFields = {},
    more: { readonly lease?: string; readonly delayMs?: number } = {},
    requirement = "BUS-093",
  ): Promise<JsonObject & { readonly source: string; readonly id: string }> {
    const event = this.event(fields);
    const reply = await this.publish(event, more);
    this.must(reply.ok !== undefined, requirement, () => `a valid publish was not accepted: ${JSON.stringify(reply)}`);
    const { source, id, durability } = reply.ok;
    if (source !== event.source || id !== event.id) {
      throw new SubjectBroken(`a publish must be answered with its source and id: ${JSON.stringify(reply.ok)}`);
    }
    const strengths: readonly unknown[] = ["memory", "flushed", "replicated"];
    this.must(
      strengths.includes(durability),
      "BUS-008",
      () => `an acceptance states its durability, not ${durability}`,
    );
    return event as JsonObject & { readonly source: string; readonly id: string };
  }

  /** Registers an instance, with a long lease unless said otherwise. */
  async member(name: string, fields: MemberFields = {}): Promise<Member> {
    const { subscriptions = [], instance = "i1", ...rest } = fields;
    const data = {
      name,
      version: "1.0.0",
      instance,
      endpoint: `http://127.0.0.1:9/${name}/${instance}`,
      subscriptions,
      leaseMs: 3_600_000,
      ...rest,
    } as unknown as JsonObject;
    const reply = await this.registry("service.register", data);
    this.must(reply.ok !== undefined, "REG-001", () => `a valid registration was refused: ${JSON.stringify(reply)}`);
    const answer = reply.ok as { readonly data?: { readonly instance?: string; readonly lease?: string } };
    const { instance: given, lease } = answer.data ?? {};
    this.must(typeof given === "string" && typeof lease === "string", "REG-001", "the answer has instance and lease");
    return { name, instance: given, lease };
  }

  /** Sends a registry envelope. */
  registry(type: string, data: JsonObject): Promise<Reply> {
    const id = `r-${++this.made}`;
    return this.say({ do: "registry", envelope: { specversion: "1.0", id, source: "/suite", type, data } });
  }

  /** Ends a call with an ack. */
  ack(call: { readonly call: string }): Promise<Reply> {
    return this.settle(call, { verdict: "ack" });
  }

  /** Ends a call with a nak. */
  nak(call: { readonly call: string }, delayMs?: number): Promise<Reply> {
    return this.settle(call, delayMs === undefined ? { verdict: "nak" } : { verdict: "nak", delayMs });
  }

  /** Ends a call with a term. */
  term(call: { readonly call: string }): Promise<Reply> {
    return this.settle(call, { verdict: "term" });
  }

  /** Ends a call. */
  async settle(call: { readonly call: string }, answer: CallAnswer): Promise<Reply> {
    const working = "verdict" in answer && answer.verdict === "working";
    if (!working) {
      this.calls = this.calls.filter((one) => one.call !== call.call);
      this.otherCalls = this.otherCalls.filter((one) => one.call !== call.call);
      this.lint.settled(call.call, answer, this.nowMs);
    }
    return await this.say({ do: "settle", call: call.call, answer });
  }

  /** The next delivery that was begun and not settled, if there is one now. */
  peek(receiver?: string): DeliveryCall | undefined {
    return this.calls.find((call) => receiver === undefined || call.receiver === receiver);
  }

  /** The delivery that must have been begun by now. */
  begun(requirement: string, receiver?: string): DeliveryCall {
    const call = this.peek(receiver);
    this.must(call !== undefined, requirement, () => `an attempt${receiver ? ` to ${receiver}` : ""} must run by now`);
    return call;
  }

  /** Lets `ms` pass, whatever happens in them. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms;
    while (this.nowMs < untilMs) await this.advanceOnce(untilMs);
  }

  /**
   * Lets time pass until a delivery is begun.
   *
   * @returns the call, or `undefined` if none began within `limitMs`
   */
  async untilCall(limitMs: number, receiver?: string): Promise<DeliveryCall | undefined> {
    const untilMs = this.nowMs + limitMs;
    for (;;) {
      const call = this.peek(receiver);
      if (call !== undefined || this.nowMs >= untilMs) return call;
      await this.advanceOnce(untilMs);
    }
  }

  /**
   * Lets time pass until a message is sent by who plays a client.
   *
   * @returns the oldest call without an answer, or `undefined` if none began within `limitMs`
   */
  async untilSent(limitMs: number): Promise<OtherCall | undefined> {
    const untilMs = this.nowMs + limitMs;
    for (;;) {
      const call = this.otherCalls.find((one) => one.for === "publish");
      if (call !== undefined || this.nowMs >= untilMs) return call;
      await this.advanceOnce(untilMs);
    }
  }

  /** Lets time pass until a trace event fits; gives it, or `undefined` if none came within `limitMs`. */
  async untilTrace(
    fits: (event: TraceStep["event"]) => boolean,
    limitMs: number,
  ): Promise<TraceStep["event"] | undefined> {
    const untilMs = this.nowMs + limitMs;
    for (;;) {
      const event = this.trace.find(fits);
      if (event !== undefined || this.nowMs >= untilMs) return event;
      await this.advanceOnce(untilMs);
    }
  }

  /** Lets time pass to the next event, or to the end. */
  private async advanceOnce(untilMs: number): Promise<void> {
    const beforeMs = this.nowMs;
    const reply = await this.say({ do: "advance", toMs: untilMs });
    if (reply.ok === undefined) throw new SubjectBroken(`advance was not answered ok: ${JSON.stringify(reply)}`);
    // A clock that passes by itself passes while it is read.
    if (this.nowMs < beforeMs || (this.nowMs > untilMs && this.hello.clock === "virtual")) {
      throw new SubjectBroken(`advance from ${beforeMs} to ${untilMs} led to ${this.nowMs}`);
    }
    this.simulatedMs += this.nowMs - beforeMs;
  }

  /** The status of a message, which must be known. */
  async status(message: { readonly source: string; readonly id: string }, requirement = "BUS-060"): Promise<Status> {
    const reply = await this.say({ do: "status", source: message.source, id: message.id });
    this.must(reply.ok !== undefined, requirement, () => `no status of ${message.id}: ${JSON.stringify(reply)}`);
    return reply.ok as unknown as Status;
  }

  /** The only delivery of a message, or the one to `receiver`. */
  async delivery(message: { readonly source: string; readonly id: string }, receiver?: string): Promise<DeliveryView> {
    const { deliveries } = await this.status(message);
    const found = deliveries.filter((one) => receiver === undefined || one.receiver === receiver);
    this.must(found.length > 0, "BUS-061", `the status of ${message.id} shows its delivery`);
    return found[found.length - 1];
  }

  /** Every entry of a list, page by page. */
  async list(what: "unfinished" | "delayed" | "dead-letters" | "services", receiver?: string): Promise<JsonObject[]> {
    const entries: JsonObject[] = [];
    let after: string | undefined;
    for (let pages = 0; pages < 10_000; pages++) {
      const reply = await this.say({
        do: "list",
        what,
        ...(receiver === undefined ? {} : { receiver }),
        ...(after === undefined ? {} : { after }),
      });
      if (reply.ok === undefined) throw new Failure("BUS-084", `a list was refused: ${JSON.stringify(reply)}`);
      const page = reply.ok as { readonly entries?: readonly JsonObject[]; readonly after?: string | null };
      entries.push(...page.entries ?? []);
      if (page.after === undefined || page.after === null) return entries;
      after = page.after;
    }
    throw new Failure("HTTP-032", "a list has more than 10,000 pages");
  }

  /** Asks a question that needs no bus. */
  ask(about: Question, input: JsonObject): Promise<Reply> {
    return this.say({ do: "ask", about, input });
  }

  /** The trace of one message, of given kinds. */
  steps(message: { readonly id: string }, ...kinds: string[]): TraceStep["event"][] {
    return this.trace.filter((event) => event.id === message.id && (kinds.length === 0 || kinds.includes(event.kind)));
  }

  /** Sends one command and takes in what comes with the answer. */
  async say(command: Command): Promise<Reply> {
    if (++this.commands > MAX_COMMANDS) throw new Error(`the check has sent ${MAX_COMMANDS} commands`);
    const seq = this.commands;
    this.note("suite", { seq, ...command } as unknown as JsonObject);
    const answer = await this.subject.send(seq, command);
    this.note("subject", answer as unknown as JsonObject);
    if (answer.unsupported !== undefined) throw this.unsupported(command, answer.unsupported);
    this.takeIn(answer, command);
    if (!this.manualHealth) await this.answerHealth();
    if (answer.ok !== undefined) return { ok: command.do === "request" ? withLowerNames(answer.ok) : answer.ok, seq };
    if (answer.refused !== undefined) return { refused: answer.refused };
    if (answer.pending === true) {
      const late = this.late.get(seq);
      if (late?.ok !== undefined) return { ok: late.ok };
      if (late?.refused !== undefined) return { refused: late.refused };
      return { pending: seq };
    }
    throw new SubjectBroken(`an answer with neither ok, refused nor pending: ${JSON.stringify(answer)}`);
  }

  /** What a declared profile cannot be judged without must be known; all else does not apply. */
  private unsupported(command: Command, why: string): Error {
    const profile = this.role === "client" ? "outbox" : NEEDED_BY[command.do];
    const asked = command.do === "ask" && this.hello.asks.includes(command.about);
    const plain = command.do !== "start" ||
      Object.keys(command.options).length === 0 && [undefined, "client"].includes(command.role) &&
        isUsual(command.security);
    const ability = abilityFor(command);
    const able = ability !== undefined && this.hello.can.includes(ability);
    const needed = asked || able || ability === undefined && profile !== undefined && this.has(profile) && plain;
    if (!needed || this.hello.clock !== "virtual") return new NotApplicable(why);
    return new NotKnown(`${command.do} is needed for what is declared, and was answered unsupported: ${why}`);
  }

  /** Throws the first fault that the lint has found so far. */
  judgeLint(): void {
    for (const requirement of this.lint.judged) this.judged.add(requirement);
    const [fault] = this.lint.faults;
    if (fault !== undefined) throw new Failure(fault.requirement, fault.message);
  }

  /** Keeps what came with an answer. */
  private takeIn(answer: Answer, command: Command): void {
    this.nowMs = answer.nowMs;
    this.lint.answered(command, answer);
    for (const event of answer.events) {
      this.lint.told(event, answer.nowMs);
      if (event.kind === "trace") this.trace.push(event.event);
      else if (event.kind === "answer") this.late.set(event.to, event);
      else if (event.kind === "stop") this.stops.push(event);
      else {
        const call = event.request === undefined
          ? event
          : { ...event, request: withLowerNames(event.request as unknown as JsonObject) as unknown as OutgoingRequest };
        if (call.for === "delivery") this.calls.push(call);
        else this.otherCalls.push(call);
      }
    }
  }

  /** Says that all is well. */
  private async answerHealth(): Promise<void> {
    for (;;) {
      const call = this.otherCalls.find((one) => one.for === "health");
      if (call === undefined) return;
      await this.settle(call, {
        status: 200,
        headers: { "content-type": "application/health+json" },
        body: '{"status":"pass"}',
      });
    }
  }

  /** Adds a line to the log. */
  private note(from: LogLine["from"], message: JsonObject): void {
    if (this.log.length >= MAX_LOG) this.log.splice(MAX_LOG / 2, 1);
    this.log.push({ from, message });
  }
}

/** The status of a message, as the specification has it. */
export interface Status {
  /** Source of the message. */
  readonly source: string;
  /** Id of the message. */
  readonly id: string;
  /** Type of the message. */
  readonly type: string;
  /** Priority of the message. */
  readonly priority: string;
  /** When it was accepted. */
  readonly acceptedMs: number;
  /** One for each receiver and run. */
  readonly deliveries: readonly DeliveryView[];
}

/** One delivery in a status. */
export interface DeliveryView {
  /** The service. */
  readonly receiver: string;
  /** 1, and 1 more for each redrive. */
  readonly run: number;
  /** State of the delivery. */
  readonly state: string;
  /** Attempts of the run so far. */
  readonly attempts: number;
  /** How it ended. */
  readonly outcome?: string;
  /** Reason of the last failed attempt. */
  readonly lastError?: string;
  /** When the next attempt is due. */
  readonly nextAttemptMs?: number;
}

/** Whether a gateway with the profile security must be able to begin so; what is odd it need not know. */
function isUsual(security: JsonObject | undefined): boolean {
  if (security === undefined) return true;
  return typeof security.secrets === "string" && Array.isArray(security.credentials) && security.guard === undefined;
}

/** Commands that a subject with the profile must know. */
const NEEDED_BY: { readonly [name in Command["do"]]?: Profile } = {
  start: "core",
  publish: "core",
  settle: "core",
  advance: "core",
  status: "core",
  cancel: "core",
  list: "core",
  letter: "core",
  registry: "registry",
  discover: "registry",
  request: "http",
};

/** The ability by which a subject says that it knows a command. */
function abilityFor(command: Command): Ability | undefined {
  if (command.do === "store") {
    return command.action === "crash" ? "crash" : command.action === "read" ? "store-read" : "store-faults";
  }
  if (command.do === "read" || command.do === "hang-up") return "streams";
  if (command.do === "drain" || command.do === "hosts") return command.do;
  if (command.do !== "settle" || !("verdict" in command.answer)) return undefined;
  const { verdict } = command.answer;
  return verdict === "working" ? "working" : undefined;
}

/** Names of headers have no case: here they are all lower. */
function withLowerNames(message: JsonObject): JsonObject {
  const headers = Object.entries(message.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]);
  return { ...message, headers: Object.fromEntries(headers) };
}

/** JSON with sorted members, for comparison. */
export function canonical(value: unknown): string {
  return JSON.stringify(
    value,
    (_, part) =>
      typeof part === "object" && part !== null && !Array.isArray(part)
        ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => a < b ? -1 : 1))
        : part,
  ) ?? "undefined";
}
