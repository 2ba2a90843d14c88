/**
 * Random commands against a small model of the specification.
 *
 * @module
 */
import fc from "fast-check";
import type { Check, Effort } from "../check.ts";
import type { DeliveryCall, JsonObject } from "../control.ts";
import { forAll } from "../for_all.ts";
import { type Session, START_MS } from "../session.ts";
import { cancel, letter, refused } from "./_bus.ts";
import { createModel, type Model, type ModelDelivery, type ModelMessage } from "./_model.ts";

/** One thing that is done; numbers choose among what there is. */
type Deed =
  | {
    readonly deed: "publish";
    readonly priority: ModelMessage["priority"];
    readonly target?: string | undefined;
    readonly key?: string | undefined;
    readonly lifeMs?: number | undefined;
    readonly laterMs?: number | undefined;
  }
  | {
    readonly deed: "settle";
    readonly which: number;
    readonly answer: "ack" | "nak" | "term";
    readonly askedMs: number;
  }
  | { readonly deed: "cancel" | "redrive" | "discard" | "again"; readonly which: number }
  | { readonly deed: "deregister"; readonly service: string }
  | { readonly deed: "advance"; readonly ms: number };

/** Failures in a row that open a breaker. */
const BREAKER = 10;
const SERVICES = ["b", "c"] as const;
const POLICY = { baseMs: 400, capMs: 5_000, factor: 2, attemptTimeoutMs: 9_000, maxElapsedMs: 20_011 } as const;

/** See the module. */
export const MODEL_CHECKS: readonly Check[] = [
  modelled("core", ["LOW", "NORMAL", "HIGH"], ["core", "registry"]),
  modelled("critical", ["NORMAL", "CRITICAL"], ["core", "registry", "durable"]),
];

function modelled(name: string, priorities: readonly ModelMessage["priority"][], needs: Check["needs"]): Check {
  return {
    id: `model/${name}`,
    requirements: [
      "BUS-029",
      "BUS-038",
      "BUS-040",
      "BUS-041",
      "BUS-042",
      "BUS-044",
      "BUS-061",
      "BUS-064",
      "BUS-076",
      "BUS-081",
      "BUS-085",
      "BUS-093",
      "BUS-111",
      "PRI-026",
      "PRI-029",
      "RET-003",
      "RET-016",
      "RET-019",
      "RET-022",
      "RET-046",
    ],
    title: `Whatever is done in whatever order, the bus does what a small model of the text does (${
      priorities.join(", ")
    })`,
    kind: "model",
    needs,
    async run(session: Session, effort: Effort) {
      const u = fc.integer({ min: 0, max: 999 }).map((n) => n / 1_000);
      const inputs = fc.record({
        u,
        deeds: fc.array(deedOf(priorities), { minLength: 1, maxLength: 40, size: "max" }),
      });
      await forAll(session, effort, inputs, async ({ u, deeds }) => {
        const play = await begin(session, u);
        for (const deed of deeds) {
          if (!await carryOut(play, deed)) break;
          await takeReceipts(play);
          compareStarts(play);
        }
        await compareEnds(play);
      });
    },
  };
}

function deedOf(priorities: readonly ModelMessage["priority"][]): fc.Arbitrary<Deed> {
  const which = fc.nat({ max: 20 });
  const publish = fc.record({
    deed: fc.constant("publish" as const),
    priority: fc.constantFrom(...priorities),
    target: fc.constantFrom(undefined, "b", "b", "b@i1"),
    key: fc.constantFrom(undefined, "k", "l"),
    lifeMs: fc.option(fc.integer({ min: 1, max: 12_000 }), { nil: undefined, freq: 3 }),
    laterMs: fc.option(fc.integer({ min: 1, max: 8_000 }), { nil: undefined, freq: 3 }),
  });
  const settle = fc.record({
    deed: fc.constant("settle" as const),
    which,
    answer: fc.constantFrom("nak" as const, "nak" as const, "ack" as const, "term" as const),
    askedMs: fc.constantFrom(0, 0, 1, 700, 6_003),
  });
  return fc.oneof(
    { arbitrary: publish, weight: 6 },
    { arbitrary: settle, weight: 8 },
    {
      arbitrary: fc.record({ deed: fc.constant("advance" as const), ms: fc.integer({ min: 1, max: 8_999 }) }),
      weight: 5,
    },
    {
      arbitrary: fc.record({ deed: fc.constantFrom("cancel" as const, "redrive" as const, "again" as const), which }),
      weight: 4,
    },
    { arbitrary: fc.record({ deed: fc.constant("discard" as const), which }), weight: 1 },
    {
      arbitrary: fc.record({ deed: fc.constant("deregister" as const), service: fc.constantFrom(...SERVICES) }),
      weight: 1,
    },
  );
}

/** A game of the subject and the model side by side. */
interface Play {
  readonly session: Session;
  readonly model: Model;
  readonly leases: ReadonlyMap<string, string>;
  readonly events: Map<string, JsonObject>;
  /** All attempts that began, by what they are. */
  readonly begun: Map<string, DeliveryCall>;
  readonly receipts: JsonObject[];
  count: number;
}

async function begin(session: Session, u: number): Promise<Play> {
  await session.start({ draws: [u], policy: POLICY, healthIntervalMs: 0 });
  const leases = new Map<string, string>();
  leases.set("a", (await session.member("a", { receipts: true })).lease);
  for (const name of SERVICES) {
    leases.set(name, (await session.member(name, { subscriptions: ["thing.*"] })).lease);
  }
  const model = createModel({ ...POLICY, u, nowMs: START_MS, services: SERVICES });
  return { session, model, leases, events: new Map(), begun: new Map(), receipts: [], count: 0 };
}

/** Does one thing on both sides; `false` ends the game where the text leaves open what comes next. */
async function carryOut(play: Play, deed: Deed): Promise<boolean> {
  const session: Session = play.session;
  const { model } = play;
  switch (deed.deed) {
    case "publish":
      await publish(play, deed);
      break;
    case "settle": {
      const running = model.deliveries.filter(({ state }) => state === "in-flight");
      if (running.length === 0) break;
      await settle(play, running[deed.which % running.length], deed.answer, deed.askedMs);
      break;
    }
    case "cancel": {
      const known = model.messages.filter(({ id }) => model.deliveries.some(({ message }) => message.id === id));
      if (known.length === 0) break;
      const message = known[deed.which % known.length];
      const codes = model.cancel(message);
      const reply = await cancel(session, { source: "/suite", id: message.id });
      judge(session, reply.refused?.code, codes, "BUS-042", `the cancellation of ${message.id}`);
      break;
    }
    case "redrive":
    case "discard": {
      // Whether a redrive gives time to the others of its message is left to a check of its own.
      const alone = ({ message, receiver }: ModelDelivery) =>
        model.deliveries.every((one) =>
          one.message.id !== message.id || one.receiver === receiver || one.state === "ended"
        );
      const letters = model.deliveries.filter((one) =>
        one.letter === "kept" && (deed.deed === "discard" || alone(one))
      );
      if (letters.length === 0) break;
      const chosen = letters[deed.which % letters.length];
      const found = (await session.list("dead-letters")).find((one) => nameOf(one) === named(chosen));
      session.must(found !== undefined, "BUS-076", () => `${named(chosen)} must be listed as a dead letter`);
      const reply = await letter(session, found, deed.deed);
      const codes = deed.deed === "redrive" ? model.redrive(chosen) : (model.discard(chosen), []);
      const requirement = deed.deed === "discard"
        ? "BUS-092"
        : codes.length === 0
        ? "BUS-085"
        : codes.includes("message-expired")
        ? "BUS-088"
        : "BUS-089";
      judge(session, reply.refused?.code, codes, requirement, `${deed.deed} of ${named(chosen)}`);
      break;
    }
    case "again": {
      const events = [...play.events.values()];
      if (events.length === 0) break;
      const reply = await session.publish(events[deed.which % events.length]);
      session.must(reply.ok?.duplicate === true, "BUS-048", () => `a duplicate was answered ${JSON.stringify(reply)}`);
      break;
    }
    case "deregister": {
      if (model.gone.has(deed.service)) break;
      model.deregister(deed.service);
      await session.registry("service.deregister", { lease: play.leases.get(deed.service)!, service: true });
      break;
    }
    case "advance":
      return await advance(play, deed.ms);
  }
  return true;
}

async function publish(play: Play, deed: Extract<Deed, { deed: "publish" }>): Promise<void> {
  const session: Session = play.session;
  const { model } = play;
  const { priority, target, key, lifeMs, laterMs } = deed;
  const message: ModelMessage = {
    id: `x-${++play.count}`,
    priority,
    ...(target === undefined ? {} : { target }),
    ...(key === undefined ? {} : { key }),
    ...(lifeMs === undefined ? {} : { expiresMs: model.nowMs + lifeMs }),
    ...(laterMs === undefined ? {} : { deliverMs: model.nowMs + laterMs }),
  };
  const event = session.event({
    id: message.id,
    priority,
    ...(target === undefined ? {} : { target }),
    ...(key === undefined ? {} : { partitionkey: key }),
    ...(message.expiresMs === undefined ? {} : { expirytime: new Date(message.expiresMs).toISOString() }),
    ...(message.deliverMs === undefined ? {} : { deliverat: new Date(message.deliverMs).toISOString() }),
  });
  const wanted = model.publish(message);
  const reply = await session.publish(event, { lease: play.leases.get("a")! });
  if ("refused" in wanted) {
    const requirement = wanted.refused.includes("target-unknown") ? "BUS-005" : "BUS-115";
    return refused(session, reply, wanted.refused, requirement, `the publish of ${message.id}`);
  }
  session.must(reply.ok !== undefined, "BUS-093", () => `${message.id} must be accepted: ${JSON.stringify(reply)}`);
  const receivers = [...reply.ok.receivers as string[]].sort();
  session.same(receivers, wanted.receivers, target === undefined ? "BUS-019" : "BUS-018", `receivers of ${message.id}`);
  play.events.set(message.id, event);
}

async function settle(
  play: Play,
  delivery: ModelDelivery,
  answer: "ack" | "nak" | "term",
  askedMs: number,
): Promise<void> {
  const session: Session = play.session;
  const { model } = play;
  const call = session.calls.find((one) => callName(one) === attemptName(delivery, delivery.attempts));
  session.must(call !== undefined, "BUS-093", () => `${attemptName(delivery, delivery.attempts)} must run`);
  if (answer === "nak" && strikesOf(model, delivery.receiver) + 1 >= BREAKER) answer = "ack";
  if (answer === "ack") model.ack(delivery);
  else if (answer === "term") model.term(delivery);
  else model.nak(delivery, askedMs);
  await (answer === "nak" && askedMs > 0 ? session.nak(call, askedMs) : session.settle(call, { verdict: answer }));
}

/** Lets time pass on both sides, and takes the receipts as they come. */
async function advance(play: Play, ms: number): Promise<boolean> {
  const session: Session = play.session;
  const { model } = play;
  for (const service of SERVICES) {
    const running = () => model.deliveries.filter((one) => one.receiver === service && one.state === "in-flight");
    // Each of them may time out, once: `ms` is shorter than an attempt may take.
    while (running().length > 0 && strikesOf(model, service) + running().length >= BREAKER) {
      await settle(play, running()[0], "ack", 0);
    }
  }
  const untilMs = model.nowMs + ms;
  if (!model.advance(untilMs)) return false;
  for (;;) {
    const receipt = await session.untilCall(untilMs - session.nowMs, "a");
    if (receipt === undefined) return true;
    await takeReceipts(play);
  }
}

function strikesOf(model: Model, service: string): number {
  return model.strikes.get(service) ?? 0;
}

async function takeReceipts({ session, receipts }: Play): Promise<void> {
  for (let call = session.peek("a"); call !== undefined; call = session.peek("a")) {
    receipts.push({ ...call.envelope, beganMs: call.atMs });
    await session.ack(call);
  }
}

/** Every attempt that must have begun has, when it must, and no other. */
function compareStarts(play: Play): void {
  const session: Session = play.session;
  const { model, begun } = play;
  for (const call of session.calls) if (call.receiver !== "a") begun.set(callName(call), call);
  for (const { delivery, attempt, atMs } of model.starts) {
    const call = begun.get(attemptName(delivery, attempt));
    const first = attempt === 1;
    session.must(
      call !== undefined,
      first ? (delivery.message.key === undefined ? "BUS-093" : "PRI-029") : "RET-046",
      () => `${attemptName(delivery, attempt)} must begin at ${atMs - START_MS} ms, and has not`,
    );
    session.must(
      call.atMs === atMs,
      first
        ? (delivery.message.deliverMs === undefined ? "PRI-029" : "BUS-111")
        : delivery.asked
        ? "RET-022"
        : "RET-019",
      () => `${attemptName(delivery, attempt)} must begin at ${atMs - START_MS} ms, not ${call.atMs - START_MS}`,
    );
  }
  for (const one of model.deliveries) {
    session.must(
      !begun.has(attemptName(one, one.attempts + 1)),
      tooEarly(one),
      () => `${attemptName(one, one.attempts + 1)} began, and must not by now: it is ${one.state}`,
    );
  }
  const known = new Set(model.deliveries.map(named));
  for (const call of begun.values()) {
    const delivery = JSON.stringify([call.envelope.id, call.receiver, call.run]);
    session.must(known.has(delivery), "BUS-022", () => `${delivery} was attempted, and there is no such delivery`);
  }
}

function tooEarly({ state }: ModelDelivery): string {
  return {
    ended: "RET-005",
    blocked: "PRI-026",
    delayed: "BUS-111",
    waiting: "RET-026",
    "in-flight": "RET-006",
  }[state];
}

/** Status, dead letters and receipts as they must be in the end. */
async function compareEnds(play: Play): Promise<void> {
  const session: Session = play.session;
  const { model, receipts } = play;
  if (session.nowMs !== model.nowMs) return;
  for (const { id } of model.messages) {
    const { deliveries } = await session.status({ source: "/suite", id });
    const own = model.deliveries.filter(({ message }) => message.id === id);
    // The last run of each receiver must be there; what is told of those before must be so.
    const last = own.filter((one) => !own.some((other) => other.receiver === one.receiver && other.run > one.run));
    const shown = deliveries.map((view) => text([view.receiver, view.run, view.state, view.attempts]));
    const right = own.map((one) => text([one.receiver, one.run, one.state, one.attempts]));
    const wanted = last.map((one) => text([one.receiver, one.run, one.state, one.attempts]));
    session.must(
      wanted.every((one) => shown.includes(one)) && shown.every((one) => right.includes(one)),
      "BUS-061",
      () => `the deliveries of ${id}: wanted ${wanted.join(", ")}, got ${shown.join(", ")}`,
    );
    for (const one of last) {
      const view = deliveries.find(({ receiver, run }) => receiver === one.receiver && run === one.run)!;
      judge(session, view.outcome, one.outcomes ?? [], requirementOf(one), `the outcome of ${named(one)}`);
      if (one.state === "waiting" || one.state === "delayed") {
        session.same(view.nextAttemptMs, one.dueMs, "BUS-061", `when ${named(one)} is due`);
      }
    }
  }
  const letters = await session.list("dead-letters");
  const kept = model.deliveries.filter((delivery) => delivery.letter === "kept");
  session.same(letters.map(nameOf).sort(), kept.map(named).sort(), "BUS-076", "the dead letters");
  const ends = letters.map(({ endedMs }) => Number(endedMs));
  session.must(ends.every((end, at) => at === 0 || ends[at - 1] <= end), "BUS-084", "they must be listed oldest first");
  for (const one of letters) {
    const delivery = kept.find((other) => named(other) === nameOf(one))!;
    judge(session, String(one.reason), delivery.reasons!, "BUS-081", `the reason of ${named(delivery)}`);
    session.same(
      [one.attempts, one.endedMs, one.durable, (one.history as JsonObject[]).map(({ reason }) => reason)],
      [delivery.attempts, delivery.endedMs, delivery.message.priority === "CRITICAL", delivery.failures],
      "BUS-077",
      `the dead letter of ${named(delivery)}`,
    );
  }
  const told = receipts.map(({ type, priority, data, expirytime }) => {
    const { id, receiver, run, attempts } = data as JsonObject;
    return [type, priority, id, receiver, run, attempts, Date.parse(String(expirytime)) - START_MS];
  });
  const wanted = model.deliveries.filter(({ state }) => state === "ended").map((one) => [
    one.outcomes![0] === "delivered" ? "message.delivered" : "message.failed",
    one.message.priority,
    one.message.id,
    one.receiver,
    one.run,
    one.attempts,
    one.endedMs! + 86_400_000 - START_MS,
  ]);
  session.same(told.map(text).sort(), wanted.map(text).sort(), "BUS-064", "the receipts");
}

function requirementOf({ outcomes = [""], reasons, marks }: ModelDelivery): string {
  if (marks.length > 0) return "BUS-041";
  if (reasons?.includes("max-elapsed")) return "RET-016";
  const named: Readonly<Record<string, string>> = {
    delivered: "RET-044",
    rejected: "RET-045",
    exhausted: "RET-003",
    expired: "BUS-038",
    cancelled: "BUS-040",
    "receiver-gone": "BUS-044",
    "no-subscriber": "BUS-025",
  };
  return named[outcomes[0]] ?? "BUS-029";
}

/** One of several must be there, or nothing if there are none. */
function judge(
  session: Session,
  actual: string | undefined,
  wanted: readonly string[],
  requirement: string,
  what: string,
): void {
  session.must(
    wanted.length === 0 ? actual === undefined : wanted.includes(actual ?? ""),
    requirement,
    () => `${what}: wanted ${wanted.join(" or ") || "none"}, got ${actual ?? "none"}`,
  );
}

function named({ message, receiver, run }: ModelDelivery): string {
  return JSON.stringify([message.id, receiver, run]);
}

function nameOf({ envelope, receiver, run }: JsonObject): string {
  return JSON.stringify([(envelope as JsonObject).id, receiver, run]);
}

function attemptName(delivery: ModelDelivery, attempt: number): string {
  return `${named(delivery)}#${attempt}`;
}

function callName({ envelope, receiver, run, attempt }: DeliveryCall): string {
  return `${JSON.stringify([envelope.id, receiver, run])}#${attempt}`;
}

function text(value: unknown): string {
  return JSON.stringify(value);
}
