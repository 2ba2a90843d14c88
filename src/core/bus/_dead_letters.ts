import type { Envelope } from "../envelope/mod.ts";
import type { DeadLetter } from "./dead_letter.ts";
import { deliveryId } from "./delivery_id.ts";
import { type BusMessage, runOf } from "./message.ts";
import type { Outcome } from "./outcome.ts";
import { charge } from "./_quota.ts";
import { outcomeKey } from "./record.ts";
import { type BusState, type KeptDeadLetter, trace, write } from "./_state.ts";

/** Makes a dead letter of a delivery that failed for good. */
export function bury(
  state: BusState,
  nowMs: number,
  message: BusMessage,
  place: number,
  slot: number,
  outcome: Exclude<Outcome, "delivered">,
  reason: string,
): KeptDeadLetter {
  const attempts = state.deliveries.attemptsOf(slot);
  const history = state.history.read(state.deliveries.history[slot], message.acceptedMs, attempts);
  const receiver = message.targets[place].name;
  const run = runOf(message, place);
  return keep(state, nowMs, message, {
    id: deliveryId(message.source, message.id, receiver, run),
    envelope: message.envelope as Envelope,
    receiver,
    run,
    outcome,
    reason,
    attempts,
    history,
    acceptedMs: message.acceptedMs,
    endedMs: nowMs,
    durable: message.rank === 3,
  });
}

/** Keeps a dead letter; in memory the oldest gives way at the bound. */
export function keep(state: BusState, nowMs: number, message: BusMessage, letter: DeadLetter): KeptDeadLetter {
  const kept: KeptDeadLetter = {
    letter,
    principal: message.principal,
    replyTo: message.replyTo,
    replyInstance: message.pinned ? undefined : message.instance,
    sequence: message.sequence,
    fingerprint: message.fingerprint,
    position: ++state.deadLetterCount,
    bytes: 0,
    settled: !letter.durable,
  };
  const same = state.deadLetters.get(letter.id);
  if (same !== undefined) displace(state, same);
  if (!letter.durable && ++state.memoryDeadLetters > state.options.maxDeadLetters) {
    for (const [id, oldest] of state.deadLetters) {
      if (oldest.letter.durable) continue;
      state.deadLetters.delete(id);
      state.memoryDeadLetters--;
      state.droppedDeadLetters++;
      break;
    }
  }
  state.deadLetters.set(letter.id, kept);
  trace(state, nowMs, "dead-letter", message, {
    receiver: letter.receiver,
    run: letter.run,
    attempt: letter.attempts,
    outcome: letter.outcome,
    reason: letter.reason,
  });
  return kept;
}

/** Takes a letter out of the list. */
export function unlist(state: BusState, kept: KeptDeadLetter): void {
  state.deadLetters.delete(kept.letter.id);
  if (kept.letter.durable) charge(state, kept.principal, -kept.bytes);
  else state.memoryDeadLetters--;
}

/** A message was forgotten, came again and failed again: its letter takes the place of the first. */
function displace(state: BusState, kept: KeptDeadLetter): void {
  unlist(state, kept);
  if (kept.letter.durable) {
    write(state, [{ keyspace: "outcomes", key: keyOf(kept), value: undefined }], { kind: "none" });
  }
}

/** Where a letter lies on disk. */
export function keyOf(kept: KeptDeadLetter): string {
  return outcomeKey(kept.sequence, kept.letter.receiver);
}
