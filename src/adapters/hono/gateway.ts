/**
 * The gateway's HTTP binding (spec HTTP): the routes of bus and registry, to be mounted in any Hono app under any path.
 *
 * A message comes in here, is read by `core/envelope`, and goes on to the engine.
 *
 * @module
 */
// As a namespace: `deno doc --lint` asks of a type imported by name that it be documented and exported here.
import * as hono from "hono";
import { basePath } from "hono/route";
import { BellhopError } from "../../core/error.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Engine } from "../../ports/engine.ts";
import type { Credentials, Principal } from "../../security/credentials.ts";
import { createLoopbackGuard, type EndpointGuard } from "../../security/endpoint_guard.ts";
import { afterBy } from "./_after.ts";
import { bodyReader } from "./_body.ts";
import {
  type Call,
  type Dial,
  EVERYBODY,
  type Gateway,
  type GatewayLimits,
  gatewayLimits,
  type Handler,
} from "./_gateway.ts";
import { health, manifest, trace } from "./_gateway_about.ts";
import { assertErrorsUrl, errors, ERRORS_PATH, errorsUrlOf } from "./_errors.ts";
import { asyncapi, openapi, openapiText } from "./_gateway_documents.ts";
import { answers, deliveries } from "./_gateway_deliveries.ts";
import { tickets } from "./_tickets.ts";
import { deadLetter, deadLetters, discard, redrive } from "./_gateway_dead_letters.ts";
import { cancel, messages, publish } from "./_gateway_messages.ts";
import { proxy } from "./_gateway_proxy.ts";
import { discover, registry, service, services } from "./_gateway_registry.ts";
import { assertLoopback } from "./_loopback.ts";
import { peerAddress } from "./_peer.ts";
import { problem } from "./_problem.ts";
import { requestFacts } from "./_request_facts.ts";
import { traceStreams } from "./_sse.ts";
import { underWay } from "./_under_way.ts";
import { outcomeWaits } from "./_waits.ts";

export type { Dial, GatewayLimits } from "./_gateway.ts";
export type { Credentials, Principal } from "../../security/credentials.ts";
export type { EndpointGuard, GuardLevel } from "../../security/endpoint_guard.ts";
export type { Grants } from "../../security/scope.ts";

/** What the gateway's routes need. */
export interface GatewayRoutesOptions {
  /** Who runs bus and registry; while it is being opened, requests wait. */
  readonly engine: Engine | Promise<Engine>;
  /** Serves this machine alone, and anyone on it. Either this or `credentials` must be given, never both. */
  readonly open?: boolean;
  /** Serves those who carry one of them, each as far as its scopes go. */
  readonly credentials?: Credentials;
  /** Judges the endpoints of proxied requests; its level is declared in the manifest. Default: loopback alone. */
  readonly guard?: EndpointGuard;
  /** Those that differ from the defaults. */
  readonly limits?: Partial<GatewayLimits>;
  /** `source` of the gateway's own messages; default `/bellhop`. */
  readonly source?: string;
  /** Name in the manifest; default `bellhop`. */
  readonly name?: string;
  /** Version in the manifest; default that of this library. */
  readonly version?: string;
  /**
   * The address a request came from, `undefined` if that is not known: then it is refused. By default it is read from
   * what the servers of Deno, Bun and Node pass on beside the request, Hono's `c.env`.
   */
  readonly peer?: (request: Request, env: unknown) => string | undefined;
  /** How proxied requests are sent; default the platform's. */
  readonly fetch?: Dial;
  /** By which bodies, proxied requests and the comments of streams have their time; default the platform's. */
  readonly clock?: Clock;
  /** Ends the trace streams and every wait when the gateway closes. */
  readonly signal?: AbortSignal;
  /**
   * URL of a page whose anchors are the codes, to which the `type` of each problem points: absolute, or a path from the
   * root. Default: the gateway's own, `errors` below its mount. Of use where a proxy serves the gateway at another path.
   */
  readonly errorsUrl?: string;
  /** Told of each fault of the gateway itself, of which the caller learns `internal` alone. */
  readonly onFault?: (fault: unknown) => void;
}

/** A Hono app to be mounted in another. */
export type HonoRoutes = hono.Hono;

type Methods = Readonly<Record<string, Handler>>;

// What a request waits for before its handler runs is decided by the path alone.
const ROUTES: Readonly<Record<string, Methods>> = {
  "/messages": { POST: publish, GET: messages, DELETE: cancel },
  "/registry": { POST: registry },
  "/discover": { POST: discover },
  "/deliveries": { GET: deliveries, POST: answers },
  "/services": { GET: services },
  "/services/:name": { GET: service },
  "/dead-letters": { GET: deadLetters },
  "/dead-letters/:id": { GET: deadLetter, DELETE: discard },
  "/dead-letters/:id/redrive": { POST: redrive },
  "/trace": { GET: trace },
  "/health": { GET: health },
  [ERRORS_PATH]: { GET: errors },
  "/openapi.json": { GET: openapi },
  "/asyncapi.json": { GET: asyncapi },
  "/": { GET: manifest },
};
/** They read the lease for themselves. */
const TAKES_LEASE: ReadonlySet<Handler> = new Set([publish, registry, deliveries, answers]);

/**
 * The routes of a gateway, as a Hono app to be mounted: `app.route("/bus", gatewayRoutes(…))`. What they refuse, they
 * refuse with a problem document (RFC 9457), also a path or a method that is not served; paths outside the mount are
 * not touched.
 *
 * @throws {BellhopError} `open-mode-required` without both `open` and `credentials`; `argument-invalid` with both, or for a
 * limit or an `errorsUrl` out of its range
 *
 * @example
 * ```ts
 * import { gatewayRoutes } from "@bellhop/bellhop/hono";
 * import { assertThrows } from "@std/assert";
 * // deno-lint-ignore no-explicit-any
 * assertThrows(() => gatewayRoutes({ engine: {} as any, open: false as any }), Error, "open");
 * ```
 */
export function gatewayRoutes(options: GatewayRoutesOptions): HonoRoutes {
  const { credentials } = options;
  assertMode(options.open, credentials);
  const limits = gatewayLimits(options.limits);
  const { signal, errorsUrl, clock } = options;
  const after = afterBy(clock);
  assertErrorsUrl(errorsUrl);
  const { name = "bellhop", version = "0.1.0" } = options;
  const gateway: Gateway = {
    limits,
    name,
    version,
    source: options.source ?? "/bellhop",
    fetch: options.fetch ?? ((url, init) => fetch(url, init)),
    guard: options.guard ?? createLoopbackGuard(),
    signal,
    nowMs: clock === undefined ? Date.now : () => clock.nowMs(),
    after,
    readBody: bodyReader(limits.bodyTimeoutMs, after),
    streams: traceStreams(limits, signal, after),
    waits: outcomeWaits(limits.maxWaits),
    calls: underWay(limits.maxCalls, "proxied calls"),
    discoveries: underWay(limits.maxDiscoveries, "discoveries"),
    pulls: underWay(limits.maxPulls, "requests for deliveries"),
    tickets: tickets(after),
    errorsUrl: errorsUrl === undefined ? errorsUrlOf : () => errorsUrl,
    openapi: openapiText(() => ({ name, version, secured: credentials !== undefined, routes: served })),
  };
  const peer = options.peer ?? peerAddress;
  let engine: Engine | undefined;
  const opening = Promise.resolve(options.engine);
  // Who opened the engine learns why it failed; here each request does.
  opening.then((opened) => engine = opened, () => {});

  function refuse(c: hono.Context, error: unknown): Response {
    if (!(error instanceof BellhopError)) options.onFault?.(error);
    return problem(error, gateway.errorsUrl(c));
  }

  /** One handler with all that goes before it, and no promise that it does not need itself. */
  function serve(handler: Handler): (c: hono.Context) => Response | Promise<Response> {
    return (c) => {
      try {
        const facts = requestFacts(c.req.raw.headers);
        if (credentials === undefined) assertLoopback(facts, peer(c.req.raw, c.env), c.req.raw.url);
        // Whoever reads it may have been refused, and there may be no engine.
        if (handler === errors) return errors();
        if (credentials !== undefined) {
          return admitted(c, facts, handler, credentials).catch((error) => refuse(c, error));
        }
        if (engine === undefined || (facts.lease !== undefined && !TAKES_LEASE.has(handler))) {
          return prepared(c, facts, handler, EVERYBODY).catch((error) => refuse(c, error));
        }
        const answer = handler({ c, facts, engine, gateway, principal: EVERYBODY });
        return answer instanceof Promise ? answer.catch((error) => refuse(c, error)) : answer;
      } catch (error) {
        return refuse(c, error);
      }
    };
  }

  /** Nothing else is done for who is not known, or looked at of what was sent. */
  async function admitted(
    c: hono.Context,
    facts: Call["facts"],
    handler: Handler,
    credentials: Credentials,
  ): Promise<Response> {
    if (isPublic(c.req, handler)) return await handler({ c, facts, engine: await opening, gateway, principal: NOBODY });
    return await prepared(c, facts, handler, await credentials.authenticate(facts.authorization));
  }

  async function prepared(
    c: hono.Context,
    facts: Call["facts"],
    handler: Handler,
    principal: Principal,
  ): Promise<Response> {
    const engine = await opening;
    // Any request renews the lease that it carries.
    if (facts.lease !== undefined && !TAKES_LEASE.has(handler)) await engine.renew(facts.lease);
    return await handler({ c, facts, engine, gateway, principal });
  }

  const app = new hono.Hono();
  for (const [path, methods] of Object.entries(ROUTES)) {
    for (const [method, handler] of Object.entries(methods)) app.on(method, path, serve(handler));
    app.all(path, serve(unsupported(methods)));
  }
  app.all("/services/:name/*", serve(proxy));
  app.all("*", serve(unknown));
  // What a user adds to the app later is none of the gateway's.
  const served = [...app.routes];
  return app;
}

function unsupported(methods: Methods): Handler {
  const allow = Object.keys(methods).flatMap((method) => method === "GET" ? ["GET", "HEAD"] : [method]).join(", ");
  return ({ c, gateway }) => {
    const refusal = new BellhopError("method-unsupported", `${c.req.method} is none of ${allow}`);
    return problem(refusal, gateway.errorsUrl(c), { allow });
  };
}

/** @throws {BellhopError} `open-mode-required` for neither, `argument-invalid` for both */
function assertMode(open: boolean | undefined, credentials: Credentials | undefined): void {
  if (open !== true && credentials === undefined) throw new BellhopError("open-mode-required");
  if (open === true && credentials !== undefined) {
    throw new BellhopError("argument-invalid", "open: a gateway with credentials is not open", { field: "open" });
  }
}

/** Who carries no credential, and may do nothing. */
const NOBODY: Principal = Object.freeze({
  name: "",
  grants: { admin: false, observe: false, critical: false, publish: [], register: [], call: [] },
  sources: [],
});

/** What is answered without a credential: manifest, health, and which methods a path takes. A proxied OPTIONS is a call. */
function isPublic(request: hono.HonoRequest, handler: Handler): boolean {
  const { method } = request;
  if (method === "OPTIONS") return handler !== proxy;
  const reads = method === "GET" || method === "HEAD";
  return reads && (handler === manifest || handler === health || (handler === unknown && isMount(request)));
}

/** The mount itself with a slash behind it is the mount too. */
function isMount({ path, routePath }: hono.HonoRequest): boolean {
  return path.endsWith("/") && path.split("/").length === routePath.split("/").length;
}

/** All that no route serves. */
function unknown(call: Call): Response {
  const { method } = call.c.req;
  if (isMount(call.c.req)) {
    return method === "GET" || method === "HEAD" ? manifest(call) : unsupported(ROUTES["/"])(call) as Response;
  }
  const { path } = call.c.req;
  const mount = basePath(call.c);
  throw new BellhopError(
    "route-unknown",
    `Nothing is served at ${path.slice(0, 256)}: the gateway is mounted at ${mount.slice(0, 256)}`,
  );
}
