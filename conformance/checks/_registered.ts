import type { Json, JsonObject, TraceStep } from "../control.ts";
import { canonical, type Reply, type Session } from "../session.ts";

/** The kinds of the table of registry events. */
const KINDS = new Set(
  "registered renewed suspect removed deregistered unhealthy healthy service-gone".split(" "),
);

/** A registration that breaks no rule. */
export function registration(more: { readonly [member: string]: Json } = {}): JsonObject {
  return {
    name: "b",
    version: "1.0.0",
    instance: "i1",
    endpoint: "http://127.0.0.1:9/b/i1",
    subscriptions: ["thing.*"],
    ...more,
  };
}

/** The data of an answer of the registry, which must have come. */
export function dataOf(session: Session, reply: Reply, requirement: string): JsonObject {
  session.must(reply.ok !== undefined, requirement, () => `the registry refuses: ${canonical(reply)}`);
  const { data } = reply.ok as { readonly data?: JsonObject };
  session.must(typeof data === "object" && data !== null, requirement, () => `no data: ${canonical(reply)}`);
  return data;
}

/** What is listed of a service, `undefined` if it is not. */
export async function listed(session: Session, name = "b"): Promise<JsonObject | undefined> {
  return (await session.list("services")).find((service) => service.name === name);
}

/** The instances that are listed of a service, in the order of their ids. */
export async function instancesOf(session: Session, name = "b"): Promise<string[]> {
  const service = await listed(session, name);
  return ((service?.instances ?? []) as readonly JsonObject[]).map(({ instance }) => String(instance)).sort();
}

/** Events of the registry as `kind service@instance reason`. */
export function registryEvents(session: Session, ...kinds: string[]): string[] {
  return registrySteps(session, ...kinds).map(({ kind, service, instance, reason }) =>
    `${kind} ${service}${instance === undefined ? "" : `@${instance}`} ${reason}`
  );
}

/** Events of the registry. */
export function registrySteps(session: Session, ...kinds: string[]): TraceStep["event"][] {
  return session.trace.filter(({ kind }) => KINDS.has(kind) && (kinds.length === 0 || kinds.includes(kind)));
}

/** Publishes; gives the members of the acceptance. */
export async function published(
  session: Session,
  fields: JsonObject,
): Promise<{ readonly receivers: readonly string[] }> {
  const reply = await session.publish(session.event(fields));
  session.must(reply.ok !== undefined, "BUS-024", () => `a publish is refused: ${canonical(reply)}`);
  const { receivers } = reply.ok as { readonly receivers?: readonly string[] };
  session.must(Array.isArray(receivers), "HTTP-018", () => `the acceptance has receivers: ${canonical(reply)}`);
  return { receivers: receivers as readonly string[] };
}
