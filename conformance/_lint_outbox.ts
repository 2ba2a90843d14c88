import type { Answer, CallAnswer, Command, JsonObject, OtherCall, SubjectEvent } from "./control.ts";

/** What the lint of an outbox hears, and what it is judged by. */
export interface OutboxLint {
  submitted(ids: Iterable<string>): void;
  answered(command: Command, answer: Answer): void;
  restarted(): void;
  settled(call: string, answer: CallAnswer): void;
  told(event: SubjectEvent): void;
}

const OUTCOMES = new Set(["accepted", "rejected", "exhausted", "expired", "cancelled"]);
/** The time of an attempt: after it the outbox itself has given it up. */
const ATTEMPT_MS = 15_000;

/** Rules that hold for every message of an outbox on the wire. */
export function createOutboxLint(
  rule: (requirement: string, holds: boolean, message: () => string) => void,
  stable: (value: JsonObject) => string,
): OutboxLint {
  const inFlight = new Map<string, OtherCall>();
  const first = new Map<string, string>();
  const ended = new Set<string>();
  const submitted = new Set<string>();

  function begun(call: OtherCall): void {
    const envelope = call.envelope ?? {};
    const key = keyOf(envelope);
    for (const [name, { atMs }] of inFlight) if (call.atMs >= atMs + ATTEMPT_MS) inFlight.delete(name);
    const twice = [...inFlight.values()].some((other) => keyOf(other.envelope ?? {}) === key);
    rule("OUT-010", !twice, () => `a second attempt of ${key} was begun while one is under way`);
    inFlight.set(call.call, call);
    rule("OUT-028", !ended.has(key), () => `${key} was attempted after its end was told`);
    rule("OUT-008", submitted.has(String(envelope.id)), () => `${key} was sent and never published`);
    const text = stable(envelope);
    const before = first.get(key) ?? text;
    first.set(key, before);
    rule("OUT-008", before === text, () => `the envelope of ${key} differs between attempts: ${before} and ${text}`);
  }

  return {
    submitted(ids) {
      for (const id of ids) submitted.add(id);
    },
    answered(command, { ok }) {
      // Both begin a message anew, whose name may have been told as ended.
      if (ok !== undefined && command.do === "letter") ended.clear();
      if (ok !== undefined && command.do === "publish") ended.delete(keyOf(ok));
    },
    restarted() {
      inFlight.clear();
      ended.clear();
    },
    settled: (call) => void inFlight.delete(call),
    told(event) {
      if (event.kind === "call" && event.for === "publish") begun(event);
      if (event.kind !== "trace" || event.event.kind !== "ended") return;
      const key = keyOf(event.event);
      const { outcome } = event.event;
      rule("OUT-028", OUTCOMES.has(String(outcome)), () => `${outcome} is no outcome of an outbox`);
      rule("OUT-028", !ended.has(key), () => `the end of ${key} was told twice`);
      ended.add(key);
    },
  };
}

function keyOf({ source, id }: { readonly [member: string]: unknown }): string {
  return JSON.stringify([source, id]);
}
