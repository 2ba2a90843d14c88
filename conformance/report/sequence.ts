/**
 * Reads a wire log as a sequence diagram: who said what to whom, and how long nothing was said. Plain data, drawn by
 * each report in its own way.
 *
 * @module
 */
import type { CallAnswer, Json, JsonObject } from "../control.ts";
import type { LogLine } from "../session.ts";
import { objectOf, parsed, textOf } from "./_lenient_json.ts";
import { answerLabel, headerOf, requestLabel, streamLabel } from "./_request_label.ts";

/** Most steps that a diagram has unless said otherwise; from longer logs the middle is left out. */
const MAX_STEPS = 120;
/** Most lanes; receivers beyond share the last. */
const MAX_LANES = 8;
/** Most characters of a label. */
const MAX_LABEL = 80;

/** One vertical line of the diagram. */
export interface Lane {
  /** What stands above it. */
  readonly title: string;
  /** Who it is. */
  readonly role: "suite" | "subject" | "receiver";
}

/** How a step is to look: what came of it. `quiet` is what merely happened beside. */
export type Tone = "plain" | "good" | "bad" | "quiet";

/** One step; `atMs` is the subject's clock and `line` the index in the log. Lanes are given by their index. */
export type SequenceStep =
  | {
    readonly kind: "message";
    readonly from: number;
    readonly to: number;
    /** An answer to an earlier message: drawn dashed. */
    readonly answer: boolean;
    readonly label: string;
    readonly tone: Tone;
    readonly atMs: number;
    readonly line: number;
  }
  | {
    readonly kind: "note";
    readonly lane: number;
    readonly label: string;
    readonly tone: Tone;
    readonly atMs: number;
    readonly line: number;
  }
  /** Time passed. */
  | { readonly kind: "wait"; readonly ms: number; readonly atMs: number; readonly line: number }
  /** So many steps are left out here. */
  | { readonly kind: "gap"; readonly steps: number };

/** A diagram. */
export interface Sequence {
  /** Those that talk, from left to right. */
  readonly lanes: readonly Lane[];
  /** What happens, from top to bottom. */
  readonly steps: readonly SequenceStep[];
  /** The subject's clock at the first step. */
  readonly startMs: number;
}

/** The index of the suite's and of the subject's lane. */
export const SUITE_LANE = 0;
/** See {@linkcode SUITE_LANE}. */
export const SUBJECT_LANE = 1;

/**
 * The diagram of what was said since the subject was last begun anew.
 *
 * Reads whatever a broken subject may have answered, and never throws.
 */
export function sequenceOf(log: readonly LogLine[], maxSteps: number = MAX_STEPS): Sequence {
  const diagram = new Diagram();
  for (let line = lastStart(log); line < log.length; line++) diagram.read(log[line], line);
  const { lanes, startMs } = diagram;
  return { lanes, startMs, steps: shortened(diagram.steps, Math.max(3, maxSteps)) };
}

/** Where the last try begins: at the last `start` that keeps nothing. */
export function lastStart(log: readonly LogLine[]): number {
  const isStart = ({ from, message }: LogLine) => from === "suite" && message?.do === "start" && message.keep !== true;
  return Math.max(0, log.findLastIndex(isStart));
}

/** `250 ms`, `2.5 s`, `10 min`, `3 h`, `30 d`. */
export function durationText(ms: number): string {
  for (const [unit, size] of [["d", 86_400_000], ["h", 3_600_000], ["min", 60_000], ["s", 1_000]] as const) {
    if (ms >= size) return `${Math.round(ms / size * 100) / 100} ${unit}`;
  }
  return `${ms} ms`;
}

/** What a diagram is read into. */
class Diagram {
  readonly lanes: Lane[] = [{ title: "publisher", role: "suite" }, { title: "bus", role: "subject" }];
  readonly steps: SequenceStep[] = [];
  startMs = 0;
  private nowMs = 0;
  private commands = new Map<number, JsonObject>();
  private endpoints: { readonly url: string; readonly name: string }[] = [];
  private holders = new Map<string, { readonly name: string; readonly id: string }>();
  private calls = new Map<string, { readonly lane: number; readonly what: string }>();

  read({ from, message }: LogLine, line: number): void {
    if (from === "suite") this.command(objectOf(message), line);
    else this.answer(objectOf(message), line);
  }

  private command(command: JsonObject, line: number): void {
    this.commands.set(Number(command.seq), command);
    switch (command.do) {
      case "hello":
      case "advance":
      case "stop":
        return;
      case "start":
        if (command.role === "service") this.lanes[SUBJECT_LANE] = { title: "service", role: "subject" };
        if (typeof command.nowMs === "number") {
          if (this.steps.length === 0) this.startMs = command.nowMs;
          this.nowMs = command.nowMs;
        }
        if (command.keep === true) this.note(SUBJECT_LANE, "starts again on what it stored", "quiet", line);
        return;
      case "settle": {
        const call = this.calls.get(String(command.call));
        const { label, tone } = settlement(command.answer as CallAnswer | undefined);
        const what = call === undefined || call.what === "" ? label : `${call.what}: ${label}`;
        this.message(call?.lane ?? SUITE_LANE, SUBJECT_LANE, what, tone, true, line);
        return;
      }
      case "registry": {
        const envelope = objectOf(command.envelope);
        const data = objectOf(envelope.data);
        const name = textOf(data.name);
        if (typeof data.endpoint === "string") this.endpoints.push({ url: data.endpoint, name });
        const instance = data.instance === undefined ? "" : ` ${textOf(data.instance)}`;
        const lane = name === "" ? SUITE_LANE : this.laneOf(name);
        this.message(lane, SUBJECT_LANE, `${textOf(envelope.type)}${instance}`, "plain", false, line);
        return;
      }
      case "store":
        this.note(SUBJECT_LANE, STORE_NOTES[String(command.action)] ?? `store: ${command.action}`, "bad", line);
        return;
      default: {
        const { lane, by } = this.askerOf(command);
        this.message(lane, SUBJECT_LANE, by + commandLabel(command), "plain", false, line);
      }
    }
  }

  private answer(answer: JsonObject, line: number): void {
    const command = this.commands.get(Number(answer.seq)) ?? {};
    const { nowMs } = answer;
    const events = Array.isArray(answer.events) ? answer.events as readonly Json[] : [];
    // What happened on the way happened at its own time.
    if (command.do !== "advance") this.outcome(command, answer, line);
    let settled = command.do === "settle";
    for (const part of events) {
      const event = objectOf(part);
      const step = event.kind === "trace" ? objectOf(event.event) : event;
      this.pass(step.atMs, line);
      if (event.kind === "call") this.call(event, line);
      else if (event.kind === "answer") {
        this.outcome(this.commands.get(Number(event.to)) ?? {}, event, line, true);
      } else if (step.kind === "failed") {
        // The answer of the receiver has said it already.
        if (!settled) this.note(SUBJECT_LANE, `attempt ${textOf(step.attempt)}: ${textOf(step.reason)}`, "bad", line);
        settled = false;
      } else if (event.kind === "trace") this.traced(step, line);
    }
    this.pass(nowMs, line);
    if (command.do === "advance") this.outcome(command, answer, line);
  }

  private outcome(command: JsonObject, answer: JsonObject, line: number, late = false): void {
    const lane = command.do === "registry"
      ? this.laneOf(textOf(objectOf(objectOf(command.envelope).data).name))
      : this.askerOf(command).lane;
    this.hold(objectOf(objectOf(answer.ok).data));
    if (answer.refused !== undefined) {
      const { code, field, faults } = objectOf(answer.refused);
      const where = [field, ...(Array.isArray(faults) ? faults : []).map((fault) => objectOf(fault).field)].find(
        Boolean,
      );
      const label = `refused: ${textOf(code)}${where === undefined ? "" : ` (${textOf(where)})`}`;
      this.message(SUBJECT_LANE, lane, label, "bad", true, line);
    } else if (answer.unsupported !== undefined) {
      this.message(SUBJECT_LANE, lane, `unsupported: ${textOf(answer.unsupported)}`, "quiet", true, line);
    } else if (answer.pending === true) this.message(SUBJECT_LANE, lane, "pending", "quiet", true, line);
    else {
      const said = okLabel(command, objectOf(answer.ok));
      // Of several that waited, which.
      const which = late && command.do === "request" ? `${textOf(command.method)} ${textOf(command.path)}: ` : "";
      if (said !== undefined) this.message(SUBJECT_LANE, lane, which + said, "plain", true, line);
    }
  }

  /** Whose lease it is. */
  private hold({ lease, name, instance }: JsonObject): void {
    if (typeof lease === "string" && typeof name === "string") this.holders.set(lease, { name, id: textOf(instance) });
  }

  /** A request with a lease is its holder's. */
  private askerOf(command: JsonObject): { readonly lane: number; readonly by: string } {
    const read = command.do === "read" || command.do === "hang-up";
    const request = read ? this.commands.get(Number(command.to)) ?? {} : command;
    const holder = request.do === "request" ? this.holders.get(headerOf(request, "bellhop-lease") ?? "") : undefined;
    return holder === undefined
      ? { lane: SUITE_LANE, by: "" }
      : { lane: this.laneOf(holder.name), by: `${holder.id}: ` };
  }

  private call(call: JsonObject, line: number): void {
    const envelope = objectOf(call.envelope);
    const request = objectOf(call.request);
    if (call.for === "delivery") {
      const lane = this.laneOf(textOf(call.receiver));
      this.calls.set(textOf(call.call), { lane, what: "" });
      const which = `attempt ${textOf(call.attempt)}${call.run === 1 ? "" : `, run ${textOf(call.run)}`}`;
      this.message(
        SUBJECT_LANE,
        lane,
        `${which}: ${textOf(envelope.type)} ${textOf(envelope.id)}`,
        "plain",
        false,
        line,
      );
      return;
    }
    const what = textOf(call.for);
    const lane = what === "handler" ? this.laneOf("handler") : this.laneOfUrl(textOf(request.url));
    this.calls.set(textOf(call.call), { lane, what });
    const about = what === "handler" ? `${textOf(envelope.type)} ${textOf(envelope.id)}` : textOf(request.method);
    this.message(SUBJECT_LANE, lane, `${what} ${about}`, "quiet", false, line);
  }

  private traced(step: JsonObject, line: number): void {
    const attempt = Number(step.attempt);
    switch (step.kind) {
      case "accepted":
      case "attempt":
      case "retry":
      case "delivered":
      case "registered":
        return;
      case "waiting":
        this.note(SUBJECT_LANE, `waits ${durationText(Number(step.delayMs))} before retry ${attempt}`, "quiet", line);
        return;
      case "receipt":
        this.message(SUBJECT_LANE, SUITE_LANE, `receipt: ${textOf(step.outcome)}`, "quiet", true, line);
        return;
      case "ended": {
        const tone = step.outcome === "delivered" ? "good" : "bad";
        const reason = step.reason === undefined ? "" : ` (${textOf(step.reason)})`;
        this.note(SUBJECT_LANE, `${textOf(step.receiver)}: ${textOf(step.outcome)}${reason}`, tone, line);
        return;
      }
      default: {
        const about = [step.service ?? step.receiver, step.instance, step.reason].filter((part) => part !== undefined);
        const delay = typeof step.delayMs === "number" ? ` for ${durationText(step.delayMs)}` : "";
        this.note(SUBJECT_LANE, [textOf(step.kind), ...about.map(textOf)].join(" ") + delay, "quiet", line);
      }
    }
  }

  /** Shows the time that has passed up to then. */
  private pass(atMs: Json | undefined, line: number): void {
    if (typeof atMs !== "number" || atMs <= this.nowMs) return;
    const last = this.steps[this.steps.length - 1];
    const ms = atMs - this.nowMs;
    if (last?.kind === "wait") this.steps[this.steps.length - 1] = { ...last, ms: last.ms + ms };
    else this.steps.push({ kind: "wait", ms, atMs: this.nowMs, line });
    this.nowMs = atMs;
  }

  private message(from: number, to: number, label: string, tone: Tone, answer: boolean, line: number): void {
    this.steps.push({ kind: "message", from, to, answer, label: cut(label), tone, atMs: this.nowMs, line });
  }

  private note(lane: number, label: string, tone: Tone, line: number): void {
    this.steps.push({ kind: "note", lane, label: cut(label), tone, atMs: this.nowMs, line });
  }

  private laneOf(title: string): number {
    const found = this.lanes.findIndex((lane) => lane.role === "receiver" && lane.title === title);
    if (found >= 0) return found;
    if (this.lanes.length === MAX_LANES) {
      this.lanes[MAX_LANES - 1] = { title: "others", role: "receiver" };
      return MAX_LANES - 1;
    }
    return this.lanes.push({ title, role: "receiver" }) - 1;
  }

  private laneOfUrl(url: string): number {
    const known = this.endpoints.find((endpoint) => url.startsWith(endpoint.url));
    return this.laneOf(known?.name ?? "service");
  }
}

function commandLabel(command: JsonObject): string {
  const name = textOf(command.do);
  switch (command.do) {
    case "publish": {
      const { label } = published(command);
      const delay = typeof command.delayMs === "number" ? ` in ${durationText(command.delayMs)}` : "";
      return `publish ${label}${delay}`;
    }
    case "status":
    case "cancel":
      return `${name} ${textOf(command.id)}`;
    case "list":
      return `list ${textOf(command.what)}`;
    case "letter":
      return `${textOf(command.action)} ${textOf(command.id)}`;
    case "request":
      return requestLabel(command);
    case "ask":
      return `ask ${textOf(command.about)}`;
    case "discover":
      return `discover ${textOf(command.url)}`;
    default:
      return name;
  }
}

function published({ body, headers }: JsonObject): { readonly label: string } {
  const event = objectOf(parsed(textOf(body)));
  const named = Object.entries(objectOf(headers)).filter(([name]) => /^ce-/i.test(name));
  const header = (wanted: string) => named.find(([name]) => name.toLowerCase() === `ce-${wanted}`)?.[1];
  const member = (name: string) => header(name) ?? event[name];
  const parts = [member("type"), member("id"), member("priority")].filter((part) => part !== undefined);
  return { label: parts.length === 0 ? "something" : parts.map(textOf).join(" ") };
}

function okLabel(command: JsonObject, ok: JsonObject): string | undefined {
  switch (command.do) {
    case "publish": {
      if (Array.isArray(ok.results)) return `accepted ${ok.results.length} of a batch`;
      const receivers = Array.isArray(ok.receivers) ? ` for ${ok.receivers.map(textOf).join(", ") || "nobody"}` : "";
      return `${ok.duplicate === true ? "duplicate" : "accepted"}${receivers}`;
    }
    case "registry":
      return textOf(ok.type) || "ok";
    case "status":
    case "cancel": {
      const deliveries = Array.isArray(ok.deliveries) ? ok.deliveries.map(objectOf) : [];
      const state = deliveries.map((one) => `${textOf(one.receiver)} ${textOf(one.outcome ?? one.state)}`).join(", ");
      return state === "" ? "ok" : state;
    }
    case "list":
      return Array.isArray(ok.entries) ? `${ok.entries.length} entries` : "ok";
    case "request":
      return answerLabel(ok);
    case "read":
      return streamLabel(ok);
    case "settle":
      return ok.held === false ? "no longer waited for" : undefined;
    case "hello":
    case "start":
    case "advance":
    case "store":
    case "stop":
      return undefined;
    default:
      return "ok";
  }
}

function settlement(answer: CallAnswer | undefined): { readonly label: string; readonly tone: Tone } {
  const said = objectOf(answer as unknown as Json);
  if (said.verdict !== undefined) {
    const delay = typeof said.delayMs === "number" ? `, again in ${durationText(said.delayMs)}` : "";
    const tone = said.verdict === "ack" ? "good" : said.verdict === "working" ? "quiet" : "bad";
    return { label: `${textOf(said.verdict)}${delay}`, tone };
  }
  if (said.fault !== undefined) return { label: textOf(said.fault), tone: "bad" };
  const shown = ["retry-after", "bellhop-verdict", "location"];
  const headers = Object.entries(objectOf(said.headers)).filter(([name]) => shown.includes(name.toLowerCase()));
  const status = Number(said.status);
  return {
    label: [textOf(said.status), ...headers.map(([name, value]) => `${name}: ${textOf(value)}`)].join(" "),
    tone: status >= 200 && status < 300 ? "good" : "bad",
  };
}

const STORE_NOTES: { readonly [action: string]: string | undefined } = {
  fail: "the next write fails",
  hold: "writes hang",
  release: "writes go on",
  crash: "crash",
};

function shortened(steps: readonly SequenceStep[], maxSteps: number): readonly SequenceStep[] {
  if (steps.length <= maxSteps) return steps;
  // What led to the failure stands at the end.
  const head = Math.floor(maxSteps / 4);
  const tail = maxSteps - head - 1;
  const omitted = steps.length - head - tail;
  return [...steps.slice(0, head), { kind: "gap", steps: omitted }, ...steps.slice(steps.length - tail)];
}

function cut(label: string): string {
  const plain = label.replaceAll(/\p{Cc}+/gu, " ").trim();
  const letters = [...plain];
  return letters.length <= MAX_LABEL ? plain : `${letters.slice(0, MAX_LABEL - 1).join("")}…`;
}
