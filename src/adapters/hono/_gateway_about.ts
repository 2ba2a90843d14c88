/**
 * What the gateway says of itself: its manifest, its health, and the live trace.
 *
 * @module
 */
import type { EngineHealth } from "../../ports/engine.ts";
import { assertMayObserve } from "../../security/permission.ts";
import { type Call, EVERYBODY } from "./_gateway.ts";

const HEALTH_TYPE = { "content-type": "application/health+json", "cache-control": "no-store" } as const;
const STREAM_HEADERS = { "content-type": "text/event-stream", "cache-control": "no-store" } as const;

/** `GET /` */
export function manifest({ c, engine, gateway, principal }: Call): Response {
  const { limits, name, version, source } = gateway;
  const { durability, maxRecordBytes } = engine;
  return c.json({
    name,
    version,
    source,
    profiles: [
      ...["core", "registry", "http", "pull"],
      ...(durability === "memory" ? [] : ["durable"]),
      ...(principal === EVERYBODY ? [] : ["security"]),
    ],
    durability,
    endpointGuard: gateway.guard.level,
    limits: {
      maxBytes: limits.maxBytes,
      maxBatchBytes: limits.maxBatchBytes,
      maxBatchEnvelopes: limits.maxBatchEnvelopes,
      maxAttributes: limits.maxAttributes,
      maxAttributeLength: limits.maxAttributeLength,
      maxDepth: limits.maxDepth,
      maxRecordBytes,
      maxDurableBytes: limits.maxDurableBytes,
      capacity: limits.capacity,
    },
  });
}

/** `GET /health` */
export async function health({ c, engine, gateway }: Call): Promise<Response> {
  const found = await engine.health();
  const body = JSON.stringify({
    status: found.status,
    version: gateway.version,
    ...(found.output === undefined ? {} : { output: found.output }),
    checks: checks(found),
  });
  return c.body(body, found.status === "fail" ? 503 : 200, HEALTH_TYPE);
}

/** `GET /trace` */
export function trace({ c, engine, gateway, principal }: Call): Response {
  assertMayObserve(principal);
  // To HEAD no body is sent, and nobody would ever end its stream.
  if (c.req.method === "HEAD") return c.body(null, 200, STREAM_HEADERS);
  return c.body(
    gateway.streams.open(engine, principal === EVERYBODY ? undefined : principal.name),
    200,
    STREAM_HEADERS,
  );
}

function checks(health: EngineHealth): Record<string, readonly unknown[]> {
  const counted = (observedValue: number) => [{ status: "pass", observedValue }];
  return {
    store: [{ status: health.status }],
    "deliveries:unfinished": counted(health.unfinished),
    "deliveries:inFlight": counted(health.inFlight),
    "deliveries:waiting": counted(health.waiting),
    "dead-letters:kept": counted(health.deadLetters),
    "registry:services": counted(health.services),
    "registry:instances": counted(health.instances),
  };
}
