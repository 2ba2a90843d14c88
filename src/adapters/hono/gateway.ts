/**
 * The gateway's HTTP binding (spec HTTP): the routes of bus and registry, to be mounted in any Hono app under any path.
 *
 * A message comes in here, is read by `core/envelope`, and goes on to the engine.
 *
 * @module
 */
// As a namespace: `deno doc --lint` asks of a type imported by name that it be documented and exported here.
import * as hono from "hono";
import { BellhopError } from "../../core/error.ts";
import type { Engine } from "../../ports/engine.ts";
import { bodyReader } from "./_body.ts";
import { type Call, type Gateway, type GatewayLimits, gatewayLimits, type Handler } from "./_gateway.ts";
import { health, manifest, trace } from "./_gateway_about.ts";
import { deadLetter, deadLetters, discard, redrive } from "./_gateway_dead_letters.ts";
import { cancel, messages, publish } from "./_gateway_messages.ts";
import { proxy } from "./_gateway_proxy.ts";
import { discover, registry, service, services } from "./_gateway_registry.ts";
import { assertLoopback } from "./_loopback.ts";
import { peerAddress } from "./_peer.ts";
import { problem } from "./_problem.ts";
import { requestFacts } from "./_request_facts.ts";
import { traceStreams } from "./_sse.ts";

export type { GatewayLimits } from "./_gateway.ts";

/** What the gateway's routes need. */
export interface GatewayRoutesOptions {
  /** Who runs bus and registry; while it is being opened, requests wait. */
  readonly engine: Engine | Promise<Engine>;
  /** Serves this machine alone, and anyone on it. In this version there is no other mode. */
  readonly open: true;
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
  readonly fetch?: typeof fetch;
  /** Ends the trace streams and every wait when the gateway closes. */
  readonly signal?: AbortSignal;
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
  "/services": { GET: services },
  "/services/:name": { GET: service },
  "/dead-letters": { GET: deadLetters },
  "/dead-letters/:id": { GET: deadLetter, DELETE: discard },
  "/dead-letters/:id/redrive": { POST: redrive },
  "/trace": { GET: trace },
  "/health": { GET: health },
  "/": { GET: manifest },
};
/** They read the lease for themselves. */
const TAKES_LEASE: ReadonlySet<Handler> = new Set([publish, registry]);

/**
 * The routes of a gateway, as a Hono app to be mounted: `app.route("/bus", gatewayRoutes(…))`. What they refuse, they
 * refuse with a problem document (RFC 9457), also a path or a method that is not served; paths outside the mount are
 * not touched.
 *
 * @throws {BellhopError} `open-mode-required` unless `open` is `true`; `argument-invalid` for a limit out of its range
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
  if (options.open !== true) {
    throw new BellhopError("open-mode-required", "Pass open: true: this version serves its own machine alone");
  }
  const limits = gatewayLimits(options.limits);
  const { signal } = options;
  const gateway: Gateway = {
    limits,
    name: options.name ?? "bellhop",
    version: options.version ?? "0.1.0",
    source: options.source ?? "/bellhop",
    fetch: options.fetch ?? fetch,
    signal,
    readBody: bodyReader(limits.bodyTimeoutMs),
    streams: traceStreams(limits, signal),
  };
  const peer = options.peer ?? peerAddress;
  let engine: Engine | undefined;
  const opening = Promise.resolve(options.engine);
  // Who opened the engine learns why it failed; here each request does.
  opening.then((opened) => engine = opened, () => {});

  function refuse(error: unknown): Response {
    if (!(error instanceof BellhopError)) options.onFault?.(error);
    return problem(error);
  }

  /** One handler with all that goes before it, and no promise that it does not need itself. */
  function serve(handler: Handler): (c: hono.Context) => Response | Promise<Response> {
    return (c) => {
      try {
        const facts = requestFacts(c.req.raw.headers);
        assertLoopback(facts, peer(c.req.raw, c.env), c.req.raw.url);
        if (engine === undefined || (facts.lease !== undefined && !TAKES_LEASE.has(handler))) {
          return prepared(c, facts, handler).catch(refuse);
        }
        const answer = handler({ c, facts, engine, gateway });
        return answer instanceof Promise ? answer.catch(refuse) : answer;
      } catch (error) {
        return refuse(error);
      }
    };
  }

  async function prepared(c: hono.Context, facts: Call["facts"], handler: Handler): Promise<Response> {
    const engine = await opening;
    // Any request renews the lease that it carries.
    if (facts.lease !== undefined && !TAKES_LEASE.has(handler)) await engine.renew(facts.lease);
    return await handler({ c, facts, engine, gateway });
  }

  const app = new hono.Hono();
  for (const [path, methods] of Object.entries(ROUTES)) {
    for (const [method, handler] of Object.entries(methods)) app.on(method, path, serve(handler));
    app.all(path, serve(unsupported(methods)));
  }
  app.all("/services/:name/*", serve(proxy));
  app.all("*", serve(unknown));
  return app;
}

function unsupported(methods: Methods): Handler {
  const allow = Object.keys(methods).flatMap((method) => method === "GET" ? ["GET", "HEAD"] : [method]).join(", ");
  return ({ c }) => problem(new BellhopError("method-unsupported", `${c.req.method} is none of ${allow}`), { allow });
}

/** All but the mount itself with a slash behind it, which is the mount too. */
function unknown(call: Call): Response {
  const { path, routePath, method } = call.c.req;
  if (path.endsWith("/") && path.split("/").length === routePath.split("/").length) {
    return method === "GET" || method === "HEAD" ? manifest(call) : unsupported(ROUTES["/"])(call) as Response;
  }
  throw new BellhopError("route-unknown");
}
