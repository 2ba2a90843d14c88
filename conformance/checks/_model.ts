/**
 * What the specification says becomes of messages, as small as it can be: no queue, for every target has a free slot;
 * no breaker, for the driver lets none open.
 *
 * Where the text leaves open what happens, the model says so: `unclear`, or several outcomes and reasons that fit.
 */

/** How the bus was set up. */
export interface ModelSetup {
  readonly nowMs: number;
  readonly services: readonly string[];
  readonly baseMs: number;
  readonly capMs: number;
  readonly factor: number;
  /** The number that is drawn for every wait. */
  readonly u: number;
  readonly attemptTimeoutMs: number;
  readonly maxElapsedMs: number;
}

/** What is published. */
export interface ModelMessage {
  readonly id: string;
  readonly priority: "LOW" | "NORMAL" | "HIGH" | "CRITICAL";
  readonly target?: string;
  readonly key?: string;
  readonly expiresMs?: number;
  readonly deliverMs?: number;
}

/** One run of one delivery. */
export interface ModelDelivery {
  readonly message: ModelMessage;
  readonly receiver: string;
  readonly run: number;
  readonly acceptedMs: number;
  /** When the policy gives up. */
  readonly giveUpMs: number;
  state: "delayed" | "blocked" | "in-flight" | "waiting" | "ended";
  attempts: number;
  /** When the wait or the delay is over. */
  dueMs?: number;
  startedMs?: number;
  /** Outcomes that came while an attempt ran. */
  marks: string[];
  /** Whether the receiver asked for the last wait. */
  asked?: boolean;
  /** Reasons of the failed attempts. */
  failures: string[];
  /** Those that fit: mostly one. */
  outcomes?: readonly string[];
  reasons?: readonly string[];
  endedMs?: number;
  letter?: "kept" | "redriven" | "discarded";
}

/** An attempt that must have begun. */
export interface ModelStart {
  readonly delivery: ModelDelivery;
  readonly attempt: number;
  readonly atMs: number;
}

/** The model of a bus. */
export interface Model {
  readonly nowMs: number;
  readonly messages: readonly ModelMessage[];
  readonly deliveries: readonly ModelDelivery[];
  readonly starts: readonly ModelStart[];
  /** Failed attempts in a row of the only instance of each service. */
  readonly strikes: ReadonlyMap<string, number>;
  /** Services that have deregistered. */
  readonly gone: ReadonlySet<string>;
  /** The receivers, or the codes of the refusal that fit. */
  publish(message: ModelMessage): { readonly receivers: readonly string[] } | { readonly refused: readonly string[] };
  ack(delivery: ModelDelivery): void;
  nak(delivery: ModelDelivery, askedMs?: number): void;
  term(delivery: ModelDelivery): void;
  /** The codes of the refusal that fit, if it is refused. */
  cancel(message: ModelMessage): readonly string[];
  redrive(delivery: ModelDelivery): readonly string[];
  discard(delivery: ModelDelivery): void;
  deregister(service: string): void;
  /** Lets time pass; `false` if the text does not say which of two things at one instant comes first. */
  advance(toMs: number): boolean;
}

const ATTEMPTS = { LOW: 2, NORMAL: 4, HIGH: 11, CRITICAL: Infinity } as const;
/** A longer delay that a receiver asks for counts as this. */
const LONGEST_ASKED_MS = 3_600_000;

/** A model in which nothing has happened. */
export function createModel(setup: ModelSetup): Model {
  let nowMs = setup.nowMs;
  const messages: ModelMessage[] = [];
  const deliveries: ModelDelivery[] = [];
  const starts: ModelStart[] = [];
  const strikes = new Map<string, number>();
  const gone = new Set<string>();
  const lanes = new Map<string, ModelDelivery[]>();

  const unfinished = () => deliveries.filter(({ state }) => state !== "ended");

  function begin(message: ModelMessage, receiver: string, run: number): void {
    const delivery = made(message, receiver, run);
    if (delivery.dueMs === undefined) join(delivery);
  }

  function made(message: ModelMessage, receiver: string, run: number): ModelDelivery {
    const dueMs = run === 1 ? Math.max(nowMs, message.deliverMs ?? nowMs) : nowMs;
    const delivery: ModelDelivery = {
      message,
      receiver,
      run,
      acceptedMs: nowMs,
      giveUpMs: message.priority === "CRITICAL" ? Infinity : dueMs + setup.maxElapsedMs,
      state: "delayed",
      attempts: 0,
      marks: [],
      failures: [],
      ...(dueMs > nowMs ? { dueMs } : {}),
    };
    deliveries.push(delivery);
    return delivery;
  }

  function laneOf({ message, receiver }: ModelDelivery): ModelDelivery[] | undefined {
    if (message.key === undefined) return undefined;
    const name = JSON.stringify([receiver, message.priority, message.key]);
    if (!lanes.has(name)) lanes.set(name, []);
    return lanes.get(name);
  }

  function join(delivery: ModelDelivery): void {
    const lane = laneOf(delivery);
    lane?.push(delivery);
    delete delivery.dueMs;
    if (lane !== undefined && lane[0] !== delivery) delivery.state = "blocked";
    else attempt(delivery);
  }

  function attempt(delivery: ModelDelivery): void {
    delivery.state = "in-flight";
    delivery.attempts++;
    delivery.startedMs = nowMs;
    delete delivery.dueMs;
    starts.push({ delivery, attempt: delivery.attempts, atMs: nowMs });
  }

  function finish(delivery: ModelDelivery, outcomes: readonly string[], reasons: readonly string[]): void {
    delivery.state = "ended";
    delivery.outcomes = outcomes;
    delivery.reasons = reasons;
    delivery.endedMs = nowMs;
    delete delivery.dueMs;
    if (outcomes[0] !== "delivered") delivery.letter = "kept";
    const lane = laneOf(delivery);
    const place = lane?.indexOf(delivery) ?? -1;
    if (place >= 0) lane!.splice(place, 1);
    if (lane?.[0]?.state === "blocked") attempt(lane[0]);
  }

  /** Ends what rests, and marks what is in flight. */
  function endOrMark(
    ending: readonly ModelDelivery[],
    outcomesOf: (delivery: ModelDelivery) => readonly string[],
  ): void {
    const resting = ending.filter(({ state }) => state !== "in-flight");
    for (const delivery of ending) if (delivery.state === "in-flight") delivery.marks.push(...outcomesOf(delivery));
    // All at once: the end of one must not begin another that ends with it.
    for (const delivery of resting) {
      const lane = laneOf(delivery);
      if (lane !== undefined && lane[0] !== delivery && lane.includes(delivery)) lane.splice(lane.indexOf(delivery), 1);
    }
    for (const delivery of resting) finish(delivery, outcomesOf(delivery), outcomesOf(delivery));
  }

  function fail(delivery: ModelDelivery, reason: string, askedMs?: number): void {
    delivery.failures.push(reason);
    strikes.set(delivery.receiver, (strikes.get(delivery.receiver) ?? 0) + 1);
    const { message: { priority }, attempts, marks } = delivery;
    if (marks.length > 0) return finish(delivery, marks, [...marks, reason]);
    const late = nowMs >= delivery.giveUpMs;
    if (attempts >= ATTEMPTS[priority]) {
      return finish(delivery, ["exhausted"], late ? [reason, "max-elapsed"] : [reason]);
    }
    if (late) return finish(delivery, ["exhausted"], ["max-elapsed"]);
    const longest = Math.min(setup.capMs, setup.baseMs * setup.factor ** (attempts - 2));
    const computed = attempts === 1 ? 0 : Math.max(1, Math.floor(setup.u * longest));
    const wait = Math.max(computed, Math.min(askedMs ?? 0, LONGEST_ASKED_MS));
    if (wait === 0) return attempt(delivery);
    delivery.state = "waiting";
    delivery.asked = wait > computed;
    delivery.dueMs = nowMs + wait;
  }

  /** What happens by itself, and when. */
  function timersOf(delivery: ModelDelivery): readonly (readonly [number, () => void])[] {
    const { state, message, marks, giveUpMs, dueMs, startedMs } = delivery;
    const timers: [number, () => void][] = [];
    if (state === "ended") return timers;
    if (message.expiresMs !== undefined && !marks.includes("expired")) {
      timers.push([message.expiresMs, () => endOrMark([delivery], () => ["expired"])]);
    }
    if (state === "in-flight") timers.push([startedMs! + setup.attemptTimeoutMs, () => fail(delivery, "timeout")]);
    if (giveUpMs > nowMs || state !== "in-flight") {
      const giveUp = () => state === "in-flight" ? undefined : finish(delivery, ["exhausted"], ["max-elapsed"]);
      timers.push([giveUpMs, giveUp]);
    }
    if (state === "delayed") timers.push([dueMs!, () => join(delivery)]);
    if (state === "waiting") timers.push([dueMs!, () => attempt(delivery)]);
    return timers.filter(([atMs]) => atMs < Infinity);
  }

  return {
    get nowMs() {
      return nowMs;
    },
    messages,
    deliveries,
    starts,
    strikes,
    gone,
    publish(message) {
      const { target, expiresMs = Infinity, deliverMs = nowMs } = message;
      if (expiresMs <= Math.max(nowMs, deliverMs)) return { refused: ["message-expired"] };
      const name = target?.split("@")[0];
      if (name !== undefined && gone.has(name)) return { refused: ["target-unknown"] };
      const receivers = name === undefined ? setup.services.filter((one) => !gone.has(one)) : [name];
      messages.push(message);
      for (const receiver of receivers) begin(message, receiver, 1);
      if (receivers.length === 0 && message.priority === "CRITICAL") {
        finish(made(message, "", 1), ["no-subscriber"], ["no-subscriber"]);
      }
      return { receivers };
    },
    ack(delivery) {
      strikes.set(delivery.receiver, 0);
      finish(delivery, ["delivered"], []);
    },
    nak: (delivery, askedMs) => fail(delivery, "nak", askedMs),
    term(delivery) {
      strikes.set(delivery.receiver, 0);
      delivery.failures.push("term");
      if (delivery.marks.length > 0) finish(delivery, delivery.marks, [...delivery.marks, "term"]);
      else finish(delivery, ["rejected"], ["term"]);
    },
    cancel({ id }) {
      const open = unfinished().filter(({ message }) => message.id === id);
      if (open.length === 0) return ["message-ended"];
      endOrMark(open, () => ["cancelled"]);
      return [];
    },
    redrive(delivery) {
      const { message, receiver, run } = delivery;
      const codes: string[] = [];
      if ((message.expiresMs ?? Infinity) <= nowMs) codes.push("message-expired");
      if (receiver === "" || gone.has(receiver)) codes.push("target-unknown");
      if (codes.length > 0) return codes;
      delivery.letter = "redriven";
      begin(message, receiver, run + 1);
      return [];
    },
    discard(delivery) {
      delivery.letter = "discarded";
    },
    deregister(service) {
      gone.add(service);
      const own = unfinished().filter(({ receiver }) => receiver === service);
      // With the service its instance goes: the table of outcomes has a row for each.
      endOrMark(
        own,
        ({ message }) => message.target?.includes("@") ? ["receiver-gone", "instance-gone"] : ["receiver-gone"],
      );
    },
    advance(toMs) {
      for (;;) {
        const due = deliveries.flatMap((delivery) =>
          timersOf(delivery).map(([atMs, fire]) => ({ delivery, atMs: Math.max(atMs, nowMs), fire }))
        );
        const atMs = Math.min(...due.map((timer) => timer.atMs));
        if (atMs > toMs) break;
        const now = due.filter((timer) => timer.atMs === atMs);
        const places = now.map(({ delivery }) => laneOf(delivery) ?? delivery);
        if (new Set(places).size < places.length) return false;
        nowMs = atMs;
        for (const { fire } of now) fire();
      }
      nowMs = toMs;
      return true;
    },
  };
}
