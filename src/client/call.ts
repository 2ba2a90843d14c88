/**
 * Calling a service: a request and its response, past the bus.
 *
 * @module
 */
import { BellhopError } from "../core/error.ts";
import type { Priority } from "../core/priority/table.ts";
import { DEADLINE_HEADER, formatDeadline } from "../core/retry/deadline.ts";
import { PRIORITY_POLICIES } from "../core/retry/policy.ts";
import { busyResponse } from "../retry/busy_response.ts";
import { retry } from "../retry/retry.ts";
import { StopRetry } from "../retry/stop_retry.ts";
import type { CallOptions, CallRequest } from "../service/outgoing.ts";
import { type Gateway, readText, unreached } from "./_gateway.ts";
import { inRange } from "./_in_range.ts";
import { late } from "./_late.ts";
import { problemError, readObject } from "./_problem.ts";
import type { Chosen, Resolution } from "./_resolution.ts";
import { timeLimit } from "./_time_limit.ts";

const IDEMPOTENT: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);
const MOST_PROBLEM_BYTES = 65_536;

/** Calls; see `Client.call`. */
export async function call(
  gateway: Gateway,
  resolution: Resolution,
  name: string,
  request: CallRequest,
  options: CallOptions,
): Promise<Response> {
  const { deadlineMs = 15_000, priority = "NORMAL", direct = true, body, signal } = options;
  const { clock } = gateway;
  inRange("deadlineMs", deadlineMs, 1, 3_600_000);
  const [, method, path] = /^([A-Z]+) (\/\S*)$/.exec(request) ??
    refuse("request", 'wanted a method and a path: "GET /"');
  if (priority as Priority === "CRITICAL" || !Object.hasOwn(PRIORITY_POLICIES, priority)) {
    refuse("priority", "wanted LOW, NORMAL or HIGH: nothing stores a call");
  }
  const headers = new Headers(options.headers);
  const streamed = body instanceof ReadableStream;
  const repeatable = !streamed && (IDEMPOTENT.has(method) || headers.has("idempotency-key"));
  const untilMs = clock.nowMs() + deadlineMs;
  const tried = new Set<string>();
  let last: unknown;

  async function attempt(limited: AbortSignal): Promise<Response> {
    const chosen = direct ? await resolution.choose(name, tried, limited) : undefined;
    headers.set(DEADLINE_HEADER, formatDeadline(untilMs, clock.nowMs())!);
    const base = chosen?.origin ?? `${gateway.url}/services/${encodeURIComponent(name)}`;
    try {
      // The credential is the gateway's, and nobody else's.
      const own = chosen === undefined ? await gateway.credential(limited) : {};
      Object.entries(own).forEach(([name, value]) => headers.set(name, value));
      const init = {
        method,
        headers,
        signal: limited,
        redirect: "manual" as const,
        ...(body === undefined ? {} : { body }),
      };
      const response = await gateway.fetch(base + path, streamed ? { ...init, duplex: "half" } as RequestInit : init);
      if (chosen === undefined) return await withoutProblem(response, clock.nowMs());
      if (response.status >= 500) avoid(chosen);
      return response;
    } catch (error) {
      if (chosen !== undefined) avoid(chosen);
      if (limited.aborted || error instanceof BellhopError) throw error;
      throw unreached(`${name} at ${new URL(base, "http://gateway").origin}`, error);
    } finally {
      chosen?.done();
    }
  }

  function avoid({ instance }: Chosen): void {
    tried.add(instance);
    resolution.forget(name);
  }

  const slow = () => late(`no answer within ${deadlineMs} ms`, last);
  const limit = timeLimit(clock, deadlineMs, slow, gateway.closed, signal);
  try {
    return await retry(
      () =>
        attempt(limit.signal).catch((error) => {
          last = error;
          throw error instanceof BellhopError && error.retry ? error : new StopRetry(error);
        }),
      {
        retries: repeatable ? PRIORITY_POLICIES[priority].retries : 0,
        firstRetry: "immediate",
        maxElapsedMs: deadlineMs,
      },
      {
        signal: limit.signal,
        clock,
        random: gateway.random,
        retryOn: (response, number) => busyResponse(response, number, clock.nowMs()),
        onRetry: ({ result }) => void result?.body?.cancel(),
      },
    );
  } finally {
    limit.end();
  }
}

/** What the gateway itself says is thrown; what the service says is given. */
async function withoutProblem(response: Response, nowMs: number): Promise<Response> {
  const type = response.headers.get("content-type") ?? "";
  if (response.status < 400 || !type.startsWith("application/problem+json")) return response;
  const text = await readText(response, MOST_PROBLEM_BYTES);
  if (isOurs(readObject(text))) throw problemError(response, text, nowMs);
  return new Response(text, response);
}

/** What every problem of a gateway has, and hardly any other: a code that its type ends in, and advice on retries. */
function isOurs({ type, code, retry }: Record<string, unknown>): boolean {
  return typeof code === "string" && code !== "" && String(type).endsWith(code) && typeof retry === "boolean";
}

function refuse(field: string, wanted: string): never {
  throw new BellhopError("argument-invalid", `${field}: ${wanted}`, { field });
}
