/** One bus, its model and a store that can crash, driven side by side by numbers that shrink. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Envelope } from "../envelope/mod.ts";
import { BellhopError } from "../error.ts";
import { PRIORITY_POLICIES } from "../retry/policy.ts";
import { formatTimestamp } from "../timestamp.ts";
import { accept } from "./accept.ts";
import { cancel, find, removeInstance, removeReceiver } from "./commands.ts";
import { deliveryId } from "./delivery_id.ts";
import type { Flight } from "./flight.ts";
import { flushed, flushFailed } from "./flush.ts";
import { type Bounds, type D, type Letter, type M, Model, PRIORITIES, Refusal } from "./_model_test.ts";
import type { StoreOperation } from "./operation.ts";
import { busOptions } from "./options.ts";
import {
  deliveryKey,
  type DeliveryRecord,
  isShared,
  messageKey,
  type MessageRecord,
  type OutcomeRecord,
  readOutcomes,
  readRecord,
} from "./record.ts";
import { recover } from "./recover.ts";
import { discard, redrive } from "./redrive.ts";
import { defer, extend, settle, type Settlement } from "./settle.ts";
import { type BusState, createState, list } from "./_state.ts";
import { statusOf } from "./status.ts";
import { assign, take } from "./take.ts";
import type { TraceEvent } from "./trace.ts";
import { nextWakeMs, wake } from "./wake.ts";

export const RECEIVERS = ["a", "b", "c", "d"];
const HORIZON_MS = 3_000;
const DURABLE_HORIZON_MS = 20_000;
const START_MS = 1_000_000;

/** A command: which, and three numbers to decide by. */
export type Step = readonly [number, number, number, number];

export const COMMANDS: readonly (keyof World)[] = [
  ...many("publish", 10),
  ...many("publishDurable", 5),
  ...many("flushOne", 6),
  "flushAll",
  ...many("takeOne", 12),
  ...many("settleOne", 12),
  ...many("settleTogether", 2),
  ...many("advance", 5),
  "late",
  "wakeNext",
  "wakeNext",
  "spurious",
  "extendOne",
  ...many("deferOne", 2),
  "stale",
  "cancelOne",
  "cancelOne",
  "removeReceiver",
  "removeInstance",
  "redriveOne",
  "redriveOne",
  "discardOne",
  "setMaxInFlight",
  "fail",
  "crash",
];

/** How many outcomes shared a record. */
export const JOINED = new Set<number>();

export class World {
  nowMs = START_MS;
  state: BusState;
  model: Model;
  disk = new Map<string, string>();
  /** Writes not yet answered. */
  writes: { token: number; operations: readonly StoreOperation[] }[] = [];
  traces: TraceEvent[] = [];
  /** Attempts under way, and leases long gone. */
  flights: { flight: Flight; d: D }[] = [];
  gone: number[] = [];
  down = false;
  /** All that was ever submitted, and the receipts that were due. */
  ever = new Map<string, M>();
  submitted: {
    envelope: Envelope;
    receivers: string[];
    replyTo: string | undefined;
    delayMs: number | undefined;
  }[] = [];
  contents = new Map<string, number>();
  /** Dispatches of others since each eligible target had its turn. */
  passed = new Map<string, Set<string>>();
  draws = 0;
  modelDraws = 0;
  serial = 0;
  seed: number;

  constructor(seed: number, readonly bounds: Bounds) {
    this.seed = seed;
    this.state = this.machine();
    this.model = new Model(bounds, () => this.u(this.modelDraws++));
  }

  u(index: number): number {
    let x = Math.imul(index + this.seed, 0x9e3779b1);
    x = Math.imul(x ^ (x >>> 15), 0x85ebca6b);
    return ((x ^ (x >>> 13)) >>> 0) / 2 ** 32;
  }

  machine(): BusState {
    const { capacity, maxInFlight, maxDeliveries, maxElapsedMs, baseMs, capMs } = this.bounds;
    const policy = (name: "LOW" | "NORMAL" | "HIGH" | "CRITICAL") => ({
      ...PRIORITY_POLICIES[name],
      baseMs,
      capMs,
      maxElapsedMs: name === "CRITICAL" ? null : maxElapsedMs,
    });
    const state = createState(busOptions({
      startMs: this.nowMs,
      random: () => this.u(this.draws++),
      source: "/bus",
      policies: { LOW: policy("LOW"), NORMAL: policy("NORMAL"), HIGH: policy("HIGH"), CRITICAL: policy("CRITICAL") },
      capacity,
      maxInFlight,
      maxDeliveries,
      horizonMs: HORIZON_MS,
      durableHorizonMs: DURABLE_HORIZON_MS,
    }));
    state.tracing = true;
    return state;
  }

  run(steps: readonly Step[]): void {
    for (const [which, x, y, z] of steps) {
      const name = COMMANDS[which % COMMANDS.length];
      (this[name] as (x: number, y: number, z: number) => void).call(this, x, y, z);
      this.agree();
    }
  }

  /** Does the same on both sides, and compares what is thrown. */
  both<R>(bus: () => R, model: () => unknown): R | undefined {
    let refusal: string | undefined;
    let answer: R | undefined;
    let expected: unknown;
    try {
      expected = model();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refusal = error.code;
    }
    try {
      answer = bus();
    } catch (error) {
      if (!(error instanceof BellhopError) || error.code === "internal") throw error;
      assertEquals(error.code, refusal);
      this.collect();
      return undefined;
    }
    assertEquals(refusal, undefined, "the bus should have refused");
    if (typeof answer === "number" || typeof answer === "boolean") assertEquals(answer as unknown, expected);
    this.collect();
    return answer;
  }

  collect(): void {
    for (const effect of this.state.effects) {
      if (effect.kind === "write") this.writes.push(effect);
      else if (effect.kind === "trace") this.traces.push(effect.event);
    }
    this.state.effects = [];
  }

  // Commands.

  publish(x: number, y: number, z: number): void {
    const old = this.submitted[x % 29];
    if (old !== undefined) return this.submit(old.envelope, old.receivers, old.replyTo, old.delayMs, z % 5 === 0);
    this.fresh(y % 4 === 3 ? 1 : y % 3, y >>> 4, z);
  }

  publishDurable(_x: number, y: number, z: number): void {
    this.fresh(3, y >>> 4, z);
  }

  fresh(rank: number, y: number, z: number): void {
    const how = y % 8;
    const pinned = how === 6;
    const receivers = how < 2 || pinned
      ? [RECEIVERS[z % 4]]
      : RECEIVERS.filter((_, at) => (z >>> at) & 1).slice(0, how === 7 ? 0 : 4);
    const expires = (z >>> 4) % 4 === 0 ? { expirytime: formatTimestamp(this.nowMs + (z >>> 6) % 1_500) } : {};
    const envelope: Envelope = {
      specversion: "1.0",
      id: `m${this.serial++}`,
      source: "/p",
      type: "t",
      priority: PRIORITIES[rank],
      ...(pinned ? { target: `${receivers[0]}@i1` } : {}),
      ...((y >>> 3) % 2 === 0 ? { partitionkey: `k${(y >>> 4) % 2}` } : {}),
      ...expires,
      ...(z % 7 === 0 ? { deliverat: formatTimestamp(this.nowMs - 100 + (z >>> 8) % 900) } : {}),
      data: { z },
    };
    const replyTo = (y >>> 6) % 3 === 0 ? undefined : (y >>> 6) % 3 === 1 ? "p" : "d";
    const delayMs = (y >>> 8) % 5 === 0 ? (y >>> 5) % 700 : undefined;
    this.submit(envelope, receivers, replyTo, delayMs, false);
  }

  submit(
    envelope: Envelope,
    receivers: string[],
    replyTo: string | undefined,
    delayMs: number | undefined,
    twist: boolean,
  ): void {
    const { nowMs } = this;
    if (twist) envelope = { ...envelope, data: { twisted: true } };
    const rank = PRIORITIES.indexOf(envelope.priority!);
    if (this.down && rank === 3) return;
    if (this.submitted.length < 400) this.submitted.push({ envelope, receivers, replyTo, delayMs });
    const text = JSON.stringify(envelope);
    if (!this.contents.has(text)) this.contents.set(text, this.contents.size);
    const dueMs = envelope.deliverat === undefined ? nowMs + (delayMs ?? 0) : Date.parse(envelope.deliverat);
    const m: M = {
      source: envelope.source,
      id: envelope.id,
      rank,
      content: this.contents.get(text)!,
      receivers,
      pinned: envelope.target?.split("@")[1],
      replyTo,
      lane: envelope.partitionkey,
      expiresMs: envelope.expirytime === undefined ? Infinity : Date.parse(envelope.expirytime),
      givesUpMs: rank === 3 ? Infinity : Math.max(nowMs, dueMs) + this.bounds.maxElapsedMs,
      notBeforeMs: dueMs > nowMs ? dueMs : 0,
      endedMs: Infinity,
      order: 0,
      accepted: false,
      ds: [],
    };
    this.forget(envelope.source, envelope.id);
    this.both(
      () => accept(this.state, nowMs, envelope, receivers, { principal: envelope.id.slice(-1), replyTo, delayMs }),
      () => this.model.accept(nowMs, m),
    );
  }

  /** The bus may forget what has ended a horizon ago, and nothing else. */
  forget(source: string, id: string): void {
    const { model } = this;
    const m = model.messages.get(model.key(source, id));
    const known = find(this.state, source, id);
    if (m === undefined) return assertEquals(known, undefined, "never submitted, or refused");
    if (known !== undefined) return;
    const horizonMs = m.rank === 3 ? DURABLE_HORIZON_MS : HORIZON_MS;
    assert(m.endedMs + horizonMs <= this.nowMs, `${id} forgotten too early: ended ${this.nowMs - m.endedMs} ms ago`);
    model.messages.delete(model.key(source, id));
  }

  flushOne(): void {
    const write = this.writes.shift();
    if (write === undefined) return;
    const pending = this.state.pending.get(write.token)!;
    const { kind } = pending;
    // To the model each outcome is a write of its own.
    const times = pending.kind === "none" ? 0 : pending.kind === "delivered" ? pending.slots.length : 1;
    if (times > 1 && pending.kind === "delivered") JOINED.add(new Set(pending.messages).size);
    if (this.down) {
      this.both(
        () => flushFailed(this.state, this.nowMs, write.token),
        () => many(0, times).forEach(() => this.model.flushFailed(this.nowMs)),
      );
      return;
    }
    for (const operation of write.operations) this.apply(operation);
    const before = this.traces.length;
    this.both(
      () => flushed(this.state, this.nowMs, write.token),
      () => many(0, times).forEach(() => this.model.flushed(this.nowMs)),
    );
    const stored = this.traces.slice(before).filter((event) => event.kind === "stored").length;
    assert(stored <= (kind === "retry-state" ? 1 : 0), "stored follows the flush of a retry state");
  }

  flushAll(): void {
    while (this.writes.length > 0) this.flushOne();
  }

  apply({ keyspace, key, value }: StoreOperation): void {
    if (value === undefined) this.disk.delete(`${keyspace} ${key}`);
    else this.disk.set(`${keyspace} ${key}`, value);
  }

  takeOne(x: number, y: number): void {
    const { model } = this;
    const leaseMs = [60, 700, 15_000][y % 3];
    const only = x % 7 === 0 ? RECEIVERS[y % 4] : undefined;
    const before = new Set([...RECEIVERS, "p"].filter((name) => model.eligible(name)));
    const traced = this.traces.length;
    const flight = take(this.state, this.nowMs, leaseMs, only);
    this.collect();
    for (const { kind, receiver } of this.traces.slice(traced)) {
      if (kind !== "dead-letter") continue;
      assert(model.pass(this.nowMs, receiver!), `${receiver} ended one that had time`);
      // That was its turn.
      this.passed.delete(receiver!);
      before.delete(receiver!);
    }
    if (flight === undefined) {
      for (const name of only === undefined ? [...RECEIVERS, "p"] : [only]) {
        assert(model.draining || !model.eligible(name), `${name} has something to take`);
      }
      return;
    }
    const { name } = flight.target;
    const d = model.take(this.nowMs, leaseMs, name);
    assert(d !== undefined, `nothing could be taken for ${name}`);
    assertEquals(
      [flight.message.source, flight.message.id, flight.attempt, flight.run],
      [d.m.source, d.m.id, d.attempts, d.run],
    );
    if (d.m.source !== "/bus") assertEquals(this.contents.get(JSON.stringify(flight.envelope)), d.m.content);
    assert(d.m.accepted, "an attempt before the flush");
    if (only === undefined) this.inTurn(name, before);
    if (x % 3 !== 0) assign(this.state, this.nowMs, flight, `i${y % 3}`);
    this.collect();
    this.flights.push({ flight, d });
  }

  /** Between two turns of a target that could have had one, each other has at most one. */
  inTurn(name: string, eligible: Set<string>): void {
    this.passed.delete(name);
    for (const other of eligible) {
      if (other === name || !this.model.eligible(other)) continue;
      const seen = this.passed.get(other) ?? new Set();
      assert(!seen.has(name), `${name} had two turns while ${other} had none`);
      this.passed.set(other, seen.add(name));
    }
  }

  settleOne(x: number, y: number, z: number): void {
    if (this.flights.length === 0) return;
    const [{ flight, d }] = this.flights.splice(x % this.flights.length, 1);
    const verdict: Settlement = y % 5 < 2
      ? { verdict: "ack" }
      : y % 5 === 4 && z % 3 === 0
      ? { verdict: "term", reason: "status-422" }
      : { verdict: "nak", reason: `status-${500 + z % 5}`, ...(z % 4 === 0 ? { delayMs: (z >>> 2) % 900 } : {}) };
    const held = d.state === "in-flight" && this.model.leases.some(({ item }) => item === d);
    this.both(
      () => settle(this.state, this.nowMs, flight.lease, verdict),
      () => {
        if (held) this.model.settle(this.nowMs, d, verdict);
        return held;
      },
    );
    this.gone.push(flight.lease);
  }

  /** In one turn of the engine many attempts end, most of them well. */
  settleTogether(x: number, y: number): void {
    this.flushAll();
    for (let i = 0; i < 8; i++) this.takeOne(1, 2);
    const together = this.flights.splice(0, 2 + x % 8).map(({ flight, d }, at) => {
      const verdict: Settlement = ((y >>> at) & 7) === 0
        ? { verdict: "nak", reason: "status-503" }
        : { verdict: "ack" };
      return { flight, d, verdict };
    });
    this.both(() => {
      for (const { flight, verdict } of together) settle(this.state, this.nowMs, flight.lease, verdict);
    }, () => {
      for (const { d, verdict } of together) this.model.settle(this.nowMs, d, verdict);
    });
    for (const { flight } of together) this.gone.push(flight.lease);
  }

  stale(x: number): void {
    if (this.gone.length === 0) return;
    const lease = this.gone[x % this.gone.length];
    assertEquals(settle(this.state, this.nowMs, lease, { verdict: "ack" }), false);
    assertEquals(extend(this.state, this.nowMs, lease, 1_000), false);
    assertEquals(defer(this.state, this.nowMs, lease, this.nowMs + 1, "late"), false);
  }

  extendOne(x: number, y: number): void {
    if (this.flights.length === 0) return;
    const { flight, d } = this.flights[x % this.flights.length];
    this.both(
      () => extend(this.state, this.nowMs, flight.lease, y % 900),
      () => {
        this.model.put(this.model.leases, d, this.nowMs + y % 900);
        return true;
      },
    );
  }

  deferOne(x: number, y: number): void {
    if (this.flights.length === 0) return;
    const [{ flight, d }] = this.flights.splice(x % this.flights.length, 1);
    const untilMs = this.nowMs + y % 400;
    this.both(
      () => defer(this.state, this.nowMs, flight.lease, untilMs, "breaker-open"),
      () => {
        this.model.defer(this.nowMs, d, untilMs);
        return true;
      },
    );
    this.gone.push(flight.lease);
  }

  advance(x: number, y: number): void {
    this.late(x, y);
    this.spurious();
  }

  /** Time passes and nobody wakes the bus. */
  late(x: number, y: number): void {
    this.nowMs += x % 4 === 0 ? y % 3_000 : y % 150;
  }

  spurious(): void {
    this.both(() => wake(this.state, this.nowMs), () => this.model.wake(this.nowMs));
    this.flights = this.flights.filter(({ flight, d }) => {
      const held = this.model.leases.some(({ item }) => item === d);
      if (!held) this.gone.push(flight.lease);
      return held;
    });
  }

  wakeNext(): void {
    const atMs = nextWakeMs(this.state);
    if (atMs === Infinity) return;
    this.nowMs = Math.max(this.nowMs, atMs);
    this.spurious();
  }

  cancelOne(x: number, y: number): void {
    const known = this.model.all();
    const m = y % 9 === 0 ? undefined : known[known.length - 1 - x % Math.max(1, known.length)];
    const [source, id] = m === undefined ? ["/p", "never"] : [m.source, m.id];
    this.forget(source, id);
    this.both(
      () => cancel(this.state, this.nowMs, source, id),
      () => this.model.cancel(this.nowMs, source, id),
    );
  }

  indexOf = (m: M): number => find(this.state, m.source, m.id)!.index;

  removeReceiver(x: number): void {
    const name = RECEIVERS[x % 3];
    this.both(
      () => removeReceiver(this.state, this.nowMs, name),
      () => this.model.removeReceiver(this.nowMs, name, this.indexOf),
    );
  }

  removeInstance(x: number): void {
    const name = RECEIVERS[x % 4];
    this.both(
      () => removeInstance(this.state, this.nowMs, name, "i1"),
      () => this.model.endWhere(this.nowMs, name, (m) => m.pinned === "i1", "instance-gone", this.indexOf),
    );
  }

  letterId(letter: Letter): string {
    return deliveryId(letter.m.source, letter.m.id, letter.receiver, letter.run);
  }

  redriveOne(x: number, y: number): void {
    const letter = this.model.letters[x % Math.max(1, this.model.letters.length)];
    if (this.down && letter?.durable) return;
    if (letter !== undefined) this.forget(letter.m.source, letter.m.id);
    const receivers = RECEIVERS.filter((_, at) => (y >>> at) & 1);
    const id = letter === undefined ? "dlv_none" : this.letterId(letter);
    this.both(
      () => void redrive(this.state, this.nowMs, id, receivers),
      () => this.model.redrive(this.nowMs, letter, receivers),
    );
  }

  discardOne(x: number): void {
    const letter = this.model.letters[x % Math.max(1, this.model.letters.length)];
    const id = letter === undefined ? "dlv_none" : this.letterId(letter);
    this.both(() => void discard(this.state, id), () => this.model.discard(letter));
  }

  setMaxInFlight(x: number, y: number): void {
    const name = RECEIVERS[x % 4];
    const target = this.state.targets.get(name);
    if (target === undefined || y % 4 === 0) return;
    target.maxInFlight = this.model.target(name).maxInFlight = Math.max(1 + y % 3, target.maxInFlight);
    list(this.state, target);
  }

  /** The store breaks: what is under way fails, and nothing CRITICAL is taken any more. */
  fail(x: number): void {
    if (x % 3 !== 0) return;
    this.down = true;
    this.flushAll();
  }

  /** The process dies with any part of the unflushed writes on disk, and comes back. */
  crash(x: number, y: number): void {
    this.tracesAgree();
    const operations = this.down ? [] : this.writes.flatMap(({ operations }) => operations);
    for (const operation of operations.slice(0, x % (operations.length + 1))) this.apply(operation);
    const { model } = this;
    // Acknowledged, not ended as far as anybody was told.
    const owed = this.down ? [] : model.all().filter((m) => m.rank === 3 && m.accepted)
      .flatMap((m) => m.ds.filter((d) => d.state !== "ended" && !(d.state === "flushing")));
    const known = this.ever;
    this.nowMs += y % 500;
    this.writes = [];
    this.traces = [];
    this.flights = [];
    this.gone = [];
    this.passed.clear();
    this.state = this.machine();
    const found = (keyspace: string) =>
      [...this.disk].filter(([key]) => key.startsWith(`${keyspace} `))
        .map(([key, value]) => ({ key: key.slice(keyspace.length + 1), value }))
        .sort((one, other) => one.key < other.key ? -1 : 1);
    const recovery = { messages: found("messages"), deliveries: found("deliveries"), outcomes: found("outcomes") };
    const recovered = recover(this.state, this.nowMs, recovery);
    assertEquals(recovered.unreadable, []);
    this.down = false;
    this.rebuild(recovery, known);
    this.collect();
    this.agree();
    for (const { m, receiver, run } of owed) {
      const written = recovery.outcomes.flatMap((record) => readOutcomes(record)!)
        .some(({ meta }) =>
          meta.id === m.id && meta.source === m.source && meta.receiver === receiver && meta.run >= run
        );
      const again = this.model.messages.get(model.key(m.source, m.id))?.ds
        .some((d) => d.receiver === receiver && d.run === run && d.state !== "ended");
      assert(written || again, `${m.id} for ${receiver}, run ${run}, was acknowledged and is lost`);
    }
  }

  /** What a restart must find, read from the disk by the plainest means. */
  rebuild(
    found: Record<"messages" | "deliveries" | "outcomes", { key: string; value: string }[]>,
    known: Map<string, M>,
  ): void {
    const { targets, outcomes, receipts } = this.model;
    const ranks = [...targets].map(([name]) => name);
    this.model = new Model(this.bounds, () => this.u(this.modelDraws++));
    const { model } = this;
    model.presentMs = this.nowMs;
    model.receipts = receipts;
    void outcomes;
    void ranks;
    const ofMessage = new Map<string, { sequence: string; meta: OutcomeRecord; letter: boolean }[]>();
    const outcomesThere = found.outcomes.flatMap((record) => readOutcomes(record)!);
    outcomesThere.sort((one, other) => one.sequence - other.sequence);
    for (const { sequence, meta, envelope } of outcomesThere) {
      const name = model.key(meta.source, meta.id);
      const list = ofMessage.get(name) ?? [];
      ofMessage.set(name, list);
      list.push({ sequence: messageKey(sequence), meta, letter: envelope !== undefined });
      assert(known.has(name), `${name} was never submitted`);
    }
    const read = found.messages.map(({ key, value }) => ({ sequence: key, ...readRecord<MessageRecord>(value)! }));
    read.sort((one, other) => one.meta.order - other.meta.order);
    const open = new Map(read.map((record) => [model.key(record.envelope!.source, record.envelope!.id), record]));
    for (const [name, list] of ofMessage) {
      const old = known.get(name)!;
      const m: M = { ...old, accepted: true, endedMs: this.nowMs, ds: [] };
      if (!open.has(name)) model.messages.set(name, m);
      const newest = list.at(-1)!.sequence;
      for (const { sequence, meta, letter } of list) {
        // What was forgotten and came again is known from the last time; of the time before a dead letter may lie there.
        if (meta.receiver !== "" && sequence === newest) m.ds.push(this.ended(m, meta));
        const superseded = open.get(name)?.meta.runs?.some((run, at) =>
          run > meta.run && (meta.receiver === "" || open.get(name)!.meta.receivers[at] === meta.receiver)
        );
        if (!letter || superseded) continue;
        const kept = model.bury(m, meta.receiver, meta.run, meta.outcome, meta.reason, meta.attempts, true);
        assertEquals(kept.durable, true);
      }
    }
    const doomed: D[] = [];
    for (const { sequence, meta, envelope } of read) {
      const name = model.key(envelope!.source, envelope!.id);
      assert(known.has(name), `${name} was never submitted`);
      assertEquals(envelope!.priority, "CRITICAL");
      const m: M = { ...known.get(name)!, receivers: [...meta.receivers], accepted: true, endedMs: Infinity, ds: [] };
      model.messages.set(name, m);
      m.order = ++model.orders;
      const live: D[] = [];
      for (const [at, receiver] of meta.receivers.entries()) {
        const run = meta.runs?.[at] ?? 1;
        const outcome = ofMessage.get(name)?.find(({ sequence: of, meta }) =>
          of === sequence && meta.receiver === receiver && meta.run >= run
        );
        const d = outcome === undefined ? model.delivery(m, receiver, run) : this.ended(m, outcome.meta);
        m.ds.push(d);
        if (outcome !== undefined) continue;
        live.push(d);
        const retry = found.deliveries.find(({ key }) => key === deliveryKey(parseInt(sequence, 36), receiver));
        const record = retry === undefined ? undefined : readRecord<DeliveryRecord>(retry.value)!.meta;
        const dueMs = record?.run === run ? Math.min(record.dueMs, this.nowMs + record.waitMs) : this.nowMs;
        if (record?.run === run) {
          d.attempts = record.attempts;
          d.fails = record.history.map(({ reason }) => reason);
        }
        model.lineUp(this.nowMs, d);
        if (record?.run === run && record.doom !== undefined) doomed.push(d);
        if (d.state !== "queued" || dueMs <= this.nowMs) continue;
        const line = model.target(receiver).queues[3];
        line.splice(line.indexOf(d), 1);
        d.state = "waiting";
        model.put(model.backoffs, d, dueMs);
      }
      for (const letter of model.letters) {
        if (letter.m.id === m.id && letter.m.source === m.source) letter.m = m;
      }
      if (live.length === 0) m.endedMs = this.nowMs;
      else model.arm(m);
    }
    for (const d of doomed) model.end(this.nowMs, d, "cancelled", "cancelled");
    // The machine may know nothing that did not come from the disk.
    assertEquals(this.state.deliveries.size, model.deliveries.length);
  }

  ended(m: M, meta: OutcomeRecord): D {
    return {
      m,
      receiver: meta.receiver,
      run: meta.run,
      state: "ended",
      attempts: meta.attempts,
      fails: [],
      doom: undefined,
      outcome: meta.outcome,
    };
  }

  // What must hold after every command.

  agree(): void {
    const { state, model } = this;
    for (const m of model.all()) {
      this.ever.set(model.key(m.source, m.id), m);
      const message = find(state, m.source, m.id);
      if (message === undefined) {
        this.forget(m.source, m.id);
        continue;
      }
      if (m.ds.length === 0) continue;
      const { deliveries } = statusOf(state, message);
      const expected = m.ds.map((d) => {
        const backoff = model.backoffs.find(({ item }) => item === d);
        const waits = (d.state === "waiting" || d.state === "deferred" || d.state === "delayed") &&
          backoff !== undefined;
        return {
          receiver: d.receiver,
          run: d.run,
          state: d.state,
          attempts: d.attempts,
          ...(d.outcome === undefined || d.state !== "ended" ? {} : { outcome: d.outcome }),
          ...(waits ? { nextAttemptMs: Math.max(backoff.dueMs) } : {}),
        };
      });
      assertEquals(deliveries.map(({ lastError: _, ...rest }) => rest) as unknown, expected, `${m.source} ${m.id}`);
    }
    assertEquals(this.draws, this.modelDraws, "random numbers drawn");
    assertEquals(state.deliveries.size, model.deliveries.length, "deliveries under way");
    assertEquals(state.leases.size, model.leases.length, "attempts under way");
    assertEquals(state.backoffs.size, model.backoffs.length, "waits");
    assertEquals(state.expiries.size, model.expiries.length, "expiries");
    assertEquals(
      [...state.deadLetters.keys()].sort(),
      model.letters.map((letter) => this.letterId(letter)).sort(),
      "dead letters",
    );
    for (const letter of model.letters) {
      const { outcome, reason, attempts } = state.deadLetters.get(this.letterId(letter))!.letter;
      assertEquals({ outcome, reason, attempts } as unknown, {
        outcome: letter.outcome,
        reason: letter.reason,
        attempts: letter.attempts,
      });
    }
    const earliest = Math.min(...[...model.backoffs, ...model.leases, ...model.expiries].map(({ dueMs }) => dueMs));
    assert(nextWakeMs(state) <= Math.max(earliest, this.nowMs), "a wake-up would come too late");
    for (const name of [...this.passed.keys()]) if (!model.eligible(name)) this.passed.delete(name);
    this.targetsAgree();
    this.quotaAgrees();
  }

  targetsAgree(): void {
    const { state, model } = this;
    for (const [name, target] of state.targets) {
      assertEquals(target.unfinished, model.unfinished(name), `unfinished of ${name}`);
      const lines = model.targets.get(name)?.queues.map((line) => line.length) ?? [0, 0, 0, 0];
      assertEquals(([0, 1, 2, 3] as const).map((rank) => target.queue.sizeOf(rank)), lines, `lines of ${name}`);
      assertEquals(target.inFlight, model.targets.get(name)?.inFlight ?? 0);
      assert(target.inFlight <= target.maxInFlight);
      if (target.inFlight < target.maxInFlight && !target.queue.empty) assert(target.listed, `${name} is not listed`);
    }
  }

  /** What a principal is charged is what lies on disk, or is on its way there. */
  quotaAgrees(): void {
    if (this.down) return;
    const disk = new Map(this.disk);
    for (const { operations } of this.writes) {
      for (const { keyspace, key, value } of operations) {
        if (value === undefined) disk.delete(`${keyspace} ${key}`);
        else disk.set(`${keyspace} ${key}`, value);
      }
    }
    const expected = new Map<string, number>();
    for (const [key, value] of disk) {
      const counts = key.startsWith("messages ") ||
        (key.startsWith("outcomes ") && value.includes("\n") && !isShared(value));
      if (!counts) continue;
      const { principal } = readRecord<MessageRecord>(value)!.meta;
      expected.set(principal, (expected.get(principal) ?? 0) + new TextEncoder().encode(value).length);
    }
    assertEquals(new Map([...this.state.quota].sort()), new Map([...expected].sort()), "quota");
  }

  /** Everything is let end, and then everything must have been given back. */
  close(): void {
    const { model } = this;
    for (let round = 0; round < 5_000; round++) {
      this.flushAll();
      if (this.down) this.crash(0, 0);
      for (const { flight, d } of this.flights.splice(0)) {
        settle(this.state, this.nowMs, flight.lease, { verdict: "ack" });
        this.model.settle(this.nowMs, d, { verdict: "ack" });
      }
      this.collect();
      this.takeOne(1, 2);
      this.flushAll();
      for (const letter of [...this.model.letters]) {
        if (!letter.settled) continue;
        discard(this.state, this.letterId(letter));
        this.model.discard(letter);
        this.collect();
      }
      if (this.flights.length > 0 || this.writes.length > 0) continue;
      const atMs = nextWakeMs(this.state);
      if (atMs === Infinity) break;
      const before = this.nowMs;
      this.wakeNext();
      assert(this.nowMs >= before);
      this.agree();
      assert(round < 4_990, "the bus does not come to rest");
    }
    void model;
    this.atRest();
  }

  /** The steps of each run come in the order of the seed's flow. */
  tracesAgree(): void {
    const lines = new Map<string, string>();
    // What was forgotten may come again; its dead letter of the time before may lie on disk still.
    const times = new Map<string, number>();
    for (const { kind, source, id, receiver, run, priority } of this.traces) {
      const message = `${source} ${id}`;
      if (kind === "accepted" || kind === "recovered") times.set(message, (times.get(message) ?? 0) + 1);
      const letter = LETTERS[kind];
      if (letter === undefined || receiver === undefined || receiver === "") continue;
      const key = `${priority} ${message} ${times.get(message) ?? 0} ${receiver} ${run}`;
      lines.set(key, (lines.get(key) ?? "") + letter);
    }
    for (const [key, line] of lines) {
      const form = key.startsWith("CRITICAL")
        ? /^(D|[AR]D|[AR]F(S?W)?)*([AR]|[AR]V)?L?E?$/
        : /^(D|[AR]D|[AR]FW?)*([AR]|[AR]V)?L?E?$/;
      assertMatch(line, form, key);
      assert(!line.includes("VL") && line.includes("E") <= /[VL]E$/.test(line), `${key}: ${line}`);
    }
  }

  atRest(): void {
    this.tracesAgree();
    const { state } = this;
    assertEquals(state.deliveries.size, 0);
    assertEquals([state.backoffs.size, state.leases.size, state.expiries.size], [0, 0, 0]);
    assertEquals(state.messages.filter((message) => message !== undefined).length, 0);
    assertEquals(state.freeMessages.size, state.messages.length, "numbers of messages");
    assertEquals(state.flights.filter((flight) => flight !== undefined).length, 0);
    assertEquals(state.freeFlights.size, state.flights.length, "places of flights");
    assertEquals([state.pending.size, state.quota.size, state.deadLetters.size, state.memoryDeadLetters], [0, 0, 0, 0]);
    assertEquals([state.remembered.size, state.rememberedDurable.size], [0, 0]);
    assertEquals([...this.disk], [], "records left on disk");
    const { history } = state as unknown as { history: { free: number; used: number; next(pair: number): number } };
    let free = 0;
    for (let pair = history.free; pair !== -1; pair = history.next(pair)) free++;
    assertEquals(free, history.used, "pairs of history");
    for (const target of state.targets.values()) {
      assertEquals([target.queue.size, target.lanes.size, target.inFlight, target.unfinished], [0, 0, 0, 0]);
    }
  }
}

const LETTERS: Partial<Record<TraceEvent["kind"], string>> = {
  attempt: "A",
  retry: "R",
  failed: "F",
  stored: "S",
  waiting: "W",
  deferred: "D",
  delivered: "V",
  "dead-letter": "L",
  ended: "E",
};

function many<const T>(item: T, count: number): T[] {
  return new Array<T>(count).fill(item);
}
