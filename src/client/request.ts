/**
 * A request over the bus: published like any event, and answered by an event that comes back to this instance.
 *
 * @module
 */
import type { Envelope } from "../core/envelope/envelope.ts";
import { MAX_NAME_LENGTH } from "../core/envelope/limits.ts";
import { BellhopError } from "../core/error.ts";
import { checkData } from "../schema/check_data.ts";
import type { EventDefinition } from "../schema/define_event.ts";
import type { PublishOptions } from "../service/outgoing.ts";
import type { ServiceDefinition } from "../service/definition.ts";
import { replyTypeOf } from "../service/reply.ts";
import { newId } from "./_new_id.ts";
import { timeLimit } from "./_time_limit.ts";
import { publish, type Sender } from "./publish.ts";

/** How to send a request and to wait for its reply. */
export interface RequestOptions<Data = unknown> extends Omit<PublishOptions, "waitMs"> {
  /** How long to wait for the reply, the sending included: 1 to 3,600,000 ms; default 30,000. */
  readonly timeoutMs?: number;
  /** What the reply's data must be: its schema types and checks it; its type is not looked at. */
  readonly reply?: EventDefinition<string, unknown, Data>;
}

/** Requests that may wait for replies at once. */
const MOST_WAITING = 10_000;

/** Asks and waits; see `Client.request`. */
export async function request(
  sender: Sender,
  service: ServiceDefinition | undefined,
  event: EventDefinition | string,
  data: unknown,
  { timeoutMs = 30_000, reply: wanted, ...options }: RequestOptions,
): Promise<Envelope> {
  const { gateway, announcement } = sender;
  if (service === undefined || announcement === undefined) {
    throw new BellhopError("not-connected", "a reply needs a service that is announced");
  }
  const { length } = replyTypeOf(typeof event === "string" ? event : event.type);
  // It would be delivered, and could not be replied to.
  if (length > MAX_NAME_LENGTH) {
    const detail = `type: with that of its reply it has ${length} characters, of ${MAX_NAME_LENGTH} that fit`;
    throw new BellhopError("argument-invalid", detail, { field: "type" });
  }
  const { replies } = service.runtime;
  if (replies.size >= MOST_WAITING) throw new BellhopError("queue-full", `${MOST_WAITING} requests wait for replies`);
  const { id = newId(), signal } = options;
  // A reply names the id alone: it would be given to one of them.
  if (replies.has(id)) throw new BellhopError("argument-invalid", `id: a request ${id} waits already`, { field: "id" });
  const late = () => new BellhopError("timeout", `no reply within ${timeoutMs} ms`);
  const limit = timeLimit(gateway.clock, timeoutMs, late, gateway.closed, signal);
  try {
    const reply = new Promise<Envelope>((resolve, reject) => {
      replies.set(id, resolve);
      limit.signal.addEventListener("abort", () => reject(limit.signal.reason), { once: true });
    });
    reply.catch(() => {}); // the sending may fail first
    const replyto = `${service.settings.name}@${announcement.instance}`;
    const sent = await publish(sender, event, data, { ...options, id, replyto, timeoutMs, signal: limit.signal });
    if (sent.receivers.length === 0) throw new BellhopError("target-unknown", "nobody takes such requests");
    const failure = sent.receipt({ timeoutMs, signal: limit.signal }).then(({ outcome, deliveries }) => {
      // Who took it may yet reply, whatever became of it at another service.
      if (!deliveries.some((delivery) => delivery.outcome === "delivered")) {
        const why = deliveries.find((delivery) => delivery.outcome === outcome)?.lastError ?? outcome;
        throw new BellhopError("attempts-exhausted", `the request ended as ${outcome}: ${why}`);
      }
      return reply;
    }, () => reply); // that the outcome cannot be told says nothing of the reply
    const envelope = await Promise.race([reply, failure]);
    return wanted?.schema === undefined
      ? envelope
      : { ...envelope, data: await checkData(wanted.schema, envelope.data) };
  } finally {
    replies.delete(id);
    limit.end();
  }
}
