/**
 * Direct calls through the gateway: one request to one instance, streamed both ways, never retried.
 *
 * @module
 */
import { BellhopError } from "../../core/error.ts";
import { DEADLINE_HEADER, formatDeadline, parseDeadline } from "../../core/retry/deadline.ts";
import type { Route } from "../../ports/engine.ts";
import { assertMayCall } from "../../security/permission.ts";
import { type Call, EVERYBODY } from "./_gateway.ts";
import { badField } from "./_query.ts";

// RFC 9110, section 7.6.1, and what its predecessors named.
const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];
// RFC 9110, section 7.6.3: the protocol that the request came by, and a name in place of the host.
const VIA = "1.1 bellhop";
const BODILESS = new Set([101, 204, 205, 304]);
const FORBIDDEN = new Set(["CONNECT", "TRACE", "TRACK"]);

/** Any method of `/services/{name}/…` */
export async function proxy(call: Call): Promise<Response> {
  const { c, engine, gateway, principal } = call;
  const { raw, method } = c.req;
  const name = c.req.param("name") ?? "";
  assertMayCall(principal, name);
  if (FORBIDDEN.has(method)) throw new BellhopError("method-unsupported", `${method} is not passed on`);
  const path = pathAfterName(raw.url, c.req.routePath);
  const startMs = gateway.nowMs();
  const ownMs = parseDeadline(raw.headers.get(DEADLINE_HEADER), startMs);
  const latestMs = startMs + gateway.limits.callTimeoutMs;
  const own = ownMs !== undefined && ownMs <= latestMs;
  const deadlineMs = own ? ownMs : latestMs;
  if (deadlineMs <= startMs) throw new BellhopError("deadline-exceeded");

  const leaveCalls = gateway.calls.enter();
  const route = await counted(engine.route(name), leaveCalls);
  const caller = new AbortController();
  const leave = () => caller.abort();
  raw.signal.addEventListener("abort", leave, { once: true });
  let late = false;
  const stop = gateway.after(deadlineMs - gateway.nowMs(), () => {
    late = true;
    leave();
  });
  try {
    const headers = passedOn(raw.headers);
    headers.delete("host");
    headers.delete("bellhop-lease");
    if (principal !== EVERYBODY) {
      // What let the request in here would be the caller's credential in the hands of the service.
      headers.delete("authorization");
      // To who serves its own machine alone the request seems to come from there: it must say that it does not.
      headers.append("via", VIA);
    }
    // fetch decodes what comes encoded, so that nothing should: the body is to pass unchanged.
    headers.set("accept-encoding", "identity");
    headers.set(DEADLINE_HEADER, formatDeadline(deadlineMs, gateway.nowMs()) ?? "0");
    const body = method === "GET" || method === "HEAD" ? null : raw.body;
    // Of a body that does not go along it would not be true.
    headers.delete("content-length");
    const request: RequestInit & { duplex?: "half" } = {
      method,
      headers,
      body,
      redirect: "manual",
      signal: caller.signal,
    };
    if (body !== null) request.duplex = "half";
    const { fetch, guard } = gateway;
    const url = new URL(route.endpoint).origin + path;
    const response = await fetch(url, request, await guard.admit(route.endpoint));
    stop();
    return answer(response, route, () => raw.signal.removeEventListener("abort", leave));
  } catch (error) {
    stop();
    // A caller that has gone is no fault of the instance.
    route.done(raw.signal.aborted && !late, false);
    if (late) throw new BellhopError(own ? "deadline-exceeded" : "timeout");
    throw new BellhopError("unreachable", `${route.service} could not be reached`, { cause: error });
  }
}

/** The call is over with its route, or without one. */
async function counted(routing: Promise<Route>, leave: () => void): Promise<Route> {
  try {
    const route = await routing;
    return {
      ...route,
      done(ok, answered) {
        leave();
        route.done(ok, answered);
      },
    };
  } catch (error) {
    leave();
    throw error;
  }
}

function answer(response: Response, route: Route, ended: () => void): Response {
  const headers = passedOn(response.headers);
  // Where a service encodes all the same, fetch has decoded: the length and the encoding are no longer true.
  if (headers.has("content-encoding")) {
    headers.delete("content-encoding");
    headers.delete("content-length");
  }
  const { status } = response;
  const did = status < 500;
  const { body } = response;
  if (body === null || BODILESS.has(status)) {
    ended();
    route.done(did, true);
    body?.cancel().catch(() => {});
    return new Response(null, { status, headers });
  }
  return new Response(
    watched(body, (whole) => {
      ended();
      route.done(did && whole, true);
    }),
    { status, headers },
  );
}

/** The same bytes, and a word when they end: the instance is busy until then. */
function watched(body: ReadableStream<Uint8Array>, end: (whole: boolean) => void): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (!done) return controller.enqueue(value);
        end(true);
        controller.close();
      } catch (error) {
        end(false);
        controller.error(error);
      }
    },
    cancel(reason) {
      end(true);
      return reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
}

/** The end-to-end headers: without those of one hop, and those that `connection` names. */
function passedOn(headers: Headers): Headers {
  const kept = new Headers(headers);
  for (const name of headers.get("connection")?.split(",") ?? []) {
    const token = name.trim();
    if (/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(token)) kept.delete(token);
  }
  for (const name of HOP_BY_HOP) kept.delete(name);
  return kept;
}

/**
 * Path and query after the service's name, as they came.
 *
 * @throws {BellhopError} `argument-invalid` for a dot segment, encoded or not
 */
function pathAfterName(url: string, pattern: string): string {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  let from = start;
  for (let left = pattern.split("/").length - 2; left > 0; left--) from = url.indexOf("/", from + 1);
  const rest = url.slice(from);
  const path = rest.split(/[?#]/, 1)[0];
  const plain = path.replace(/%2e/gi, ".").replace(/%2f|%5c|\\/gi, "/");
  if (plain.split("/").some((segment) => segment === "." || segment === "..")) {
    throw badField("path", "The path may not hold a dot segment");
  }
  return rest;
}
