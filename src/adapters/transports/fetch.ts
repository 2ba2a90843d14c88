/**
 * One hop out by `fetch`: a delivery comes from the engine, and what the receiver answered returns to it as an outcome.
 *
 * @module
 */
import { type Envelope, toStructured } from "../../core/envelope/mod.ts";
import { BellhopError } from "../../core/error.ts";
import { DEADLINE_HEADER } from "../../core/retry/deadline.ts";
import { parseRetryAfter } from "../../core/retry/retry_after.ts";
import { VERDICT_HEADER, verdictOf } from "../../core/retry/verdict.ts";
import type { Answer, Delivery, ProbeStatus, Transport } from "../../ports/transport.ts";
import { assertLoopbackEndpoint } from "./_loopback_endpoint.ts";
import { readPrefix } from "./_read_prefix.ts";

/** How the transport is made. */
export interface FetchTransportOptions {
  /** Bytes that are read of an answer; what comes after them is cut off. Default 65,536. */
  readonly maxResponseBytes?: number;
  /** Whether endpoints must be on loopback, as open mode asks. */
  readonly allowLoopbackOnly: boolean;
  /** How requests are sent; default the platform's. */
  readonly fetch?: typeof fetch;
}

const ACK: Answer = Object.freeze({ verdict: "ack", reason: "", answered: true });
const REFUSED: Answer = Object.freeze({ verdict: "nak", reason: "endpoint-refused", answered: false });
const TIMEOUT: Answer = Object.freeze({ verdict: "nak", reason: "timeout", answered: false });
const UNREACHABLE: Answer = Object.freeze({ verdict: "nak", reason: "unreachable", answered: false });
// No further attempt could send it either.
const UNSENDABLE: Answer = Object.freeze({ verdict: "term", reason: "term", answered: false });
const FAILED = new Set(["fail", "error", "down"]);
const MANIFEST = "application/json";
const HEALTH = "application/health+json, application/json;q=0.9";

/**
 * The transport of every runtime that has `fetch`. It follows no redirect, reads a bounded part of every answer, and
 * answers in the time it is given whatever the receiver does: an answer counts when it has arrived to its end or to
 * that bound.
 *
 * Source: spec RET, "Verdicts"; spec REG, "Health", "Discovery"; spec SEC, "Endpoint guard".
 *
 * @throws {BellhopError} `argument-invalid` if `maxResponseBytes` is not a whole number from 1
 *
 * @example
 * ```ts
 * import { fetchTransport } from "@bellhop/bellhop/transports/fetch";
 * import { assertEquals } from "@std/assert";
 * const transport = fetchTransport({
 *   allowLoopbackOnly: true,
 *   fetch: () => Promise.resolve(new Response(null, { status: 503, headers: { "retry-after": "2" } })),
 * });
 * const answer = await transport.deliver({
 *   envelope: { specversion: "1.0", id: "1", source: "/a", type: "b" },
 *   deliveryId: "dlv_1",
 *   attempt: 1,
 *   receiver: "users",
 *   instance: "a1",
 *   endpoint: "http://127.0.0.1:8001/bellhop",
 *   timeoutMs: 1_000,
 * });
 * assertEquals(answer, { verdict: "nak", reason: "status-503", retryAfterMs: 2_000, answered: true });
 * ```
 */
export function fetchTransport(options: FetchTransportOptions): Transport {
  const { maxResponseBytes = 65_536, allowLoopbackOnly } = options;
  if (!Number.isSafeInteger(maxResponseBytes) || maxResponseBytes < 1) {
    throw new BellhopError("argument-invalid", "maxResponseBytes must be a whole number from 1", {
      field: "maxResponseBytes",
    });
  }
  // Called as a plain function, whatever it was a member of.
  const send = options.fetch ?? ((input: string, init: RequestInit) => fetch(input, init));

  function check(endpoint: string): void {
    if (allowLoopbackOnly) assertLoopbackEndpoint(endpoint);
  }

  /** What `read` makes of the answer, or `late`, `broken`; never rejects, even if `fetch` ignores its signal. */
  function within<T>(
    timeoutMs: number,
    url: string,
    init: RequestInit,
    read: (response: Response) => T | Promise<T>,
    late: T,
    broken: T,
  ): Promise<T> {
    return new Promise((resolve) => {
      const abort = new AbortController();
      let open = true;
      const end = (result: T) => {
        if (!open) return;
        open = false;
        clearTimeout(timer);
        resolve(result);
      };
      const timer = setTimeout(() => {
        end(late);
        abort.abort();
      }, timeoutMs);
      ask(url, { ...init, redirect: "manual", signal: abort.signal }).then((response) => {
        if (open) return read(response);
        response.body?.cancel().catch(ignore);
        return late;
      }).then(end, () => end(broken));
    });
  }

  async function ask(url: string, init: RequestInit): Promise<Response> {
    return await send(url, init);
  }

  async function answerOf(response: Response): Promise<Answer> {
    const { status, headers } = response;
    await drain(response, maxResponseBytes);
    // A browser hides what a redirect says.
    if (response.type === "opaqueredirect") return UNREACHABLE;
    const header = headers.get(VERDICT_HEADER);
    const { verdict, blame, removeEndpoint } = verdictOf(status, header);
    if (verdict === "ack") return ACK;
    const retryAfterMs = parseRetryAfter(headers.get("retry-after"), Date.now());
    return {
      verdict,
      reason: header === verdict ? verdict : `status-${status}`,
      answered: true,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(blame === undefined ? {} : { blameHealth: true }),
      ...(removeEndpoint === undefined ? {} : { removeEndpoint }),
    };
  }

  return {
    check,

    deliver(delivery: Delivery): Answer | Promise<Answer> {
      const { endpoint, timeoutMs } = delivery;
      try {
        check(endpoint);
      } catch {
        return REFUSED;
      }
      const message = write(delivery.envelope);
      if (message === undefined) return UNSENDABLE;
      const headers = {
        ...message.headers,
        "bellhop-delivery": delivery.deliveryId,
        "bellhop-attempt": String(delivery.attempt),
        [DEADLINE_HEADER]: String(Math.floor(timeoutMs)),
      };
      return within(
        timeoutMs,
        endpoint,
        { method: "POST", headers, body: message.body },
        answerOf,
        TIMEOUT,
        UNREACHABLE,
      );
    },

    health(endpoint: string, path: string, timeoutMs: number): Promise<ProbeStatus> {
      try {
        check(endpoint);
        const url = below(endpoint, path);
        const init = { headers: { accept: HEALTH } };
        return within(timeoutMs, url, init, (response) => probe(response, maxResponseBytes), "fail", "fail");
      } catch {
        return Promise.resolve("fail");
      }
    },

    async manifest(url: string, timeoutMs: number): Promise<unknown> {
      check(url);
      const read = (response: Response) => readManifest(response, maxResponseBytes);
      const found = await within<Found>(timeoutMs, url, { headers: { accept: MANIFEST } }, read, {
        fault: `did not answer within ${timeoutMs} ms`,
      }, { fault: "could not be reached" });
      if (found.fault !== undefined) throw new BellhopError("discovery-failed", `${url} ${found.fault}`);
      return found.data;
    },
  };
}

interface Found {
  readonly data?: unknown;
  readonly fault?: string;
}

async function readManifest(response: Response, maxBytes: number): Promise<Found> {
  if (!response.ok) {
    response.body?.cancel().catch(ignore);
    return { fault: `answered ${response.status}` };
  }
  const { text, whole } = await readPrefix(response, maxBytes);
  if (!whole) return { fault: `answered more than ${maxBytes} bytes` };
  try {
    return { data: JSON.parse(text) };
  } catch {
    return { fault: "did not answer JSON" };
  }
}

/** Spec REG, "Health": the table of answers, read tolerantly. */
async function probe(response: Response, maxBytes: number): Promise<ProbeStatus> {
  if (!response.ok) {
    response.body?.cancel().catch(ignore);
    return "fail";
  }
  const { text } = await readPrefix(response, maxBytes);
  let status: unknown;
  try {
    status = (JSON.parse(text) as { status?: unknown } | null)?.status;
  } catch {
    return "pass";
  }
  const word = typeof status === "string" ? status.toLowerCase() : "";
  if (word === "warn") return "warn";
  return FAILED.has(word) ? "fail" : "pass";
}

/** Reads the answer to its end, so that the connection can serve again, unless it is too long for that. */
async function drain(response: Response, maxBytes: number): Promise<void> {
  if (response.body === null) return;
  if (Number(response.headers.get("content-length")) > maxBytes) response.body.cancel().catch(ignore);
  else await readPrefix(response, maxBytes);
}

function write(envelope: Envelope): ReturnType<typeof toStructured> | undefined {
  try {
    return toStructured(envelope);
  } catch {
    return undefined;
  }
}

function below(endpoint: string, path: string): string {
  const url = new URL(endpoint);
  url.pathname = `${url.pathname.replace(/\/$/, "")}/${path}`;
  return url.href;
}

function ignore(): void {}
