import type { Client } from "../client/mod.ts";
import type { Envelope } from "../core/envelope/envelope.ts";
import { BATCHED_TYPE } from "../core/envelope/http.ts";
import { serializeBatch } from "../core/envelope/serialize.ts";
import { envelopeOf } from "./envelope_of.ts";
import { credentialHeaders, type GatewayAddress } from "./gateway_address.ts";
import type { Item } from "./items.ts";
import { send, type SendOptions } from "./send.ts";
import type { Report } from "./tally.ts";

/** Where batches go, and how large they may be there. */
export interface BatchTarget {
  readonly address: GatewayAddress;
  readonly maxBatchBytes: number;
}

/** What the gateway says of one envelope of a batch: the members of its 202, or its problem. */
interface Result {
  readonly status: number;
  readonly durability: string;
  readonly receivers: readonly string[];
  readonly duplicate: boolean;
}

interface Entry {
  readonly item: Item;
  readonly envelope: Envelope;
}

const encoder = new TextEncoder();

/**
 * Sends messages in one request. Whatever does not go well that way is sent by itself: so it is tried again where that
 * makes sense, and refused with its own reason.
 *
 * @throws {Stop} `gateway` when the gateway cannot be reached any more
 */
export async function sendBatch(
  client: Client,
  target: BatchTarget,
  items: readonly Item[],
  options: SendOptions,
  onReport: (report: Report) => void,
): Promise<void> {
  const entries = items.length > 1 ? items.flatMap((item) => entryOf(item, options)) : [];
  const results = entries.length > 1 ? await post(target, entries, options.signal) : [];
  const taken = new Set<Item>();
  for (const [place, { item, envelope }] of entries.entries()) {
    if (results[place]?.status !== 202) continue;
    const { durability, receivers, duplicate } = results[place];
    const { source, id } = envelope;
    taken.add(item);
    onReport({ line: item.line, source, id, durability, receivers, duplicate, result: "accepted" });
  }
  for (const item of items) {
    if (!taken.has(item)) onReport(await send(client, item, options));
  }
}

function entryOf(item: Item, options: SendOptions): Entry[] {
  // Data that gets an id here would get another one when it is sent by itself: the message could come twice.
  const isEnvelope = (item.value as { specversion?: unknown } | null)?.specversion !== undefined;
  if (item.fault !== undefined || !isEnvelope) return [];
  try {
    return [{ item, envelope: envelopeOf(item.value, options) }];
  } catch {
    return [];
  }
}

/** One request, without a retry; nothing where it did not come to an answer. */
async function post(target: BatchTarget, entries: readonly Entry[], signal: AbortSignal): Promise<readonly Result[]> {
  const body = encoder.encode(serializeBatch(entries.map(({ envelope }) => envelope)));
  if (body.length > target.maxBatchBytes) {
    const half = entries.length >> 1;
    if (half < 1) return [];
    const first = await post(target, entries.slice(0, half), signal);
    // A half without an answer would shift the places of the other.
    return first.length < half ? first : [...first, ...await post(target, entries.slice(half), signal)];
  }
  try {
    const response = await fetch(`${target.address.url}/messages`, {
      method: "POST",
      headers: { "content-type": BATCHED_TYPE, ...credentialHeaders(target.address) },
      body,
      signal,
      redirect: "manual",
    });
    const answer = await response.json();
    return response.status === 202 && answer.results?.length === entries.length ? answer.results : [];
  } catch (error) {
    if (signal.aborted) throw error;
    return [];
  }
}
