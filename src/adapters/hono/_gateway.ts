/**
 * What every route of the gateway is given, and what may be set.
 *
 * @module
 */
import type { Context } from "hono";
import { DEFAULT_ENVELOPE_LIMITS, type EnvelopeLimits } from "../../core/envelope/mod.ts";
import { BellhopError } from "../../core/error.ts";
import type { Engine } from "../../ports/engine.ts";
import type { Principal } from "../../security/credentials.ts";
import type { EndpointGuard } from "../../security/endpoint_guard.ts";
import { parseScopes } from "../../security/scope.ts";
import type { After } from "./_after.ts";
import type { ReadBody } from "./_body.ts";
import type { RequestFacts } from "./_request_facts.ts";
import type { TraceStreams } from "./_sse.ts";
import type { Tickets } from "./_tickets.ts";
import type { UnderWay } from "./_under_way.ts";
import type { Waits } from "./_waits.ts";

/** Bounds of the gateway; those of envelopes, `capacity` and `maxDurableBytes` are advertised at `GET /`. */
export interface GatewayLimits extends EnvelopeLimits {
  /** What the engine was made with, for the manifest: unfinished deliveries of one service. Default 10,000. */
  readonly capacity: number;
  /** What the engine was made with, for the manifest: bytes on disk of one principal. Default 64 MiB. */
  readonly maxDurableBytes: number;
  /** Milliseconds that a body may take to arrive. Default 30,000. */
  readonly bodyTimeoutMs: number;
  /** Milliseconds that a proxied request may wait for its answer. Default 15,000. */
  readonly callTimeoutMs: number;
  /** Proxied calls at once, those whose answer still streams included. Default 10,000. */
  readonly maxCalls: number;
  /** Services that are being fetched for `POST /discover` at once. Default 16. */
  readonly maxDiscoveries: number;
  /** Requests that wait for an outcome at once; a `Prefer: wait` beyond is passed over. Default 10,000. */
  readonly maxWaits: number;
  /** Requests and streams of instances that ask for their deliveries at once. Default 10,000. */
  readonly maxPulls: number;
  /** Trace streams at once; one credential may hold half of them. Default 16. */
  readonly maxStreams: number;
  /** Bytes that a trace stream may hold for a slow reader. Default 262,144. */
  readonly maxStreamBytes: number;
  /** Milliseconds between the comments of a trace stream. Default 15,000. */
  readonly heartbeatMs: number;
}

/** The limits that hold where none are given. */
export const DEFAULT_GATEWAY_LIMITS: GatewayLimits = Object.freeze({
  ...DEFAULT_ENVELOPE_LIMITS,
  capacity: 10_000,
  maxDurableBytes: 67_108_864,
  bodyTimeoutMs: 30_000,
  callTimeoutMs: 15_000,
  maxCalls: 10_000,
  maxDiscoveries: 16,
  maxWaits: 10_000,
  maxPulls: 10_000,
  maxStreams: 16,
  maxStreamBytes: 262_144,
  heartbeatMs: 15_000,
});

/** ENV-047: what every publisher may count on. */
const LEAST: Readonly<Record<string, number>> = {
  maxBytes: 65_536,
  maxBatchBytes: 65_536,
  maxBatchEnvelopes: 1,
  maxAttributes: 32,
  maxAttributeLength: 1_024,
  maxDepth: 32,
};

/** The gateway as its routes see it. */
export interface Gateway {
  readonly limits: GatewayLimits;
  readonly name: string;
  readonly version: string;
  readonly source: string;
  readonly fetch: Dial;
  readonly guard: EndpointGuard;
  readonly signal: AbortSignal | undefined;
  /** Epoch milliseconds. */
  readonly nowMs: () => number;
  readonly after: After;
  readonly readBody: ReadBody;
  readonly streams: TraceStreams;
  readonly waits: Waits;
  readonly calls: UnderWay;
  readonly discoveries: UnderWay;
  readonly pulls: UnderWay;
  readonly tickets: Tickets;
  /** The page that explains the errors to this caller. */
  readonly errorsUrl: (c: Context) => string;
  /** The OpenAPI document as JSON, without `servers`. */
  readonly openapi: () => Promise<string>;
}

/** What the OpenAPI document is made from. */
export interface Described {
  readonly name: string;
  readonly version: string;
  /** Whether credentials are asked for. */
  readonly secured: boolean;
  /** All that is served, below the mount. */
  readonly routes: readonly { readonly method: string; readonly path: string }[];
}

/** Sends a request to one of the addresses that were checked, as `fetch` would. */
export type Dial = (url: string, init: RequestInit, addresses: readonly string[]) => Promise<Response>;

/** Who asks in open mode, where everybody may do everything. */
export const EVERYBODY: Principal = Object.freeze({ name: "", grants: parseScopes(["admin"]), sources: undefined });

/** Who pays for a message's room on disk. */
export function payer(principal: Principal, source: string): string {
  return principal === EVERYBODY ? source : principal.name;
}

/** One request, let in. */
export interface Call {
  readonly principal: Principal;
  readonly c: Context;
  readonly facts: RequestFacts;
  readonly engine: Engine;
  readonly gateway: Gateway;
}

/** Answers one request; what it throws becomes a problem. */
export type Handler = (call: Call) => Response | Promise<Response>;

/** Headers of an answer in JSON. */
export const JSON_TYPE = { "content-type": "application/json" } as const;

/** The limits with what is given, each a whole number that can be. @throws {BellhopError} `argument-invalid` */
export function gatewayLimits(given: Partial<GatewayLimits> = {}): GatewayLimits {
  const limits = { ...DEFAULT_GATEWAY_LIMITS, ...given };
  for (const [name, value] of Object.entries(limits)) {
    const least = LEAST[name] ?? 1;
    if (!Number.isSafeInteger(value) || value < least || (name.endsWith("Ms") && value > 2_147_483_647)) {
      throw new BellhopError("argument-invalid", `${name} must be a whole number from ${least}, got ${value}`, {
        field: `limits.${name}`,
      });
    }
  }
  return limits;
}
