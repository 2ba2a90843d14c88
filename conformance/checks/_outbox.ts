import type { CallAnswer, Json, JsonObject, OtherCall } from "../control.ts";
import type { EventFields, Session, SessionStart } from "../session.ts";

/** A message that was published. */
export type Message = JsonObject & { readonly source: string; readonly id: string };

const PROBLEM = { "content-type": "application/problem+json" };

/** The gateway's 202. */
export const TAKEN: CallAnswer = {
  status: 202,
  headers: { "content-type": "application/json" },
  body: '{"durability":"memory","receivers":[],"duplicate":false}',
};

/** Nobody is there. */
export const SILENCE: CallAnswer = { fault: "unreachable" };

/** Answers to try again that a budget pays for. */
export const BUDGET: Readonly<Record<string, number>> = { LOW: 2, NORMAL: 4, HIGH: 11 };

/** A problem that does not end a message. */
export function again(headers: Readonly<Record<string, string>> = {}): CallAnswer {
  return { status: 503, headers: { ...PROBLEM, ...headers }, body: '{"code":"queue-full","status":503,"retry":true}' };
}

/** A problem that does. */
export function never(code: string, status: number): CallAnswer {
  return { status, headers: PROBLEM, body: JSON.stringify({ code, status, retry: false }) };
}

/** Begins as a client with an outbox. */
export async function beginOutbox(session: Session, options: SessionStart = {}): Promise<void> {
  await session.start({ role: "client", ...options });
}

/** Publishes what must be taken. */
export async function published(session: Session, fields: EventFields = {}): Promise<Message> {
  const event = session.event(fields) as Message;
  const reply = await session.publish(event);
  const critical = fields.priority === "CRITICAL";
  const requirement = critical ? "OUT-001" : "OUT-004";
  session.must(reply.ok !== undefined, requirement, () => `a valid publish is taken, not ${JSON.stringify(reply)}`);
  session.same([reply.ok.source, reply.ok.id], [event.source, event.id], requirement, "source and id");
  const durability = String(reply.ok.durability);
  session.must(
    (critical ? ["flushed", "replicated"] : ["memory"]).includes(durability),
    requirement,
    () => `${fields.priority ?? "NORMAL"} is not safe by ${durability}`,
  );
  return event;
}

/** Attempts without an answer, in the order of their start. */
export function underWay(session: Session): readonly OtherCall[] {
  return session.otherCalls.filter((call) => call.for === "publish");
}

/** The attempt that must be under way by now, of that message if it is said. */
export function sent(session: Session, requirement: string, message?: { readonly id: string }): OtherCall {
  const call = underWay(session).find((one) => message === undefined || idOf(one) === message.id);
  session.must(call !== undefined, requirement, () => `an attempt${message ? ` of ${message.id}` : ""} is under way`);
  return call;
}

/** The attempt that must begin within that time. */
export async function sentWithin(session: Session, limitMs: number, requirement: string): Promise<OtherCall> {
  const call = await session.untilSent(limitMs);
  session.must(call !== undefined, requirement, `an attempt begins within ${limitMs} ms`);
  return call;
}

/** Lets time pass in which nothing may be sent. */
export async function nothingSent(session: Session, ms: number, requirement: string, what: string): Promise<void> {
  const call = await session.untilSent(ms);
  session.must(call === undefined, requirement, () => `${what}, and ${idOf(call!)} is sent at ${call!.atMs}`);
}

/** Answers each attempt so, until none follows for that time; gives their ids in order. */
export async function answerAll(session: Session, answer: CallAnswer, quietMs = 0): Promise<string[]> {
  const ids: string[] = [];
  for (let call = await session.untilSent(quietMs); call !== undefined; call = await session.untilSent(quietMs)) {
    ids.push(idOf(call));
    await session.settle(call, answer);
    if (ids.length > 1_000) break;
  }
  return ids;
}

/** The id of the message that is sent. */
export function idOf(call: OtherCall): string {
  return String(call.envelope?.id as Json);
}

/** What was told of the end of a message. */
export function endOf(session: Session, message: { readonly id: string }): JsonObject | undefined {
  return session.steps(message, "ended").at(-1);
}

/** A message must have ended so by now, and nothing else. */
export function mustHaveEnded(
  session: Session,
  message: { readonly id: string },
  outcome: string,
  requirement: string,
): JsonObject {
  const ended = session.steps(message, "ended");
  session.must(ended.length > 0, requirement, () => `${message.id} must have ended as ${outcome} by ${session.nowMs}`);
  session.same(ended.map((one) => one.outcome), [outcome], requirement, `how ${message.id} ended`);
  return ended[0];
}

/** A message must have no end yet. */
export function mustBeOpen(session: Session, message: { readonly id: string }, requirement: string): void {
  session.same(session.steps(message, "ended"), [], requirement, `the end of ${message.id}, which has none`);
}
