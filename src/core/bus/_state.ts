import type { BusEffect } from "./effect.ts";
import type { DeadLetter } from "./dead_letter.ts";
import { Deliveries } from "./deliveries.ts";
import { Duplicates } from "./duplicates.ts";
import type { Flight } from "./flight.ts";
import { History } from "./history.ts";
import { IdHash } from "./_id_hash.ts";
import { deliveryId } from "./delivery_id.ts";
import { type BusMessage, runOf, type SharedRecord } from "./message.ts";
import type { StoreOperation } from "./operation.ts";
import type { Outcome } from "./outcome.ts";
import type { BusOptions } from "./options.ts";
import type { Target } from "./target.ts";
import { Fifo } from "../priority/fifo.ts";
import { PRIORITIES, type Priority } from "../priority/table.ts";
import { createSchedule, type Schedule } from "../retry/schedule.ts";
import type { TraceEvent, TraceKind } from "./trace.ts";
import { outcomeKey } from "./record.ts";

/** What a flush under way is for. */
export type Pending =
  | { readonly kind: "none" }
  | {
    readonly kind: "accept";
    readonly message: BusMessage;
    readonly receipt?: BusMessage | undefined;
    /** That of a message without subscriber. */
    readonly letter?: KeptDeadLetter | undefined;
  }
  | {
    readonly kind: "redrive";
    readonly message: BusMessage;
    /** Which delivery has another run; -1 if all of the message are new. */
    readonly place: number;
    readonly kept: KeptDeadLetter;
    /** The message that a letter without subscriber stood for. */
    readonly replaced: BusMessage | undefined;
  }
  | { readonly kind: "retry-state"; readonly message: BusMessage; readonly slot: number; readonly waitMs: number }
  | {
    readonly kind: "outcome";
    readonly message: BusMessage;
    readonly slot: number;
    readonly outcome: Outcome;
    readonly reason: string;
    /** A receipt written in the same flush. */
    readonly receipt: BusMessage | undefined;
    readonly letter: KeptDeadLetter | undefined;
  }
  | DeliveredWrite;

/** What waits for the flush of a record of deliveries that ended well. */
export interface DeliveredWrite {
  readonly kind: "delivered";
  readonly messages: BusMessage[];
  readonly slots: number[];
}

/** The last such write: it may be joined while it waits among the effects and no later write was asked for. */
export interface OpenWrite {
  readonly token: number;
  readonly effects: readonly BusEffect[];
  readonly pending: DeliveredWrite;
  readonly operations: StoreOperation[];
  /** The first of the operations. */
  readonly put: { readonly keyspace: "outcomes"; readonly key: string; value: string };
  readonly record: SharedRecord;
  /** What the messages of one receiver share between them. */
  readonly alone: readonly [SharedRecord];
  /** Whom the last row is about. */
  source: string;
  type: string;
  principal: string;
  receiver: string;
}

/** A dead letter and where it lies on disk. */
export interface KeptDeadLetter {
  readonly letter: DeadLetter;
  readonly principal: string;
  readonly replyTo: string | undefined;
  readonly replyInstance: string | undefined;
  readonly fingerprint: number;
  /** Sequence of the message whose outcome record holds it; 0 if it is in memory alone. */
  readonly sequence: number;
  /** Size of its record on disk, UTF-8 bytes. */
  bytes: number;
  /** Position in the list, for paging. */
  readonly position: number;
  /** Whether it is where it belongs; on disk it must be written first. */
  settled: boolean;
}

/** Outcomes deleted by one write. */
const FORGOTTEN_AT_ONCE = 1_000;

/** Everything the machine remembers. */
export interface BusState {
  readonly options: BusOptions;
  readonly deliveries: Deliveries;
  readonly history: History;
  readonly targets: Map<string, Target>;
  /** Targets by number; a hole where one has left. */
  readonly targetList: (Target | undefined)[];
  readonly freeTargets: Fifo;
  /** Numbers of the targets with work, in turn. */
  readonly turn: Fifo;
  readonly messages: (BusMessage | undefined)[];
  readonly freeMessages: Fifo;
  readonly flights: (Flight | undefined)[];
  readonly freeFlights: Fifo;
  /** Attempts under way. */
  flightCount: number;
  /** No later than this must the machine be woken; it may be early, for what is called off does not move it. */
  wakeMs: number;
  /** When the schedules were last told the time. */
  presentMs: number;
  leaseCount: number;
  readonly backoffs: Schedule;
  readonly leases: Schedule;
  readonly expiries: Schedule;
  /** How deliveries end that were to end while they were being written. */
  readonly doomed: Map<number, Exclude<Outcome, "delivered">>;
  readonly remembered: Duplicates;
  readonly rememberedDurable: Duplicates;
  /** Messages under way that insist on one instance. */
  pinned: number;
  /** Keys of outcomes that are past the horizon and still on disk. */
  readonly forgotten: string[];
  readonly deadLetters: Map<string, KeptDeadLetter>;
  memoryDeadLetters: number;
  deadLetterCount: number;
  /** Dead letters that gave way at the bound. */
  droppedDeadLetters: number;
  /** Bytes on disk by principal. */
  readonly quota: Map<string, number>;
  readonly pending: Map<number, Pending>;
  /** The last write of deliveries that ended well. */
  delivered: OpenWrite | undefined;
  tokens: number;
  sequence: number;
  effects: BusEffect[];
  tracing: boolean;
  draining: boolean;
  lastReceivers: readonly string[] | undefined;
  lastTargets: readonly Target[];
}

/** A machine that has seen nothing. */
export function createState(options: BusOptions): BusState {
  const hash = new IdHash(options.idSecret);
  const state: BusState = {
    options,
    deliveries: new Deliveries(options.maxDeliveries),
    history: new History(),
    targets: new Map(),
    targetList: [],
    freeTargets: new Fifo(),
    turn: new Fifo(),
    messages: [],
    freeMessages: new Fifo(),
    flights: [],
    freeFlights: new Fifo(),
    flightCount: 0,
    wakeMs: Infinity,
    presentMs: options.startMs,
    leaseCount: 0,
    backoffs: createSchedule({ capacity: options.maxDeliveries, originMs: options.startMs }),
    leases: createSchedule({ capacity: options.maxDeliveries, originMs: options.startMs }),
    expiries: createSchedule({ capacity: options.maxDeliveries, originMs: options.startMs }),
    doomed: new Map(),
    remembered: new Duplicates(options.horizonMs, options.maxRemembered, hash),
    rememberedDurable: new Duplicates(
      options.durableHorizonMs,
      options.maxRemembered,
      hash,
      (message) => forgetOutcomes(state, message),
    ),
    pinned: 0,
    forgotten: [],
    deadLetters: new Map(),
    memoryDeadLetters: 0,
    deadLetterCount: 0,
    droppedDeadLetters: 0,
    quota: new Map(),
    pending: new Map(),
    delivered: undefined,
    tokens: 0,
    sequence: 0,
    effects: [],
    tracing: false,
    draining: false,
    lastReceivers: undefined,
    lastTargets: [],
  };
  return state;
}

/** Puts something into one of the schedules, and sees to it that the wake-up is not later. */
export function plan(state: BusState, schedule: Schedule, handle: number, dueMs: number): void {
  schedule.add(handle, dueMs);
  if (dueMs < state.wakeMs) state.wakeMs = dueMs;
}

/** Asks for a write; the store's answer finds what it was for. */
export function write(state: BusState, operations: readonly StoreOperation[], pending: Pending): number {
  const token = ++state.tokens;
  state.pending.set(token, pending);
  state.effects.push({ kind: "write", token, operations });
  return token;
}

/** Tells a step, if anybody looks. The caller checks `state.tracing` first where it is hot. */
export function trace(
  state: BusState,
  nowMs: number,
  kind: TraceKind,
  message: BusMessage,
  more: Partial<TraceEvent> = {},
): void {
  if (!state.tracing) return;
  state.effects.push({
    kind: "trace",
    event: {
      kind,
      atMs: nowMs,
      source: message.source,
      id: message.id,
      type: message.type,
      priority: priorityOf(message),
      ...more,
    },
  });
}

/** The message's priority as a word. */
export function priorityOf(message: BusMessage): Priority {
  return PRIORITIES[message.rank];
}

/** Puts a target that has work and a free place into the round of targets, unless its receiver asks by itself. */
export function list(state: BusState, target: Target): void {
  if (target.listed || target.held || target.queue.empty || target.inFlight >= target.maxInFlight) return;
  target.listed = true;
  state.turn.push(target.number);
}

/** Past the horizon the outcomes on disk go too; a dead letter's stays, for it is the dead letter. */
export function forgetOutcomes(state: BusState, message: BusMessage): void {
  const receivers = message.targets.length === 0 ? [""] : message.targets.map((target) => target.name);
  for (const [place, receiver] of receivers.entries()) {
    const run = receiver === "" ? 1 : runOf(message, place);
    const shared = message.shared?.[place];
    if (shared !== undefined) {
      if (--shared.left > 0) continue;
      state.forgotten.push(shared.key);
    } else {
      if (state.deadLetters.has(deliveryId(message.source, message.id, receiver, run))) continue;
      state.forgotten.push(outcomeKey(message.sequence, receiver));
    }
    state.wakeMs = Math.min(state.wakeMs, state.presentMs);
  }
}

/** The next outcomes to be deleted, a few at a time: nobody waits for them, and many may have been forgotten at once. */
export function writeForgotten(state: BusState): void {
  const keys = state.forgotten.splice(-FORGOTTEN_AT_ONCE);
  if (keys.length === 0) return;
  write(state, keys.map((key) => ({ keyspace: "outcomes", key, value: undefined })), { kind: "none" });
}
