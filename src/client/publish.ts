/**
 * Publishing: one envelope on its way to the gateway, and what came of it there.
 *
 * @module
 */
import type { MessageStatus } from "../core/bus/status.ts";
import type { Envelope } from "../core/envelope/envelope.ts";
import { serialize } from "../core/envelope/serialize.ts";
import { BellhopError } from "../core/error.ts";
import { PRIORITY_POLICIES } from "../core/retry/policy.ts";
import { retry } from "../retry/retry.ts";
import type { EventDefinition } from "../schema/define_event.ts";
import type { PublishOptions, Sent } from "../service/outgoing.ts";
import { type Announcement, isLeaseUnknown } from "./_announcement.ts";
import { type Gateway, send } from "./_gateway.ts";
import { awaitReceipt, receiptOf } from "./_await_receipt.ts";
import { inRange } from "./_in_range.ts";
import { late } from "./_late.ts";
import { newEnvelope } from "./_new_envelope.ts";
import { timeLimit } from "./_time_limit.ts";

/** Whose message it is. */
export interface Sender {
  readonly gateway: Gateway;
  readonly source: string;
  readonly announcement: Announcement | undefined;
}

/** Publishes; see `Client.publish`. */
export async function publish(
  sender: Sender,
  event: EventDefinition | string,
  data: unknown,
  options: PublishOptions,
): Promise<Sent> {
  const { gateway, announcement } = sender;
  const { clock } = gateway;
  const { delayMs, timeoutMs = 30_000, waitMs = 0, signal, ...known } = options;
  inRange("timeoutMs", timeoutMs, 1, 3_600_000);
  inRange("waitMs", waitMs, 0, 60_000);
  inRange("delayMs", delayMs ?? 0, 0, 1_728_000_000);
  const envelope = await newEnvelope(sender.source, clock.nowMs(), event, data, known);
  const policy = PRIORITY_POLICIES[envelope.priority ?? "NORMAL"];
  const json = serialize(envelope);
  let last: unknown;
  const slow = () => late(`not accepted within ${timeoutMs} ms`, last);
  const limit = timeLimit(clock, timeoutMs, slow, gateway.closed, signal);
  try {
    const { body } = await retry(
      (attempt) => {
        const wait = waitMs > 0 ? { prefer: `wait=${Math.ceil(waitMs / 1_000)}` } : undefined;
        const lease = announcement === undefined ? undefined : { "bellhop-lease": announcement.lease };
        const delay = delayMs === undefined ? undefined : { "bellhop-delay-ms": `${Math.ceil(delayMs)}` };
        return send(gateway, "messages", json, attempt.signal, { ...wait, ...lease, ...delay }).catch(async (error) => {
          last = error;
          if (isLeaseUnknown(error)) await announcement?.renewed();
          throw error;
        });
      },
      {
        retries: policy.retries,
        firstRetry: "immediate",
        capMs: 10_000,
        attemptTimeoutMs: Math.min(3_600_000, 15_000 + waitMs),
        maxElapsedMs: timeoutMs,
      },
      {
        signal: limit.signal,
        clock,
        random: gateway.random,
        shouldRetry: (error) => error instanceof BellhopError ? error.retry : isTimeout(error),
      },
    );
    return sentFrom(gateway, envelope, body);
  } catch (error) {
    throw isTimeout(error)
      ? new BellhopError("timeout", "the gateway did not answer in time", { cause: error })
      : error;
  } finally {
    limit.end();
  }
}

function sentFrom(gateway: Gateway, { source, id }: Envelope, body: Readonly<Record<string, unknown>>): Sent {
  if (typeof body.durability !== "string") {
    throw new BellhopError("unreachable", `${gateway.url} is no gateway: it answered without saying what it accepted`);
  }
  const early = receiptOf(body.status as MessageStatus | undefined);
  return {
    source,
    id,
    durability: body.durability as Sent["durability"],
    receivers: Array.isArray(body.receivers) ? body.receivers : [],
    duplicate: body.duplicate === true,
    receipt: ({ timeoutMs = 30_000, signal } = {}) =>
      early === undefined ? awaitReceipt(gateway, source, id, timeoutMs, signal) : Promise.resolve(early),
  };
}

function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === "TimeoutError";
}
