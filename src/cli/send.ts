import type { Client, PublishOptions, Receipt, Sent } from "../client/mod.ts";
import type { Envelope } from "../core/envelope/envelope.ts";
import { BellhopError } from "../core/error.ts";
import { EXIT, Stop } from "./exit_code.ts";
import { envelopeOf, type Overrides } from "./envelope_of.ts";
import type { Item } from "./items.ts";
import type { Report } from "./tally.ts";

/** How each message is sent. */
export interface SendOptions extends Overrides {
  /** Milliseconds to wait for the deliveries to end; 0 for not at all. */
  readonly waitMs: number;
  /** Milliseconds that the gateway is to keep the message first. */
  readonly delayMs?: number;
  /** Milliseconds to try to hand the message over. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Sends one message, and says what became of it. A refusal is a report; a gateway that is gone stops the command.
 *
 * @throws {Stop} `gateway` when the gateway cannot be reached any more
 */
export async function send(client: Client, item: Item, options: SendOptions): Promise<Report> {
  const { line } = item;
  if (item.fault !== undefined) return { line, result: "refused", code: "envelope-malformed", detail: item.fault };
  let envelope: Envelope | undefined;
  try {
    envelope = envelopeOf(item.value, options);
    return await handOver(client, line, envelope, options);
  } catch (error) {
    if (options.signal.aborted || !(error instanceof BellhopError)) throw error;
    if (isGone(error)) throw new Stop(EXIT.gateway, `the gateway is gone, at line ${line}: ${error.message}`);
    const name = envelope === undefined ? {} : { source: envelope.source, id: envelope.id };
    return { line, ...name, result: "refused", code: error.code, detail: sentence(error) };
  }
}

async function handOver(client: Client, line: number, envelope: Envelope, options: SendOptions): Promise<Report> {
  const { waitMs, delayMs, timeoutMs, signal } = options;
  const { specversion: _, type, data, ...attributes } = envelope;
  // An absent time stays absent: with one of its own, the envelope would be another one the next time.
  const exact = { time: undefined, ...attributes } as unknown as PublishOptions;
  const delay = delayMs === undefined ? {} : { delayMs };
  const sent = await client.publish(type, data, { ...exact, ...delay, waitMs, timeoutMs, signal });
  const { source, id, durability, receivers, duplicate } = sent;
  const known = { line, source, id, durability, receivers, duplicate };
  if (waitMs === 0) return { ...known, result: "accepted" };
  const receipt = await ended(sent, signal);
  if (receipt === undefined) return { ...known, result: "pending" };
  const deliveries = receipt.deliveries.map(({ receiver, outcome, attempts, lastError }) => ({
    receiver,
    outcome,
    attempts,
    ...(lastError === undefined ? {} : { lastError }),
  }));
  const failed = deliveries.some(({ outcome }) => outcome !== "delivered");
  return { ...known, result: failed ? "failed" : "delivered", deliveries };
}

/** The gateway has waited already: what has not ended by now is pending. */
async function ended(sent: Sent, signal: AbortSignal): Promise<Receipt | undefined> {
  try {
    return await sent.receipt({ timeoutMs: 1_000, signal });
  } catch (error) {
    if (error instanceof BellhopError && error.code === "timeout") return undefined;
    throw error;
  }
}

function isGone(error: BellhopError): boolean {
  if (error.code === "unreachable") return true;
  return error.code === "deadline-exceeded" && error.cause instanceof BellhopError &&
    error.cause.code === "unreachable";
}

function sentence({ message, faults }: BellhopError): string {
  if (faults === undefined || faults.length === 0) return message;
  return faults.map(({ field, reason }) => `${field}: ${reason}`).join("; ");
}
