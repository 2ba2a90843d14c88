/**
 * Messages over HTTP: published, asked about, called back. From here an envelope goes through `core/envelope` to the
 * engine.
 *
 * @module
 */
import { fromHttp, parse, STRUCTURED_TYPE } from "../../core/envelope/mod.ts";
import type { BatchItem, Envelope } from "../../core/envelope/mod.ts";
import type { MessageStatus } from "../../core/bus/status.ts";
import { BellhopError } from "../../core/error.ts";
import type { Acknowledgement, Engine, Publisher } from "../../ports/engine.ts";
import type { Principal } from "../../security/credentials.ts";
import { assertMayCancel, assertMayObserve, assertMayPublish, assertMaySeeStatus } from "../../security/permission.ts";
import { type Call, JSON_TYPE, payer } from "./_gateway.ts";
import { problemOf } from "./_problem.ts";
import { badField, pageOf, type Query, readQuery, required } from "./_query.ts";
import type { RequestFacts } from "./_request_facts.ts";

/** `POST /messages` */
export async function publish(call: Call): Promise<Response> {
  const { c, facts, engine, gateway, principal } = call;
  const { limits } = gateway;
  if (engine.closing) throw new BellhopError("closing");
  const maxBytes = facts.contentType !== undefined && isBatched(facts.contentType)
    ? limits.maxBatchBytes
    : limits.maxBytes;
  let envelope: Envelope;
  let publisher: Publisher;
  try {
    const body = await gateway.readBody(c.req, maxBytes, facts.contentLength);
    if (facts.contentType === STRUCTURED_TYPE) envelope = parse(body, limits);
    else {
      const content = fromHttp(c.req.raw.headers, body, limits);
      if (content.mode === "batched") return await publishBatch(call, content.results);
      envelope = content.envelope;
    }
    publisher = publisherOf(principal, envelope, facts);
  } catch (error) {
    // The engine renews the lease of what it is given, and of this it will not hear.
    if (facts.lease !== undefined) await engine.renew(facts.lease);
    throw error;
  }
  const given = engine.publish(envelope, publisher);
  const acknowledgement = given instanceof Promise ? await given : given;
  if (acknowledgement.duplicate || facts.prefer !== undefined) return await withStatus(call, acknowledgement);
  return c.body(JSON.stringify(membersOf(acknowledgement)), 202, JSON_TYPE);
}

/** `GET /messages`: one message's status, at once or when it has ended, or the list of CRITICAL still being tried. */
export async function messages(call: Call): Promise<Response> {
  const { c, facts, engine, gateway, principal } = call;
  const query = readQuery(c.req.url, ["source", "id", "unfinished", "state", "limit", "after"]);
  if (query.get("state") !== undefined) return await delayed(call, query);
  const unfinished = query.get("unfinished");
  if (unfinished === undefined) {
    const message = { source: required(query, "source"), id: required(query, "id") };
    assertMaySeeStatus(principal, message.source);
    const seconds = gateway.waits.granted(facts.prefer);
    if (seconds === undefined) return c.json(await engine.status(message.source, message.id));
    const status = await settled(call, engine, message, seconds * 1_000);
    return c.json(status, 200, { "preference-applied": `wait=${seconds}` });
  }
  assertMayObserve(principal);
  if (unfinished !== "CRITICAL") throw badField("unfinished", "unfinished must be CRITICAL");
  const { limit, after } = pageOf(query);
  const page = await engine.unfinishedCritical(limit, after);
  return c.json({ messages: page.entries, after: page.after });
}

/** `GET /messages?state=delayed`: what is kept for later. */
async function delayed({ c, engine, principal }: Call, query: Query): Promise<Response> {
  assertMayObserve(principal);
  if (query.get("state") !== "delayed") throw badField("state", "state must be delayed");
  const { limit, after } = pageOf(query);
  const page = await engine.delayed(limit, after);
  return c.json({ messages: page.entries, after: page.after });
}

/** `DELETE /messages` */
export async function cancel({ c, engine, principal }: Call): Promise<Response> {
  const query = readQuery(c.req.url, ["source", "id"]);
  const source = required(query, "source");
  const id = required(query, "id");
  assertMayCancel(principal, source);
  return c.json(await engine.cancel(source, id));
}

async function publishBatch(
  { c, facts, engine, gateway, principal }: Call,
  items: readonly BatchItem[],
): Promise<Response> {
  // All are handed over before any is awaited: those that are flushed share one flush.
  const given = items.map((item): Acknowledgement | Promise<Acknowledgement> => {
    if (item.error !== undefined) return refused(item.error);
    try {
      return engine.publish(item.envelope, publisherOf(principal, item.envelope, facts));
    } catch (error) {
      return refused(error);
    }
  });
  const settled = await Promise.allSettled(given);
  const results = settled.map((one) =>
    one.status === "rejected" ? problemOf(one.reason, gateway.errorsUrl(c)) : { ...membersOf(one.value), status: 202 }
  );
  return c.json({ results }, 202);
}

/** Who publishes, if they may. @throws {BellhopError} `forbidden` */
function publisherOf(asking: Principal, envelope: Envelope, { lease, delay }: RequestFacts): Publisher {
  assertMayPublish(asking, envelope);
  const principal = payer(asking, envelope.source);
  if (delay === undefined) return { principal, lease };
  // The bus knows how far it may be; here it must be a number at all.
  if (!/^\d{1,12}$/.test(delay)) throw badField("bellhop-delay-ms", "bellhop-delay-ms must be whole milliseconds");
  return { principal, lease, delayMs: Number(delay) };
}

function refused(error: unknown): Promise<never> {
  const rejection = Promise.reject(error);
  rejection.catch(() => {}); // it is read later, with all others
  return rejection;
}

async function withStatus(call: Call, acknowledgement: Acknowledgement): Promise<Response> {
  const { c, facts, engine, gateway } = call;
  const members = membersOf(acknowledgement);
  const seconds = gateway.waits.granted(facts.prefer);
  if (seconds !== undefined) {
    const status = await unlessForgotten(settled(call, engine, acknowledgement, seconds * 1_000));
    const ended = status?.deliveries.every((delivery) => delivery.state === "ended") === true;
    return c.json({ ...members, ...(status === undefined ? {} : { status }) }, ended ? 200 : 202, {
      "preference-applied": `wait=${seconds}`,
    });
  }
  if (!acknowledgement.duplicate) return c.json(members, 202);
  const status = await unlessForgotten(engine.status(acknowledgement.source, acknowledgement.id));
  return c.json({ ...members, ...(status === undefined ? {} : { status }) }, 202);
}

function settled(
  { gateway }: Call,
  engine: Engine,
  { source, id }: { readonly source: string; readonly id: string },
  ms: number,
): Promise<MessageStatus> {
  // Not by the request's own signal: who hangs up leaves a wait of a minute at most, and Deno remarks on its use.
  return gateway.waits.during(engine.settled(source, id, ms, gateway.signal));
}

/** The message is accepted, whatever becomes of the question about it. */
function unlessForgotten(status: Promise<MessageStatus>): Promise<MessageStatus | undefined> {
  return status.catch(() => undefined);
}

function membersOf({ source, id, durability, receivers, duplicate }: Acknowledgement): Acknowledgement {
  // Unfrozen: V8 writes a frozen array as JSON in three times the time.
  return { source, id, durability, receivers: [...receivers], duplicate };
}

function isBatched(contentType: string): boolean {
  return contentType.slice(0, 40).toLowerCase().startsWith("application/cloudevents-batch");
}
