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
import type { Answer, Consent, Delivery, ProbeStatus, Transport } from "../../ports/transport.ts";
import { createLoopbackGuard, type EndpointGuard } from "../../security/endpoint_guard.ts";
import { handshakeHeaders, readConsent } from "../../security/handshake.ts";
import type { Keyring } from "../../security/keyring.ts";
import { signatureHeaders } from "../../security/signature.ts";
import { readPrefix } from "./_read_prefix.ts";

export type { EndpointGuard } from "../../security/endpoint_guard.ts";
export type { Keyring } from "../../security/keyring.ts";

/**
 * Sends one request, as `fetch` does, to one of the addresses that were checked. One that resolves the host by itself,
 * as the platform's `fetch` does, belongs to a guard of the level `checked` or `platform`.
 *
 * @param addresses of the URL's host; none where the guard leaves them to the platform
 */
export type Dial = (url: string, init: RequestInit, addresses: readonly string[]) => Promise<Response>;

/** How the transport is made. */
export interface FetchTransportOptions {
  /** Judges each URL before it is connected to. Default: loopback alone, as open mode asks. */
  readonly guard?: EndpointGuard;
  /** The secrets by which deliveries are signed. Default: they are not, as in open mode. */
  readonly keysOf?: Keyring;
  /** By which name endpoints are asked for their consent, a host name. Default: they are not, as in open mode. */
  readonly origin?: string;
  /** Bytes that are read of an answer; what comes after them is cut off. Default 65,536. */
  readonly maxResponseBytes?: number;
  /** How requests are sent; default the platform's. */
  readonly fetch?: Dial;
  /** Epoch milliseconds, for signatures and for dates in `Retry-After`; default the platform's. */
  readonly nowMs?: () => number;
  /** Calls `wake` after so many milliseconds, unless the function that it returns is called; default a platform's timer. */
  readonly after?: (ms: number, wake: () => void) => () => void;
}

const ACK: Answer = Object.freeze({ verdict: "ack", reason: "", answered: true });
const REFUSED: Answer = Object.freeze({ verdict: "nak", reason: "endpoint-refused", answered: false });
const TIMEOUT: Answer = Object.freeze({ verdict: "nak", reason: "timeout", answered: false });
const UNSIGNED: Answer = Object.freeze({ verdict: "nak", reason: "secret-missing", answered: false });
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
 * Source: spec RET, "Verdicts"; spec REG, "Handshake", "Health", "Discovery"; spec SEC, "Signatures", "Endpoint guard".
 *
 * @throws {BellhopError} `argument-invalid` if `maxResponseBytes` is not a whole number from 1, or `origin` no host name
 *
 * @example
 * ```ts
 * import { fetchTransport } from "@bellhop/bellhop/transports/fetch";
 * import { assertEquals } from "@std/assert";
 * const transport = fetchTransport({
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
export function fetchTransport(options: FetchTransportOptions = {}): Transport {
  const {
    maxResponseBytes = 65_536,
    guard = createLoopbackGuard(),
    keysOf,
    origin,
    nowMs = Date.now,
    after = platformTimer,
  } = options;
  if (!Number.isSafeInteger(maxResponseBytes) || maxResponseBytes < 1) {
    throw new BellhopError("argument-invalid", "maxResponseBytes must be a whole number from 1", {
      field: "maxResponseBytes",
    });
  }
  const asking = origin === undefined ? undefined : handshakeHeaders(origin);
  // Called as a plain function, whatever it was a member of.
  const send: Dial = options.fetch ?? ((url, init) => fetch(url, init));

  /** What `read` makes of the answer, `late`, or what `broken` makes of a fault; never rejects unless `broken` throws. */
  function within<T>(
    timeoutMs: number,
    url: string,
    init: RequestInit,
    read: (response: Response) => T | Promise<T>,
    late: T,
    broken: (error: unknown) => T,
    sign?: () => Promise<Record<string, string>>,
  ): Promise<T> {
    return new Promise((resolve) => {
      const abort = new AbortController();
      let open = true;
      const end = (result: T) => {
        if (!open) return;
        open = false;
        stop();
        resolve(result);
      };
      // Also a `fetch` that ignores its signal is not waited for.
      const stop = after(timeoutMs, () => {
        end(late);
        abort.abort();
      });
      ask(url, { ...init, redirect: "manual", signal: abort.signal }, sign).then((response) => {
        if (open) return read(response);
        response.body?.cancel().catch(ignore);
        return late;
      }).then(end, (error) => end(broken(error)));
    });
  }

  async function ask(url: string, init: RequestInit, sign?: () => Promise<Record<string, string>>): Promise<Response> {
    const addresses = await guard.admit(url);
    return await send(
      url,
      sign === undefined ? init : { ...init, headers: { ...init.headers, ...await sign() } },
      addresses,
    );
  }

  /** Made anew for each attempt: the moment is part of what is signed. */
  async function signed({ receiver, deliveryId }: Delivery, body: string): Promise<Record<string, string>> {
    const keys = await keysOf!(receiver);
    if (keys.length === 0) throw secretMissing(receiver);
    return await signatureHeaders(keys, deliveryId, Math.floor(nowMs() / 1_000), body);
  }

  async function consent(endpoint: string, service: string, timeoutMs: number): Promise<Consent> {
    guard.check(endpoint);
    if (keysOf !== undefined && (await keysOf(service)).length === 0) throw secretMissing(service);
    const found = await within<Consent | BellhopError>(
      timeoutMs,
      endpoint,
      { method: "OPTIONS", headers: asking! },
      ({ headers, body }) => {
        body?.cancel().catch(ignore);
        return readConsent(headers, origin!);
      },
      silent(`did not answer within ${timeoutMs} ms`),
      (error) => error instanceof BellhopError ? error : silent("could not be reached", error),
    );
    if (found instanceof BellhopError) throw found;
    return found;
  }

  async function answerOf(response: Response): Promise<Answer> {
    const { status, headers } = response;
    await drain(response, maxResponseBytes);
    // A browser hides what a redirect says.
    if (response.type === "opaqueredirect") return UNREACHABLE;
    const header = headers.get(VERDICT_HEADER);
    const { verdict, blame, removeEndpoint } = verdictOf(status, header);
    if (verdict === "ack") return ACK;
    const retryAfterMs = parseRetryAfter(headers.get("retry-after"), nowMs());
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
    check: guard.check,
    ...(asking === undefined ? {} : { consent }),

    deliver(delivery: Delivery): Answer | Promise<Answer> {
      const { endpoint, timeoutMs } = delivery;
      const message = write(delivery.envelope);
      if (message === undefined) return UNSENDABLE;
      const { body } = message;
      const headers = {
        ...message.headers,
        "bellhop-delivery": delivery.deliveryId,
        "bellhop-attempt": String(delivery.attempt),
        [DEADLINE_HEADER]: String(Math.floor(timeoutMs)),
      };
      const sign = keysOf === undefined ? undefined : () => signed(delivery, body);
      return within(timeoutMs, endpoint, { method: "POST", headers, body }, answerOf, TIMEOUT, unsent, sign);
    },

    async health(endpoint: string, path: string, timeoutMs: number): Promise<ProbeStatus> {
      const fail = (): ProbeStatus => "fail";
      const read = (response: Response) => probe(response, maxResponseBytes);
      if (!URL.canParse(endpoint)) return "fail";
      return await within(timeoutMs, below(endpoint, path), { headers: { accept: HEALTH } }, read, "fail", fail);
    },

    async manifest(url: string, timeoutMs: number): Promise<unknown> {
      guard.check(url);
      const read = (response: Response) => readManifest(response, maxResponseBytes);
      const found = await within<Found>(timeoutMs, url, { headers: { accept: MANIFEST } }, read, {
        fault: `did not answer within ${timeoutMs} ms`,
      }, (error) => isRefused(error) ? { error } : { fault: "could not be reached" });
      if (found.error !== undefined) throw found.error;
      if (found.fault !== undefined) throw new BellhopError("discovery-failed", `${url} ${found.fault}`);
      return found.data;
    },
  };
}

interface Found {
  readonly data?: unknown;
  readonly fault?: string;
  readonly error?: BellhopError;
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

/** Why an attempt was not made, or broke off. */
function unsent(error: unknown): Answer {
  if (!(error instanceof BellhopError)) return UNREACHABLE;
  return error.code === "endpoint-refused" ? REFUSED : error.code === "secret-missing" ? UNSIGNED : UNREACHABLE;
}

function isRefused(error: unknown): error is BellhopError {
  return error instanceof BellhopError && error.code === "endpoint-refused";
}

function silent(how: string, cause?: unknown): BellhopError {
  return new BellhopError("unreachable", `The endpoint ${how} when it was asked for its consent`, { cause });
}

function secretMissing(service: string): BellhopError {
  return new BellhopError("secret-missing", `The gateway has no signing secret for the service ${service}`);
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

function platformTimer(ms: number, wake: () => void): () => void {
  const timer = setTimeout(wake, ms);
  return () => clearTimeout(timer);
}
