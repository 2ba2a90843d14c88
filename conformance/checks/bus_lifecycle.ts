/**
 * Checks of the chapter Bus: states of a delivery, leases, expiry and cancellation, in every order in which they meet.
 *
 * @module
 */
import fc from "fast-check";
import type { Check, Effort } from "../check.ts";
import { forAll } from "../for_all.ts";
import type { Member, Session, SessionStart } from "../session.ts";
import { cancel, inMs, lettersOf, mustEnd, ordersOf, refused } from "./_bus.ts";
import { beginWorld, type Ending, ENDINGS, nameOfEnding, type Published } from "./_endings.ts";

const needs = ["core", "registry"] as const;
/** The time of an attempt by default. */
const ATTEMPT_MS = 15_000;

/** A state in which a delivery rests, and how it comes there. */
interface Rest {
  readonly state: "blocked" | "delayed" | "queued" | "waiting" | "deferred";
  readonly slots?: number;
  /** Publishes with these fields; what is in its way stays there. */
  enter(session: Session, fields: { readonly expirytime?: string }): Promise<Published>;
}

const RESTS: readonly Rest[] = [
  {
    state: "blocked",
    async enter(session, fields) {
      await session.accepted({ partitionkey: "k" });
      return await session.accepted({ ...fields, partitionkey: "k" });
    },
  },
  {
    state: "delayed",
    enter: (session, fields) => session.accepted({ ...fields, deliverat: inMs(session, 60_000) }),
  },
  {
    state: "queued",
    slots: 1,
    async enter(session, fields) {
      await session.accepted();
      return await session.accepted(fields);
    },
  },
  {
    state: "waiting",
    async enter(session, fields) {
      const event = await session.accepted(fields);
      await session.nak(session.begun("BUS-019", "b"), 8_000);
      return event;
    },
  },
  {
    state: "deferred",
    async enter(session, fields) {
      // Ten failures in a row open the breaker of the only instance.
      for (let n = 0; n < 5; n++) {
        await session.accepted({ priority: "LOW" });
        for (let attempt = 1; attempt <= 2; attempt++) await session.nak(session.begun("RET-017", "b"));
      }
      return await session.accepted(fields);
    },
  },
];

/** What ends a delivery that rests, and the outcome. */
const DEEDS: readonly {
  readonly deed: string;
  readonly outcome: string;
  readonly requirement: string;
  readonly start?: SessionStart;
  readonly fields?: (session: Session) => { readonly expirytime?: string };
  end(session: Session, event: Published, b: Member, acceptedMs: number): Promise<void>;
}[] = [
  {
    deed: "cancelled",
    outcome: "cancelled",
    requirement: "BUS-040",
    async end(session: Session, event) {
      const reply = await cancel(session, event);
      session.must(reply.ok !== undefined, "BUS-040", () => `a cancellation was answered ${JSON.stringify(reply)}`);
    },
  },
  {
    deed: "expired",
    outcome: "expired",
    requirement: "BUS-038",
    fields: (session) => ({ expirytime: inMs(session, 3_000) }),
    async end(session, event, _b, acceptedMs) {
      await session.advance(acceptedMs + 2_999 - session.nowMs);
      session.same(session.steps(event, "ended"), [], "BUS-038", "how it ends before its time");
      await session.advance(1);
    },
  },
  {
    deed: "gone",
    outcome: "receiver-gone",
    requirement: "BUS-044",
    async end(session, _event, { lease }) {
      await session.registry("service.deregister", { lease, service: true });
    },
  },
  {
    deed: "given-up",
    outcome: "exhausted",
    requirement: "RET-016",
    start: { policy: { maxElapsedMs: 4_000 } },
    async end(session, event, _b, acceptedMs) {
      await session.advance(acceptedMs + 3_999 - session.nowMs);
      session.same(session.steps(event, "ended"), [], "RET-016", "how it ends before its time");
      await session.advance(1);
    },
  },
];

/** See the module. */
export const LIFECYCLE_CHECKS: readonly Check[] = [
  ...RESTS.flatMap((rest) =>
    DEEDS.filter(({ deed }) => rest.state !== "delayed" || deed === "cancelled" || deed === "gone").map((deed) =>
      resting(rest, deed)
    )
  ),
  ...ENDINGS.map(final),
  together("cancel", "expire"),
  together("cancel", "deregister"),
  together("expire", "deregister"),
  {
    id: "lifecycle/timeout-of-what-was-marked",
    requirements: ["BUS-041", "RET-041"],
    title: "An attempt that times out after a cancellation, an expiry or the end of its service is not retried",
    kind: "interleaving",
    needs,
    async run(session: Session) {
      for (const deed of ["cancel", "expire", "deregister"]) {
        const { b } = await beginWorld(session);
        const event = await session.accepted({
          priority: "HIGH",
          ...(deed === "expire" ? { expirytime: inMs(session, 1_000) } : {}),
        });
        const call = session.begun("BUS-019", "b");
        await session.advance(1_000);
        await mark(session, deed, event, b);
        await session.advance(call.atMs + ATTEMPT_MS - 1 - session.nowMs);
        session.same(session.steps(event, "ended"), [], "BUS-041", `how it ends by ${deed} while the attempt runs`);
        await session.advance(1);
        const [failed] = session.steps(event, "failed");
        session.must(failed?.reason === "timeout", "RET-041", () => `the attempt failed by ${failed?.reason}`);
        mustEnd(session, event, MARKED[deed], "BUS-041");
        await session.advance(60_000);
        session.must(session.steps(event, "retry").length === 0, "RET-005", "it is not tried again");
      }
    },
  },
  {
    id: "lifecycle/ack-at-the-last-millisecond",
    requirements: ["BUS-034", "RET-041"],
    title: "An ack one millisecond before the timeout counts, and one that comes with it is too late",
    kind: "interleaving",
    needs,
    async run(session: Session) {
      for (const early of [true, false]) {
        await beginWorld(session);
        const event = await session.accepted();
        const call = session.begun("BUS-019", "b");
        await session.advance(early ? ATTEMPT_MS - 1 : ATTEMPT_MS);
        await session.ack(call);
        if (early) {
          mustEnd(session, event, "delivered", "RET-041");
          continue;
        }
        session.same(session.steps(event, "ended"), [], "BUS-034", "how it ends by an ack without a lease");
        const [second] = session.calls.filter(({ attempt }) => attempt === 2);
        session.must(second !== undefined, "RET-025", "retry 1 follows the timeout at once");
        await session.term(second);
        mustEnd(session, event, "rejected", "BUS-034");
      }
    },
  },
  {
    id: "lifecycle/deadline-of-each-attempt",
    requirements: ["HTTP-061", "RET-041"],
    title: "The deadline that an attempt carries is the time after which it is a timeout, to the millisecond",
    kind: "scenario",
    needs: [...needs, "http"],
    async run(session: Session) {
      for (const attemptTimeoutMs of [1_000, 2_345, ATTEMPT_MS, 60_000]) {
        await session.start({ policy: { attemptTimeoutMs, maxElapsedMs: null } });
        await session.member("b", { subscriptions: ["thing.*"] });
        const event = await session.accepted({ priority: "LOW" });
        for (let attempt = 1; attempt <= 2; attempt++) {
          const call = session.calls.find((one) => one.attempt === attempt);
          const told = call?.request?.headers["bellhop-deadline-ms"];
          session.same(told, String(attemptTimeoutMs), "HTTP-061", `bellhop-deadline-ms of attempt ${attempt}`);
          await session.advance(attemptTimeoutMs - 1);
          const failed = () => session.steps(event, "failed").length;
          session.must(failed() === attempt - 1, "RET-041", `attempt ${attempt} ends before its deadline`);
          await session.advance(1);
          session.must(failed() === attempt, "RET-041", `attempt ${attempt} does not end at its deadline`);
        }
      }
    },
  },
  {
    id: "lifecycle/first-settlement-counts",
    requirements: ["BUS-035", "BUS-030"],
    title: "Of several settlements by one lease the first counts, whatever the others say",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const verdict = fc.constantFrom("ack" as const, "nak" as const, "term" as const);
      const verdicts = fc.array(verdict, { minLength: 2, maxLength: 5 });
      await forAll(session, { ...effort, runs: Math.min(effort.runs, 60) }, verdicts, async (verdicts) => {
        await beginWorld(session);
        const event = await session.accepted();
        const call = session.begun("BUS-019", "b");
        for (const verdict of verdicts) await session.settle(call, { verdict });
        const { state, outcome, attempts } = await session.delivery(event);
        const wanted = {
          ack: ["ended", "delivered", 1],
          term: ["ended", "rejected", 1],
          nak: ["in-flight", undefined, 2],
        }[verdicts[0]];
        session.same([state, outcome, attempts], wanted, "BUS-035", `after ${verdicts.join(", ")} by one lease`);
        if (verdicts[0] !== "nak") mustEnd(session, event, String(wanted[1]), "BUS-030");
      });
    },
  },
  {
    id: "lifecycle/expiry-meets-the-retry",
    requirements: ["BUS-038", "BUS-039"],
    title: "A retry, a delay and a timeout that fall due at the instant of expiry lead to no attempt",
    kind: "interleaving",
    needs,
    async run(session: Session) {
      for (const meets of ["retry", "timeout", "lane"]) {
        await beginWorld(session);
        const lifeMs = meets === "timeout" ? ATTEMPT_MS : 2_000;
        if (meets === "lane") await session.accepted({ partitionkey: "k", expirytime: inMs(session, lifeMs) });
        const event = await session.accepted({
          expirytime: inMs(session, lifeMs),
          ...(meets === "lane" ? { partitionkey: "k" } : {}),
        });
        // The head of the lane, where there is one: its end must not begin what expires with it.
        if (meets !== "timeout") await session.nak(session.begun("BUS-019", "b"), lifeMs);
        await session.advance(lifeMs);
        mustEnd(session, event, "expired", "BUS-038");
        const attempts = session.steps(event, "attempt", "retry").length;
        session.must(attempts === (meets === "lane" ? 0 : 1), "BUS-039", `${attempts} attempts, one at its expiry`);
      }
    },
  },
  {
    id: "lifecycle/cancel-one-of-several",
    requirements: ["BUS-040", "BUS-041", "BUS-042"],
    title: "A cancellation ends the deliveries that rest, marks those in flight, and leaves those that have ended",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      for (const name of ["done", "waits", "runs"]) await session.member(name, { subscriptions: ["thing.*"] });
      const event = await session.accepted();
      await session.ack(session.begun("BUS-019", "done"));
      await session.nak(session.begun("BUS-019", "waits"), 5_000);
      const running = session.begun("BUS-019", "runs");
      const reply = await cancel(session, event);
      session.must(reply.ok !== undefined, "BUS-040", () => `a cancellation was answered ${JSON.stringify(reply)}`);
      const outcomes = async () =>
        (await session.status(event)).deliveries.map(({ receiver, outcome }) => [receiver, outcome ?? null]).sort();
      const wanted = [["done", "delivered"], ["runs", null], ["waits", "cancelled"]];
      session.same(await outcomes(), wanted, "BUS-040", "the outcomes after a cancellation");
      await session.nak(running);
      session.same(
        await outcomes(),
        [wanted[0], ["runs", "cancelled"], wanted[2]],
        "BUS-041",
        "when the attempt failed",
      );
      refused(session, await cancel(session, event), "message-ended", "BUS-042", "a second cancellation");
      session.same(
        (await lettersOf(session, event)).map(({ receiver }) => receiver).sort(),
        ["runs", "waits"],
        "BUS-076",
        "whose dead letters there are",
      );
    },
  },
  {
    id: "lifecycle/instance-replaced-in-flight",
    requirements: ["RET-047", "BUS-041"],
    title: "An ack counts though its instance was replaced, renewed or lost meanwhile",
    kind: "interleaving",
    needs,
    async run(session: Session) {
      for (const deed of ["replace", "renew", "deregister"]) {
        const { b } = await beginWorld(session);
        const event = await session.accepted();
        const call = session.begun("BUS-019", "b");
        if (deed === "replace") await session.member("b", { subscriptions: ["other.*"] });
        if (deed === "renew") await session.registry("service.renew", { lease: b.lease });
        if (deed === "deregister") await session.registry("service.deregister", { lease: b.lease });
        session.same(session.steps(event, "ended"), [], "BUS-041", `how it ends by ${deed} while the attempt runs`);
        await session.ack(call);
        mustEnd(session, event, "delivered", "RET-047");
      }
    },
  },
  {
    id: "lifecycle/working-extends",
    requirements: ["BUS-036"],
    title: "The signal working gives an attempt its whole time anew, as often as it comes",
    kind: "scenario",
    needs,
    can: ["working"],
    async run(session: Session) {
      await beginWorld(session);
      const event = await session.accepted();
      const call = session.begun("BUS-019", "b");
      for (const passMs of [14_999, 1, 10_000, 14_999]) {
        await session.advance(passMs);
        session.same(session.steps(event, "failed"), [], "BUS-036", "how an attempt fails that is still at work");
        await session.settle(call, { verdict: "working" });
      }
      await session.advance(ATTEMPT_MS - 1);
      session.same(session.steps(event, "failed"), [], "BUS-036", "how it fails before its whole time has passed anew");
      await session.advance(1);
      const [failed] = session.steps(event, "failed");
      session.must(failed?.reason === "timeout", "BUS-036", () => `after that time it is a timeout: ${failed?.reason}`);
      const [second] = session.calls.filter(({ attempt }) => attempt === 2);
      session.must(second !== undefined, "RET-025", "retry 1 follows");
      await session.settle(call, { verdict: "working" });
      await session.advance(ATTEMPT_MS);
      session.must(
        session.steps(event, "failed").length === 2,
        "BUS-034",
        "a working by a lease that is no longer held counts for nothing",
      );
    },
  },
  {
    id: "lifecycle/working-does-not-hold-off-the-end",
    requirements: ["BUS-036", "BUS-041"],
    title: "An attempt at work is still cancelled and expired: it is marked, and its ack wins",
    kind: "interleaving",
    needs,
    can: ["working"],
    async run(session: Session) {
      for (const deed of ["cancel", "expire"]) {
        for (const verdict of ["ack", "nak"] as const) {
          const { b } = await beginWorld(session);
          const event = await session.accepted({ expirytime: inMs(session, 20_000) });
          const call = session.begun("BUS-019", "b");
          await session.advance(10_000);
          await session.settle(call, { verdict: "working" });
          if (deed === "cancel") await mark(session, deed, event, b);
          await session.advance(10_500);
          await session.settle(call, { verdict });
          const marks = deed === "cancel" ? ["cancelled", "expired"] : ["expired"];
          mustEnd(session, event, verdict === "ack" ? "delivered" : marks, verdict === "ack" ? "BUS-036" : "BUS-041");
        }
      }
    },
  },
];

/** The outcome that each deed marks. */
const MARKED: Readonly<Record<string, string>> = {
  cancel: "cancelled",
  expire: "expired",
  deregister: "receiver-gone",
};

async function mark(session: Session, deed: string, event: Published, b: Member): Promise<void> {
  if (deed === "cancel") await cancel(session, event);
  if (deed === "deregister") await session.registry("service.deregister", { lease: b.lease, service: true });
}

/** A delivery that rests ends at once by each deed, and is not tried again. */
function resting(rest: Rest, deed: typeof DEEDS[number]): Check {
  const { outcome, requirement, start = {}, fields } = deed;
  return {
    id: `lifecycle/${rest.state}-${deed.deed}`,
    requirements: [requirement, "BUS-028", "BUS-061"],
    title: `A delivery that is ${rest.state} ends at once when it is ${deed.deed}`,
    kind: "scenario",
    needs,
    async run(session: Session) {
      const { b } = await beginWorld(session, { start, ...(rest.slots === undefined ? {} : { slots: rest.slots }) });
      const acceptedMs = session.nowMs;
      const event = await rest.enter(session, fields?.(session) ?? {});
      const { state, attempts } = await session.delivery(event);
      session.must(state === rest.state, "BUS-061", `it is ${rest.state}, not ${state}`);
      const tried = rest.state === "waiting" ? 1 : 0;
      session.must(attempts === tried, "BUS-062", `it has had ${tried} attempts, not ${attempts}`);
      await deed.end(session, event, b, acceptedMs);
      mustEnd(session, event, outcome, requirement);
      const endedMs = session.nowMs;
      const ended = await session.delivery(event);
      session.same([ended.state, ended.outcome], ["ended", outcome], "BUS-028", "its state and outcome");
      for (let n = 0; n < 20; n++) {
        const call = await session.untilCall(20_000, "b");
        if (call === undefined) break;
        session.must(call.envelope.id !== event.id, "RET-005", "it is attempted after its outcome");
        await session.ack(call);
      }
      mustEnd(session, event, outcome, "BUS-030", endedMs);
    },
  };
}

/** An outcome stays, whatever comes after. */
function final(ending: Ending): Check {
  return {
    id: `lifecycle/${nameOfEnding(ending)}-is-final`,
    requirements: ["BUS-029", "BUS-030", "BUS-042"],
    title: `Nothing changes the outcome ${ending.outcome} (${ending.reason || "an ack"})`,
    kind: "scenario",
    needs,
    async run(session: Session) {
      const world = await beginWorld(session, ending);
      const event = await ending.end(session, world, {});
      const [ended] = session.steps(event, "ended");
      mustEnd(session, event, ending.outcome, "BUS-029");
      const before = await session.delivery(event, "b");
      refused(session, await cancel(session, event), "message-ended", "BUS-042", "its cancellation");
      // Answers to attempts long over, were they to come.
      const settled = session.log.map(({ message }) => message).filter((message) => message.do === "settle");
      for (const { call } of settled) await session.settle({ call: String(call) }, { verdict: "ack" });
      await session.publish({ ...session.event(), target: "b" });
      await session.registry("service.deregister", { lease: world.b.lease, service: true });
      await session.advance(120_000);
      mustEnd(session, event, ending.outcome, "BUS-030", Number(ended.atMs));
      session.same(await session.delivery(event, "b"), before, "BUS-030", "its delivery in the status, later");
    },
  };
}

/** Two deeds and the settlement of the attempt that runs, in every order. */
function together(one: string, other: string): Check {
  return {
    id: `lifecycle/${one}-${other}-settle-in-every-order`,
    requirements: ["BUS-029", "BUS-041", "RET-047"],
    title: `Whatever the order of ${one}, ${other} and an answer, there is one outcome, and it is the right one`,
    kind: "interleaving",
    needs,
    async run(session: Session) {
      for (const verdict of ["ack", "nak", "term"] as const) {
        for (const order of ordersOf([one, other, "settle"])) {
          const { b } = await beginWorld(session);
          const expires = order.includes("expire");
          const event = await session.accepted({
            priority: "HIGH",
            ...(expires ? { expirytime: inMs(session, 1_000) } : {}),
          });
          const call = session.begun("BUS-019", "b");
          for (const deed of order) {
            if (deed === "expire") await session.advance(1_000);
            else if (deed !== "settle") await mark(session, deed, event, b);
            else if (verdict === "nak") await session.nak(call, 5_000);
            else await session.settle(call, { verdict });
          }
          const before = order.slice(0, order.indexOf("settle")).map((deed) => MARKED[deed]);
          const [next] = order.slice(order.indexOf("settle") + 1);
          const wanted = verdict === "ack"
            ? "delivered"
            : before[0] ?? (verdict === "term" ? "rejected" : MARKED[next]);
          const [ended] = session.steps(event, "ended");
          const requirement = verdict === "ack" ? "RET-047" : "BUS-041";
          session.must(ended !== undefined, requirement, () => `${order.join(", ")} (${verdict}): it must have ended`);
          session.must(
            ended.outcome === wanted,
            requirement,
            () => `${order.join(", ")} (${verdict}): wanted ${wanted}, got ${ended.outcome}`,
          );
          await session.advance(30_000);
          const { length } = session.steps(event, "ended");
          session.must(length === 1, "BUS-029", () => `${order.join(", ")} (${verdict}): ${length} outcomes`);
          session.same(session.steps(event, "retry"), [], "RET-005", `attempts after ${order.join(", ")} (${verdict})`);
        }
      }
    },
  };
}
