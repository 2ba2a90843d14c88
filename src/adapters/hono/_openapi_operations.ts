/**
 * What each route of the gateway is for: the table that the document is made from, route by route.
 *
 * @module
 */
import type { ErrorCode } from "../../core/error.ts";
import { answer, BODY, header, type Operation, operation, query, segment } from "./_openapi_operation.ts";
import { ref, type Schema } from "./_openapi_schemas.ts";

/** What the proxy passes on; CONNECT and TRACE it does not. */
export const PROXIED_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"] as const;
/** The proxy, as Hono and as OpenAPI know it, which has no word for "and all that follows". */
export const PROXY: { readonly route: string; readonly path: string } = {
  route: "/services/:name/*",
  path: "/services/:name/:path",
};

const EVENT_TYPE = "application/cloudevents+json";
const BATCH_TYPE = "application/cloudevents-batch+json";
const JSON_TYPE = "application/json";
const HEALTH_TYPE = "application/health+json";
const TEXT: Schema = { type: "string" };

const SOURCE: Schema = { type: "string", minLength: 1, maxLength: 1_024 };
const ID: Schema = { type: "string", minLength: 1, maxLength: 256 };
const PAGE = [
  query("limit", { type: "integer", minimum: 1, maximum: 1_000, default: 100 }),
  query("after", { type: "string", minLength: 1, maxLength: 256 }),
];
const PREFER = header("prefer", "`wait=N`: answer when every delivery has ended, or after N seconds, at most 60.");
const DELAY = header("bellhop-delay-ms", "Milliseconds until delivery, for envelopes without `deliverat`.", {
  type: "string",
  pattern: "^[0-9]{1,12}$",
});
const ATTRIBUTES = ["specversion", "id", "source", "type"].map((name) =>
  header(`ce-${name}`, "Binary mode: an attribute, percent-encoded. All others have headers like it.")
);
const NAME = segment("name", "The service's name.");
const LETTER = segment("id", "The dead letter's id.");

const ACCEPTING: readonly ErrorCode[] = [
  "content-type-unsupported",
  "envelope-invalid",
  "batch-too-large",
  "argument-invalid",
  "type-reserved",
  "source-reserved",
  "message-expired",
  "id-conflict",
  "target-unknown",
  "store-required",
  "queue-full",
  "record-too-large",
  "store-full",
  "not-durable",
];
const REGISTERING: readonly ErrorCode[] = [
  "argument-invalid",
  "registration-invalid",
  "registry-full",
  "endpoint-refused",
  "secret-missing",
  "unreachable",
  "not-durable",
];
const CALLING: readonly ErrorCode[] = [
  "argument-invalid",
  "service-unknown",
  "no-instance",
  "too-many-streams",
  "circuit-open",
  "endpoint-refused",
  "unreachable",
  "timeout",
  "deadline-exceeded",
];

/** By method and path, as the routes of Hono are. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  "POST /messages": operation("publish", {
    summary: "Publish an envelope or a batch",
    description: "Structured, batched or binary mode of CloudEvents. The limits are those of the manifest.",
    scopes: ["publish:<pattern>"],
    parameters: [PREFER, DELAY, ...ATTRIBUTES],
    body: {
      [EVENT_TYPE]: ref("Envelope"),
      [BATCH_TYPE]: { type: "array", items: ref("Envelope") },
      "*/*": { type: "string", contentMediaType: "application/octet-stream", description: "The data, in binary mode." },
    },
    answers: {
      200: answer("Accepted, and every delivery has ended within the wait.", ref("Acknowledgement")),
      202: answer("Accepted; of a batch, each by itself.", { anyOf: [ref("Acknowledgement"), ref("BatchResults")] }),
    },
    refusals: [...BODY, ...ACCEPTING],
  }),
  "GET /messages": operation("messages", {
    summary: "The status of one message, or a list of messages",
    description:
      "With `source` and `id` the status, at once or as `Prefer` asks; with `unfinished=CRITICAL` or `state=delayed` a page.",
    scopes: ["publish:<pattern>", "observe"],
    parameters: [
      query("source", SOURCE),
      query("id", ID),
      query("unfinished", { type: "string", const: "CRITICAL" }),
      query("state", { type: "string", const: "delayed" }),
      ...PAGE,
      PREFER,
    ],
    answers: { 200: answer("The status, or a page.", { anyOf: [ref("Status"), ref("MessagePage")] }) },
    refusals: ["argument-invalid", "message-unknown"],
  }),
  "DELETE /messages": operation("cancel", {
    summary: "End what is left of a message",
    scopes: ["publish:<pattern>", "admin"],
    parameters: [query("source", SOURCE, true), query("id", ID, true)],
    answers: { 200: answer("The status after the cancellation.", ref("Status")) },
    refusals: ["argument-invalid", "message-unknown", "message-ended", "not-durable"],
  }),
  "POST /registry": operation("registry", {
    summary: "Register an instance, renew its lease, or take it out",
    description: "Structured or binary mode of CloudEvents; the answer is in structured mode.",
    scopes: ["register:<service>"],
    parameters: ATTRIBUTES,
    body: { [EVENT_TYPE]: ref("RegistryRequest"), [JSON_TYPE]: { anyOf: [ref("Registration"), ref("Leave")] } },
    answers: { 200: answer("The answer to what was asked.", ref("RegistryAnswer"), EVENT_TYPE) },
    refusals: [...BODY, "content-type-unsupported", "envelope-invalid", ...REGISTERING],
  }),
  "POST /discover": operation("discover", {
    summary: "Fetch a service's manifest and register what it says",
    scopes: ["register:*"],
    body: { [JSON_TYPE]: ref("Discovery") },
    answers: { 200: answer("The service as listed.", ref("Service")) },
    refusals: [...BODY, "too-many-streams", "discovery-failed", "service-unknown", ...REGISTERING],
  }),
  "GET /deliveries": operation("pull", {
    summary: "Take deliveries, for an instance that is registered with delivery `pull`",
    description:
      "By long poll; or, with `accept: text/event-stream`, as events `delivery` with a `PulledDelivery` as data.",
    scopes: ["register:<service>"],
    parameters: [
      query("max", { type: "integer", minimum: 1, maximum: 100, default: 10 }),
      query("wait", { type: "integer", minimum: 0, maximum: 60, default: 0 }),
    ],
    answers: { 200: answer("What there is, at once or as soon as there is something.", ref("PulledDeliveries")) },
    refusals: ["argument-invalid", "too-many-streams"],
  }),
  "POST /deliveries": operation("answer", {
    summary: "Answer deliveries that were taken",
    scopes: ["register:<service>"],
    body: { [JSON_TYPE]: ref("Answers") },
    answers: { 200: answer("Of each, whether its ticket was still held.", ref("AnswerResults")) },
    refusals: [...BODY, "argument-invalid"],
  }),
  "GET /services": operation("services", {
    summary: "Services, by their names",
    description: "A page may hold fewer than `limit`; it is the last if its `after` is null.",
    scopes: ["observe"],
    parameters: PAGE,
    answers: { 200: answer("A page, each with its instances.", ref("ServicePage")) },
    refusals: ["argument-invalid"],
  }),
  "GET /services/:name": operation("service", {
    summary: "One service",
    scopes: ["observe", "call:<service>"],
    parameters: [NAME],
    answers: { 200: answer("The service as listed.", ref("Service")) },
    refusals: ["service-unknown"],
  }),
  "GET /dead-letters": operation("deadLetters", {
    summary: "Dead letters, oldest first",
    scopes: ["observe"],
    parameters: [...PAGE, query("receiver", TEXT)],
    answers: { 200: answer("A page.", ref("DeadLetterPage")) },
    refusals: ["argument-invalid"],
  }),
  "GET /dead-letters/:id": operation("deadLetter", {
    summary: "One dead letter",
    scopes: ["observe"],
    parameters: [LETTER],
    answers: { 200: answer("The dead letter.", ref("DeadLetter")) },
    refusals: ["dead-letter-unknown"],
  }),
  "DELETE /dead-letters/:id": operation("discard", {
    summary: "Throw a dead letter away",
    scopes: ["admin"],
    parameters: [LETTER],
    answers: { 204: answer("It is deleted for good.") },
    refusals: ["dead-letter-unknown", "not-durable"],
  }),
  "POST /dead-letters/:id/redrive": operation("redrive", {
    summary: "Give a dead letter another run",
    scopes: ["admin"],
    parameters: [LETTER],
    answers: { 202: answer("The new run.", ref("Redriven")) },
    refusals: ["dead-letter-unknown", "message-expired", "target-unknown", "id-conflict", "queue-full", "not-durable"],
  }),
  "GET /trace": operation("trace", {
    summary: "Every step from now on, as Server-Sent Events",
    scopes: ["observe"],
    answers: { 200: answer("The data of each event is a `TraceEvent` in JSON.", TEXT, "text/event-stream") },
    refusals: ["too-many-streams"],
  }),
  "GET /health": operation("health", {
    summary: "How the gateway is",
    answers: {
      200: answer("`pass` or `warn`.", ref("Health"), HEALTH_TYPE),
      503: answer("`fail`.", ref("Health"), HEALTH_TYPE),
    },
  }),
  "GET /errors": operation("errors", {
    summary: "What each error code means, as a page",
    answers: { 200: answer("It has an anchor for each code.", TEXT, "text/html") },
    still: true,
  }),
  "GET /openapi.json": operation("openapi", {
    summary: "This document",
    scopes: [],
    answers: { 200: answer("OpenAPI 3.1.", { type: "object" }) },
  }),
  "GET /asyncapi.json": operation("asyncapi", {
    summary: "The events that the gateway knows at this moment",
    scopes: ["observe"],
    answers: { 200: answer("AsyncAPI 3.0.", { type: "object" }) },
  }),
  "GET /": operation("manifest", {
    summary: "Name, version and limits of the gateway",
    answers: { 200: answer("The gateway's manifest.", ref("Manifest")) },
  }),
};

/** A call of one method. */
export function proxied(method: typeof PROXIED_METHODS[number]): Operation {
  return operation(`call${method[0]}${method.slice(1).toLowerCase()}`, {
    summary: "Call an instance of a service",
    description: "Passed on with method, path, query, end-to-end headers and body, and so is the answer.",
    scopes: ["call:<service>"],
    parameters: [
      NAME,
      segment("path", "All that follows the name: it may hold slashes, and a query may follow it."),
      header("bellhop-deadline-ms", "Milliseconds that the call may take.", { type: "string", pattern: "^[0-9]+$" }),
    ],
    ...(method === "GET" || method === "HEAD" ? {} : { body: { "*/*": { description: "Anything." } } }),
    answers: { default: answer("What the instance answered.") },
    refusals: CALLING,
  });
}
