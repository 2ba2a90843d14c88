import type { Envelope } from "../envelope/mod.ts";
import type { Rank } from "../priority/table.ts";
import { parseTimestamp } from "../timestamp.ts";
import { retire } from "./_lines.ts";
import type { BusMessage } from "./message.ts";
import { charge } from "./_quota.ts";
import { type BusState, plan } from "./_state.ts";
import type { Submission } from "./submission.ts";
import type { Target } from "./target.ts";
import { On, State, step } from "./transitions.ts";

const DAY_MS = 86_400_000;
/** With so many receivers a typed array, at half the size of an ordinary one, makes up for what it costs of its own. */
const COMPACT_FROM = 64;

/** The record of a message that nobody knows of yet. */
export function newMessage(
  state: BusState,
  nowMs: number,
  envelope: Envelope,
  targets: readonly Target[],
  rank: Rank,
  fingerprint: number,
  expiresMs: number,
  submission: Submission,
  notBeforeMs = 0,
): BusMessage {
  const { maxElapsedMs } = state.options.policies[envelope.priority ?? "NORMAL"];
  const at = envelope.target === undefined ? -1 : envelope.target.indexOf("@");
  const sequence = rank === 3 ? ++state.sequence : 0;
  return {
    source: envelope.source,
    id: envelope.id,
    type: envelope.type,
    rank,
    acceptedMs: nowMs,
    fingerprint,
    targets,
    progress: [],
    runs: undefined,
    open: targets.length,
    undecided: targets.length,
    envelope,
    index: -1,
    expiresMs,
    givesUpMs: maxElapsedMs === null ? Infinity : Math.max(nowMs, notBeforeMs) + maxElapsedMs,
    notBeforeMs,
    lane: envelope.partitionkey === undefined ? undefined : laneOf(rank, envelope.partitionkey),
    principal: submission.principal,
    replyTo: submission.replyTo,
    instance: at === -1 ? submission.replyInstance : envelope.target!.slice(at + 1),
    pinned: at !== -1,
    sequence,
    order: sequence,
    bytes: 0,
    token: 0,
    shared: undefined,
    generation: undefined,
    row: -1,
    watched: false,
  };
}

/** Key of the lane of a priority and a `partitionkey`. */
export function laneOf(rank: Rank, partitionkey: string): string {
  return `${rank}:${partitionkey}`;
}

/** Epoch milliseconds of the envelope's `expirytime`; `Infinity` if it has none. */
export function expiryOf(envelope: Envelope): number {
  return envelope.expirytime === undefined ? Infinity : parseTimestamp(envelope.expirytime) ?? Infinity;
}

/** Remembers a message and gives each receiver a delivery. */
export function add(state: BusState, nowMs: number, message: BusMessage): void {
  if (nowMs - state.presentMs > DAY_MS && state.deliveries.size === 0) catchUp(state, nowMs);
  (message.rank === 3 ? state.rememberedDurable : state.remembered).add(nowMs, message);
  if (message.targets.length === 0) {
    message.envelope = undefined;
    if (message.rank !== 3) state.remembered.compact(message);
    return;
  }
  number(state, message);
  message.progress = claimAll(state, message);
}

/** A literal of one element is an array of one; an empty one that grows makes room for seventeen. */
function claimAll(state: BusState, message: BusMessage): number[] | Int32Array {
  const { targets } = message;
  if (targets.length === 1) return [~claim(state, message, 0)];
  const claimed = targets.map((_, place) => ~claim(state, message, place));
  return targets.length < COMPACT_FROM ? claimed : Int32Array.from(claimed);
}

/** Tells the schedules the time after a rest: what they are asked for counts from there, and they look 24 days ahead. */
export function catchUp(state: BusState, nowMs: number): void {
  state.presentMs = nowMs;
  for (const schedule of [state.backoffs, state.leases, state.expiries]) schedule.advance(nowMs, () => {});
}

/** Gives a message a number in the table, and a wake-up for the end of its time. */
export function number(state: BusState, message: BusMessage): void {
  const free = state.freeMessages.shift();
  message.index = free === -1 ? state.messages.length : free;
  state.messages[message.index] = message;
  if (message.pinned) state.pinned++;
  const endsMs = Math.min(message.expiresMs, message.givesUpMs);
  if (endsMs !== Infinity) plan(state, state.expiries, message.index, endsMs);
}

/** Gives one receiver of a numbered message a delivery; on disk it begins by being written. */
export function claim(state: BusState, message: BusMessage, place: number): number {
  const slot = state.deliveries.claim(message.index, place);
  if (message.rank === 3) state.deliveries.setState(slot, step(State.new, On.accept, true));
  message.targets[place].unfinished++;
  return slot;
}

/** Takes back a delivery that was never written. */
export function unclaim(state: BusState, message: BusMessage, place: number): void {
  const slot = ~message.progress[place];
  const target = message.targets[place];
  state.doomed.delete(slot);
  state.deliveries.release(slot);
  target.unfinished--;
  if (target.gone) retire(state, target);
}

/** Takes back a message that was not accepted after all. */
export function drop(state: BusState, message: BusMessage): void {
  for (let place = 0; place < message.targets.length; place++) {
    if (message.progress[place] >= 0) continue;
    unclaim(state, message, place);
  }
  message.open = 0;
  (message.rank === 3 ? state.rememberedDurable : state.remembered).remove(message);
  charge(state, message.principal, -message.bytes);
  letGo(state, message);
}

/** Nothing of the message is under way any more: only its outcomes are kept. */
export function letGo(state: BusState, message: BusMessage): void {
  if (message.index === -1) return;
  if (message.expiresMs !== Infinity || message.givesUpMs !== Infinity) state.expiries.cancel(message.index);
  state.messages[message.index] = undefined;
  if (message.pinned) state.pinned--;
  state.freeMessages.push(message.index);
  message.index = -1;
  message.envelope = undefined;
  if (message.rank !== 3) state.remembered.compact(message);
}
