/**
 * After a restart: what was acknowledged and has not ended takes up where the disk knows it.
 *
 * @module
 */
import type { Envelope } from "../envelope/mod.ts";
import { rankOf } from "../priority/table.ts";
import { keep, keyOf, unlist } from "./_dead_letters.ts";
import { deliveryId } from "./delivery_id.ts";
import { end } from "./end.ts";
import { hold, lineUp, targetOf } from "./_lines.ts";
import { type BusMessage, endedMessage, runOf, type SharedRecord } from "./message.ts";
import { catchUp, claim, expiryOf, letGo, newMessage, number } from "./_messages.ts";
import type { StoreOperation } from "./operation.ts";
import { packOutcome } from "./outcome.ts";
import { charge } from "./_quota.ts";
import {
  deliveryKey,
  type DeliveryRecord,
  type FoundOutcome,
  isDeliveryRecord,
  isMessageRecord,
  isShared,
  messageKey,
  type MessageRecord,
  outcomeKey,
  type OutcomeRecord,
  readOutcomes,
  readRecord,
  sequenceOf,
  utf8Bytes,
} from "./record.ts";
import { type BusState, forgetOutcomes, plan, trace, write } from "./_state.ts";
import { On, State } from "./transitions.ts";

/** A record as a scan gives it. */
export interface FoundRecord {
  /** Its key. */
  readonly key: string;
  /** What was put under it. */
  readonly value: string;
}

/** All that lay in the store. */
export interface Recovery {
  /** All of the keyspace `messages`. */
  readonly messages: readonly FoundRecord[];
  /** All of the keyspace `deliveries`. */
  readonly deliveries: readonly FoundRecord[];
  /** All of the keyspace `outcomes`. */
  readonly outcomes: readonly FoundRecord[];
}

/** What was found. */
export interface Recovered {
  /** Messages that go on. */
  readonly unfinished: number;
  /** Dead letters that lie on disk. */
  readonly deadLetters: number;
  /** Records that could not be read: they stay where they are. */
  readonly unreadable: readonly { readonly keyspace: string; readonly key: string }[];
}

/**
 * Takes up what a store held. The machine must be new.
 *
 * A delivery without an outcome goes on: waiting, if its retry state says so, for no longer than it was meant to wait;
 * otherwise in line. An attempt that was under way when the process ended is made again.
 */
export function recover(state: BusState, nowMs: number, found: Recovery): Recovered {
  const unreadable: { keyspace: string; key: string }[] = [];
  const outcomes = new Map<string, { readonly meta: OutcomeRecord; readonly shared: Shared }>();
  catchUp(state, nowMs);
  for (const { sequence, meta, envelope, shared, bytes } of readAll(state, found.outcomes, unreadable)) {
    outcomes.set(outcomeKey(sequence, meta.receiver), { meta, shared });
    remember(state, nowMs, sequence, meta, shared);
    if (envelope === undefined) continue;
    const message = state.rememberedDurable.get(meta.source, meta.id)!;
    const kept = keep(state, nowMs, message, {
      id: deliveryId(meta.source, meta.id, meta.receiver, meta.run),
      envelope,
      receiver: meta.receiver,
      run: meta.run,
      outcome: meta.outcome as Exclude<OutcomeRecord["outcome"], "delivered">,
      reason: meta.reason,
      attempts: meta.attempts,
      history: meta.history ?? [],
      acceptedMs: meta.acceptedMs,
      endedMs: meta.endedMs,
      durable: true,
    });
    kept.bytes = bytes;
    kept.settled = true;
    charge(state, meta.principal, kept.bytes);
  }

  const retryStates = new Map<string, DeliveryRecord>();
  for (const { key, value } of found.deliveries) {
    const record = readRecord<DeliveryRecord>(value, isDeliveryRecord);
    state.sequence = Math.max(state.sequence, sequenceOf(key) || 0);
    if (record === undefined) unreadable.push({ keyspace: "deliveries", key });
    else retryStates.set(key, record.meta);
  }

  const read: { sequence: number; bytes: number; meta: MessageRecord; envelope: Envelope }[] = [];
  for (const { key, value } of found.messages) {
    const record = readRecord<MessageRecord>(value, isMessageRecord);
    const sequence = sequenceOf(key);
    state.sequence = Math.max(state.sequence, sequence || 0, record?.meta.order ?? 0);
    if (record?.envelope === undefined) unreadable.push({ keyspace: "messages", key });
    else read.push({ sequence, bytes: utf8Bytes(value), meta: record.meta, envelope: record.envelope });
  }
  read.sort((one, other) => one.meta.order - other.meta.order);
  let unfinished = 0;
  const doomed: number[] = [];
  for (const { sequence, bytes, meta, envelope } of read) {
    const message = reopen(state, nowMs, sequence, meta, envelope);
    message.bytes = bytes;
    charge(state, message.principal, bytes);
    for (let place = 0; place < message.targets.length; place++) {
      const receiver = message.targets[place].name;
      const run = meta.runs?.[place] ?? 1;
      const outcome = outcomes.get(outcomeKey(sequence, receiver));
      if (outcome !== undefined && outcome.meta.run >= run) {
        message.progress[place] = packOutcome(outcome.meta.outcome, outcome.meta.attempts);
        if (outcome.shared !== undefined) message.shared = withShared(message, place, outcome.shared);
        message.open--;
        message.undecided--;
        continue;
      }
      if (run > 1) supersede(state, message, receiver, run - 1);
      const key = deliveryKey(sequence, receiver);
      const retryState = retryStates.get(key);
      if (retryState?.run !== run) {
        resume(state, nowMs, message, place, undefined);
        continue;
      }
      retryStates.delete(key);
      resume(state, nowMs, message, place, retryState);
      if (retryState.doom !== undefined) doomed.push(~message.progress[place]);
    }
    if (message.open > 0) {
      unfinished++;
      trace(state, nowMs, "recovered", message);
      continue;
    }
    charge(state, message.principal, -message.bytes);
    message.bytes = 0;
    letGo(state, message);
    write(state, [{ keyspace: "messages", key: messageKey(sequence), value: undefined }], { kind: "none" });
  }
  // When all are there: the receipt of one may be among them.
  for (const slot of doomed) end(state, nowMs, slot, "cancelled", "cancelled");
  // What a crash between an outcome and its tidying up has left.
  const orphans: StoreOperation[] = [];
  for (const key of retryStates.keys()) orphans.push({ keyspace: "deliveries", key, value: undefined });
  if (orphans.length > 0) write(state, orphans, { kind: "none" });
  return { unfinished, deadLetters: state.deadLetters.size, unreadable };
}

interface OutcomeThere extends FoundOutcome {
  readonly shared: Shared;
  /** Size of its record, if that is a dead letter. */
  readonly bytes: number;
}

type Shared = readonly [SharedRecord] | undefined;

/** All outcomes in the order in which their messages were accepted, whatever record they lie in. */
function readAll(
  state: BusState,
  records: readonly FoundRecord[],
  unreadable: { keyspace: string; key: string }[],
): readonly OutcomeThere[] {
  const all: OutcomeThere[] = [];
  for (const record of records) {
    const outcomes = readOutcomes(record);
    state.sequence = Math.max(state.sequence, sequenceOf(record.key) || 0);
    if (outcomes === undefined) {
      unreadable.push({ keyspace: "outcomes", key: record.key });
      continue;
    }
    const shared: Shared = isShared(record.value) ? [{ key: record.key, left: outcomes.length }] : undefined;
    for (const { sequence, meta, envelope } of outcomes) {
      state.sequence = Math.max(state.sequence, sequence || 0);
      const bytes = envelope === undefined ? 0 : utf8Bytes(record.value);
      all.push({ sequence, meta, envelope, shared, bytes });
    }
  }
  return all.sort((one, other) => one.sequence - other.sequence);
}

/** How many deliveries a store's messages may ask for: a bus made for fewer could not take them up. */
export function deliveriesIn(found: Pick<Recovery, "messages">): number {
  let count = 0;
  for (const { value } of found.messages) {
    count += readRecord<MessageRecord>(value, isMessageRecord)?.meta.receivers.length ?? 0;
  }
  return count;
}

/** Remembers a message of which only outcomes are left, against duplicates and for its status. */
function remember(state: BusState, nowMs: number, sequence: number, meta: OutcomeRecord, shared: Shared): void {
  const known = forgetFormer(state, meta.source, meta.id, sequence);
  const target = meta.receiver === "" ? [] : [targetOf(state, meta.receiver)];
  const progress = meta.receiver === "" ? [] : [packOutcome(meta.outcome, meta.attempts)];
  if (known !== undefined) {
    known.runs = [...known.targets.map((_, at) => known.runs?.[at] ?? 1), meta.run];
    known.targets = [...known.targets, ...target];
    known.progress = [...known.progress, ...progress];
    if (shared !== undefined) known.shared = withShared(known, known.targets.length - 1, shared);
    return;
  }
  state.rememberedDurable.add(
    nowMs,
    endedMessage({
      source: meta.source,
      id: meta.id,
      type: meta.type,
      rank: 3,
      acceptedMs: meta.acceptedMs,
      fingerprint: meta.fingerprint,
      targets: target,
      progress,
      runs: target.length === 0 ? undefined : [meta.run],
      principal: meta.principal,
      replyTo: meta.replyTo,
      instance: meta.instance,
      sequence,
      shared,
    }),
  );
}

/** The message of that source and id; if it was forgotten once and came again, what is left of the first time goes. */
function forgetFormer(state: BusState, source: string, id: string, sequence: number): BusMessage | undefined {
  const known = state.rememberedDurable.get(source, id);
  if (known === undefined || known.sequence === sequence) return known;
  state.rememberedDurable.remove(known);
  forgetOutcomes(state, known);
  return undefined;
}

function withShared(message: BusMessage, place: number, shared: readonly [SharedRecord]): BusMessage["shared"] {
  if (message.targets.length === 1) return shared;
  return message.targets.map((_, at) => at === place ? shared[0] : message.shared?.[at]);
}

function reopen(
  state: BusState,
  nowMs: number,
  sequence: number,
  meta: MessageRecord,
  envelope: Envelope,
): BusMessage {
  const targets = meta.receivers.map((name) => targetOf(state, name));
  const message: BusMessage = {
    ...newMessage(
      state,
      meta.acceptedMs,
      envelope,
      targets,
      rankOf(envelope.priority),
      meta.fingerprint,
      expiryOf(envelope),
      {
        principal: meta.principal,
        replyTo: meta.replyTo,
        replyInstance: meta.instance,
      },
      meta.notBeforeMs,
    ),
    sequence,
    order: meta.order,
    runs: meta.runs,
  };
  const known = forgetFormer(state, message.source, message.id, sequence);
  if (known !== undefined) state.rememberedDurable.remove(known);
  state.rememberedDurable.add(nowMs, message);
  number(state, message);
  return message;
}

/** Lets a delivery go on: in line, or waiting out the rest of its backoff at the head of its lane. */
function resume(
  state: BusState,
  nowMs: number,
  message: BusMessage,
  place: number,
  retryState: DeliveryRecord | undefined,
): void {
  const slot = claim(state, message, place);
  const target = message.targets[place];
  message.progress[place] = ~slot;
  if (retryState !== undefined) {
    state.deliveries.setAttempts(slot, retryState.attempts);
    for (const { atMs, reason, instance } of retryState.history) {
      const head = state.deliveries.history[slot];
      state.deliveries.history[slot] = state.history.append(head, atMs - message.acceptedMs, reason, instance);
    }
  }
  if (retryState === undefined && message.notBeforeMs > nowMs && runOf(message, place) === 1) {
    return hold(state, message, slot);
  }
  const dueMs = retryState === undefined ? nowMs : Math.min(retryState.dueMs, nowMs + retryState.waitMs);
  lineUp(state, message, target, slot, On.flushed);
  if (dueMs <= nowMs || state.deliveries.stateOf(slot) !== State.queued) return;
  target.queue.remove(slot, message.rank);
  state.deliveries.setState(slot, State.waiting);
  plan(state, state.backoffs, slot, dueMs);
}

/** A letter whose redrive was written before the letter was taken away; it may have been without a receiver. */
function supersede(state: BusState, message: BusMessage, receiver: string, run: number): void {
  for (const name of [receiver, ""]) {
    const kept = state.deadLetters.get(deliveryId(message.source, message.id, name, run));
    if (kept === undefined) continue;
    unlist(state, kept);
    write(state, [{ keyspace: "outcomes", key: keyOf(kept), value: undefined }], { kind: "none" });
  }
}
