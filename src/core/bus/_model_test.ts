/** What the bus should do, told as naively as possible: arrays, maps, and a look at everything each time. */
import { digest } from "./delivery_id.ts";
import type { Settlement } from "./settle.ts";

export const ROUND = "CHCNCHCLCHCNCHC";
export const PRIORITIES = ["LOW", "NORMAL", "HIGH", "CRITICAL"] as const;
const RETRIES = [1, 3, 10, Infinity];

/** A message of the model. */
export interface M {
  source: string;
  id: string;
  rank: number;
  content: number;
  receivers: string[];
  pinned: string | undefined;
  replyTo: string | undefined;
  lane: string | undefined;
  expiresMs: number;
  givesUpMs: number;
  /** When it may be delivered; 0 for at once. */
  notBeforeMs: number;
  endedMs: number;
  order: number;
  /** Whether the publish, and with it every first run, has been acknowledged. */
  accepted: boolean;
  ds: D[];
}

/** A delivery of the model. */
export interface D {
  m: M;
  receiver: string;
  run: number;
  state: string;
  attempts: number;
  fails: string[];
  doom: string | undefined;
  outcome: string | undefined;
}

export interface Letter {
  m: M;
  receiver: string;
  run: number;
  outcome: string;
  reason: string;
  attempts: number;
  durable: boolean;
  /** Whether its outcome has been written. */
  settled: boolean;
}

export interface T {
  queues: D[][];
  place: number;
  inFlight: number;
  maxInFlight: number;
  gone: boolean;
  lanes: Map<string, D[]>;
}

interface Timed<X> {
  item: X;
  dueMs: number;
}

type Pending =
  | { kind: "accept"; m: M; receipt: M | undefined }
  | { kind: "redrive"; m: M; d: D | undefined; letter: Letter; replaced: M | undefined }
  | { kind: "retry-state"; d: D; attempts: number }
  | { kind: "outcome"; d: D; receipt: M | undefined; letter: Letter | undefined };

/** Every change of state that the model has gone through. */
export const SEEN = new Set<string>();

/** What a refused command throws. */
export class Refusal {
  constructor(readonly code: string) {}
}

export interface Bounds {
  capacity: number;
  maxInFlight: number;
  maxDeliveries: number;
  maxElapsedMs: number;
  baseMs: number;
  capMs: number;
}

export class Model {
  messages = new Map<string, M>();
  targets = new Map<string, T>();
  letters: Letter[] = [];
  pending: Pending[] = [];
  draining = false;
  backoffs: Timed<D>[] = [];
  leases: Timed<D>[] = [];
  expiries: Timed<M>[] = [];
  orders = 0;
  /** When it was last awake. */
  presentMs = 0;
  /** Every outcome there ever was, by message, receiver and run. */
  outcomes = new Map<string, string>();
  receipts = new Set<string>();

  constructor(readonly bounds: Bounds, readonly draw: () => number) {}

  key(source: string, id: string): string {
    return `${source} ${id}`;
  }

  get deliveries(): D[] {
    return this.all().flatMap((m) => m.ds.filter((d) => d.state !== "ended"));
  }

  /** Messages under way, and those that are only remembered. */
  all(): M[] {
    return [...this.messages.values()];
  }

  target(name: string): T {
    let target = this.targets.get(name);
    if (target === undefined) {
      target = {
        queues: [[], [], [], []],
        place: 0,
        inFlight: 0,
        maxInFlight: this.bounds.maxInFlight,
        gone: false,
        lanes: new Map(),
      };
      this.targets.set(name, target);
    }
    return target;
  }

  unfinished(receiver: string): number {
    return this.deliveries.filter((d) => d.receiver === receiver).length;
  }

  accept(nowMs: number, m: M): "new" | "duplicate" {
    if (this.draining) throw new Refusal("closing");
    const known = this.messages.get(this.key(m.source, m.id));
    if (known !== undefined) {
      if (known.content !== m.content) throw new Refusal("id-conflict");
      return "duplicate";
    }
    if (m.expiresMs <= Math.max(nowMs, m.notBeforeMs)) throw new Refusal("message-expired");
    // Who is named as a receiver is registered.
    for (const name of m.receivers) this.target(name).gone = false;
    if (this.deliveries.length + m.receivers.length > this.bounds.maxDeliveries) throw new Refusal("queue-full");
    const kept = (name: string) => this.deliveries.filter((d) => d.receiver === name && d.state === "delayed").length;
    if (m.notBeforeMs > nowMs && m.receivers.some((name) => kept(name) >= Math.ceil(this.bounds.capacity / 2))) {
      throw new Refusal("queue-full");
    }
    const crowded = m.receivers.filter((name) => this.unfinished(name) >= this.bounds.capacity);
    const evicting = crowded.filter((name) => this.victim(name, m.rank) !== undefined);
    const full = crowded.filter((name) => !evicting.includes(name));
    if (full.length > 0 && (m.rank === 3 || full.length === m.receivers.length)) throw new Refusal("queue-full");
    if (m.rank === 3) {
      let receipt: M | undefined;
      if (m.receivers.length === 0) {
        this.bury(m, "", 1, "no-subscriber", "no-subscriber", 0, false);
        this.outcomes.set(`${this.key(m.source, m.id)}  1`, "no-subscriber");
        m.endedMs = nowMs;
        receipt = this.receipt(nowMs, m, "", 1);
      }
      this.remember(nowMs, m);
      this.pending.push({ kind: "accept", m, receipt });
      for (const name of evicting) this.evict(nowMs, name, m.rank);
      return "new";
    }
    for (const name of evicting) this.evict(nowMs, name, m.rank);
    if (m.receivers.length === 0) m.endedMs = nowMs;
    this.remember(nowMs, m);
    m.accepted = true;
    for (const d of m.ds) this.lineUp(nowMs, d);
    for (const d of m.ds) if (full.includes(d.receiver)) this.end(nowMs, d, "evicted", "queue-full");
    return "new";
  }

  victim(receiver: string, rank: number): D | undefined {
    const line = this.target(receiver).queues.slice(0, rank).find((line) => line.length > 0);
    return line?.at(-1);
  }

  evict(nowMs: number, receiver: string, rank: number): void {
    const victim = this.victim(receiver, rank);
    if (victim !== undefined) this.end(nowMs, victim, "evicted", "queue-full");
  }

  remember(nowMs: number, m: M): void {
    this.messages.set(this.key(m.source, m.id), m);
    m.order = ++this.orders;
    if (this.deliveries.length === 0) this.presentMs = Math.max(this.presentMs, nowMs);
    m.ds = m.receivers.map((receiver) => this.delivery(m, receiver, 1));
    this.arm(m);
  }

  delivery(m: M, receiver: string, run: number): D {
    let state = "new";
    const d: D = {
      m,
      receiver,
      run,
      get state() {
        return state;
      },
      set state(next) {
        SEEN.add(`${state} ${m.rank === 3 ? "disk" : "memory"} ${next}`);
        state = next;
      },
      attempts: 0,
      fails: [],
      doom: undefined,
      outcome: undefined,
    };
    if (m.rank === 3) d.state = "flushing";
    return d;
  }

  arm(m: M): void {
    const dueMs = Math.min(m.expiresMs, m.givesUpMs);
    if (m.ds.length > 0 && dueMs !== Infinity) this.put(this.expiries, m, dueMs);
  }

  put<X>(list: Timed<X>[], item: X, dueMs: number): void {
    this.cut(list, item);
    // What is already due is due at once, in the order in which it came.
    list.push({ item, dueMs: Math.max(dueMs, this.presentMs) });
  }

  cut<X>(list: Timed<X>[], item: X): void {
    const at = list.findIndex((timed) => timed.item === item);
    if (at !== -1) list.splice(at, 1);
  }

  lineUp(nowMs: number, d: D): void {
    if (d.m.notBeforeMs > nowMs && d.run === 1) {
      d.state = "delayed";
      this.put(this.backoffs, d, d.m.notBeforeMs);
      if (d.doom !== undefined) this.end(nowMs, d, d.doom, d.doom);
      return;
    }
    const target = this.target(d.receiver);
    const lane = d.m.lane === undefined ? undefined : `${d.m.rank} ${d.m.lane}`;
    let head = true;
    if (lane !== undefined) {
      const line = target.lanes.get(lane) ?? [];
      target.lanes.set(lane, line);
      head = line.push(d) === 1;
    }
    if (head) this.queue(d);
    else d.state = "blocked";
    if (d.doom !== undefined) this.end(nowMs, d, d.doom, d.doom);
  }

  queue(d: D): void {
    d.state = "queued";
    this.target(d.receiver).queues[d.m.rank].push(d);
  }

  eligible(receiver: string): boolean {
    const target = this.targets.get(receiver);
    return target !== undefined && target.inFlight < target.maxInFlight &&
      target.queues.some((line) => line.length > 0);
  }

  /** The delivery whose turn it is at this target. */
  next(receiver: string): D | undefined {
    if (this.draining || !this.eligible(receiver)) return undefined;
    const target = this.target(receiver);
    let rank = "LNHC".indexOf(ROUND[target.place]);
    target.place = (target.place + 1) % 15;
    if (target.queues[rank].length === 0) rank = [3, 2, 1, 0].find((r) => target.queues[r].length > 0)!;
    return target.queues[rank][0];
  }

  /** One whose time is up ends when its turn comes. */
  pass(nowMs: number, receiver: string): boolean {
    const d = this.next(receiver);
    if (d === undefined) return false;
    if (d.m.expiresMs <= nowMs) this.end(nowMs, d, "expired", "expired");
    else if (d.m.givesUpMs <= nowMs) this.end(nowMs, d, "exhausted", "max-elapsed");
    else return false;
    return true;
  }

  take(nowMs: number, leaseMs: number, receiver: string): D | undefined {
    const d = this.next(receiver);
    if (d === undefined || Math.min(d.m.expiresMs, d.m.givesUpMs) <= nowMs) return undefined;
    const target = this.target(receiver);
    target.queues[d.m.rank].shift();
    d.state = "in-flight";
    d.attempts++;
    target.inFlight++;
    this.put(this.leases, d, nowMs + leaseMs);
    return d;
  }

  land(d: D): void {
    this.cut(this.leases, d);
    this.target(d.receiver).inFlight--;
  }

  settle(nowMs: number, d: D, verdict: Settlement): void {
    this.land(d);
    if (verdict.verdict === "ack") return this.end(nowMs, d, "delivered", "");
    const { reason } = verdict;
    d.fails.push(reason);
    if (d.doom !== undefined) return this.end(nowMs, d, d.doom, d.doom);
    if (verdict.verdict === "term") return this.end(nowMs, d, "rejected", reason);
    if (d.attempts > RETRIES[d.m.rank]) return this.end(nowMs, d, "exhausted", reason);
    if (d.m.givesUpMs <= nowMs) return this.end(nowMs, d, "exhausted", "max-elapsed");
    // The rule of the spec, in its own words: retry n waits.
    const n = d.attempts;
    let waitMs = 0;
    if (n >= 2) {
      waitMs = Math.max(1, Math.floor(this.draw() * Math.min(this.bounds.capMs, this.bounds.baseMs * 2 ** (n - 2))));
    }
    if (verdict.delayMs !== undefined) waitMs = Math.max(waitMs, Math.min(verdict.delayMs, 3_600_000));
    if (waitMs === 0) return this.queue(d);
    d.state = d.m.rank === 3 ? "storing" : "waiting";
    this.put(this.backoffs, d, nowMs + waitMs);
    if (d.m.rank === 3) this.pending.push({ kind: "retry-state", d, attempts: d.attempts });
  }

  defer(nowMs: number, d: D, untilMs: number): void {
    this.land(d);
    d.attempts--;
    if (d.doom !== undefined) return this.end(nowMs, d, d.doom, d.doom);
    d.state = "deferred";
    this.put(this.backoffs, d, untilMs);
  }

  end(nowMs: number, d: D, outcome: string, reason: string): void {
    const target = this.target(d.receiver);
    target.queues[d.m.rank] = target.queues[d.m.rank].filter((other) => other !== d);
    const lane = this.laneOf(d);
    if (lane !== undefined && lane[0] !== d) lane.splice(lane.indexOf(d), 1);
    this.cut(this.backoffs, d);
    d.outcome = outcome;
    const ofRun = `${this.key(d.m.source, d.m.id)} ${d.receiver} ${d.run}`;
    this.outcomes.set(ofRun, outcome);
    const letter = outcome === "delivered"
      ? undefined
      : this.bury(d.m, d.receiver, d.run, outcome, reason, d.attempts, d.m.rank !== 3);
    const receipt = this.receipt(nowMs, d.m, d.receiver, d.run);
    if (d.m.rank === 3) {
      d.state = "settling";
      this.pending.push({ kind: "outcome", d, receipt, letter });
    } else {
      if (receipt !== undefined) this.arrive(nowMs, receipt);
      this.finish(nowMs, d);
    }
  }

  laneOf(d: D): D[] | undefined {
    if (d.m.lane === undefined) return undefined;
    const line = this.target(d.receiver).lanes.get(`${d.m.rank} ${d.m.lane}`);
    return line?.includes(d) ? line : undefined;
  }

  finish(nowMs: number, d: D): void {
    d.state = "ended";
    const lane = this.laneOf(d);
    if (lane !== undefined) {
      lane.shift();
      if (lane.length > 0) this.queue(lane[0]);
      else this.target(d.receiver).lanes.delete(`${d.m.rank} ${d.m.lane}`);
    }
    if (d.m.ds.every((other) => other.state === "ended")) {
      d.m.endedMs = nowMs;
      this.cut(this.expiries, d.m);
    }
    const target = this.target(d.receiver);
    if (target.gone && this.unfinished(d.receiver) === 0) this.targets.delete(d.receiver);
  }

  bury(
    m: M,
    receiver: string,
    run: number,
    outcome: string,
    reason: string,
    attempts: number,
    settled: boolean,
  ): Letter {
    const letter: Letter = { m, receiver, run, outcome, reason, attempts, durable: m.rank === 3, settled };
    this.letters = this.letters.filter((other) => this.letterKey(other) !== this.letterKey(letter));
    this.letters.push(letter);
    return letter;
  }

  letterKey(letter: Letter): string {
    return `${this.key(letter.m.source, letter.m.id)} ${letter.receiver} ${letter.run}`;
  }

  receipt(nowMs: number, m: M, receiver: string, run: number): M | undefined {
    if (m.replyTo === undefined) return undefined;
    if (this.deliveries.length + 1 > this.bounds.maxDeliveries) return undefined;
    const id = `rcpt_${digest(`${m.source}\n${m.id}\n${receiver}\n${run}`)}`;
    if (this.messages.has(this.key("/bus", id))) return undefined;
    const receipt: M = {
      ...m,
      source: "/bus",
      id,
      content: 0,
      receivers: [m.replyTo],
      pinned: undefined,
      replyTo: undefined,
      lane: undefined,
      expiresMs: nowMs + 86_400_000,
      notBeforeMs: 0,
      givesUpMs: m.rank === 3 ? Infinity : nowMs + this.bounds.maxElapsedMs,
      accepted: false,
      endedMs: Infinity,
      ds: [],
    };
    this.remember(nowMs, receipt);
    this.receipts.add(`${this.key(m.source, m.id)} ${receiver} ${run}`);
    return receipt;
  }

  arrive(nowMs: number, m: M): void {
    m.accepted = true;
    for (const d of m.ds) if (d.state === "flushing" || d.state === "new") this.lineUp(nowMs, d);
  }

  flushed(nowMs: number): void {
    const pending = this.pending.shift()!;
    switch (pending.kind) {
      case "accept":
        if (pending.m.ds.length === 0) {
          for (const letter of this.letters) if (letter.m === pending.m) letter.settled = true;
        }
        this.arrive(nowMs, pending.m);
        if (pending.receipt !== undefined) this.arrive(nowMs, pending.receipt);
        break;
      case "redrive":
        if (pending.d === undefined) this.arrive(nowMs, pending.m);
        else this.lineUp(nowMs, pending.d);
        break;
      case "retry-state":
        if (pending.d.state !== "storing") break;
        pending.d.state = "waiting";
        if (!this.backoffs.some(({ item }) => item === pending.d)) this.queue(pending.d);
        break;
      case "outcome":
        if (pending.letter !== undefined) pending.letter.settled = true;
        this.finish(nowMs, pending.d);
        if (pending.receipt !== undefined) this.arrive(nowMs, pending.receipt);
        break;
    }
  }

  flushFailed(nowMs: number): void {
    const pending = this.pending[0];
    if (pending.kind !== "accept" && pending.kind !== "redrive") return this.flushed(nowMs);
    this.pending.shift();
    if (pending.kind === "accept") {
      for (const m of [pending.m, pending.receipt]) if (m !== undefined) this.drop(m);
      this.letters = this.letters.filter((letter) => letter.m !== pending.m);
    } else {
      const { m, d, letter, replaced } = pending;
      this.letters.push(letter);
      if (d === undefined) {
        this.drop(m);
        if (replaced !== undefined) this.messages.set(this.key(replaced.source, replaced.id), replaced);
        return;
      }
      d.state = "ended";
      d.run = letter.run;
      d.outcome = letter.outcome;
      d.attempts = letter.attempts;
      if (m.ds.every((other) => other.state === "ended")) {
        m.endedMs = nowMs;
        this.cut(this.expiries, m);
      }
    }
  }

  drop(m: M): void {
    for (const d of m.ds) d.state = "refused";
    this.messages.delete(this.key(m.source, m.id));
    this.cut(this.expiries, m);
  }

  wake(nowMs: number): void {
    this.presentMs = Math.max(this.presentMs, nowMs);
    for (const m of this.due(this.expiries, nowMs)) {
      if (m.expiresMs <= nowMs) this.endAll(nowMs, m, "expired", "expired");
      else if (m.givesUpMs <= nowMs) {
        this.endAll(nowMs, m, "exhausted", "max-elapsed");
        if (m.expiresMs !== Infinity && m.ds.some((d) => d.state !== "ended")) {
          this.put(this.expiries, m, m.expiresMs);
        }
      } else this.put(this.expiries, m, Math.min(m.expiresMs, m.givesUpMs));
    }
    for (const d of this.due(this.leases, nowMs)) this.settle(nowMs, d, { verdict: "nak", reason: "lease-expired" });
    for (const d of this.due(this.backoffs, nowMs)) {
      if (d.state === "delayed") this.lineUp(nowMs, d);
      else if (d.state !== "storing") this.queue(d);
    }
  }

  *due<X>(list: Timed<X>[], nowMs: number): Generator<X> {
    const due = list.filter((timed) => timed.dueMs <= nowMs).sort((one, other) => one.dueMs - other.dueMs);
    for (const timed of due) {
      if (!list.includes(timed)) continue;
      list.splice(list.indexOf(timed), 1);
      yield timed.item;
    }
  }

  endAll(nowMs: number, m: M, outcome: string, reason: string): number {
    return [...m.ds].filter((d) => this.endOne(nowMs, d, outcome, reason)).length;
  }

  endOne(nowMs: number, d: D, outcome: string, reason: string): boolean {
    if (d.state === "ended" || d.state === "settling") return false;
    if (d.state === "in-flight" || d.state === "flushing") {
      if (outcome === "exhausted") return false;
      d.doom ??= outcome;
    } else this.end(nowMs, d, outcome, reason);
    return true;
  }

  cancel(nowMs: number, source: string, id: string): number {
    const m = this.messages.get(this.key(source, id));
    if (m === undefined || !m.accepted) throw new Refusal("message-unknown");
    const reached = this.endAll(nowMs, m, "cancelled", "cancelled");
    if (reached === 0) throw new Refusal("message-ended");
    return reached;
  }

  removeReceiver(nowMs: number, receiver: string, indexOf: (m: M) => number): number {
    const reached = this.endWhere(nowMs, receiver, () => true, "receiver-gone", indexOf);
    const target = this.targets.get(receiver);
    if (target === undefined) return 0;
    if (this.unfinished(receiver) === 0) this.targets.delete(receiver);
    else target.gone = true;
    return reached;
  }

  endWhere(
    nowMs: number,
    receiver: string,
    wanted: (m: M) => boolean,
    outcome: string,
    indexOf: (m: M) => number,
  ): number {
    const found = this.deliveries.filter((d) => d.receiver === receiver && wanted(d.m));
    const order = new Map(found.map((d) => [d, indexOf(d.m)]));
    return found.sort((one, other) => order.get(one)! - order.get(other)!)
      .filter((d) => this.endOne(nowMs, d, outcome, outcome)).length;
  }

  redrive(nowMs: number, letter: Letter | undefined, receivers: string[]): void {
    if (this.draining) throw new Refusal("closing");
    if (letter === undefined || !letter.settled) throw new Refusal("dead-letter-unknown");
    const { m, receiver, run, durable } = letter;
    if (m.expiresMs <= nowMs) throw new Refusal("message-expired");
    const names = receiver === "" ? receivers : [receiver];
    if (names.length === 0) throw new Refusal("target-unknown");
    const known = this.messages.get(this.key(m.source, m.id));
    const place = known?.ds.find((d) => d.receiver === receiver);
    if (known !== undefined && (known.content !== m.content || known.rank !== m.rank)) throw new Refusal("id-conflict");
    if (known !== undefined && (receiver === "" ? known.ds.length > 0 : place?.state !== "ended")) {
      throw new Refusal("id-conflict");
    }
    if (this.deliveries.length + names.length > this.bounds.maxDeliveries) throw new Refusal("queue-full");
    if (names.some((name) => this.unfinished(name) >= this.bounds.capacity)) throw new Refusal("queue-full");
    this.letters = this.letters.filter((other) => other !== letter);
    for (const name of names) this.target(name).gone = false;
    if (known === undefined || receiver === "") {
      const again: M = { ...m, receivers: names, notBeforeMs: 0, ds: [], endedMs: Infinity, accepted: true };
      again.givesUpMs = m.rank === 3 ? Infinity : nowMs + this.bounds.maxElapsedMs;
      this.remember(nowMs, again);
      again.ds.forEach((d) => d.run = run + 1);
      if (durable) {
        const replaced = receiver === "" ? known : undefined;
        this.pending.push({ kind: "redrive", m: again, d: undefined, letter, replaced });
      } else for (const d of again.ds) this.lineUp(nowMs, d);
      return;
    }
    const live = known.ds.some((d) => d.state !== "ended");
    known.givesUpMs = m.rank === 3 ? Infinity : nowMs + this.bounds.maxElapsedMs;
    known.endedMs = Infinity;
    known.order = ++this.orders;
    const d = this.delivery(known, receiver, run + 1);
    if (this.deliveries.length === 0) this.presentMs = Math.max(this.presentMs, nowMs);
    known.ds[known.ds.indexOf(place!)] = d;
    if (!live) this.arm(known);
    if (durable) this.pending.push({ kind: "redrive", m: known, d, letter, replaced: undefined });
    else this.lineUp(nowMs, d);
  }

  discard(letter: Letter | undefined): void {
    if (letter === undefined || !letter.settled) throw new Refusal("dead-letter-unknown");
    this.letters = this.letters.filter((other) => other !== letter);
  }
}
