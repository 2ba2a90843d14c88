/**
 * Checks of the chapter Outbox: the process dies between any two writes of one key, and nothing promised is lost.
 *
 * As `durable_crash.ts` does it: each story is told again and again, at the nth telling the first n writes of a key reach
 * the disk, and it has been told enough when nothing hung.
 *
 * @module
 */
import fc from "fast-check";
import type { Check, Effort } from "../check.ts";
import { forAll } from "../for_all.ts";
import type { Reply, Session } from "../session.ts";
import { cancel, inMs, letter, lettersOf } from "./_bus.ts";
import {
  again,
  answerAll,
  beginOutbox,
  endOf,
  idOf,
  type Message,
  never,
  nothingSent,
  published,
  sent,
  SILENCE,
  TAKEN,
  underWay,
} from "./_outbox.ts";

const needs = ["outbox", "durable"] as const;
const can = ["store-faults", "crash", "torn-writes"] as const;
const CRITICAL = { priority: "CRITICAL" } as const;
const MINUTE_MS = 60_000;
/** Most writes of one key that a story may take: each is one more telling. */
const MAX_WRITES = 100;
/** Most tries of the model, each of which opens a store anew. */
const MAX_FLOWS = 40;
/** By then all has been tried again that is to be. */
const QUIET_MS = 4_000_000;

interface Story {
  readonly id: string;
  readonly requirements: readonly string[];
  readonly title: string;
  /** Tells it; from `hold` on the store takes only so much. Gives what is to be judged after the restart. */
  tell(session: Session, hold: () => Promise<void>): Promise<() => Promise<void>>;
}

const STORIES: readonly Story[] = [
  {
    id: "acknowledged",
    requirements: ["OUT-032", "OUT-036"],
    title: "what was acknowledged is sent, in order",
    async tell(session: Session, hold) {
      await hold();
      const messages: Message[] = [];
      for (let n = 0; n < 3; n++) {
        const event = await attempted(session);
        if (event !== undefined) messages.push(event);
      }
      const call = underWay(session)[0];
      if (call !== undefined) await session.settle(call, again({ "retry-after": "2" }));
      return async () => {
        const got = await answerAll(session, TAKEN, MINUTE_MS);
        const wanted = messages.map(({ id }) => id);
        const lost = wanted.filter((id) => !got.includes(id));
        session.same(lost, [], "OUT-036", "what was acknowledged, and is not sent");
      };
    },
  },
  {
    id: "waiting",
    requirements: ["OUT-033", "OUT-036"],
    title: "a message that waits is sent, with no more charged than it had",
    async tell(session: Session, hold) {
      const event = await published(session, CRITICAL);
      await hold();
      await session.settle(sent(session, "OUT-001", event), again());
      await session.settle(sent(session, "OUT-017", event), again({ "retry-after": "60" }));
      return async () => {
        const call = await session.untilSent(MINUTE_MS);
        session.must(call !== undefined, "OUT-036", "it was acknowledged, and is not sent");
        await session.settle(call, again());
        const fromMs = session.nowMs;
        const next = await session.untilSent(MINUTE_MS);
        session.must(next !== undefined, "OUT-036", "it was acknowledged, and is not tried again");
        session.must(
          next.atMs - fromMs <= 1_000,
          "OUT-033",
          () => `it was charged with 2 answers, and waits ${next.atMs - fromMs} ms after the third`,
        );
      };
    },
  },
  {
    id: "dead-letter",
    requirements: ["OUT-029", "OUT-036"],
    title: "a message that was refused is a dead letter, or is sent again",
    async tell(session: Session, hold) {
      const event = await published(session, CRITICAL);
      await session.settle(sent(session, "OUT-001", event), again());
      await hold();
      await session.settle(sent(session, "OUT-017", event), never("forbidden", 403));
      return async () => {
        const before = (await lettersOf(session, event)).length;
        const again = await answerAll(session, never("forbidden", 403), MINUTE_MS);
        session.must(
          before + again.length === 1,
          "OUT-036",
          () => before === 0 ? "it is neither a dead letter nor sent" : "it is a dead letter, and sent",
        );
        session.same((await lettersOf(session, event)).length, 1, "OUT-029", "its dead letters");
      };
    },
  },
  {
    id: "redrive",
    requirements: ["OUT-030", "OUT-036"],
    title: "a dead letter that is redriven is either listed or sent",
    async tell(session: Session, hold) {
      const event = await refusedFor(session);
      const [found] = await lettersOf(session, event);
      await hold();
      const reply = await letter(session, found, "redrive");
      const call = underWay(session)[0];
      if (call !== undefined) await session.settle(call, TAKEN);
      const done = endOf(session, event)?.outcome === "accepted";
      return async () => {
        const kept = (await lettersOf(session, event)).length;
        const got = (await answerAll(session, TAKEN, MINUTE_MS)).length;
        session.must(kept + got > 0 || done, "OUT-036", "it is neither a dead letter nor sent");
        session.must(kept === 0 || got === 0, "OUT-036", "it is a dead letter, and sent");
        session.must(isOpen(reply) || kept === 0, "OUT-030", "its redrive was answered, and it is a dead letter");
      };
    },
  },
  {
    id: "discard",
    requirements: ["OUT-031", "OUT-036"],
    title: "a dead letter that was discarded does not come back",
    async tell(session: Session, hold) {
      const event = await refusedFor(session);
      const [found] = await lettersOf(session, event);
      await hold();
      const reply = await letter(session, found, "discard");
      return async () => {
        const kept = (await lettersOf(session, event)).length;
        session.must(isOpen(reply) || kept === 0, "OUT-031", "its discard was answered, and it is a dead letter");
        await nothingSent(session, MINUTE_MS, "OUT-036", "it was a dead letter");
      };
    },
  },
  {
    id: "cancel",
    requirements: ["OUT-027", "OUT-036"],
    title: "a cancellation holds once it is answered",
    async tell(session: Session, hold) {
      const event = await published(session, CRITICAL);
      await session.settle(sent(session, "OUT-001", event), again({ "retry-after": "60" }));
      await hold();
      const reply = await cancel(session, event);
      return async () => {
        const got = await answerAll(session, TAKEN, 2 * MINUTE_MS);
        session.must(isOpen(reply) || got.length === 0, "OUT-036", "its cancellation was answered, and it is sent");
        session.same(await lettersOf(session, event), [], "OUT-027", "the dead letters of what was cancelled");
      };
    },
  },
];

/** See the module. */
export const OUTBOX_CRASH_CHECKS: readonly Check[] = [
  ...STORIES.map((story): Check => ({
    id: `outbox-crash/${story.id}`,
    requirements: story.requirements,
    title: `Wherever the process dies, ${story.title}`,
    kind: "fault",
    needs,
    can,
    async run(session: Session) {
      for (let writes = 0; writes < MAX_WRITES; writes++) {
        await beginOutbox(session);
        const judge = await story.tell(session, () => holdAfter(session, writes));
        const held = await restart(session);
        await judge();
        session.judgeLint();
        if (held > 0) continue;
        session.must(writes > 0, "OUT-036", "nothing of it is written");
        break;
      }
      for (const requirement of story.requirements) session.judged.add(requirement);
    },
  })),
  {
    id: "outbox-crash/any-flow",
    requirements: ["OUT-010", "OUT-028", "OUT-029", "OUT-032", "OUT-035", "OUT-036"],
    title: "Whatever is done, fails and dies, each CRITICAL that was acknowledged is sent or is a dead letter",
    kind: "interleaving",
    needs,
    can,
    async run(session: Session, effort: Effort) {
      const deed = fc.record({
        deed: fc.constantFrom(
          ...["publish", "publish", "memory", "taken", "again", "later", "never", "silence", "pass", "cancel"],
          ...["redrive", "discard", "fail"],
        ),
        which: fc.nat({ max: 9 }),
      });
      const flows = fc.record({
        deeds: fc.array(deed, { minLength: 3, maxLength: 20, size: "max" }),
        writes: fc.option(fc.nat({ max: 40 }), { nil: undefined }),
      });
      await forAll(session, { ...effort, runs: Math.min(effort.runs, MAX_FLOWS) }, flows, async ({ deeds, writes }) => {
        await beginOutbox(session);
        if (writes !== undefined) await holdAfter(session, writes);
        const owed = new Map<string, Message>();
        const volatile = new Set<string>();
        const free = new Set<string>();
        for (const { deed, which } of deeds) {
          const call = underWay(session)[which % Math.max(1, underWay(session).length)];
          const letters = await session.list("dead-letters");
          const found = letters[which % Math.max(1, letters.length)];
          if (deed === "publish") {
            const event = await attempted(session, which > 7 ? { partitionkey: "k" } : {});
            if (event !== undefined) owed.set(event.id, event);
          } else if (deed === "memory") volatile.add((await published(session)).id);
          else if (deed === "pass") await session.advance(1 + which * 400);
          else if (deed === "fail") {
            if (writes !== undefined) continue;
            await session.say({ do: "store", action: "fail" });
            if (which > 3) await attempted(session);
            await session.advance(which * 100);
          } else if (deed === "cancel") {
            const event = [...owed.values()][which % Math.max(1, owed.size)];
            if (event !== undefined && mayHold(await cancel(session, event))) free.add(event.id);
          } else if (deed === "redrive") {
            if (found !== undefined) await letter(session, found, "redrive");
          } else if (deed === "discard") {
            if (found !== undefined && mayHold(await letter(session, found, "discard"))) free.add(String(found.id));
          } else if (call !== undefined) {
            const { id } = { id: idOf(call) };
            if (deed === "taken") free.add(id);
            await session.settle(call, ANSWERS[deed]);
          }
        }
        const crashed = writes !== undefined;
        if (crashed) await restart(session);
        else await session.advance(MINUTE_MS);
        const got = new Set(await answerAll(session, TAKEN, QUIET_MS));
        session.judgeLint();
        const letters = new Set(
          (await session.list("dead-letters")).map(({ envelope }) => (envelope as unknown as Message).id),
        );
        for (const { id } of owed.values()) {
          const ended = endOf(session, { id })?.outcome === "accepted";
          session.must(
            got.has(id) || letters.has(id) || free.has(id) || ended,
            crashed ? "OUT-036" : "OUT-035",
            () => `${id} was acknowledged, and is neither sent nor a dead letter`,
          );
        }
        const odd = [...got].find((id) => crashed && volatile.has(id));
        session.must(odd === undefined, "OUT-034", () => `${odd} was in memory alone, and is sent after a restart`);
      });
    },
  },
];

const ANSWERS: Readonly<Record<string, Parameters<Session["settle"]>[1]>> = {
  taken: TAKEN,
  again: again(),
  later: again({ "retry-after": "3" }),
  never: never("forbidden", 403),
  silence: SILENCE,
};

/** From now on that many writes of one key reach the disk, and those after them hang. */
async function holdAfter(session: Session, writes: number): Promise<void> {
  await session.say({ do: "store", action: "hold", writes });
}

/** The process dies with all that hangs, and another begins on its store. @returns how many writes hung */
async function restart(session: Session): Promise<number> {
  const { ok } = await session.say({ do: "store", action: "crash" });
  await beginOutbox(session, { keep: true, nowMs: session.nowMs });
  return Number(ok?.held ?? 0);
}

/** Publishes a CRITICAL whose acceptance may hang. @returns the message if it was acknowledged */
async function attempted(session: Session, fields: { readonly partitionkey?: string } = {}) {
  const event = session.event({ ...CRITICAL, ...fields }) as Message;
  return (await session.publish(event)).ok === undefined ? undefined : event;
}

/** A CRITICAL that is a dead letter. */
async function refusedFor(session: Session): Promise<Message> {
  const event = await published(session, { ...CRITICAL, expirytime: inMs(session, 10 * MINUTE_MS) });
  await session.settle(sent(session, "OUT-001", event), never("forbidden", 403));
  return event;
}

function isOpen(reply: Reply): boolean {
  return reply.ok === undefined;
}

/** One that is not answered may hold all the same. */
function mayHold({ refused }: Reply): boolean {
  return refused === undefined;
}
