import type { Json, JsonObject } from "../control.ts";
import type { MemberFields, Session } from "../session.ts";
import { http, type HttpBody, type HttpReply } from "./_http.ts";
import { eventsOf, readUntil, type Streamed } from "./_http_stream.ts";

/** The time of an attempt and its grace. */
export const LEASE_MS = 16_000;

/** An instance that pulls. */
export interface Puller {
  readonly name: string;
  readonly instance: string;
  readonly lease: string;
}

/** A delivery that was handed out. */
export interface Pulled {
  readonly ticket: string;
  readonly delivery: string;
  readonly attempt: number;
  readonly leaseMs: number;
  readonly envelope: JsonObject;
}

/** Registers an instance that pulls, with a long lease unless said otherwise. */
export function puller(session: Session, fields: MemberFields = {}): Promise<Puller> {
  // A member that is null is absent.
  return session.member("b", { subscriptions: ["thing.*"], delivery: "pull", endpoint: null, ...fields });
}

/** A request of a puller. */
export function asked(
  session: Session,
  { lease }: { readonly lease: string },
  method: string,
  path: string,
  parts: HttpBody = {},
): Promise<HttpReply> {
  return http(session, method, path, { ...parts, headers: { "bellhop-lease": lease, ...parts.headers } });
}

/** What there is now. */
export async function take(
  session: Session,
  by: { readonly lease: string },
  query = "",
  requirement = "PULL-004",
): Promise<readonly Pulled[]> {
  return pulledIn(session, await asked(session, by, "GET", `/deliveries${query}`), requirement);
}

/** The one delivery that there must be now. */
export async function takeOne(session: Session, by: { readonly lease: string }, requirement: string): Promise<Pulled> {
  const taken = await take(session, by, "?max=1");
  session.must(taken.length === 1, requirement, `a delivery is handed out now, not ${taken.length}`);
  return taken[0];
}

/** The deliveries of an answer. */
export function pulledIn(session: Session, reply: HttpReply, requirement = "PULL-004"): readonly Pulled[] {
  session.must(reply.status === 200, requirement, () => `wanted 200, got ${reply.status} ${reply.text}`);
  const deliveries = reply.json?.deliveries;
  session.must(Array.isArray(deliveries), "PULL-004", () => `wanted a list of deliveries, got ${reply.text}`);
  return (deliveries as readonly Json[]).map((one) => pulledOf(session, one));
}

/** Judges the members of a delivery. */
export function pulledOf(session: Session, one: Json): Pulled {
  const given = (one ?? {}) as unknown as Pulled;
  const { ticket, delivery, attempt, leaseMs, envelope } = given;
  session.must(
    typeof ticket === "string" && ticket.length > 0 && typeof delivery === "string" && delivery.length > 0 &&
      Number.isInteger(attempt) && Number.isInteger(leaseMs) && typeof envelope?.id === "string",
    "PULL-004",
    () => `a delivery has ticket, delivery, attempt, leaseMs and envelope, not ${JSON.stringify(one)}`,
  );
  return given;
}

/** Answers, each with whether it was held. */
export async function answer(
  session: Session,
  by: { readonly lease: string },
  ...answers: readonly JsonObject[]
): Promise<readonly boolean[]> {
  const reply = await asked(session, by, "POST", "/deliveries", { json: { answers } });
  session.must(reply.status === 200, "PULL-012", () => `wanted 200, got ${reply.status} ${reply.text}`);
  const results = reply.json?.results;
  session.must(Array.isArray(results), "PULL-012", () => `wanted a list of results, got ${reply.text}`);
  session.same(
    results.map(({ ticket }: JsonObject) => ticket),
    answers.map(({ ticket }) => ticket),
    "PULL-012",
    "the tickets of the results",
  );
  return results.map(({ held }: JsonObject) => held === true);
}

/** The deliveries that a stream has sent. */
export function streamed(session: Session, stream: Streamed): readonly Pulled[] {
  return eventsOf(stream).filter(({ event }) => event === "delivery").map(({ data }) => {
    let json: Json = null;
    try {
      json = JSON.parse(data);
    } catch {
      // Judged as what it is not.
    }
    return pulledOf(session, json);
  });
}

/** Ids of what is delivered. */
export function idsOf(taken: readonly Pulled[]): readonly Json[] {
  return taken.map(({ envelope }) => envelope.id);
}

/** What asks for a stream. */
export function eventStream(
  { lease }: { readonly lease: string },
): { readonly headers: Readonly<Record<string, string>> } {
  return { headers: { "bellhop-lease": lease, accept: "text/event-stream" } };
}

/** Reads until nothing more comes at this instant. */
export async function came(session: Session, events: Streamed): Promise<void> {
  for (let length = -1; length !== events.text.length;) {
    length = events.text.length;
    await readUntil(session, events, () => false);
  }
}
