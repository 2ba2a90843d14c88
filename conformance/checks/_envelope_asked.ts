/**
 * What the checks of the chapter Envelope ask and judge alike.
 *
 * @module
 */
import type { JsonObject, Refusal } from "../control.ts";
import { canonical, type Reply, type Session } from "../session.ts";

export const STRUCTURED = { "content-type": "application/cloudevents+json" };
export const BATCHED = { "content-type": "application/cloudevents-batch+json" };
export const REQUIRED = ["specversion", "id", "source", "type"] as const;

/** Refusals that say: this is no envelope. */
export const INVALID = new Set(["envelope-malformed", "envelope-invalid", "body-too-large"]);

export async function begin(session: Session): Promise<void> {
  await session.start();
  await session.member("b", { subscriptions: ["thing.*"] });
}

/** Publishes, and acknowledges what is delivered. */
export async function pass(
  session: Session,
  fields: JsonObject,
  requirement = "ENV-003",
): Promise<{ readonly sent: JsonObject; readonly got: JsonObject }> {
  const sent = await session.accepted(fields, {}, requirement);
  const call = session.begun("BUS-019", "b");
  await session.ack(call);
  return { sent, got: call.envelope };
}

/** Publishes in binary mode with these headers besides the required ones. */
export async function publishBinary(
  session: Session,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<{ readonly reply: Reply; readonly id: string }> {
  const { specversion, id, source, type } = session.event();
  const required = { "ce-specversion": specversion, "ce-id": id, "ce-source": source, "ce-type": type };
  const reply = await session.publishRaw({ headers: { ...required, ...headers } as Record<string, string>, body });
  return { reply, id: String(id) };
}

/** The twin: what was refused before is accepted without its fault, and as new. */
export async function taken(session: Session, event: JsonObject, requirement: string): Promise<void> {
  const reply = await session.publish(event);
  session.must(reply.ok !== undefined, requirement, () => `the twin is accepted: ${canonical(reply)}`);
  session.must(reply.ok.duplicate === false, "BUS-002", "what was refused has left nothing");
  await session.ack(session.begun("BUS-019", "b"));
}

export async function invalid(session: Session, event: JsonObject, requirement: string): Promise<Refusal> {
  return judgeInvalid(session, await session.publish(event), requirement, canonical(event).slice(0, 600));
}

export function judgeInvalid(session: Session, reply: Reply, requirement: string, what: string): Refusal {
  session.must(
    reply.refused?.code === "envelope-invalid",
    requirement,
    () => `wanted envelope-invalid for ${what}, got ${canonical(reply)}`,
  );
  for (const fault of reply.refused.faults ?? []) {
    for (const member of ["field", "code", "reason"] as const) {
      session.must(
        typeof fault[member] === "string",
        "ENV-005",
        () => `a fault without ${member}: ${canonical(fault)}`,
      );
    }
  }
  return reply.refused;
}

export function named(
  session: Session,
  refused: Refusal,
  field: string,
  code: string | undefined,
  requirement: string,
): void {
  session.must(
    (refused.faults ?? []).some((fault) => fault.field === field && (code ?? fault.code) === fault.code),
    requirement,
    () => `wanted the fault ${code ?? ""} of ${field}, got ${canonical(refused)}`,
  );
}

export interface BatchResult {
  readonly ok?: { readonly duplicate?: boolean };
  readonly refused?: { readonly code: string };
}

export function resultsOf(session: Session, reply: Reply, requirement: string): readonly BatchResult[] {
  const results = reply.ok?.results;
  session.must(Array.isArray(results), requirement, () => `a batch is answered with results: ${canonical(reply)}`);
  return results as readonly BatchResult[];
}
