/**
 * The AsyncAPI document of the events that a gateway knows: the protocol's own, and what services subscribe to.
 *
 * @module
 */
import type { ServiceView } from "../../core/registry/view.ts";
import { BEARER } from "./_openapi_bearer.ts";
import { ref, type Schema, SCHEMAS } from "./_openapi_schemas.ts";

/** Most patterns that are shown. */
export const MAX_PATTERNS = 500;
/** Most services that are named at one pattern. */
export const MAX_NAMED = 20;

/** What the document says of the gateway. */
export interface DescribedEvents {
  readonly name: string;
  readonly version: string;
  /** Whether credentials are asked for. */
  readonly secured: boolean;
  readonly server: { readonly host: string; readonly protocol: string; readonly pathname: string };
}

interface Own {
  readonly schema: Schema;
  readonly summary: string;
  /** The type that answers it. */
  readonly reply?: string;
  /** Whether it is an answer, and nothing that is sent by itself. */
  readonly answer?: true;
}

/** The protocol's own events, by type. */
const OWN: Readonly<Record<string, Own>> = {
  "message.delivered": { schema: ofType("message.delivered", "Receipt"), summary: "A delivery has ended well" },
  "message.failed": { schema: ofType("message.failed", "Receipt"), summary: "A delivery has failed for good" },
  "service.register": asked("Registration", "service.register", "service.registered", "An instance registers"),
  "service.renew": asked("Lease", "service.renew", "service.renewed", "An instance renews its lease"),
  "service.deregister": asked("Leave", "service.deregister", "service.deregistered", "An instance goes"),
  "service.registered": answered("Registered", "service.registered", "An instance is registered"),
  "service.renewed": answered("Renewed", "service.renewed", "A lease is renewed"),
  "service.deregistered": answered("Deregistered", "service.deregistered", "An instance has gone"),
};

/** The document; where there are more than 500 patterns, or 20 services at one, it shows the first and says so. */
export function asyncapiOf(
  services: readonly ServiceView[],
  { name, version, secured, server }: DescribedEvents,
): Record<string, unknown> {
  const { byPattern, truncated } = subscribers(services);
  const messages: Record<string, unknown> = {
    event: { summary: "Any event", payload: ref("Envelope") },
    step: { summary: "A step of bus or registry", contentType: "application/json", payload: ref("TraceEvent") },
  };
  const channels: Record<string, unknown> = {
    events: channel(null, "event", "Every event, published by POST /messages"),
    trace: channel("trace", "step", "Every step, as Server-Sent Events of GET /trace"),
  };
  const operations: Record<string, unknown> = {
    "receive.events": operation("receive", "events", "event", "A publisher publishes"),
    "send.trace": operation("send", "trace", "step", "An observer is told"),
  };
  for (const [type, { schema, summary, reply, answer }] of Object.entries(OWN)) {
    messages[type] = { name: type, summary, payload: schema };
    channels[type] = channel(type, type, summary);
    if (answer === true) continue;
    const back = reply === undefined
      ? {}
      : { reply: { channel: to("channels", reply), messages: [messageIn(reply, reply)] } };
    const action = reply === undefined ? "send" : "receive";
    operations[`${action}.${type}`] = { ...operation(action, type, type, summary), ...back };
  }
  for (const [pattern, names] of byPattern) {
    const key = `on.${keyOf(pattern)}`;
    const summary = `Delivered to ${names.join(", ")}`;
    // A brace would begin a parameter.
    channels[key] = {
      ...channel(/[{}]/.test(pattern) ? null : pattern, "event", summary),
      "x-bellhop-pattern": pattern,
      "x-bellhop-services": names,
    };
    operations[`send.${key}`] = operation("send", key, "event", summary);
  }
  return {
    asyncapi: "3.0.0",
    info: {
      title: name,
      version,
      description:
        "The address of a channel is a type of events, or a pattern of types: `*` stands for one token, `>` at " +
        "the end for one or more.",
      license: { name: "MIT" },
      ...(truncated ? { "x-bellhop-truncated": true } : {}),
    },
    defaultContentType: "application/cloudevents+json",
    servers: { gateway: { ...server, ...(secured ? { security: [to("components/securitySchemes", "bearer")] } : {}) } },
    channels,
    operations,
    components: { messages, schemas: SCHEMAS, ...(secured ? { securitySchemes: { bearer: BEARER } } : {}) },
  };
}

/** Names of services by pattern, in the order of their registration. */
function subscribers(services: readonly ServiceView[]): { byPattern: Map<string, string[]>; truncated: boolean } {
  const byPattern = new Map<string, string[]>();
  let truncated = false;
  for (const { name, subscriptions } of services) {
    for (const pattern of subscriptions) {
      const names = byPattern.get(pattern);
      if (names !== undefined && names.length < MAX_NAMED) names.push(name);
      else if (names === undefined && byPattern.size < MAX_PATTERNS) byPattern.set(pattern, [name]);
      else truncated = true;
    }
  }
  return { byPattern, truncated };
}

function asked(data: string, type: string, reply: string, summary: string): Own {
  return { schema: ofType(type, data), summary, reply };
}

function answered(data: string, type: string, summary: string): Own {
  return { schema: ofType(type, data), summary, answer: true };
}

function ofType(type: string, data: string): Schema {
  return { allOf: [ref("Envelope"), { type: "object", properties: { type: { const: type }, data: ref(data) } }] };
}

function channel(address: string | null, message: string, summary: string): Record<string, unknown> {
  return { address, summary, messages: { [message]: to("components/messages", message) } };
}

function operation(
  action: "send" | "receive",
  channel: string,
  message: string,
  summary: string,
): Record<string, unknown> {
  return { action, channel: to("channels", channel), summary, messages: [messageIn(channel, message)] };
}

function messageIn(channel: string, message: string): Schema {
  return to(`channels/${channel}/messages`, message);
}

function to(place: string, key: string): Schema {
  return { $ref: `#/${place}/${key}` };
}

/** A name that needs no escape in a reference, and another for each text. */
function keyOf(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9.-]/g, (unit) => `_${unit.charCodeAt(0).toString(16).padStart(2, "0")}`);
}
