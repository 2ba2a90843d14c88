/**
 * Pull delivery: an instance that cannot be called asks for its deliveries, by long poll or as Server-Sent Events, and
 * answers each by its ticket.
 *
 * @module
 */
import { BellhopError } from "../../core/error.ts";
import type { Engine, PullVerdict } from "../../ports/engine.ts";
import { assertMayRegister } from "../../security/permission.ts";
import { type Call, JSON_TYPE } from "./_gateway.ts";
import { deliveryStream } from "./_delivery_stream.ts";
import { laterDeliveries } from "./_later_deliveries.ts";
import { listJson } from "./_pulled_json.ts";
import { badField, type Query, readQuery } from "./_query.ts";

/** Most deliveries of one answer, or of a stream that are not answered; and most answers of one request. */
const MOST = 100;
const DEFAULT_MAX = 10;
const MAX_WAIT_SECONDS = 60;
const MAX_DELAY_MS = 86_400_000;
const EVENT_STREAM = "text/event-stream";
const STREAM_HEADERS = { "content-type": EVENT_STREAM, "cache-control": "no-store" } as const;
const ANSWER_HEADERS = { ...JSON_TYPE, "cache-control": "no-store" };

/** `GET /deliveries` */
export async function deliveries(call: Call): Promise<Response> {
  const { c, facts, engine, gateway, principal } = call;
  assertMayRegister(principal);
  const lease = leaseOf(facts.lease);
  // Any request renews the lease that it carries, also one that is refused for its query.
  const { renewEveryMs } = await engine.renew(lease);
  const query = readQuery(c.req.url, ["max", "wait"]);
  const max = numberOf(query, "max", 1, MOST, DEFAULT_MAX);
  const waitMs = 1_000 * numberOf(query, "wait", 0, MAX_WAIT_SECONDS, 0);
  const streams = c.req.header("accept")?.toLowerCase().includes(EVENT_STREAM) === true;
  // Takes nothing that nobody would see.
  if (c.req.method === "HEAD") return c.body(null, 200, streams ? STREAM_HEADERS : ANSWER_HEADERS);
  const leave = gateway.pulls.enter();
  let left = leave;
  try {
    if (streams) {
      await assertPulls(engine, lease);
      const events = deliveryStream({ engine, gateway, lease, max, renewEveryMs, leave });
      left = () => {};
      return c.body(events, 200, STREAM_HEADERS);
    }
    const taken = await engine.pull(lease, { max, waitMs: 0 });
    if (taken.length > 0 || waitMs === 0) return c.body(listJson(taken), 200, ANSWER_HEADERS);
    const later = laterDeliveries({ engine, gateway, lease, max, waitMs, renewEveryMs, leave });
    left = () => {};
    return c.body(later, 200, ANSWER_HEADERS);
  } finally {
    left();
  }
}

/** Refuses before the headers are out. */
async function assertPulls(engine: Engine, lease: string): Promise<void> {
  const gone = new AbortController();
  gone.abort();
  await engine.pull(lease, { max: 1, waitMs: 0, signal: gone.signal });
}

/** `POST /deliveries` */
export async function answers({ c, facts, engine, gateway, principal }: Call): Promise<Response> {
  assertMayRegister(principal);
  const lease = leaseOf(facts.lease);
  await engine.renew(lease);
  const body = await gateway.readBody(c.req, gateway.limits.maxBytes, facts.contentLength);
  const read = readAnswers(body);
  const results: { readonly ticket: string; readonly held: boolean }[] = [];
  for (const [ticket, verdict] of read) {
    const held = await engine.answer(lease, ticket, verdict);
    // Another's ticket is none of the asker's.
    if (held) gateway.tickets.answered(ticket, verdict.verdict === "working");
    results.push({ ticket, held });
  }
  return c.json({ results });
}

function readAnswers(body: Uint8Array): (readonly [ticket: string, verdict: PullVerdict])[] {
  let data: unknown;
  try {
    data = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body));
  } catch (cause) {
    throw new BellhopError("argument-invalid", "The body is not JSON", { field: "answers", cause });
  }
  const given = isRecord(data) ? data.answers : undefined;
  if (!Array.isArray(given) || given.length < 1 || given.length > MOST) {
    throw badField("answers", `answers must be a list of 1 to ${MOST}`);
  }
  return given.map((one, at) => [ticketOf(one, `answers[${at}]`), verdictOf(one, `answers[${at}]`)]);
}

function ticketOf(given: unknown, field: string): string {
  const ticket = isRecord(given) ? given.ticket : undefined;
  if (typeof ticket === "string" && ticket.length > 0 && ticket.length <= 128) return ticket;
  throw badField(`${field}.ticket`, `${field}.ticket must be the ticket of a delivery`);
}

function verdictOf(given: Readonly<Record<string, unknown>>, field: string): PullVerdict {
  const { verdict } = given;
  // A member that is null is absent.
  const delayMs = given.delayMs ?? undefined;
  if (
    delayMs !== undefined && !(Number.isInteger(delayMs) && Number(delayMs) >= 0 && Number(delayMs) <= MAX_DELAY_MS)
  ) {
    throw badField(`${field}.delayMs`, `${field}.delayMs must be a whole number from 0 to ${MAX_DELAY_MS}`);
  }
  switch (verdict) {
    case "ack":
    case "working":
      return { verdict };
    case "nak":
      return { verdict, reason: verdict, ...(delayMs === undefined ? {} : { delayMs: Number(delayMs) }) };
    case "term":
      return { verdict, reason: verdict };
    default:
      throw badField(`${field}.verdict`, `${field}.verdict must be ack, nak, term or working`);
  }
}

function leaseOf(lease: string | undefined): string {
  if (lease === undefined || lease.length < 1 || lease.length > 256) {
    throw badField("bellhop-lease", "The header bellhop-lease must be the token of the instance's lease");
  }
  return lease;
}

function numberOf(query: Query, name: string, least: number, most: number, absent: number): number {
  const given = query.get(name);
  if (given === undefined) return absent;
  const value = /^\d{1,3}$/.test(given) ? Number(given) : -1;
  if (value < least || value > most) throw badField(name, `${name} must be a whole number from ${least} to ${most}`);
  return value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
