/**
 * Pull delivery: an instance that cannot be called asks for its deliveries, by long poll or as Server-Sent Events, and
 * answers each by its ticket.
 *
 * @module
 */
import { serialize } from "../../core/envelope/mod.ts";
import { BellhopError } from "../../core/error.ts";
import type { PulledDelivery, PullVerdict } from "../../ports/engine.ts";
import { assertMayRegister } from "../../security/permission.ts";
import { type Call, JSON_TYPE } from "./_gateway.ts";
import { deliveryStream } from "./_delivery_stream.ts";
import { badField, type Query, readQuery } from "./_query.ts";

/** Most deliveries of one answer, or of a stream that are not answered; and most answers of one request. */
const MOST = 100;
const DEFAULT_MAX = 10;
const MAX_WAIT_SECONDS = 60;
const MAX_DELAY_MS = 86_400_000;
const REASON = /^[a-z0-9][a-z0-9.-]{0,63}$/;
const STREAM_HEADERS = { "content-type": "text/event-stream", "cache-control": "no-store" } as const;

/** `GET /deliveries` */
export async function deliveries({ c, facts, engine, gateway, principal }: Call): Promise<Response> {
  assertMayRegister(principal);
  const lease = leaseOf(facts.lease);
  const query = readQuery(c.req.url, ["max", "wait"]);
  const max = numberOf(query, "max", 1, MOST, DEFAULT_MAX);
  if (c.req.header("accept")?.includes("text/event-stream")) {
    const { renewEveryMs } = await engine.renew(lease);
    if (c.req.method === "HEAD") return c.body(null, 200, STREAM_HEADERS);
    const leave = gateway.pulls.enter();
    return c.body(deliveryStream({ engine, gateway, lease, max, renewEveryMs, leave }), 200, STREAM_HEADERS);
  }
  const waitMs = 1_000 * numberOf(query, "wait", 0, MAX_WAIT_SECONDS, 0);
  const leave = gateway.pulls.enter();
  try {
    const { signal } = c.req.raw;
    const taken = await engine.pull(lease, { max, waitMs, ...(waitMs === 0 ? {} : { signal }) });
    return c.body(`{"deliveries":[${taken.map(toJson).join(",")}]}`, 200, JSON_TYPE);
  } finally {
    leave();
  }
}

/** `POST /deliveries` */
export async function answers({ c, facts, engine, gateway, principal }: Call): Promise<Response> {
  assertMayRegister(principal);
  const lease = leaseOf(facts.lease);
  const body = await gateway.readBody(c.req, gateway.limits.maxBytes, facts.contentLength);
  const read = readAnswers(body);
  const results: { readonly ticket: string; readonly held: boolean }[] = [];
  for (const [ticket, verdict] of read) {
    const held = await engine.answer(lease, ticket, verdict);
    gateway.tickets.answered(ticket, verdict.verdict === "working");
    results.push({ ticket, held });
  }
  return c.json({ results });
}

/** With its envelope in structured mode, where bytes have a form. */
export function toJson({ ticket, deliveryId, attempt, leaseMs, envelope }: PulledDelivery): string {
  const head = JSON.stringify({ ticket, delivery: deliveryId, attempt, leaseMs }).slice(0, -1);
  return `${head},"envelope":${serialize(envelope)}}`;
}

function readAnswers(body: Uint8Array): (readonly [ticket: string, verdict: PullVerdict])[] {
  let data: unknown;
  try {
    data = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body));
  } catch (cause) {
    throw new BellhopError("argument-invalid", "The body is not JSON", { cause });
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
  const { verdict, reason, delayMs } = given;
  if (reason !== undefined && !(typeof reason === "string" && REASON.test(reason))) {
    throw badField(`${field}.reason`, `${field}.reason must be 1 to 64 of a-z, 0-9, . and -`);
  }
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
      return {
        verdict,
        reason: reason ?? "handler-nak",
        ...(delayMs === undefined ? {} : { delayMs: Number(delayMs) }),
      };
    case "term":
      return { verdict, reason: reason ?? "handler-term" };
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
