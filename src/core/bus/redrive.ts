/**
 * A dead letter gets another run, or is thrown away.
 *
 * @module
 */
import { BellhopError } from "../error.ts";
import { rankOf } from "../priority/table.ts";
import { enter, targetsOf } from "./_lines.ts";
import { type BusMessage, runOf } from "./message.ts";
import { add, claim, drop, expiryOf, letGo, newMessage, number } from "./_messages.ts";
import { packOutcome } from "./outcome.ts";
import { charge, rewrite } from "./_quota.ts";
import { outcomeKey, utf8Bytes } from "./record.ts";
import { type BusState, type KeptDeadLetter, trace, write } from "./_state.ts";
import { On } from "./transitions.ts";

/**
 * Gives a dead letter another run: the same envelope, a new budget, at the tail of the line.
 *
 * A letter without a subscriber goes to `receivers`, those of today. On disk it is done when `message.token` is flushed.
 *
 * @throws {BellhopError} `dead-letter-unknown`, `message-expired`, `target-unknown`, `queue-full`, `closing`
 */
export function redrive(state: BusState, nowMs: number, letterId: string, receivers: readonly string[]): BusMessage {
  if (state.draining) throw new BellhopError("closing");
  const kept = letterOf(state, letterId);
  const { letter } = kept;
  if (expiryOf(letter.envelope) <= nowMs) {
    throw new BellhopError("message-expired", `The message expired at ${letter.envelope.expirytime}`);
  }
  const names = letter.receiver === "" ? receivers : [letter.receiver];
  if (names.length === 0) throw new BellhopError("target-unknown", `Nobody subscribes to ${letter.envelope.type}`);
  if (!state.deliveries.hasRoom(names.length)) throw new BellhopError("queue-full", "The bus is full");

  const rank = rankOf(letter.envelope.priority);
  const remembered = rank === 3 ? state.rememberedDurable : state.remembered;
  const known = remembered.get(letter.envelope.source, letter.envelope.id);
  const message = known === undefined || letter.receiver === ""
    ? anew(state, nowMs, kept, names, known)
    : again(state, nowMs, kept, known);
  forgetLetter(state, kept);
  trace(state, nowMs, "redriven", message, { receiver: letter.receiver, run: letter.run + 1 });
  if (rank !== 3) {
    enter(state, message, On.accept);
    return message;
  }
  const operation = rewrite(message);
  const bytes = utf8Bytes(operation.value!);
  charge(state, message.principal, bytes - message.bytes);
  message.bytes = bytes;
  const key = outcomeKey(kept.sequence, letter.receiver);
  message.token = write(state, [operation, { keyspace: "outcomes", key, value: undefined }], {
    kind: "redrive",
    message,
    kept,
    replaced: letter.receiver === "" ? known : undefined,
  });
  return message;
}

/**
 * Throws a dead letter away.
 *
 * @returns the token of the write that does it on disk, or 0
 * @throws {BellhopError} `dead-letter-unknown`
 */
export function discard(state: BusState, letterId: string): number {
  const kept = letterOf(state, letterId);
  forgetLetter(state, kept);
  if (!kept.letter.durable) return 0;
  const key = outcomeKey(kept.sequence, kept.letter.receiver);
  return write(state, [{ keyspace: "outcomes", key, value: undefined }], { kind: "none" });
}

/** The redrive could not be written: the letter lies where it lay. */
export function undoRedrive(
  state: BusState,
  nowMs: number,
  message: BusMessage,
  kept: KeptDeadLetter,
  replaced: BusMessage | undefined,
): void {
  const { letter } = kept;
  state.deadLetters.set(letter.id, kept);
  charge(state, kept.principal, kept.bytes);
  message.token = 0;
  trace(state, nowMs, "refused", message, { reason: "not-durable", receiver: letter.receiver });
  if (letter.receiver === "") {
    drop(state, message);
    if (replaced !== undefined) state.rememberedDurable.add(nowMs, replaced);
    return;
  }
  const place = message.targets.findIndex((target) => target.name === letter.receiver);
  state.deliveries.release(~message.progress[place]);
  message.targets[place].unfinished--;
  message.progress[place] = packOutcome(letter.outcome, letter.attempts);
  message.runs = message.targets.map((_, at) => at === place ? letter.run : runOf(message, at));
  message.undecided--;
  if (--message.open === 0) {
    charge(state, message.principal, -message.bytes);
    message.bytes = 0;
    letGo(state, message);
  }
}

/** A message for a letter whose own is forgotten, or never had a receiver. */
function anew(
  state: BusState,
  nowMs: number,
  kept: KeptDeadLetter,
  names: readonly string[],
  known: BusMessage | undefined,
): BusMessage {
  const { letter, principal, replyTo, replyInstance, fingerprint } = kept;
  const { envelope } = letter;
  const rank = rankOf(envelope.priority);
  const targets = targetsOf(state, names);
  const submission = { principal, replyTo, replyInstance };
  const message = newMessage(state, nowMs, envelope, targets, rank, fingerprint, expiryOf(envelope), submission);
  message.runs = targets.map(() => letter.run + 1);
  if (known !== undefined) (rank === 3 ? state.rememberedDurable : state.remembered).remove(known);
  add(state, nowMs, message);
  return message;
}

/** Opens one delivery of a message that is remembered, beside those that may still be under way. */
function again(state: BusState, nowMs: number, kept: KeptDeadLetter, message: BusMessage): BusMessage {
  const { envelope, receiver, run } = kept.letter;
  const place = message.targets.findIndex((target) => target.name === receiver);
  const { maxElapsedMs } = state.options.policies[envelope.priority ?? "NORMAL"];
  (message.rank === 3 ? state.rememberedDurable : state.remembered).revive(message);
  message.envelope = envelope;
  message.givesUpMs = maxElapsedMs === null ? Infinity : nowMs + maxElapsedMs;
  if (message.index === -1) number(state, message);
  message.runs = message.targets.map((_, at) => at === place ? run + 1 : runOf(message, at));
  message.open++;
  message.undecided++;
  if (message.rank === 3) message.order = ++state.sequence;
  message.progress[place] = ~claim(state, message, place);
  return message;
}

function letterOf(state: BusState, letterId: string): KeptDeadLetter {
  const kept = state.deadLetters.get(letterId);
  if (kept === undefined) {
    throw new BellhopError("dead-letter-unknown", `No dead letter ${letterId} is kept`, { field: "id" });
  }
  return kept;
}

function forgetLetter(state: BusState, kept: KeptDeadLetter): void {
  state.deadLetters.delete(kept.letter.id);
  if (kept.letter.durable) charge(state, kept.principal, -kept.bytes);
  else state.memoryDeadLetters--;
}
