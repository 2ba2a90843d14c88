import type { Bus } from "../../core/bus/bus.ts";
import { deliveryId } from "../../core/bus/delivery_id.ts";
import type { Flight } from "../../core/bus/flight.ts";
import { isReceipt } from "../../core/bus/receipt.ts";
import type { Registry } from "../../core/registry/registry.ts";
import type { Clock } from "../../ports/clock.ts";
import type { PulledDelivery, PullRequest, PullVerdict } from "../../ports/engine.ts";

/** Most requests of one instance that wait at once, streams apart; the oldest is answered with nothing. */
const MOST_WAITS = 16;
/** How long a delivery that is for one instance alone is kept out of the others' way while that one does not ask. */
const ABSENT_MS = 1_000;

/** A request that waits. */
interface Wait {
  readonly instance: string;
  readonly room: number;
  /** Its stream would ask again at once. */
  readonly streams: boolean;
  readonly got: PulledDelivery[];
  release(): void;
}

interface Taken {
  readonly flight: Flight;
  readonly instance: string;
  readonly leaseMs: number;
  endMs: number;
}

/** What instances that ask for their deliveries have taken, and which of them wait for more. */
export class Pulls {
  private readonly waits = new Map<string, Wait[]>();
  private readonly taken = new Map<string, Taken>();
  /** No ticket ends before; most wake-ups are for something else. */
  private soonestMs = Infinity;
  private closed = false;
  /** Leases are counted from the start: a ticket of the process before must not fit one of this. */
  private readonly epoch: string;

  constructor(
    private readonly bus: Bus,
    private readonly registry: Registry,
    private readonly clock: Clock,
    /** How long an attempt may take until its lease runs out, by the rank of its priority. */
    private readonly leasesMs: readonly number[],
  ) {
    this.epoch = Math.floor(clock.nowMs()).toString(36);
  }

  /** Resolves with what there is, as soon as there is anything, or with nothing when the time is up. */
  ask(
    service: string,
    instance: string,
    { max, waitMs, signal, streams = false }: PullRequest,
  ): Promise<readonly PulledDelivery[]> {
    // Who has gone takes nobody's place.
    if (signal?.aborted || this.closed) return Promise.resolve([]);
    return new Promise((resolve) => {
      const untilMs = this.clock.nowMs() + waitMs;
      const got: PulledDelivery[] = [];
      let others = this.waits.get(service);
      if (others === undefined) this.waits.set(service, others = []);
      const wait: Wait = {
        instance,
        room: max,
        streams,
        got,
        release: () => {
          cancel();
          signal?.removeEventListener("abort", wait.release);
          const all = this.waits.get(service);
          const at = all?.indexOf(wait) ?? -1;
          if (at !== -1) all!.splice(at, 1);
          if (all?.length === 0) this.waits.delete(service);
          resolve(got);
        },
      };
      const look = () => {
        if (this.clock.nowMs() >= untilMs) wait.release();
        else cancel = this.clock.wakeAt(untilMs, look);
      };
      let cancel = () => {};
      const own = streams ? [] : others.filter((other) => other.instance === instance && !other.streams);
      others.push(wait);
      if (own.length >= MOST_WAITS) own[0].release();
      signal?.addEventListener("abort", wait.release);
      // What is there is handed out in this turn, before any time has passed.
      cancel = this.clock.wakeAt(untilMs, look);
    });
  }

  /** Hands out what may be tried now. @param most attempts to begin; @returns how many it began */
  fill(nowMs: number, most: number): number {
    let begun = 0;
    for (const [service, waits] of this.waits) {
      while (begun < most && waits.some(hasRoom)) {
        const flight = this.bus.take(nowMs, Infinity, service);
        if (flight === undefined) break;
        begun++;
        const { message } = flight;
        const only = message.pinned || this.isOwnReceipt(flight) ? message.instance : undefined;
        const wait = waitFor(waits, only, message.instance, flight.avoid);
        if (wait === undefined) this.bus.defer(nowMs, flight.lease, nowMs + ABSENT_MS, "instance-absent");
        else this.hand(nowMs, flight, wait, waits);
      }
      for (const wait of waits.filter(({ got }) => got.length > 0)) wait.release();
    }
    return begun;
  }

  /** @returns whether the instance still held that ticket */
  answer(nowMs: number, service: string, instance: string, ticket: string, verdict: PullVerdict): boolean {
    const taken = this.taken.get(ticket);
    if (taken === undefined || taken.instance !== instance || taken.flight.target.name !== service) return false;
    const { lease } = taken.flight;
    // Who answers at the very end is late, even if nobody has looked yet.
    if (taken.endMs <= nowMs) return false;
    if (verdict.verdict === "working") {
      taken.endMs = nowMs + taken.leaseMs;
      return this.bus.extend(nowMs, lease, taken.leaseMs);
    }
    this.taken.delete(ticket);
    this.registry.ended(nowMs, service, instance);
    return this.bus.settle(nowMs, lease, verdict);
  }

  /** Nobody was sent it: to be had again at once, as if it had not been taken. */
  putBack(nowMs: number, ticket: string): void {
    const taken = this.taken.get(ticket);
    if (taken === undefined) return;
    this.taken.delete(ticket);
    const { flight, instance } = taken;
    this.registry.ended(nowMs, flight.target.name, instance);
    this.bus.defer(nowMs, flight.lease, nowMs, "instance-absent");
  }

  /** Forgets what nobody answered in time; the bus has counted it as failed. */
  expire(nowMs: number): void {
    if (nowMs < this.soonestMs) return;
    let soonestMs = Infinity;
    for (const [ticket, { endMs, flight, instance }] of this.taken) {
      if (endMs > nowMs) {
        soonestMs = Math.min(soonestMs, endMs);
        continue;
      }
      this.taken.delete(ticket);
      this.registry.ended(nowMs, flight.target.name, instance);
    }
    this.soonestMs = soonestMs;
  }

  /** An instance has left, or another has taken its place: whoever still waits in its name gets nothing. */
  release(service: string, instance: string): void {
    for (const wait of [...this.waits.get(service) ?? []]) if (wait.instance === instance) wait.release();
  }

  /** Answers all who wait with nothing, and all who come later. */
  close(): void {
    this.closed = true;
    for (const waits of [...this.waits.values()]) for (const wait of [...waits]) wait.release();
  }

  /** A receipt is for the instance that published, as long as that lives, whoever else asks. */
  private isOwnReceipt({ message, attempt, target }: Flight): boolean {
    return attempt === 1 && message.instance !== undefined && isReceipt(message.type) &&
      this.registry.knownInstance(target.name, message.instance);
  }

  private hand(nowMs: number, flight: Flight, wait: Wait, waits: Wait[]): void {
    const { message, target, attempt, run, lease } = flight;
    const leaseMs = this.leasesMs[message.rank];
    const delivery = deliveryId(message.source, message.id, target.name, run);
    const ticket = `${delivery}.${this.epoch}.${lease.toString(36)}`;
    this.bus.assign(nowMs, flight, wait.instance);
    this.bus.extend(nowMs, lease, leaseMs);
    this.registry.began(nowMs, target.name, wait.instance);
    const endMs = nowMs + leaseMs;
    this.taken.set(ticket, { flight, instance: wait.instance, leaseMs, endMs });
    this.soonestMs = Math.min(this.soonestMs, endMs);
    wait.got.push({ ticket, deliveryId: delivery, attempt, leaseMs, envelope: flight.envelope });
    // Each in turn.
    waits.splice(waits.indexOf(wait), 1);
    waits.push(wait);
  }
}

function hasRoom({ got, room }: Wait): boolean {
  return got.length < room;
}

/** Who gets it: the one it is for, the one it is meant for first, one that has not just failed, or anyone. */
function waitFor(
  waits: readonly Wait[],
  only: string | undefined,
  preferred: string | undefined,
  avoid: string | undefined,
): Wait | undefined {
  const free = waits.filter(hasRoom);
  if (only !== undefined) return free.find(({ instance }) => instance === only);
  return free.find(({ instance }) => instance === preferred) ?? free.find(({ instance }) => instance !== avoid) ??
    free[0];
}
