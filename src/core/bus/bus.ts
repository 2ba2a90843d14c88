import type { Envelope } from "../envelope/mod.ts";
import { accept, type Acceptance, refuseUntimely } from "./accept.ts";
import { cancel, find, receiversOf, removeInstance, removeReceiver } from "./commands.ts";
import type { DeadLetter } from "./dead_letter.ts";
import { storeInLine } from "./drain.ts";
import type { BusEffect } from "./effect.ts";
import type { Flight } from "./flight.ts";
import { flushed, flushFailed } from "./flush.ts";
import { targetOf } from "./_lines.ts";
import type { BusMessage } from "./message.ts";
import { type BusOptions, busOptions, type BusSettings } from "./options.ts";
import { recover, type Recovered, type Recovery } from "./recover.ts";
import { discard, redrive } from "./redrive.ts";
import { defer, extend, settle, type Settlement } from "./settle.ts";
import { createState, list } from "./_state.ts";
import { delayed, type MessageStatus, statusOf, unfinishedCritical } from "./status.ts";
import type { Submission } from "./submission.ts";
import { assign, take } from "./take.ts";
import { nextWakeMs, wake } from "./wake.ts";

/** How full the bus is. */
export interface BusCounts {
  /** Deliveries that have not ended. */
  readonly unfinished: number;
  /** Attempts under way. */
  readonly inFlight: number;
  /** Deliveries in backoff, deferred or delayed. */
  readonly waiting: number;
  /** Dead letters kept. */
  readonly deadLetters: number;
  /** Dead letters that gave way at the bound. */
  readonly droppedDeadLetters: number;
  /** Messages remembered against duplicates. */
  readonly remembered: number;
}

/**
 * The bus: what becomes of every message, as a pure machine.
 *
 * Whoever runs it (the engine) tells it what happens, with the time; carries out what {@linkcode Bus.effects} asks for;
 * tries what {@linkcode Bus.take} gives; and calls {@linkcode Bus.wake} by {@linkcode Bus.nextWakeMs}. Nothing in it
 * knows where it runs, and one process may run any number.
 */
export interface Bus {
  /** What it was made with, defaults filled in. */
  readonly options: BusOptions;
  /** Whether steps are traced; off, tracing costs nothing. */
  tracing: boolean;
  /**
   * Takes a valid envelope for the receivers given; on disk it is accepted when `message.token` is flushed.
   *
   * @throws {BellhopError} `closing`, `id-conflict`, `message-expired`, `argument-invalid` for a time that is too far,
   * `queue-full`, `store-full`, `record-too-large`
   */
  accept(nowMs: number, envelope: Envelope, receivers: readonly string[], submission: Submission): Acceptance;
  /**
   * Refuses what {@linkcode Bus.accept} would refuse for its times, for a caller that has another reason to refuse it: a
   * message that is out of its time is refused for that first.
   *
   * @throws {BellhopError} `message-expired`, `argument-invalid` for a time that is too far
   */
  refuseUntimely(nowMs: number, envelope: Envelope, submission: Submission): void;
  /** Takes the next delivery to be tried, of one receiver if it is given; `undefined` if there is none now. */
  take(nowMs: number, leaseMs: number, receiver?: string): Flight | undefined;
  /** The attempt is about to be made, at this instance. */
  assign(nowMs: number, flight: Flight, instance: string): void;
  /**
   * The attempt has its answer.
   *
   * @returns whether the lease was still held
   */
  settle(nowMs: number, lease: number, verdict: Settlement): boolean;
  /**
   * The receiver is still at it: the lease ends `leaseMs` from now.
   *
   * @returns whether it was held
   */
  extend(nowMs: number, lease: number, leaseMs: number): boolean;
  /**
   * The attempt cannot be made before `untilMs`; it costs nothing.
   *
   * @returns whether the lease was held
   */
  defer(nowMs: number, lease: number, untilMs: number, reason: string): boolean;
  /** The write of that token is durable. */
  flushed(nowMs: number, token: number): void;
  /** The write of that token failed. */
  flushFailed(nowMs: number, token: number): void;
  /** Does all that is due; early and repeated calls are harmless. */
  wake(nowMs: number): void;
  /** No later than this must `wake` be called; `Infinity` if nothing waits. */
  nextWakeMs(): number;
  /** What is to be done, in order; the list is empty afterwards. */
  effects(): readonly BusEffect[];
  /**
   * Ends what is left of a message.
   *
   * @returns how many deliveries it reached
   * @throws {BellhopError} `message-unknown`, `message-ended`
   */
  cancel(nowMs: number, source: string, id: string): number;
  /** The message of that source and id, if it is remembered. */
  find(source: string, id: string): BusMessage | undefined;
  /** Where a message and its deliveries stand. */
  status(message: BusMessage): MessageStatus;
  /** CRITICAL messages that have not ended, oldest first, from `order` on. */
  unfinishedCritical(afterOrder: number, limit: number): readonly BusMessage[];
  /** Messages that are kept for later, in no order that is promised; those after a place, which is `index + 1`. */
  delayed(after: number, limit: number): readonly BusMessage[];
  /** Dead letters in order of their end, those after a position. */
  deadLetters(limit: number, afterPosition?: number, receiver?: string): readonly DeadLetter[];
  /** The position of a dead letter that was just listed, to list on from there even when it has gone by then. */
  deadLetterPosition(id: string): number;
  /** The services that deliveries under way are for, and the instances that some of them insist on. */
  receivers(): readonly { readonly receiver: string; readonly instances: readonly string[] }[];
  /** The dead letter of that id, if it is kept. */
  deadLetter(id: string): DeadLetter | undefined;
  /**
   * Gives a dead letter another run.
   *
   * @throws {BellhopError} `dead-letter-unknown`, `message-expired`, `target-unknown`, `queue-full`, `closing`
   */
  redrive(nowMs: number, letterId: string, receivers: readonly string[]): BusMessage;
  /**
   * Throws a dead letter away.
   *
   * @returns the token of the write, or 0
   * @throws {BellhopError} `dead-letter-unknown`
   */
  discard(letterId: string): number;
  /**
   * A service has deregistered: what waits for it ends.
   *
   * @returns how many deliveries it reached
   */
  removeReceiver(nowMs: number, receiver: string): number;
  /**
   * An instance has left for good: what insists on it ends.
   *
   * @returns how many deliveries it reached
   */
  removeInstance(nowMs: number, receiver: string, instance: string): number;
  /** Sets how many attempts a target takes at once, 1 to 10,000. */
  setMaxInFlight(receiver: string, maxInFlight: number): void;
  /**
   * Leaves what is for a receiver to whoever asks for it by name: `take(nowMs, leaseMs, receiver)`; or takes it into the
   * round of all again.
   */
  hold(receiver: string, held: boolean): void;
  /** Takes up what a store held; the bus must be new. */
  recover(nowMs: number, found: Recovery): Recovered;
  /** From now on nothing is accepted and nothing taken; what is under way may settle. */
  drain(): void;
  /** Asks for the write of all that the disk does not know of CRITICAL deliveries in line; to be called at the end. */
  storeInLine(nowMs: number): void;
  /** How full it is. */
  counts(): BusCounts;
}

/**
 * Makes a bus.
 *
 * @example
 * ```ts
 * import { createBus } from "@bellhop/bellhop/bus";
 * import { assertEquals } from "@std/assert";
 * const bus = createBus({ startMs: 0, random: () => 0.5, source: "/bus" });
 * const envelope = { specversion: "1.0", id: "1", source: "/a", type: "greeted" } as const;
 * const { message } = bus.accept(0, envelope, ["b"], { principal: "/a" });
 * const first = bus.take(0, 15_000)!;
 * bus.settle(0, first.lease, { verdict: "nak", reason: "status-503" });
 * const second = bus.take(0, 15_000)!; // retry 1 comes at once
 * bus.settle(1, second.lease, { verdict: "ack" });
 * assertEquals(bus.status(message).deliveries[0].outcome, "delivered");
 * assertEquals(bus.status(message).deliveries[0].attempts, 2);
 * ```
 */
export function createBus(settings: BusSettings): Bus {
  const options = busOptions(settings);
  const state = createState(options);
  return {
    options,
    get tracing() {
      return state.tracing;
    },
    set tracing(on: boolean) {
      state.tracing = on;
    },
    accept: (nowMs, envelope, receivers, submission) => accept(state, nowMs, envelope, receivers, submission),
    refuseUntimely: (nowMs, envelope, submission) => void refuseUntimely(state, nowMs, envelope, submission),
    take: (nowMs, leaseMs, receiver) => take(state, nowMs, leaseMs, receiver),
    assign: (nowMs, flight, instance) => assign(state, nowMs, flight, instance),
    settle: (nowMs, lease, verdict) => settle(state, nowMs, lease, verdict),
    extend: (nowMs, lease, leaseMs) => extend(state, nowMs, lease, leaseMs),
    defer: (nowMs, lease, untilMs, reason) => defer(state, nowMs, lease, untilMs, reason),
    flushed: (nowMs, token) => flushed(state, nowMs, token),
    flushFailed: (nowMs, token) => flushFailed(state, nowMs, token),
    wake: (nowMs) => wake(state, nowMs),
    nextWakeMs: () => nextWakeMs(state),
    effects: () => {
      if (state.effects.length === 0) return NOTHING;
      const effects = state.effects;
      state.effects = [];
      return effects;
    },
    cancel: (nowMs, source, id) => cancel(state, nowMs, source, id),
    find: (source, id) => find(state, source, id),
    status: (message) => statusOf(state, message),
    unfinishedCritical: (afterOrder, limit) => unfinishedCritical(state, afterOrder, limit),
    delayed: (after, limit) => delayed(state, after, limit),
    deadLetters: (limit, after = 0, receiver) => {
      const page: DeadLetter[] = [];
      for (const { letter, position, settled } of state.deadLetters.values()) {
        if (page.length >= limit) break;
        if (settled && position > after && (receiver === undefined || letter.receiver === receiver)) page.push(letter);
      }
      return page;
    },
    deadLetterPosition: (id) => state.deadLetters.get(id)?.position ?? state.deadLetterCount,
    receivers: () => receiversOf(state),
    deadLetter: (id) => {
      const kept = state.deadLetters.get(id);
      return kept?.settled ? kept.letter : undefined;
    },
    redrive: (nowMs, letterId, receivers) => redrive(state, nowMs, letterId, receivers),
    discard: (letterId) => discard(state, letterId),
    removeReceiver: (nowMs, receiver) => removeReceiver(state, nowMs, receiver),
    removeInstance: (nowMs, receiver, instance) => removeInstance(state, nowMs, receiver, instance),
    setMaxInFlight: (receiver, maxInFlight) => {
      const target = targetOf(state, receiver);
      target.maxInFlight = Math.min(10_000, Math.max(1, Math.floor(maxInFlight)));
      list(state, target);
    },
    hold: (receiver, held) => {
      const target = targetOf(state, receiver);
      target.held = held;
      list(state, target);
    },
    recover: (nowMs, found) => recover(state, nowMs, found),
    drain: () => {
      state.draining = true;
    },
    storeInLine: (nowMs) => storeInLine(state, nowMs),
    counts: () => ({
      unfinished: state.deliveries.size,
      inFlight: state.flightCount,
      waiting: state.backoffs.size,
      deadLetters: state.deadLetters.size,
      droppedDeadLetters: state.droppedDeadLetters,
      remembered: state.remembered.size + state.rememberedDurable.size,
    }),
  };
}

const NOTHING: readonly BusEffect[] = [];
