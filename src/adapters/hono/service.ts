/**
 * A service as HTTP routes: deliveries in, verdicts out; beside its manifest, its health and the webhook handshake.
 *
 * @module
 */
import { type Context, Hono, type HonoRequest } from "hono";
import { fromHttp } from "../../core/envelope/http.ts";
import { DEFAULT_ENVELOPE_LIMITS, type EnvelopeLimits } from "../../core/envelope/limits.ts";
import { BellhopError } from "../../core/error.ts";
import { DEADLINE_HEADER, parseDeadline } from "../../core/retry/deadline.ts";
import type { Clock } from "../../ports/clock.ts";
import type { ServiceDefinition } from "../../service/definition.ts";
import { createReceiver, type ReceiverOptions } from "../../service/receiver.ts";
import { bodyReader } from "./_body.ts";
import { refusalResponse, rulingResponse } from "./service_answer.ts";
import { healthResponse } from "./service_health.ts";
import { until } from "./service_time.ts";

export type { Hono } from "hono";
export type { EnvelopeLimits } from "../../core/envelope/limits.ts";
export type { Clock } from "../../ports/clock.ts";
export type {
  EventDefinition,
  Handler,
  HandlerContext,
  HandlerResult,
  HealthReport,
  Manifest,
  ReceiverOptions,
  ServiceDefinition,
  ServiceOptions,
  Subscription,
} from "../../service/mod.ts";

/** What service routes need. */
export interface ServiceRoutesOptions extends ReceiverOptions {
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
 * the app, and so are signatures and other middleware.
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
export function serviceRoutes(definition: ServiceDefinition, options: ServiceRoutesOptions): Hono {
  const { clock, limits = DEFAULT_ENVELOPE_LIMITS, origins, bodyTimeoutMs = 30_000 } = options;
  const readBody = bodyReader(bodyTimeoutMs);
  const receiver = createReceiver(definition, options);

  async function deliver(request: HonoRequest): Promise<Response> {
    const { headers } = request.raw;
    const deadlineMs = parseDeadline(headers.get(DEADLINE_HEADER), clock.nowMs()) ?? Infinity;
    if (!isStructured(headers)) throw new BellhopError("content-type-unsupported");
    const body = await readBody(request, limits.maxBytes, headers.get("content-length") ?? undefined);
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
function answered(handle: (request: HonoRequest) => Promise<Response>): (c: Context) => Promise<Response> {
  return (c) => handle(c.req).catch(refusalResponse);
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
