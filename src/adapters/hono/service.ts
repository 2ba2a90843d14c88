/**
 * A service as HTTP routes: deliveries in, verdicts out; beside its manifest, its health and the webhook handshake.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import { fromHttp } from "../../core/envelope/http.ts";
import { DEFAULT_ENVELOPE_LIMITS, type EnvelopeLimits } from "../../core/envelope/limits.ts";
import { BellhopError, type ErrorCode } from "../../core/error.ts";
import { DEADLINE_HEADER, parseDeadline } from "../../core/retry/deadline.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Delivery } from "../../service/context.ts";
import type { ServiceDefinition } from "../../service/definition.ts";
import { createReceiver, type ReceiverOptions } from "../../service/receiver.ts";
import { consentHeaders } from "../../security/handshake.ts";
import { bodyReader } from "./_body.ts";
import { executionContext } from "./execution_context.ts";
import { refusalResponse, rulingResponse } from "./service_answer.ts";
import { healthResponse } from "./service_health.ts";
import { consoleLog } from "./service_log.ts";
import { senderCheck, type SenderOptions } from "./service_sender.ts";
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
export type { SigningSecret } from "../../security/keyring.ts";
export type { Secret } from "../../security/redact.ts";
export { consoleLog } from "./service_log.ts";
export type { SenderOptions } from "./service_sender.ts";

/** What service routes need. */
export interface ServiceRoutesOptions extends Omit<ReceiverOptions, "nowMs">, SenderOptions {
  /** Says when the time of an attempt is up. */
  readonly clock: Clock;
  /** How large a delivery may be; default 512 KiB, to which 256 KiB published as bytes may grow in structured mode. */
  readonly limits?: EnvelopeLimits;
  /** Origins of gateways to which the handshake consents; default all. At most 64. */
  readonly origins?: readonly string[];
  /** Deliveries a minute that the handshake grants, 1 to 999,999,999; default any number. */
  readonly ratePerMinute?: number;
  /** Milliseconds in which the body of a delivery must arrive; default 30,000. */
  readonly bodyTimeoutMs?: number;
}

/**
 * The same, for a platform that gives its bindings with each request: `(env) => ({ clock, signingSecret: env.SECRET })`.
 * Asked by the first request that needs it; if that fails, by the next.
 */
export type ServiceRoutesFactory<Env = unknown> = (env: Env, context: unknown) => ServiceRoutesOptions;

const ALLOW = "GET, HEAD, OPTIONS, POST";
const READ = "GET, HEAD";
/** What stays as it is until somebody changes the app or its settings; the gateway sees a status alone. */
const MENDABLE: readonly ErrorCode[] = [
  "body-used",
  "secret-missing",
  "signature-missing",
  "signature-invalid",
  "signature-stale",
];
/** ENV-049: what a gateway took in binary mode comes longer by base64. */
const DELIVERY_LIMITS: EnvelopeLimits = Object.freeze({
  ...DEFAULT_ENVELOPE_LIMITS,
  maxBytes: 2 * DEFAULT_ENVELOPE_LIMITS.maxBytes,
});
const MAX_ORIGINS = 64;
const HEALTH_TIMEOUT_MS = 5_000;

/**
 * The routes of a service, to be mounted anywhere: the mount is the service's endpoint. Other paths below it are left to
 * the app, and so is other middleware. One that reads the body must do so by `c.req.json()`, `c.req.text()` or
 * `c.req.arrayBuffer()`, which Hono keeps, or from `c.req.raw.clone()`; what has taken it otherwise makes every delivery
 * a `body-used`. `hono/cors` answers every OPTIONS by itself: add it after the mount, or the handshake gets no consent.
 *
 * A delivery must be signed with `signingSecret`; while there is none, it must come from this machine.
 *
 * Handlers find Hono's `c.env` in `ctx.env`, and what they log goes to the console unless `log` takes it.
 *
 * @param given the options, or what makes them of what the platform binds
 * @throws {BellhopError} `argument-invalid` if a bound, `origins` or `ratePerMinute` is out of range, a secret is none, or one is given beside `open`;
 * with a factory each request is refused with 500 instead, and `onError` told once
 *
 * @example
 * ```ts
 * import { serviceRoutes } from "@bellhop/bellhop/hono";
 * import { service } from "@bellhop/bellhop/service";
 * import { manualClock } from "@bellhop/bellhop/testing";
 * import { Hono } from "hono";
 * import { assertEquals } from "@std/assert";
 * const users = service({ name: "users", version: "1.0.0" }).on("user.*", () => {});
 * const app = new Hono().route("/bellhop", serviceRoutes(users, { clock: manualClock(), open: true }));
 * const delivery = await app.request("/bellhop", {
 *   method: "POST",
 *   headers: { "content-type": "application/cloudevents+json" },
 *   body: '{"specversion":"1.0","id":"1","source":"/a","type":"user.created"}',
 * });
 * assertEquals(delivery.status, 204);
 * ```
 *
 * @example On a platform whose bindings come with the request
 * ```ts
 * import { serviceRoutes } from "@bellhop/bellhop/hono";
 * import { service } from "@bellhop/bellhop/service";
 * import { newSigningSecret } from "@bellhop/bellhop/security";
 * import { manualClock } from "@bellhop/bellhop/testing";
 * import { Hono } from "hono";
 * import { assertEquals } from "@std/assert";
 * interface Env { readonly SECRET: string }
 * const users = service<Env>({ name: "users", version: "1.0.0" }).on("user.*", () => {});
 * const routes = serviceRoutes(users, ({ SECRET }) => ({ clock: manualClock(), signingSecret: SECRET }));
 * const app = new Hono().route("/bellhop", routes);
 * const health = await app.request("/bellhop/health", {}, { SECRET: newSigningSecret() });
 * assertEquals(health.status, 200);
 * ```
 */
export function serviceRoutes<Env>(
  definition: ServiceDefinition<Env>,
  given: ServiceRoutesOptions | ServiceRoutesFactory<Env>,
): Hono {
  const { onError } = definition.settings;
  let kept = typeof given === "function" ? undefined : answersOf(definition, given);
  let told = false;

  /** Made once, for it remembers what has been acked. */
  function answers(c: Context): Answers {
    if (kept !== undefined) return kept;
    try {
      return kept = answersOf(definition, (given as ServiceRoutesFactory<Env>)(c.env, executionContext(c)));
    } catch (cause) {
      if (!told) onError?.(cause);
      told = true;
      // Of a fault of the app a 4xx would make a dead letter.
      throw new BellhopError("internal", cause instanceof BellhopError ? cause.message : undefined, { cause });
    }
  }

  return new Hono()
    .post("/", answered((c) => answers(c).deliver(c), onError))
    .get("/", () => Response.json(definition.manifest()))
    .options("/", answered((c) => answers(c).handshake(c.req.raw), onError))
    .all("/", () => notAllowed(ALLOW))
    .get("/health", answered((c) => answers(c).health(), onError))
    .all("/health", () => notAllowed(READ));
}

/** What is said to the requests of a gateway. */
interface Answers {
  deliver(c: Context): Promise<Response>;
  handshake(request: Request): Response;
  health(): Promise<Response>;
}

function answersOf<Env>(definition: ServiceDefinition<Env>, options: ServiceRoutesOptions): Answers {
  const { clock, limits = DELIVERY_LIMITS, origins, ratePerMinute, bodyTimeoutMs = 30_000 } = options;
  const readBody = bodyReader(bodyTimeoutMs);
  assertOrigins(origins);
  // The handshake would find out: it grants what cannot be told to nobody.
  consentHeaders(new Headers(), origins, ratePerMinute);
  const sender = senderCheck(options, clock);
  const receiver = createReceiver(definition, { log: consoleLog, ...options, nowMs: () => clock.nowMs() });

  async function deliver(c: Context): Promise<Response> {
    const { headers } = c.req.raw;
    const deadlineMs = parseDeadline(headers.get(DEADLINE_HEADER), clock.nowMs()) ?? Infinity;
    sender.admit(c);
    if (!isStructured(headers)) throw new BellhopError("content-type-unsupported");
    const body = await readBody(c.req, limits.maxBytes, headers.get("content-length") ?? undefined);
    const signedId = await sender.verify(headers, body);
    const content = fromHttp(headers, body, limits);
    if (content.mode !== "structured") throw new BellhopError("content-type-unsupported");
    const time = until(clock, deadlineMs);
    try {
      return rulingResponse(
        await receiver.receive(content.envelope, {
          signal: time.signal,
          attempt: wholeOf(headers.get("bellhop-attempt")),
          deliveryId: signedId ?? headers.get("bellhop-delivery") ?? "",
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
    const consent = consentHeaders(request.headers, origins, ratePerMinute);
    return new Response(null, { status: 204, headers: { allow: ALLOW, ...consent } });
  }

  return { deliver, handshake, health: () => healthResponse(definition, clock, HEALTH_TIMEOUT_MS) };
}

function assertOrigins(origins: unknown): void {
  if (origins === undefined) return;
  if (Array.isArray(origins) && origins.length <= MAX_ORIGINS && origins.every((one) => typeof one === "string")) {
    return;
  }
  throw new BellhopError("argument-invalid", `origins: wanted at most ${MAX_ORIGINS} names`, { field: "origins" });
}

/** Every fault becomes a problem document; what the operator has to mend is told here too, once each. */
function answered(
  handle: (c: Context) => Response | Promise<Response>,
  tell: (error: unknown) => void = () => {},
): (c: Context) => Promise<Response> {
  const untold = new Set<unknown>(MENDABLE);
  return async (c) => {
    try {
      return await handle(c);
    } catch (error) {
      if (untold.delete((error as { code?: unknown } | null)?.code)) tell(error);
      return refusalResponse(error);
    }
  };
}

/** What the platform has for work that outlives the answer. */
function lasting(c: Context): Pick<Delivery, "waitUntil"> {
  const context = executionContext(c);
  return context === undefined ? {} : { waitUntil: (work) => context.waitUntil(work) };
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
