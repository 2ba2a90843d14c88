import { rankOf } from "../priority/table.ts";
import { enter, targetOf } from "./_lines.ts";
import { type BusMessage, runOf } from "./message.ts";
import { add, expiryOf, newMessage } from "./_messages.ts";
import type { Outcome } from "./outcome.ts";
import { charge, rewrite } from "./_quota.ts";
import { isReceipt, receiptOf } from "./receipt.ts";
import { utf8Bytes } from "./record.ts";
import { type BusState, trace } from "./_state.ts";
import { On } from "./transitions.ts";

/**
 * Takes the receipt of an outcome as a message of the bus's own to the service that sent the message.
 *
 * A receipt evicts nothing and is not refused by a full queue: there is at most one for each delivery. One to be kept
 * on disk lines up when its write, which the caller makes, is flushed.
 *
 * @returns the receipt, or `undefined` if none is due or it is on its way already
 */
export function acceptReceipt(
  state: BusState,
  nowMs: number,
  message: BusMessage,
  place: number,
  outcome: Outcome,
  attempts: number,
  reason: string,
): BusMessage | undefined {
  if (message.replyTo === undefined || isReceipt(message.type) || !state.deliveries.hasRoom(1)) return undefined;
  const { source, receiptTtlMs } = state.options;
  const run = message.targets.length === 0 ? 1 : runOf(message, place);
  const envelope = receiptOf(
    message,
    {
      source: message.source,
      id: message.id,
      type: message.type,
      receiver: message.targets[place]?.name ?? "",
      run,
      outcome,
      attempts,
      ...(reason === "" ? {} : { reason }),
    },
    nowMs,
    receiptTtlMs,
    source,
  );
  const rank = rankOf(envelope.priority);
  const remembered = rank === 3 ? state.rememberedDurable : state.remembered;
  if (remembered.get(envelope.source, envelope.id) !== undefined) return undefined;
  const targets = [targetOf(state, message.replyTo)];
  const submission = { principal: message.principal, replyInstance: message.pinned ? undefined : message.instance };
  const receipt = newMessage(state, nowMs, envelope, targets, rank, 0, expiryOf(envelope), submission);
  if (rank === 3) {
    receipt.bytes = utf8Bytes(rewrite(receipt).value!);
    charge(state, receipt.principal, receipt.bytes);
  }
  add(state, nowMs, receipt);
  trace(state, nowMs, "receipt", message, { receiver: message.replyTo, outcome, run, attempt: attempts });
  if (rank !== 3) {
    trace(state, nowMs, "accepted", receipt);
    enter(state, nowMs, receipt, On.accept);
  }
  return receipt;
}
