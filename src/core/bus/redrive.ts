/**
 * A dead letter gets another run, or is thrown away.
 *
 * @module
 */
import { BellhopError } from "../error.ts";
import { rankOf } from "../priority/table.ts";
import { keyOf, unlist } from "./_dead_letters.ts";
import { calledTarget, enter } from "./_lines.ts";
import { type BusMessage, runOf } from "./message.ts";
import { add, catchUp, claim, drop, expiryOf, letGo, newMessage, number, unclaim } from "./_messages.ts";
import type { StoreOperation } from "./operation.ts";
import { outcomeWrite } from "./_outcome_write.ts";
import { full } from "./_overflow.ts";
import { packOutcome } from "./outcome.ts";
import { charge, rewrite } from "./_quota.ts";
import { utf8Bytes } from "./record.ts";
import { type BusState, type KeptDeadLetter, type Pending, trace, write } from "./_state.ts";
import { On } from "./transitions.ts";

/**
 * Gives a dead letter another run: the same envelope, a new budget, at the tail of the line.
 *
 * A letter without a subscriber goes to `receivers`, those of today. On disk it is done when `message.token` is flushed.
 *
 * @throws {BellhopError} `dead-letter-unknown`, `message-expired`, `target-unknown`, `id-conflict` if the message was
 * forgotten and has come again meanwhile, `queue-full`, `closing`
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
  const { source, id } = letter.envelope;
  const known = state.remembered.get(source, id) ?? state.rememberedDurable.get(source, id);
  const place = known === undefined ? -1 : known.targets.findIndex((target) => target.name === letter.receiver);
  if (known !== undefined && !isOfLetter(known, place, kept)) {
    throw new BellhopError("id-conflict", `Message ${id} of ${source} has come again`, { field: "id" });
  }
  if (!state.deliveries.hasRoom(names.length)) throw full("The bus");
  const crowded = names.find((name) => (state.targets.get(name)?.unfinished ?? 0) >= state.options.capacity);
  if (crowded !== undefined) throw full(crowded);

  const message = known === undefined || letter.receiver === ""
    ? anew(state, nowMs, kept, names, known)
    : again(state, nowMs, kept, known, place);
  unlist(state, kept);
  if (message.rank !== 3) {
    trace(state, nowMs, "redriven", message, { receiver: letter.receiver, run: letter.run + 1 });
    enter(state, nowMs, message, On.accept);
    return message;
  }
  const operation = rewrite(message);
  const bytes = utf8Bytes(operation.value!);
  charge(state, message.principal, bytes - message.bytes);
  message.bytes = bytes;
  message.token = write(state, [operation, { keyspace: "outcomes", key: keyOf(kept), value: undefined }], {
    kind: "redrive",
    message,
    place,
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
  unlist(state, kept);
  const { letter } = kept;
  if (!letter.durable) return 0;
  const message = state.rememberedDurable.get(letter.envelope.source, letter.envelope.id);
  // Within the horizon the outcome stays, without the letter: or a restart would find a delivery that has not ended.
  const operation: StoreOperation = message?.sequence === kept.sequence
    ? outcomeWrite(
      letter.endedMs,
      message,
      letter.receiver,
      letter.run,
      letter.outcome,
      letter.attempts,
      letter.reason,
      undefined,
    )
    : { keyspace: "outcomes", key: keyOf(kept), value: undefined };
  return write(state, [operation], { kind: "none" });
}

/** The redrive could not be written: the letter lies where it lay. */
export function undoRedrive(
  state: BusState,
  nowMs: number,
  token: number,
  { message, place, kept, replaced }: Pending & { kind: "redrive" },
): void {
  const { letter } = kept;
  relist(state, kept);
  if (message.token === token) message.token = 0;
  trace(state, nowMs, "refused", message, { reason: "not-durable", receiver: letter.receiver });
  if (place === -1) {
    drop(state, message);
    if (replaced !== undefined) state.rememberedDurable.add(nowMs, replaced);
    return;
  }
  unclaim(state, message, place);
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
  const targets = names.map((name) => calledTarget(state, name));
  const submission = { principal, replyTo, replyInstance };
  const message = newMessage(state, nowMs, envelope, targets, rank, fingerprint, expiryOf(envelope), submission);
  message.runs = targets.map(() => letter.run + 1);
  if (known !== undefined) (rank === 3 ? state.rememberedDurable : state.remembered).remove(known);
  add(state, nowMs, message);
  return message;
}

/** Opens one delivery of a message that is remembered, beside those that may still be under way. */
function again(
  state: BusState,
  nowMs: number,
  kept: KeptDeadLetter,
  known: BusMessage,
  place: number,
): BusMessage {
  const { envelope, receiver, run } = kept.letter;
  const message = known.index === -1 ? restored(state, nowMs, kept, known) : known;
  const { maxElapsedMs } = state.options.policies[envelope.priority ?? "NORMAL"];
  message.givesUpMs = maxElapsedMs === null ? Infinity : nowMs + maxElapsedMs;
  // The service may have left and come back since.
  message.targets = message.targets.map((target, at) => at === place ? calledTarget(state, receiver) : target);
  if (message.index === -1) number(state, message);
  message.runs = message.targets.map((_, at) => at === place ? run + 1 : runOf(message, at));
  message.open++;
  message.undecided++;
  if (message.rank === 3) message.order = ++state.sequence;
  message.progress[place] = ~claim(state, message, place);
  return message;
}

/** A message of which only outcomes were left, whole again. */
function restored(state: BusState, nowMs: number, kept: KeptDeadLetter, known: BusMessage): BusMessage {
  const { letter, principal, replyTo, replyInstance } = kept;
  const { envelope } = letter;
  const submission = { principal, replyTo, replyInstance };
  const { targets, rank, fingerprint } = known;
  if (state.deliveries.size === 0) catchUp(state, nowMs);
  const message: BusMessage = {
    ...newMessage(state, nowMs, envelope, targets, rank, fingerprint, expiryOf(envelope), submission),
    acceptedMs: known.acceptedMs,
    sequence: known.sequence,
    progress: known.progress,
    runs: known.runs,
    shared: known.shared,
    open: 0,
    undecided: 0,
    generation: known.generation,
    row: known.row,
    watched: known.watched,
  };
  (rank === 3 ? state.rememberedDurable : state.remembered).revive(message);
  return message;
}

/** Whether a message that is known is the one of the letter, and the letter's delivery has ended. */
function isOfLetter(known: BusMessage, place: number, kept: KeptDeadLetter): boolean {
  if (known.fingerprint !== kept.fingerprint || (known.rank === 3) !== kept.letter.durable) return false;
  return kept.letter.receiver === "" ? known.targets.length === 0 : place !== -1 && known.progress[place] >= 0;
}

/** Puts a letter back where it stood in the list. */
function relist(state: BusState, kept: KeptDeadLetter): void {
  charge(state, kept.principal, kept.bytes);
  const all = [...state.deadLetters.values(), kept].sort((one, other) => one.position - other.position);
  state.deadLetters.clear();
  for (const one of all) state.deadLetters.set(one.letter.id, one);
}

function letterOf(state: BusState, letterId: string): KeptDeadLetter {
  const kept = state.deadLetters.get(letterId);
  if (kept === undefined || !kept.settled) {
    throw new BellhopError("dead-letter-unknown", `No dead letter ${letterId} is kept`, { field: "id" });
  }
  return kept;
}
