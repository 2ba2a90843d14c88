/**
 * The passive lint: rules that hold for every message on the wire, whatever a check is about.
 *
 * @module
 */
import { createOutboxLint } from "./_lint_outbox.ts";
import type { Answer, CallAnswer, Command, DeliveryCall, JsonObject, SubjectEvent } from "./control.ts";

/** A rule that a message broke. */
export interface LintFault {
  readonly requirement: string;
  readonly message: string;
}

/** What the lint keeps of one session. */
export interface Lint {
  readonly faults: LintFault[];
  /** Requirements of the rules that had something to judge. */
  readonly judged: Set<string>;
  submitted(parts: Omit<Extract<Command, { do: "publish" }>, "do">): void;
  answered(command: Command, answer: Answer): void;
  /** The subject died and began again: what ran, runs no more. */
  restarted(): void;
  settled(call: string, answer: CallAnswer, nowMs: number): void;
  told(event: SubjectEvent, nowMs: number): void;
}

const OUTCOMES = new Set([
  "delivered",
  "rejected",
  "exhausted",
  "expired",
  "cancelled",
  "evicted",
  "receiver-gone",
  "instance-gone",
  "no-subscriber",
]);
const REASON = /^(status-[1-9][0-9]{2}|nak|term|timeout|unreachable|no-instance|lease-expired|endpoint-refused)$/;
const FAULT_CODES = new Set(
  ("missing empty wrong-type too-long too-many too-deep too-large name character format unknown-value out-of-range " +
    "conflict not-json base64 utf8 percent quoted").split(" "),
);

/** A lint of a session that has not begun. @param role who the subject plays */
export function createLint(role?: "gateway" | "service" | "client"): Lint {
  const faults: LintFault[] = [];
  const judged = new Set<string>();
  const inFlight = new Map<string, DeliveryCall>();
  const first = new Map<string, string>();
  const ended = new Set<string>();
  const submittedIds = new Set<string>();
  let lastMs = -Infinity;

  function rule(requirement: string, holds: boolean, message: () => string): void {
    judged.add(requirement);
    if (!holds) faults.push({ requirement, message: `lint: ${message()}` });
  }

  const outbox = role === "client" ? createOutboxLint(rule, stable) : undefined;

  function keyOf(event: { readonly [member: string]: unknown }): string {
    return JSON.stringify([event.source, event.id, event.receiver, event.run]);
  }

  function begun(call: DeliveryCall): void {
    const { source, id } = call.envelope as { readonly source?: string; readonly id?: string };
    const key = JSON.stringify([source, id, call.receiver, call.run]);
    rule(
      "RET-006",
      ![...inFlight.values()].some((other) => other.deliveryId === call.deliveryId),
      () => `a second attempt of ${key} was begun while one runs`,
    );
    rule("RET-005", !ended.has(key), () => `${key} was attempted after its outcome`);
    inFlight.set(call.call, call);
    const text = stable(call.envelope);
    const before = first.get(call.deliveryId) ?? text;
    first.set(call.deliveryId, before);
    rule("BUS-094", before === text, () => `the envelope of ${key} differs between attempts: ${before} and ${text}`);
    rule("BUS-080", /^dlv_[A-Za-z0-9_-]{1,60}$/.test(call.deliveryId), () => `${call.deliveryId} is no delivery id`);
    const own = String(call.envelope.type).startsWith("message.") || String(call.envelope.type).startsWith("service.");
    if (!own && submittedIds.size > 0) {
      rule("BUS-016", submittedIds.has(String(id)), () => `${key} was delivered and never submitted`);
    }
  }

  return {
    faults,
    judged,
    submitted(parts) {
      const text = parts.body ?? (parts.bodyBase64 === undefined ? "" : atob(parts.bodyBase64));
      for (const [, id] of text.matchAll(/"id"\s*:\s*"((?:[^"\\]|\\.)*)"/g)) submittedIds.add(unescaped(id));
      const header = Object.entries(parts.headers).find(([name]) => name.toLowerCase() === "ce-id")?.[1];
      if (header !== undefined) submittedIds.add(header);
      outbox?.submitted(submittedIds);
    },
    answered(command, answer) {
      const { refused, nowMs } = answer;
      lastMs = Math.max(lastMs, nowMs);
      outbox?.answered(command, answer);
      if (refused === undefined) return;
      rule("HTTP-013", /^[a-z0-9]+(-[a-z0-9]+)*$/.test(refused.code), () => `${refused.code} is no code`);
      if (refused.code === "envelope-invalid") {
        rule("ENV-005", (refused.faults ?? []).length > 0, () => "envelope-invalid without a fault");
      }
      // The table is that of envelopes; which words a registration is refused with is open.
      for (const fault of refused.code === "envelope-invalid" ? refused.faults ?? [] : []) {
        rule("ENV-016", FAULT_CODES.has(fault.code), () => `${fault.code} is no code of a fault`);
      }
    },
    restarted() {
      inFlight.clear();
      outbox?.restarted();
    },
    settled(call, answer) {
      inFlight.delete(call);
      outbox?.settled(call, answer);
    },
    told(event) {
      if (outbox !== undefined) return outbox.told(event);
      if (event.kind === "call") {
        if (event.for === "delivery") begun(event);
        return;
      }
      if (event.kind !== "trace") return;
      const { kind, reason, outcome } = event.event;
      if (kind === "failed") {
        rule("RET-048", REASON.test(String(reason)), () => `${reason} is no reason of a failed attempt`);
        // The subject itself may have given an attempt up.
        for (const [name, call] of inFlight) {
          const { source, id } = call.envelope;
          if (keyOf({ source, id, receiver: call.receiver, run: call.run }) === keyOf(event.event)) {
            inFlight.delete(name);
          }
        }
      }
      if (kind === "ended") {
        rule("BUS-031", OUTCOMES.has(String(outcome)), () => `${outcome} is no outcome`);
        const key = keyOf(event.event);
        rule("BUS-029", !ended.has(key), () => `${key} ended twice`);
        ended.add(key);
      }
      if (kind === "stored") {
        rule("RET-053", event.event.priority === "CRITICAL", () => `${event.event.priority} was stored`);
      }
    },
  };
}

function stable(value: JsonObject): string {
  return JSON.stringify(
    value,
    (_, part) =>
      typeof part === "object" && part !== null && !Array.isArray(part)
        ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => a < b ? -1 : 1))
        : part,
  );
}

function unescaped(text: string): string {
  try {
    return JSON.parse(`"${text}"`);
  } catch {
    return text;
  }
}
