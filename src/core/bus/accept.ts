/**
 * A message comes in: from `core/envelope`, on to `take.ts`; a CRITICAL by way of the store and `flush.ts`.
 *
 * @module
 */
import { type Envelope, fingerprint } from "../envelope/mod.ts";
import { BellhopError } from "../error.ts";
import { rankOf } from "../priority/table.ts";
import { parseTimestamp } from "../timestamp.ts";
import { keep } from "./_dead_letters.ts";
import { deliveryId } from "./delivery_id.ts";
import { end } from "./end.ts";
import type { BusMessage } from "./message.ts";
import { enter, targetsOf } from "./_lines.ts";
import { add, expiryOf, newMessage } from "./_messages.ts";
import { full, makeRoom, planRoom } from "./_overflow.ts";
import { type BusState, trace, write } from "./_state.ts";
import { outcomeWrite } from "./_outcome_write.ts";
import { charge, messageWrite, rewrite } from "./_quota.ts";
import { acceptReceipt } from "./_receipts.ts";
import { utf8Bytes } from "./record.ts";
import type { Submission } from "./submission.ts";
import type { Target } from "./target.ts";
import { On } from "./transitions.ts";

/** What became of a publish. */
export interface Acceptance {
  /** The message, as it is remembered. */
  readonly message: BusMessage;
  /** Whether it was known already: nothing new happens. */
  readonly duplicate: boolean;
}

/**
 * Accepts a valid envelope for the receivers given.
 *
 * A CRITICAL is acknowledged only when the write that `message.token` names is flushed; the write is among the effects.
 *
 * @throws {BellhopError} `closing`, `id-conflict`, `message-expired`, `argument-invalid` for a time that is too far,
 * `queue-full`, `store-full`, `record-too-large`
 */
export function accept(
  state: BusState,
  nowMs: number,
  envelope: Envelope,
  receivers: readonly string[],
  submission: Submission,
): Acceptance {
  if (state.draining) throw new BellhopError("closing");
  const content = fingerprint(envelope);
  const known = state.remembered.get(envelope.source, envelope.id) ??
    state.rememberedDurable.get(envelope.source, envelope.id);
  if (known !== undefined) return duplicate(state, nowMs, known, content);

  const expiresMs = expiryOf(envelope);
  const notBeforeMs = refuseUntimely(state, nowMs, envelope, submission);
  const rank = rankOf(envelope.priority);
  const targets = targetsOf(state, receivers);
  if (!state.deliveries.hasRoom(targets.length)) throw full("The bus");
  if (notBeforeMs > 0) refuseHoard(targets, state.options.capacity);
  const crowd = isCrowded(targets, state.options.capacity) ? planRoom(state, targets, rank) : undefined;
  const message = newMessage(state, nowMs, envelope, targets, rank, content, expiresMs, submission, notBeforeMs);
  if (rank === 3) {
    acceptDurable(state, nowMs, message);
    if (crowd !== undefined) makeRoom(state, nowMs, targets, rank, crowd);
  } else {
    if (crowd !== undefined) makeRoom(state, nowMs, targets, rank, crowd);
    add(state, nowMs, message);
    if (state.tracing) trace(state, nowMs, "accepted", message);
    enter(state, nowMs, message, On.accept);
    for (const place of crowd?.refused ?? []) end(state, nowMs, ~message.progress[place], "evicted", "queue-full");
  }
  return { message, duplicate: false };
}

/**
 * When it may be delivered, epoch milliseconds; 0 for at once.
 *
 * @throws {BellhopError} `message-expired`, `argument-invalid` for a time that is too far
 */
export function refuseUntimely(state: BusState, nowMs: number, envelope: Envelope, submission: Submission): number {
  const expiresMs = expiryOf(envelope);
  if (expiresMs <= nowMs) {
    throw new BellhopError("message-expired", `The message expired at ${envelope.expirytime}`, { field: "expirytime" });
  }
  return dueOf(state, nowMs, envelope, submission, expiresMs);
}

function dueOf(state: BusState, nowMs: number, envelope: Envelope, submission: Submission, expiresMs: number): number {
  const { deliverat } = envelope;
  if (deliverat === undefined && submission.delayMs === undefined) return 0;
  const dueMs = deliverat === undefined ? nowMs + submission.delayMs! : parseTimestamp(deliverat) ?? 0;
  if (dueMs <= nowMs) return 0;
  if (expiresMs <= dueMs) {
    throw new BellhopError("message-expired", `The message expires before it may be delivered`, {
      field: "expirytime",
    });
  }
  const most = state.options.maxDelayMs;
  if (dueMs - nowMs <= most) return dueMs;
  throw new BellhopError("argument-invalid", `A message may be delayed by ${most} ms: got ${dueMs - nowMs}`, {
    field: deliverat === undefined ? "delayMs" : "deliverat",
  });
}

function acceptDurable(state: BusState, nowMs: number, message: BusMessage): void {
  const operation = messageWrite(state, message);
  if (message.targets.length === 0) return buryUnsubscribed(state, nowMs, message);
  charge(state, message.principal, message.bytes);
  add(state, nowMs, message);
  message.token = write(state, [operation], { kind: "accept", message });
}

/** Nobody subscribes: nothing is delivered, and a durable dead letter says so. */
function buryUnsubscribed(state: BusState, nowMs: number, message: BusMessage): void {
  const kept = keep(state, nowMs, message, {
    id: deliveryId(message.source, message.id, "", 1),
    envelope: message.envelope!,
    receiver: "",
    run: 1,
    outcome: "no-subscriber",
    reason: "no-subscriber",
    attempts: 0,
    history: [],
    acceptedMs: nowMs,
    endedMs: nowMs,
    durable: true,
  });
  const outcome = outcomeWrite(nowMs, message, "", 1, "no-subscriber", 0, "no-subscriber", kept);
  kept.bytes = utf8Bytes(outcome.value!);
  message.bytes = 0;
  charge(state, message.principal, kept.bytes);
  const receipt = acceptReceipt(state, nowMs, message, 0, "no-subscriber", 0, "no-subscriber");
  add(state, nowMs, message);
  const operations = receipt === undefined ? [outcome] : [rewrite(receipt), outcome];
  message.token = write(state, operations, { kind: "accept", message, receipt, letter: kept });
  if (receipt !== undefined) receipt.token = message.token;
}

function duplicate(state: BusState, nowMs: number, known: BusMessage, content: number): Acceptance {
  if (known.fingerprint !== content) {
    throw new BellhopError("id-conflict", `Message ${known.id} of ${known.source} has other content`, { field: "id" });
  }
  trace(state, nowMs, "duplicate", known);
  return { message: known, duplicate: true };
}

/** What is kept for later takes at most half of a target: or a few could shut everybody out for days. */
function refuseHoard(targets: readonly Target[], capacity: number): void {
  for (const { name, delayed } of targets) if (delayed >= Math.ceil(capacity / 2)) throw full(name);
}

function isCrowded(targets: readonly Target[], capacity: number): boolean {
  for (let i = 0; i < targets.length; i++) if (targets[i].unfinished >= capacity) return true;
  return false;
}
