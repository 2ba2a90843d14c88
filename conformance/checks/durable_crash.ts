/**
 * Checks of the profile durable: the process dies between any two writes of one key, and nothing promised is lost.
 *
 * Each story is told again and again; at the nth telling the first n writes of a key reach the disk, all after them
 * hang, and then the process dies. It has been told enough when nothing hung.
 *
 * @module
 */
import fc from "fast-check";
import type { Check, Effort } from "../check.ts";
import type { DeliveryCall, JsonObject } from "../control.ts";
import { Failure } from "../failure.ts";
import { forAll } from "../for_all.ts";
import { canonical, type DeliveryView, type Reply, type Session } from "../session.ts";
import { cancel, letter } from "./_bus.ts";

const needs = ["core", "registry", "durable"] as const;
const can = ["store-faults", "crash", "torn-writes"] as const;
const CRITICAL = { priority: "CRITICAL" } as const;
/** Most writes of one key that a story may take: each is one more telling. */
const MAX_WRITES = 200;
/** Most tries of the model, each of which opens a store anew. */
const MAX_FLOWS = 40;
/** By then all has been tried again that is to be. */
const QUIET_MS = 600_000;
const START = { healthIntervalMs: 0, draws: [0.5] } as const;

/** Judges; where a write was torn, what is broken is that the bus relied on it being whole. */
type Must = (holds: boolean, requirement: string, message: string) => void;

interface Story {
  readonly id: string;
  readonly requirements: readonly string[];
  readonly title: string;
  /** Tells it; from `hold` on the store takes only so much. Gives what is to be judged after the restart. */
  tell(session: Session, hold: () => Promise<void>): Promise<(must: Must) => Promise<void>>;
}

/** A message that was published, and whether that was acknowledged. */
interface Sent {
  readonly event: JsonObject & { readonly source: string; readonly id: string };
  readonly accepted: boolean;
}

const STORIES: readonly Story[] = [
  {
    id: "delivery",
    requirements: ["BUS-012", "BUS-027", "BUS-052", "BUS-096"],
    title: "a CRITICAL that was accepted comes to each of its receivers, and is known afterwards",
    async tell(session: Session, hold) {
      const receivers = ["b", "c"];
      for (const name of receivers) await session.member(name, { subscriptions: ["thing.*"] });
      await hold();
      const sent = await send(session);
      const acked = new Set<string>();
      await answer(session, "b", (call) => session.nak(call));
      await answer(session, "c", (call) => session.nak(call, 2_000));
      await answer(session, "b", (call) => session.nak(call, 2_000));
      await session.advance(2_000);
      await answer(session, "b", (call) => acked.add("b") && session.ack(call));
      return async (must) => {
        if (!sent.accepted) return;
        const seen = new Set((await ackAll(session)).map(({ receiver }) => receiver));
        const lost = receivers.filter((name) => !seen.has(name) && !acked.has(name));
        must(
          lost.length === 0,
          lost.length === receivers.length ? "BUS-012" : "BUS-027",
          `it was accepted, and after the restart it does not come to ${lost.join(", ")}`,
        );
        const again = await session.publish(sent.event);
        must(again.ok?.duplicate === true, "BUS-052", `it was accepted, and is not known: ${canonical(again)}`);
        for (const { receiver, outcome } of await deliveriesOf(session, sent)) {
          must(outcome === "delivered", "BUS-096", `its delivery to ${receiver} has the outcome ${outcome}`);
        }
      };
    },
  },
  ...(["ack", "term"] as const).map((verdict): Story => ({
    id: `receipt-of-${verdict}`,
    requirements: ["BUS-073", "BUS-067"],
    title: `an outcome (${verdict}) that was written has its receipt`,
    async tell(session: Session, hold) {
      const { lease } = await session.member("a", { receipts: true });
      await session.member("b", { subscriptions: ["thing.*"] });
      await hold();
      const sent = await send(session, {}, lease);
      let settled = false;
      await answer(session, "b", (call) => (settled = true) && session.settle(call, { verdict }));
      // The receipt is under way when the process dies.
      const before = session.calls.filter(({ receiver }) => receiver === "a").map(({ envelope }) => envelope.id);
      return async (must) => {
        const calls = await settleAll(session, (call) => call.receiver === "b" ? verdict : "ack");
        const repeated = calls.some(({ receiver }) => receiver === "b");
        must(!sent.accepted || settled || repeated, "BUS-012", "it was accepted, and does not come to b");
        const told = calls.filter(({ receiver }) => receiver === "a").map(({ envelope }) => envelope);
        const ended = repeated || settled && (await deliveriesOf(session, sent))[0]?.outcome !== undefined;
        if (!ended) return;
        must(told.length > 0, "BUS-073", "its outcome is known after the restart, and nobody gets the receipt");
        must(
          new Set([...before, ...told.map(({ id }) => id)]).size === 1,
          "BUS-067",
          "one delivery has receipts of several ids",
        );
        const type = verdict === "ack" ? "message.delivered" : "message.failed";
        must(told.every((one) => one.type === type), "BUS-073", `a receipt is no ${type}`);
      };
    },
  })),
  {
    id: "dead-letter",
    requirements: ["BUS-082"],
    title: "a CRITICAL that was rejected is a dead letter, or is attempted again",
    async tell(session: Session, hold) {
      await session.member("b", { subscriptions: ["thing.*"] });
      await hold();
      const sent = await send(session);
      await answer(session, "b", (call) => session.nak(call));
      await answer(session, "b", (call) => session.term(call));
      return async (must) => {
        const repeated = await settleAll(session, () => "term");
        if (!sent.accepted && repeated.length === 0) return;
        const letters = await lettersOf(session);
        must(letters.length === 1, "BUS-082", `after the restart it has ${letters.length} dead letters`);
        const { outcome, durable, envelope } = letters[0];
        must(
          outcome === "rejected" && durable === true && (envelope as JsonObject).id === sent.event.id,
          "BUS-082",
          `its dead letter is ${canonical(letters[0])}`,
        );
      };
    },
  },
  {
    id: "no-subscriber",
    requirements: ["BUS-025", "BUS-082"],
    title: "a CRITICAL that nobody subscribes to is a dead letter once it is accepted",
    async tell(session: Session, hold) {
      await hold();
      const sent = await send(session);
      return async (must) => {
        if (!sent.accepted) return;
        const outcomes = (await lettersOf(session)).map(({ outcome }) => outcome);
        must(canonical(outcomes) === '["no-subscriber"]', "BUS-082", `its dead letters are ${canonical(outcomes)}`);
      };
    },
  },
  ...(["rejected", "no-subscriber"] as const).map((outcome): Story => ({
    id: `redrive-of-${outcome}`,
    requirements: ["BUS-012", "BUS-085"],
    title: `a durable dead letter (${outcome}) that is redriven is either listed or attempted`,
    async tell(session: Session, hold) {
      if (outcome === "rejected") await session.member("b", { subscriptions: ["thing.*"] });
      await session.accepted(CRITICAL);
      if (outcome === "rejected") await session.term(session.begun("BUS-019", "b"));
      else await session.member("b", { subscriptions: ["thing.*"] });
      const [before] = await lettersOf(session);
      session.must(before?.outcome === outcome, "BUS-076", `it is a dead letter (${before?.outcome})`);
      await hold();
      const reply = await letter(session, before, "redrive");
      let done = false;
      await answer(session, "b", (call) => (done = true) && session.ack(call));
      return async (must) => {
        const kept = (await lettersOf(session)).length;
        const runs = (await ackAll(session)).map(({ run }) => run);
        must(kept + runs.length > 0 || done, "BUS-012", "after the restart it is neither listed nor attempted");
        must(kept === 0 || runs.length === 0, "BUS-085", "after the restart it is both listed and attempted");
        must(reply.ok === undefined || kept === 0, "BUS-085", "its redrive was answered, and it is listed again");
        must(runs.every((run) => run === 2), "BUS-085", `after the restart run ${runs.join(", ")} is attempted, not 2`);
      };
    },
  })),
  {
    id: "discard",
    requirements: ["BUS-092"],
    title: "a durable dead letter that was discarded does not come back",
    async tell(session: Session, hold) {
      await session.member("b", { subscriptions: ["thing.*"] });
      await session.accepted(CRITICAL);
      await session.term(session.begun("BUS-019", "b"));
      const [before] = await lettersOf(session);
      session.must(before !== undefined, "BUS-076", "it is a dead letter");
      await hold();
      const reply = await letter(session, before, "discard");
      return async (must) => {
        const kept = (await lettersOf(session)).length;
        must(reply.ok === undefined || kept === 0, "BUS-092", "its discard was answered, and it is listed again");
        const calls = await ackAll(session);
        must(calls.length === 0, "BUS-092", "after its discard it is attempted");
      };
    },
  },
  ...(["waiting", "in-flight"] as const).map((state): Story => ({
    id: `cancellation-${state}`,
    requirements: ["BUS-110"],
    title: `a cancellation of what is ${state} holds once it is answered`,
    async tell(session: Session, hold) {
      await session.member("b", { subscriptions: ["thing.*"] });
      const event = await session.accepted(CRITICAL);
      if (state === "waiting") await session.nak(session.begun("BUS-019", "b"), 60_000);
      await hold();
      const reply = await cancel(session, event);
      return async (must) => {
        const calls = await ackAll(session);
        const letters = (await lettersOf(session)).map(({ outcome }) => String(outcome));
        if (reply.ok === undefined) {
          must(
            calls.length + letters.length > 0,
            "BUS-012",
            "after the restart it has neither ended nor is it attempted",
          );
          return;
        }
        must(calls.length === 0, "BUS-110", "its cancellation was answered, and it is attempted");
        must(letters.join() === "cancelled", "BUS-110", `its dead letters are ${letters.join(", ") || "none"}`);
      };
    },
  })),
];

/** See the module. */
export const CRASH_CHECKS: readonly Check[] = [
  ...STORIES.map((story): Check => ({
    id: `crash/${story.id}`,
    requirements: [...story.requirements, "BUS-101"],
    title: `Wherever the process dies, ${story.title}`,
    kind: "fault",
    needs,
    can,
    async run(session: Session) {
      let writes = 0;
      let torn: Failure | undefined;
      for (; writes < MAX_WRITES; writes++) {
        await session.start(START);
        const judge = await story.tell(session, () => holdAfter(session, writes));
        const { held, must } = await restart(session, writes);
        try {
          await judge(must);
          session.judgeLint();
        } catch (error) {
          // What goes wrong between whole writes says more.
          if (!(error instanceof Failure && error.requirement === "BUS-101")) throw error;
          torn ??= error;
        }
        if (held === 0) break;
      }
      if (torn !== undefined) throw torn;
      session.must(writes > 0, "BUS-010", "nothing of it is written");
      for (const requirement of [...story.requirements, "BUS-101"]) session.judged.add(requirement);
    },
  })),
  {
    id: "crash/any-flow",
    requirements: ["BUS-012", "BUS-029", "BUS-030", "BUS-082", "BUS-101", "RET-005"],
    title: "Whatever is done and wherever the process dies, each CRITICAL that was accepted has one end, and keeps it",
    kind: "model",
    needs,
    can,
    async run(session: Session, effort: Effort) {
      const deed = fc.record({
        deed: fc.constantFrom("publish", "publish", "ack", "nak", "nak", "later", "term", "cancel", "redrive", "pass"),
        which: fc.nat({ max: 9 }),
      });
      const flows = fc.record({
        deeds: fc.array(deed, { minLength: 3, maxLength: 14, size: "max" }),
        writes: fc.nat({ max: 40 }),
      });
      await forAll(session, { ...effort, runs: Math.min(effort.runs, MAX_FLOWS) }, flows, async ({ deeds, writes }) => {
        await session.start({ ...START, policy: { baseMs: 100, capMs: 200 } });
        for (const name of ["b", "c"]) await session.member(name, { subscriptions: ["thing.*"] });
        await holdAfter(session, writes);
        const messages = [await send(session)];
        for (const { deed, which } of deeds) {
          const call = session.calls[which % Math.max(1, session.calls.length)];
          if (deed === "publish") messages.push(await send(session, which > 6 ? { target: "b" } : {}));
          else if (deed === "pass") await session.advance(1 + which * 40);
          else if (deed === "cancel") await cancel(session, messages[which % messages.length].event);
          else if (deed === "redrive") {
            const letters = await lettersOf(session);
            if (letters.length > 0) await letter(session, letters[which % letters.length], "redrive");
          } else if (call !== undefined) {
            await (deed === "later" ? session.nak(call, 300) : session.settle(call, { verdict: deed as "ack" }));
          }
        }
        const told = session.trace.filter(({ kind }) => kind === "ended");
        const { must } = await restart(session, writes);
        await ackAll(session);
        session.judgeLint();
        const letters = await lettersOf(session);
        for (const sent of messages.filter(({ accepted }) => accepted)) {
          const { id } = sent.event;
          const deliveries = await deliveriesOf(session, sent);
          must(deliveries.length > 0, "BUS-012", `${id} was accepted, and is not known`);
          // Whether a run that was redriven is still shown is open.
          const last = new Map(deliveries.toSorted((a, b) => a.run - b.run).map((one) => [one.receiver, one]));
          for (const { receiver, run, outcome, state } of last.values()) {
            must(outcome !== undefined, "BUS-012", `${id} to ${receiver} is ${state}, and all was acked`);
            const before = told.find((step) => step.id === id && step.receiver === receiver && step.run === run);
            must(
              before === undefined || before.outcome === outcome,
              "BUS-030",
              `the outcome of ${id} to ${receiver} was ${before?.outcome} and is ${outcome}`,
            );
            const own = letters.filter((one) => one.receiver === receiver && (one.envelope as JsonObject).id === id);
            must(
              own.length === (outcome === "delivered" ? 0 : 1),
              "BUS-082",
              `${id} to ${receiver} has ended as ${outcome}, and has ${own.length} dead letters`,
            );
          }
        }
      });
    },
  },
];

/** From now on that many writes of one key reach the disk, and those after them hang. */
async function holdAfter(session: Session, writes: number): Promise<void> {
  await session.say({ do: "store", action: "hold", writes });
}

/** The process dies with all that hangs, and another begins on its store. */
async function restart(session: Session, writes: number): Promise<{ readonly held: number; readonly must: Must }> {
  const { ok } = await session.say({ do: "store", action: "crash" });
  const { held = 0, torn = false } = (ok ?? {}) as { readonly held?: number; readonly torn?: boolean };
  await session.start({ ...START, keep: true, nowMs: session.nowMs });
  const where = `${torn ? "in the middle of a write, " : ""}after ${writes} writes of a key`;
  const must: Must = (holds, requirement, message) =>
    session.must(holds, torn ? "BUS-101" : requirement, () => `the process died ${where}: ${message}`);
  return { held, must };
}

/** Publishes a CRITICAL whose acceptance may hang. */
async function send(session: Session, fields: JsonObject = {}, lease?: string): Promise<Sent> {
  const event = session.event({ ...CRITICAL, ...fields }) as Sent["event"];
  const reply = await session.publish(event, lease === undefined ? {} : { lease });
  return { event, accepted: reply.ok !== undefined };
}

/** Answers an attempt that runs to that service, if one does. */
async function answer(
  session: Session,
  receiver: string,
  settle: (call: DeliveryCall) => Promise<Reply> | false,
): Promise<void> {
  const call = session.peek(receiver);
  if (call !== undefined) await settle(call);
}

function ackAll(session: Session): Promise<DeliveryCall[]> {
  return settleAll(session, () => "ack");
}

/** Answers every attempt until none follows; gives them. */
async function settleAll(session: Session, verdictOf: (call: DeliveryCall) => "ack" | "term"): Promise<DeliveryCall[]> {
  const calls: DeliveryCall[] = [];
  for (let call = await session.untilCall(QUIET_MS); call !== undefined; call = await session.untilCall(QUIET_MS)) {
    calls.push(call);
    await session.settle(call, { verdict: verdictOf(call) });
    if (calls.length > 1_000) break;
  }
  return calls;
}

function lettersOf(session: Session): Promise<JsonObject[]> {
  return session.list("dead-letters");
}

/** What the status shows of a message; nothing if it is not known. */
async function deliveriesOf(session: Session, { event }: Sent): Promise<readonly DeliveryView[]> {
  const { ok } = await session.say({ do: "status", source: event.source, id: event.id });
  return (ok?.deliveries ?? []) as unknown as readonly DeliveryView[];
}
