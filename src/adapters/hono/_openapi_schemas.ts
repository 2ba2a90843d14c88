/**
 * The JSON Schemas of what goes over the wire, for OpenAPI and AsyncAPI alike: no keyword that either reads differently.
 *
 * They tell a reader and a generator of clients the shape; the rules that go further are judged by the core alone.
 *
 * @module
 */
import type { Outcome } from "../../core/bus/outcome.ts";
import type { TraceKind } from "../../core/bus/trace.ts";
import type { DeliveryState } from "../../core/bus/transitions.ts";
import { ERRORS } from "../../core/error.ts";
import { PRIORITIES } from "../../core/priority/table.ts";
import type { RegistryEventKind } from "../../core/registry/event.ts";
import type { Durability } from "../../ports/store.ts";
import type { GuardLevel } from "../../security/endpoint_guard.ts";

/** A JSON Schema. */
export type Schema = Readonly<Record<string, unknown>>;

const STRING: Schema = { type: "string" };
const COUNT: Schema = { type: "integer", minimum: 0 };
const FLAG: Schema = { type: "boolean" };
const MOMENT: Schema = { type: "integer", description: "Epoch milliseconds of the gateway's clock." };
const PRIORITY: Schema = { type: "string", enum: [...PRIORITIES] };
const AFTER: Schema = { type: ["string", "null"], description: "What to ask for the next page; null on the last." };
const NAME: Schema = { type: "string", pattern: "^[a-z0-9][a-z0-9-]{0,62}$" };
const PATTERNS: Schema = { type: "array", maxItems: 64, items: STRING };
const RUN: Schema = { type: "integer", minimum: 1 };
const HEALTH: Schema = { type: "string", enum: ["pass", "warn", "fail"] };
const LEASE: Schema = { type: "string", minLength: 1, maxLength: 256 };

// By hand, for the tables lie in the bus, which who has only routes does not load; the compiler sees that none is missing.
const DURABILITY = oneOf<Durability>({ memory: 1, flushed: 1, replicated: 1 });
const GUARD = oneOf<GuardLevel>({ pinned: 1, platform: 1, checked: 1 });
const STATE = oneOf<DeliveryState>({
  "new": 1,
  "flushing": 1,
  "refused": 1,
  "blocked": 1,
  "delayed": 1,
  "queued": 1,
  "in-flight": 1,
  "storing": 1,
  "waiting": 1,
  "deferred": 1,
  "settling": 1,
  "ended": 1,
});
const KIND = oneOf<TraceKind | RegistryEventKind>({
  "accepted": 1,
  "delayed": 1,
  "duplicate": 1,
  "refused": 1,
  "attempt": 1,
  "failed": 1,
  "retry": 1,
  "stored": 1,
  "waiting": 1,
  "deferred": 1,
  "delivered": 1,
  "ended": 1,
  "receipt": 1,
  "dead-letter": 1,
  "redriven": 1,
  "recovered": 1,
  "registered": 1,
  "renewed": 1,
  "suspect": 1,
  "removed": 1,
  "deregistered": 1,
  "unhealthy": 1,
  "healthy": 1,
  "service-gone": 1,
});
const FAILURES: Readonly<Record<Exclude<Outcome, "delivered">, 1>> = {
  "rejected": 1,
  "exhausted": 1,
  "expired": 1,
  "cancelled": 1,
  "evicted": 1,
  "receiver-gone": 1,
  "instance-gone": 1,
  "no-subscriber": 1,
};
const FAILURE = oneOf(FAILURES);
const OUTCOME = oneOf<Outcome>({ delivered: 1, ...FAILURES });

/** The `$ref` of one of them. */
export function ref(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

/** Members that must be there, and those that may. What is not known is passed over by all who read. */
function object(required: Readonly<Record<string, Schema>>, optional: Readonly<Record<string, Schema>> = {}): Schema {
  return { type: "object", required: Object.keys(required), properties: { ...required, ...optional } };
}

function oneOf<Word extends string>(words: Readonly<Record<Word, 1>>): Schema {
  return { type: "string", enum: Object.keys(words) };
}

/** What another schema says, and more. */
function more(name: string, required: Readonly<Record<string, Schema>>, optional = {}): Schema {
  return { allOf: [ref(name), object(required, optional)] };
}

/** The lease may stand in the header `bellhop-lease` as well. */
function asking(type: string, data?: string): Schema {
  const kind = { type: { const: type } };
  if (data === "Registration") return more("Envelope", { ...kind, data: ref(data) });
  return more("Envelope", kind, {
    data: object({}, { lease: LEASE, ...(data === undefined ? {} : { service: FLAG }) }),
  });
}

function answering(type: string, data: string): Schema {
  return more("Envelope", { type: { const: type }, causationid: STRING, data: ref(data) });
}

function list(items: Schema): Schema {
  return { type: "array", items };
}

const MESSAGE = { source: STRING, id: STRING };
const STATUS = { ...MESSAGE, type: STRING, priority: PRIORITY, acceptedMs: MOMENT, deliveries: list(ref("Delivery")) };
const ACKNOWLEDGEMENT = {
  ...MESSAGE,
  durability: DURABILITY,
  receivers: list(STRING),
  duplicate: FLAG,
};

/** By name. */
export const SCHEMAS: Readonly<Record<string, Schema>> = {
  Envelope: {
    ...object({
      specversion: { const: "1.0" },
      id: { type: "string", minLength: 1, maxLength: 256 },
      source: { type: "string", minLength: 1, maxLength: 1_024 },
      type: { type: "string", minLength: 1, maxLength: 256 },
    }, {
      time: STRING,
      subject: STRING,
      datacontenttype: STRING,
      dataschema: STRING,
      data: {},
      data_base64: STRING,
      priority: PRIORITY,
      target: STRING,
      correlationid: STRING,
      causationid: STRING,
      expirytime: STRING,
      deliverat: STRING,
      replyto: STRING,
      partitionkey: STRING,
      traceparent: STRING,
      tracestate: STRING,
    }),
    // Extensions are strings, integers or booleans; said here it would bind `data` too in clients that are generated.
    additionalProperties: true,
    description: "An event of CloudEvents 1.0.",
  },
  Acknowledgement: object(ACKNOWLEDGEMENT, { status: ref("Status") }),
  BatchResults: object({
    results: list({
      anyOf: [object({ ...ACKNOWLEDGEMENT, status: { const: 202 } }), ref("Problem")],
    }),
  }),
  Delivery: object({
    receiver: STRING,
    run: RUN,
    state: STATE,
    attempts: COUNT,
  }, { outcome: OUTCOME, lastError: STRING, nextAttemptMs: MOMENT }),
  Status: object(STATUS),
  MessagePage: object({ messages: list(object(STATUS, { ageMs: COUNT })), after: AFTER }),
  Registration: object({
    name: NAME,
    version: { type: "string", minLength: 1, maxLength: 64 },
    subscriptions: PATTERNS,
  }, {
    endpoint: { type: "string", maxLength: 2_048, description: "Needed unless `delivery` is `pull`." },
    instance: { type: "string", pattern: "^[A-Za-z0-9._-]{1,128}$" },
    leaseMs: { type: "integer", minimum: 1_000, maximum: 3_600_000 },
    ephemeral: FLAG,
    receipts: FLAG,
    maxInFlight: { type: "integer", minimum: 1, maximum: 10_000 },
    health: { type: "string", minLength: 1, maxLength: 256 },
    delivery: { type: "string", enum: ["push", "pull"] },
  }),
  Registered: object({ name: NAME, instance: STRING, lease: LEASE, leaseMs: COUNT, renewEveryMs: COUNT }),
  Lease: object({ lease: LEASE }),
  Leave: object({ lease: LEASE }, { service: FLAG }),
  Renewed: object({ name: NAME, instance: STRING, leaseMs: COUNT, renewEveryMs: COUNT }),
  Deregistered: object({ name: NAME, instance: STRING, serviceGone: FLAG }),
  RegistryRequest: {
    anyOf: [asking("service.register", "Registration"), asking("service.renew"), asking("service.deregister", "Leave")],
  },
  RegistryAnswer: {
    anyOf: [
      answering("service.registered", "Registered"),
      answering("service.renewed", "Renewed"),
      answering("service.deregistered", "Deregistered"),
    ],
  },
  Discovery: object({ url: { type: "string", maxLength: 2_048 } }),
  Instance: object({
    instance: STRING,
    version: STRING,
    state: { type: "string", enum: ["live", "suspect"] },
    healthy: FLAG,
    breaker: { type: "string", enum: ["closed", "open"] },
    inFlight: COUNT,
    leaseMs: COUNT,
    leaseEndMs: MOMENT,
    registeredMs: MOMENT,
  }, { endpoint: STRING, ratePerMinute: COUNT }),
  Service: object({
    name: NAME,
    version: STRING,
    subscriptions: PATTERNS,
    ephemeral: FLAG,
    receipts: FLAG,
    registeredMs: MOMENT,
    instances: list(ref("Instance")),
  }, { maxInFlight: COUNT, delivery: { const: "pull" }, endMs: MOMENT }),
  PulledDelivery: object({ ticket: STRING, delivery: STRING, attempt: RUN, leaseMs: COUNT, envelope: ref("Envelope") }),
  PulledDeliveries: object({ deliveries: list(ref("PulledDelivery")) }),
  Answers: object({
    answers: {
      type: "array",
      minItems: 1,
      maxItems: 100,
      items: object({ ticket: STRING, verdict: { type: "string", enum: ["ack", "nak", "term", "working"] } }, {
        delayMs: { type: "integer", minimum: 0, maximum: 86_400_000 },
      }),
    },
  }),
  AnswerResults: object({ results: list(object({ ticket: STRING, held: FLAG })) }),
  ServicePage: object({ services: list(ref("Service")), after: AFTER }),
  DeadLetter: object({
    id: STRING,
    envelope: ref("Envelope"),
    receiver: STRING,
    run: RUN,
    outcome: FAILURE,
    reason: STRING,
    attempts: COUNT,
    history: list(object({ attempt: RUN, atMs: MOMENT, reason: STRING }, { instance: STRING })),
    acceptedMs: MOMENT,
    endedMs: MOMENT,
    durable: FLAG,
  }),
  DeadLetterPage: object({ deadLetters: list(ref("DeadLetter")), after: AFTER }),
  Redriven: object({ ...MESSAGE, run: RUN, receivers: list(STRING) }),
  Receipt: object(
    { ...MESSAGE, type: STRING, receiver: STRING, run: RUN, outcome: OUTCOME, attempts: COUNT },
    { reason: STRING },
  ),
  TraceEvent: object({ kind: KIND, atMs: MOMENT }, {
    ...MESSAGE,
    type: STRING,
    priority: PRIORITY,
    receiver: STRING,
    service: STRING,
    instance: STRING,
    run: RUN,
    attempt: RUN,
    outcome: OUTCOME,
    reason: STRING,
    delayMs: COUNT,
  }),
  Manifest: object({
    name: STRING,
    version: STRING,
    source: STRING,
    profiles: list(STRING),
    durability: DURABILITY,
    endpointGuard: GUARD,
    limits: { type: "object", additionalProperties: COUNT },
  }),
  Health: object({
    status: HEALTH,
    version: STRING,
    checks: {
      type: "object",
      additionalProperties: list(object({ status: HEALTH }, { observedValue: COUNT })),
    },
  }, { output: STRING }),
  Problem: object({
    type: STRING,
    title: STRING,
    status: { type: "integer", minimum: 400, maximum: 599 },
    code: { type: "string", enum: Object.keys(ERRORS) },
    retry: FLAG,
  }, {
    detail: STRING,
    fix: STRING,
    field: STRING,
    faults: list(object({ field: STRING, code: STRING, reason: STRING })),
  }),
};
