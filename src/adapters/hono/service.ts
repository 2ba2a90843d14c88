/**
 * A service as HTTP routes: deliveries in, verdicts out; beside its manifest, its health and the webhook handshake.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import { fromHttp } from "../../core/envelope/http.ts";
import { DEFAULT_ENVELOPE_LIMITS, type EnvelopeLimits } from "../../core/envelope/limits.ts";
import { BellhopError } from "../../core/error.ts";
import { DEADLINE_HEADER, parseDeadline } from "../../core/retry/deadline.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Delivery } from "../../service/context.ts";
import type { ServiceDefinition } from "../../service/definition.ts";
import { createReceiver, type ReceiverOptions } from "../../service/receiver.ts";
import { bodyReader } from "./_body.ts";
import { refusalResponse, rulingResponse } from "./service_answer.ts";
import { healthResponse } from "./service_health.ts";
import { consoleLog } from "./service_log.ts";
import { until } from "./service_time.ts";

export type { Hono } from "hono";
export type { EnvelopeLimits } from "../../core/envelope/limits.ts";
export type { Clock } from "../../ports/clock.ts";
export type {
  CallOptions,
  CallRequest,
  EventDefinition,
  Handler,
  HandlerContext,
  HandlerResult,
  HealthReport,
  Log,
  LogLevel,
  LogRecord,
  LogSink,
  LogWriter,
  Manifest,
  Outlet,
  PublishOptions,
  Receipt,
  ReceiverOptions,
  Sent,
  ServiceDefinition,
  ServiceOptions,
  ServiceRuntime,
  Subscription,
} from "../../service/mod.ts";
export { consoleLog } from "./service_log.ts";

/** What service routes need. */
export interface ServiceRoutesOptions extends Omit<ReceiverOptions, "nowMs"> {
  /** Says when the time of an attempt is up. */
  readonly clock: Clock;
  /** How large an envelope may be; default 256 KiB. */
  readonly limits?: EnvelopeLimits;
  /** Origins of gateways to which the handshake consents; default all. At most 64. */
  readonly origins?: readonly string[];
  /** Milliseconds in which the body of a delivery must arrive; default 30,000. */
  readonly bodyTimeoutMs?: number;
}

const ALLOW = "GET, HEAD, OPTIONS, POST";
const READ = "GET, HEAD";
const HEALTH_TIMEOUT_MS = 5_000;

/**
 * The routes of a service, to be mounted anywhere: the mount is the service's endpoint. Other paths below it are left to
 * the app, and so is other middleware. One that reads the body must do so by `c.req.json()`, `c.req.text()` or
 * `c.req.arrayBuffer()`, which Hono keeps, or from `c.req.raw.clone()`; what has taken it otherwise makes every delivery
 * a `body-used`. `hono/cors` answers every OPTIONS by itself: add it after the mount, or the handshake gets no consent.
 *
 * Handlers find Hono's `c.env` in `ctx.env`, and what they log goes to the console unless `log` takes it.
 *
 * @throws {BellhopError} `argument-invalid` if a bound is out of range
 *
 * @example
 * ```ts
 * import { serviceRoutes } from "@bellhop/bellhop/hono";
 * import { service } from "@bellhop/bellhop/service";
 * import { manualClock } from "@bellhop/bellhop/testing";
 * import { Hono } from "hono";
 * import { assertEquals } from "@std/assert";
 * const users = service({ name: "users", version: "1.0.0" }).on("user.*", () => {});
 * const app = new Hono().route("/bellhop", serviceRoutes(users, { clock: manualClock() }));
 * const delivery = await app.request("/bellhop", {
 *   method: "POST",
 *   headers: { "content-type": "application/cloudevents+json" },
 *   body: '{"specversion":"1.0","id":"1","source":"/a","type":"user.created"}',
 * });
 * assertEquals(delivery.status, 204);
 * ```
 */
export function serviceRoutes<Env>(definition: ServiceDefinition<Env>, options: ServiceRoutesOptions): Hono {
  const { clock, limits = DEFAULT_ENVELOPE_LIMITS, origins, bodyTimeoutMs = 30_000 } = options;
  const readBody = bodyReader(bodyTimeoutMs);
  const receiver = createReceiver(definition, { log: consoleLog, ...options, nowMs: () => clock.nowMs() });

  async function deliver(c: Context): Promise<Response> {
    const { headers } = c.req.raw;
    const deadlineMs = parseDeadline(headers.get(DEADLINE_HEADER), clock.nowMs()) ?? Infinity;
    if (!isStructured(headers)) throw new BellhopError("content-type-unsupported");
    const body = await readBody(c.req, limits.maxBytes, headers.get("content-length") ?? undefined);
    const content = fromHttp(headers, body, limits);
    if (content.mode !== "structured") throw new BellhopError("content-type-unsupported");
    const time = until(clock, deadlineMs);
    try {
      return rulingResponse(
        await receiver.receive(content.envelope, {
          signal: time.signal,
          attempt: wholeOf(headers.get("bellhop-attempt")),
          deliveryId: headers.get("bellhop-delivery") ?? "",
          deadlineMs,
          env: c.env,
          ...lasting(c),
        }),
      );
    } finally {
      time.end();
    }
  }

  function handshake(request: Request): Response {
    const asked = request.headers.get("webhook-request-origin");
    // The text of the request is compared, never sent back.
    const consent = origins === undefined ? "*" : origins.find((origin) => origin === asked);
    const headers = new Headers({ allow: ALLOW });
    if (asked !== null && consent !== undefined) {
      headers.set("webhook-allowed-origin", consent);
      if (request.headers.has("webhook-request-rate")) headers.set("webhook-allowed-rate", "*");
    }
    return new Response(null, { status: 204, headers });
  }

  return new Hono()
    .post("/", answered(deliver))
    .get("/", () => Response.json(definition.manifest()))
    .options("/", (c) => handshake(c.req.raw))
    .all("/", () => notAllowed(ALLOW))
    .get("/health", () => healthResponse(definition, clock, HEALTH_TIMEOUT_MS))
    .all("/health", () => notAllowed(READ));
}

/** Every fault becomes a problem document. */
function answered(handle: (c: Context) => Promise<Response>): (c: Context) => Promise<Response> {
  return (c) => handle(c).catch(refusalResponse);
}

/** What the platform has for work that outlives the answer. */
function lasting(c: Context): Pick<Delivery, "waitUntil"> {
  try {
    const { executionCtx } = c;
    return { waitUntil: (work) => executionCtx.waitUntil(work) };
  } catch {
    // Hono throws where the platform has none.
    return {};
  }
}

function notAllowed(allow: string): Response {
  return refusalResponse(new BellhopError("method-unsupported", `wanted ${allow}`), { allow });
}

/** Known before the body is read, so that a stranger's is not read at all. */
function isStructured(headers: Headers): boolean {
  const type = headers.get("content-type")?.toLowerCase() ?? "";
  return type.startsWith("application/cloudevents+json");
}

function wholeOf(value: string | null): number {
  return value !== null && /^[1-9]\d{0,8}$/.test(value) ? Number(value) : 1;
}
