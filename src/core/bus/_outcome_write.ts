import { type BusMessage, runOf } from "./message.ts";
import { writeDelivered } from "./_delivered_write.ts";
import type { StoreOperation } from "./operation.ts";
import type { Outcome } from "./outcome.ts";
import { charge, endRecord, rewrite } from "./_quota.ts";
import { acceptReceipt } from "./_receipts.ts";
import { deliveryKey, outcomeKey, type OutcomeRecord, utf8Bytes, writeRecord } from "./record.ts";
import { type BusState, type KeptDeadLetter, write } from "./_state.ts";

/**
 * Writes how a delivery ended. The order of the operations is what makes a crash between any two of them harmless:
 * first the receipt (its id is fixed, so sending it again does nothing), then the outcome, the message last.
 */
export function writeOutcome(
  state: BusState,
  nowMs: number,
  message: BusMessage,
  place: number,
  slot: number,
  outcome: Outcome,
  reason: string,
  letter: KeptDeadLetter | undefined,
): void {
  if (outcome === "delivered" && message.replyTo === undefined) {
    return writeDelivered(state, nowMs, message, place, slot);
  }
  const attempts = state.deliveries.attemptsOf(slot);
  const receiver = message.targets[place].name;
  const operations: StoreOperation[] = [];
  const receipt = message.replyTo === undefined
    ? undefined
    : acceptReceipt(state, nowMs, message, place, outcome, attempts, reason === "" ? lastFailure(state, slot) : reason);
  if (receipt !== undefined) operations.push(rewrite(receipt));
  operations.push(outcomeWrite(nowMs, message, receiver, runOf(message, place), outcome, attempts, reason, letter));
  if (letter !== undefined) {
    letter.bytes = utf8Bytes(operations[operations.length - 1].value!);
    charge(state, message.principal, letter.bytes);
  }
  // Whatever has failed may have left its retry state, and a cancellation itself.
  if (state.deliveries.history[slot] !== -1 || outcome === "cancelled") {
    operations.push({ keyspace: "deliveries", key: deliveryKey(message.sequence, receiver), value: undefined });
  }
  endRecord(state, message, operations);
  const token = write(state, operations, { kind: "outcome", message, slot, outcome, reason, receipt, letter });
  if (receipt !== undefined) receipt.token = token;
}

/** What went wrong last with a delivery, or nothing. */
export function lastFailure(state: BusState, slot: number): string {
  return state.history.last(state.deliveries.history[slot])?.reason ?? "";
}

/** The write of one outcome; of a dead letter, with history and envelope. */
export function outcomeWrite(
  nowMs: number,
  message: BusMessage,
  receiver: string,
  run: number,
  outcome: Outcome,
  attempts: number,
  reason: string,
  kept: KeptDeadLetter | undefined,
): StoreOperation {
  const record: OutcomeRecord = {
    source: message.source,
    id: message.id,
    type: message.type,
    receiver,
    run,
    outcome,
    reason,
    attempts,
    acceptedMs: message.acceptedMs,
    endedMs: nowMs,
    fingerprint: message.fingerprint,
    principal: message.principal,
    ...(message.replyTo === undefined ? {} : { replyTo: message.replyTo }),
    ...(message.instance === undefined || message.pinned ? {} : { instance: message.instance }),
    ...(kept === undefined ? {} : { history: kept.letter.history }),
  };
  const value = writeRecord(record, kept?.letter.envelope);
  return { keyspace: "outcomes", key: outcomeKey(message.sequence, receiver), value };
}
