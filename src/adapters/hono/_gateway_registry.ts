/**
 * The registry over HTTP: a question and an answer, both envelopes, never queued.
 *
 * @module
 */
import { type Envelope, fromHttp, toStructured } from "../../core/envelope/mod.ts";
import { BellhopError } from "../../core/error.ts";
import type { Engine } from "../../ports/engine.ts";
import type { Principal } from "../../security/credentials.ts";
import { assertMayObserve, assertMayRegister, assertMayResolve } from "../../security/permission.ts";
import { type Call, JSON_TYPE } from "./_gateway.ts";
import { badField, pageOf, readQuery } from "./_query.ts";
import { servicePage } from "./_service_page.ts";

const MAX_ID_LENGTH = 256;
const ANSWER = "-answer";

/** `POST /registry` */
export async function registry({ c, facts, engine, gateway, principal }: Call): Promise<Response> {
  const body = await gateway.readBody(c.req, gateway.limits.maxBytes, facts.contentLength);
  const content = fromHttp(c.req.raw.headers, body, gateway.limits);
  if (content.mode === "batched") throw new BellhopError("content-type-unsupported", "The registry takes no batches");
  const { envelope } = content;
  const [type, data] = await answer(engine, principal, envelope, facts.lease);
  const message = toStructured({
    specversion: "1.0",
    id: envelope.id.slice(0, MAX_ID_LENGTH - ANSWER.length) + ANSWER,
    source: gateway.source,
    type,
    causationid: envelope.id,
    data,
  });
  return c.body(message.body, 200, message.headers);
}

/** `POST /discover` */
export async function discover({ c, facts, engine, gateway, principal }: Call): Promise<Response> {
  // Which service it is, is known only when its URL has been fetched.
  assertMayRegister(principal, "*");
  const body = await gateway.readBody(c.req, gateway.limits.maxBytes, facts.contentLength);
  const data = readJson(body);
  const url = isRecord(data) ? data.url : undefined;
  if (typeof url !== "string" || url.length > 2_048 || !/^https?:/i.test(url) || !URL.canParse(url)) {
    throw badField("url", "url must be an http or https URL of at most 2048 characters");
  }
  const leave = gateway.discoveries.enter();
  try {
    const { name } = await engine.discover(url);
    return c.json(await engine.service(name));
  } finally {
    leave();
  }
}

/** `GET /services` */
export async function services({ c, engine, principal }: Call): Promise<Response> {
  assertMayObserve(principal);
  const { limit, after } = pageOf(readQuery(c.req.url, ["limit", "after"]));
  return c.body(servicePage(await engine.services(), limit, after), 200, JSON_TYPE);
}

/** `GET /services/{name}` */
export async function service({ c, engine, principal }: Call): Promise<Response> {
  const name = c.req.param("name") ?? "";
  assertMayResolve(principal, name);
  return c.json(await engine.service(name));
}

async function answer(
  engine: Engine,
  principal: Principal,
  { type, data }: Envelope,
  header: string | undefined,
): Promise<[string, unknown]> {
  const members: Record<string, unknown> = isRecord(data) ? data : {};
  if (type === "service.register") {
    assertMayRegister(principal, typeof members.name === "string" ? members.name : undefined);
    const { name, instance, lease, leaseMs, renewEveryMs } = await engine.register(data);
    return ["service.registered", { name, instance, lease, leaseMs, renewEveryMs }];
  }
  const lease = members.lease ?? header;
  if (type === "service.renew") {
    assertMayRegister(principal);
    const { name, instance, leaseMs, renewEveryMs } = await engine.renew(token(lease));
    return ["service.renewed", { name, instance, leaseMs, renewEveryMs }];
  }
  if (type === "service.deregister") {
    assertMayRegister(principal);
    const { name, instance, serviceGone } = await engine.deregister(token(lease), members.service === true);
    return ["service.deregistered", { name, instance, serviceGone }];
  }
  throw badField("type", "The type must be service.register, service.renew or service.deregister");
}

function token(lease: unknown): string {
  if (typeof lease !== "string" || lease.length < 1 || lease.length > 256) {
    throw badField("data.lease", "data.lease must be the token of a lease");
  }
  return lease;
}

function readJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body));
  } catch (cause) {
    throw new BellhopError("argument-invalid", "The body is not JSON", { cause });
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
