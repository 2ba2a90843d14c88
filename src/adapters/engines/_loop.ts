import type { Bus } from "../../core/bus/bus.ts";
import type { Flight } from "../../core/bus/flight.ts";
import type { StoreOperation } from "../../core/bus/operation.ts";
import { isReceipt } from "../../core/bus/receipt.ts";
import { BellhopError } from "../../core/error.ts";
import type { Registry } from "../../core/registry/registry.ts";
import type { RegistryEvent } from "../../core/registry/event.ts";
import { PRIORITIES } from "../../core/priority/table.ts";
import { formatTimestamp } from "../../core/timestamp.ts";
import type { Clock } from "../../ports/clock.ts";
import type { EngineTrace } from "../../ports/engine.ts";
import type { MessageStore } from "../../ports/store.ts";
import type { Answer, Transport } from "../../ports/transport.ts";
import { Attempt } from "./_attempt.ts";
import { Pulls } from "./_pulls.ts";
import type { Watchers } from "./_watchers.ts";

/** Milliseconds that a lease outlasts its attempt's time, for the transport's own answer to come first. */
const LEASE_GRACE_MS = 1_000;
/** Attempts begun in one turn; more wait for the next, so that timers and sockets get theirs. */
const ATTEMPTS_PER_TURN = 1_024;
const DEFAULT_TIMEOUT_MS = 15_000;
/** Milliseconds that a store has for its answers when the engine closes, however short the deadline. */
const STORE_GRACE_MS = 1_000;
/** Least milliseconds until a delivery beyond the rate that its endpoint granted is taken again. */
const RATE_WAIT_MS = 1_000;

interface FlushGroup {
  readonly done: Promise<void>;
  readonly written: Promise<void>;
  readonly tokens: number[];
}

interface LoopOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: () => number;
  readonly token: () => string;
  readonly healthTimeoutMs?: number;
}

/**
 * The one loop: an event in, effects out, one wake-up.
 *
 * A turn runs as a microtask after whatever asked for it, so that all that happens in one turn of the platform's event
 * loop shares one flush.
 */
export class Loop {
  closing = false;
  /** Registry events that found no place. */
  droppedEvents = 0;
  /** Why the store takes nothing more, if it does not. */
  storeFault: string | undefined;
  private readonly transport: Transport;
  private readonly clock: Clock;
  /** Milliseconds that an attempt may take, by priority. */
  private readonly timeoutsMs: readonly number[];
  /** Those who are not called. */
  readonly pulls: Pulls;
  private readonly listeners = new Set<(step: EngineTrace) => void>();
  private readonly writes = new Map<number, Promise<void>>();
  /** The last writes that share an answer of the store. */
  private group: FlushGroup | undefined;
  private readonly turn = (): void => this.run();
  private scheduled = false;
  private presentMs: number | undefined;
  private stopped = false;
  private armedMs = Infinity;
  private closed: Promise<void> | undefined;
  /** Who waits for an answer of the store, to be told that there will be none. */
  private readonly unanswered = new Set<(reason: BellhopError) => void>();
  private disarm: (() => void) | undefined;
  private whenIdle: (() => void) | undefined;

  constructor(
    private readonly bus: Bus,
    private readonly registry: Registry,
    private readonly store: MessageStore,
    private readonly watchers: Watchers,
    private readonly options: LoopOptions,
    private readonly source: string,
  ) {
    this.transport = options.transport;
    const { policies } = bus.options;
    this.timeoutsMs = PRIORITIES.map((priority) => policies[priority].attemptTimeoutMs ?? DEFAULT_TIMEOUT_MS);
    this.clock = options.clock;
    this.pulls = new Pulls(bus, registry, this.clock, this.timeoutsMs.map((ms) => ms + LEASE_GRACE_MS));
  }

  /** Asks for a turn; who has just read the clock says what it said. */
  schedule(nowMs?: number): void {
    this.presentMs = nowMs;
    if (this.scheduled || this.stopped) return;
    this.scheduled = true;
    // Not `queueMicrotask`, which some platforms wrap.
    DONE.then(this.turn);
  }

  /** Resolves when the write of that token is flushed. @throws {BellhopError} `not-durable` */
  written(token: number): Promise<void> {
    this.carryOut();
    return this.writes.get(token) ?? Promise.resolve();
  }

  /** Resolves when all that has been asked for so far is flushed. @throws {BellhopError} `not-durable` */
  async allWritten(): Promise<void> {
    this.carryOut();
    this.schedule();
    await Promise.all(this.writes.values());
  }

  /** Tells the registry's events and writes what changed; resolves when it is flushed. */
  registryChanged(): Promise<void> {
    const writes = this.followRegistry();
    this.schedule();
    return writes;
  }

  trace(listener: (step: EngineTrace) => void): () => void {
    this.listeners.add(listener);
    this.bus.tracing = true;
    return () => {
      this.listeners.delete(listener);
      this.bus.tracing = this.listeners.size > 0;
    };
  }

  /**
   * Ends what is under way, at most for `deadlineMs`, and gives the store up. Writes that the store has not answered by
   * then, or {@linkcode STORE_GRACE_MS} after it was asked last, are refused with `not-durable`; a store that cannot be
   * closed by then is left to itself.
   */
  close(deadlineMs: number): Promise<void> {
    return this.closed ??= this.end(deadlineMs);
  }

  private async end(deadlineMs: number): Promise<void> {
    this.closing = true;
    this.bus.drain();
    this.pulls.close();
    const untilMs = this.clock.nowMs() + deadlineMs;
    if (this.bus.counts().inFlight > 0 && deadlineMs > 0) {
      await new Promise<void>((resolve) => {
        const cancel = this.clock.wakeAt(untilMs, resolve);
        this.whenIdle = () => {
          cancel();
          resolve();
        };
      });
    }
    const nowMs = this.clock.nowMs();
    this.bus.storeInLine(nowMs);
    this.carryOut();
    const storeUntilMs = Math.max(untilMs, nowMs + STORE_GRACE_MS);
    await this.until(storeUntilMs, Promise.allSettled([...this.writes.values()]));
    this.stopped = true;
    this.disarm?.();
    const hanging = new BellhopError("not-durable", "The store gave no answer before the engine was closed");
    for (const refuse of this.unanswered) refuse(hanging);
    await this.until(storeUntilMs, this.store.close());
  }

  /** Waits for it, but no longer than that. */
  private until(atMs: number, work: Promise<unknown>): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = this.clock.wakeAt(atMs, resolve);
      work.then(() => resolve(), reject).finally(cancel);
    });
  }

  private run(): void {
    this.scheduled = false;
    if (this.stopped) return;
    const nowMs = this.presentMs ?? this.clock.nowMs();
    this.presentMs = undefined;
    this.carryOut();
    let begun = this.pulls.fill(nowMs, ATTEMPTS_PER_TURN);
    if (begun === ATTEMPTS_PER_TURN) this.wakeBy(nowMs);
    for (let flight = this.next(nowMs); flight !== undefined; flight = this.next(nowMs)) {
      this.begin(nowMs, flight);
      if (++begun >= ATTEMPTS_PER_TURN) {
        this.wakeBy(nowMs);
        break;
      }
    }
    this.carryOut();
    const writes = this.followRegistry();
    // A failed write has told `storeFault`; nobody else waits for this one.
    if (writes !== DONE) writes.catch(() => {});
    this.wakeBy(Math.min(this.bus.nextWakeMs(), this.registry.nextWakeMs()));
  }

  private next(nowMs: number): Flight | undefined {
    // Without an end until it is known that the answer takes time: most answers in one process do not.
    return this.bus.take(nowMs, Infinity);
  }

  private begin(nowMs: number, flight: Flight): void {
    const { bus, registry } = this;
    const { message, lease } = flight;
    const service = flight.target.name;
    const choice = registry.choose(nowMs, service, this.options.random(), flight.avoid, this.instanceOf(flight));
    if (choice.kind === "absent") {
      bus.settle(nowMs, lease, { verdict: "nak", reason: "no-instance" });
      return;
    }
    if (choice.kind === "deferred") {
      bus.defer(nowMs, lease, Math.max(choice.deferUntilMs, nowMs + 1), "breaker-open");
      return;
    }
    const { instance, endpoint } = choice;
    const passMs = registry.pass(nowMs, service, instance);
    if (passMs > nowMs) {
      // All that waits for the rate comes back at once, for the queue to say what goes first: not too often.
      bus.defer(nowMs, lease, Math.max(passMs, nowMs + RATE_WAIT_MS), "rate-granted");
      return;
    }
    const timeoutMs = this.timeoutsMs[message.rank];
    bus.assign(nowMs, flight, instance);
    registry.began(nowMs, service, instance);
    const answer = this.transport.deliver(new Attempt(flight, instance, endpoint, timeoutMs));
    if (answer instanceof Promise) {
      bus.extend(nowMs, lease, timeoutMs + LEASE_GRACE_MS);
      answer.then((late) => {
        this.answered(this.clock.nowMs(), flight, late);
        this.schedule();
      });
    } else {
      this.answered(nowMs, flight, answer);
    }
  }

  /** The one instance that may receive it, or that its receipt is meant for first. */
  private instanceOf({ message, attempt, target }: Flight): string | undefined {
    if (message.instance === undefined || message.pinned) return message.instance;
    const preferred = attempt === 1 && isReceipt(message.type) &&
      this.registry.knownInstance(target.name, message.instance);
    return preferred ? message.instance : undefined;
  }

  private answered(nowMs: number, flight: Flight, answer: Answer): void {
    const { bus, registry } = this;
    const service = flight.target.name;
    const instance = flight.instance!;
    const { verdict, reason, retryAfterMs } = answer;
    registry.verdict(nowMs, service, instance, verdict !== "nak", answer.blameHealth === true, answer.answered);
    registry.ended(nowMs, service, instance);
    if (answer.removeEndpoint === true) registry.removeInstance(nowMs, service, instance);
    bus.settle(
      nowMs,
      flight.lease,
      verdict === "ack" ? ACK : verdict === "nak" ? { verdict, reason, delayMs: retryAfterMs } : { verdict, reason },
    );
    this.settled();
  }

  /** An attempt has ended: who closes may wait for the last. */
  settled(): void {
    if (this.whenIdle !== undefined && this.bus.counts().inFlight === 0) this.whenIdle();
  }

  /** Does what the bus asks for. */
  private carryOut(): void {
    for (const effect of this.bus.effects()) {
      switch (effect.kind) {
        case "write":
          this.write(effect.token, effect.operations);
          break;
        case "ended":
          this.watchers.tell(effect.message);
          break;
        case "trace":
          this.tell({ subject: "message", event: effect.event });
          break;
      }
    }
  }

  private write(token: number, operations: readonly StoreOperation[]): void {
    const done = this.ask(operations);
    // Who shares a flush shares its answer, where the store gives the same promise to all of its group.
    if (this.group?.done !== done) this.group = this.begun(done);
    this.group.tokens.push(token);
    this.writes.set(token, this.group.written);
  }

  private begun(done: Promise<void>): FlushGroup {
    const { bus, clock } = this;
    const tokens: number[] = [];
    const answer = (tell: (nowMs: number, token: number) => void) => {
      // Nobody joins what has been answered, even if the store gives the same promise again.
      if (this.group?.tokens === tokens) this.group = undefined;
      const nowMs = clock.nowMs();
      for (const token of tokens) {
        this.writes.delete(token);
        tell(nowMs, token);
      }
      this.schedule(nowMs);
    };
    const written = this.flush(done).then(() => answer(bus.flushed), (error) => {
      answer(bus.flushFailed);
      throw error;
    });
    written.catch(() => {});
    return { done, written, tokens };
  }

  private ask(operations: readonly StoreOperation[]): Promise<void> {
    try {
      return this.store.write(operations);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Resolves as the store does, or rejects when nobody waits for it any longer. */
  private answerOf(done: Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      const settled = (): boolean => this.unanswered.delete(reject);
      this.unanswered.add(reject);
      done.then(() => {
        settled();
        resolve();
      }, (error) => {
        settled();
        reject(error);
      });
    });
  }

  private async flush(done: Promise<void>): Promise<void> {
    try {
      await this.answerOf(done);
    } catch (error) {
      // The one write was refused; the store itself goes on.
      if (error instanceof BellhopError && (error.code === "record-too-large" || error.code === "store-full")) {
        throw error;
      }
      this.storeFault = error instanceof Error ? error.message : String(error);
      throw new BellhopError("not-durable", `The store took nothing: ${this.storeFault}`, { cause: error });
    }
  }

  private followRegistry(): Promise<void> {
    const { bus, registry } = this;
    for (const event of registry.takeEvents()) {
      if (event.kind === "service-gone") bus.removeReceiver(event.atMs, event.service);
      else if (event.kind === "removed" || event.kind === "deregistered") {
        bus.removeInstance(event.atMs, event.service, event.instance!);
      }
      if (LEAVES.has(event.kind)) this.pulls.release(event.service, event.instance!);
      this.tell({ subject: "registry", event });
      this.publishEvent(event);
    }
    // First what ends with a service, then the service: a crash between the two finds it again.
    this.carryOut();
    const writes = registry.takeWrites();
    if (writes.length === 0) return DONE;
    return this.flush(this.ask(writes.map(({ key, record }) => ({
      keyspace: "registry",
      key,
      value: record === undefined ? undefined : JSON.stringify(record),
    }))));
  }

  /** Services that subscribe to a registry event by its exact name hear of it. */
  private publishEvent(event: RegistryEvent): void {
    if (event.kind === "renewed" || this.closing) return;
    const type = `service.${event.kind}`;
    const receivers = this.registry.receivers(type);
    if (receivers.length === 0) return;
    const { atMs, ...data } = event;
    const id = this.options.token();
    const time = formatTimestamp(atMs);
    try {
      this.bus.accept(atMs, { specversion: "1.0", id, source: this.source, type, time, data }, receivers, {
        principal: this.source,
      });
    } catch (error) {
      // A queue is full: the event is lost to it, and the registry goes on.
      if (!(error instanceof BellhopError)) throw error;
      this.droppedEvents++;
    }
  }

  private tell(step: EngineTrace): void {
    for (const listener of this.listeners) {
      try {
        listener(step);
      } catch {
        // Who cannot listen is not told any more, and nobody else suffers.
        this.listeners.delete(listener);
      }
    }
  }

  /** Makes sure of a wake-up by then; one that comes too early is harmless, so an earlier one is left alone. */
  private wakeBy(atMs: number): void {
    if (atMs >= this.armedMs) return;
    this.disarm?.();
    this.armedMs = atMs;
    this.disarm = this.clock.wakeAt(atMs, () => {
      this.armedMs = Infinity;
      this.disarm = undefined;
      const nowMs = this.clock.nowMs();
      this.bus.wake(nowMs);
      this.pulls.expire(nowMs);
      this.registry.wake(nowMs);
      this.askHealth(nowMs);
      this.run();
    });
  }

  private askHealth(nowMs: number): void {
    if (this.closing) return;
    for (const { service, instance, endpoint, health } of this.registry.dueHealthChecks(nowMs)) {
      this.transport.health(endpoint, health, this.options.healthTimeoutMs ?? 5_000).then((status) => {
        this.registry.health(this.clock.nowMs(), service, instance, status);
        this.schedule();
      });
    }
  }
}

const ACK = { verdict: "ack" } as const;
/** Registered anew it is another process, and what waits for the one before is answered by nobody. */
const LEAVES: ReadonlySet<RegistryEvent["kind"]> = new Set(["registered", "removed", "deregistered"] as const);
const DONE = Promise.resolve();
