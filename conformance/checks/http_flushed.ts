/**
 * Checks of answers that wait for the disk, or for an outcome, while others come and go.
 *
 * @module
 */
import type { Check } from "../check.ts";
import type { Session } from "../session.ts";
import { begin, http, type HttpReply, problem, replyWithin, taken } from "./_http.ts";
import { hangUp } from "./_http_stream.ts";

const needs = ["core", "registry", "http"] as const;
const durable = [...needs, "durable"] as const;

/** See the module. */
export const HTTP_FLUSHED_CHECKS: readonly Check[] = [
  {
    id: "http/publisher-goes-away",
    requirements: ["HTTP-025"],
    title: "A publisher that goes away while it waits changes nothing of its message",
    kind: "interleaving",
    needs,
    can: ["streams"],
    virtual: false,
    async run(session: Session) {
      for (const after of ["at once", "in an attempt", "between attempts"]) {
        await session.start({ policy: { baseMs: 1, capMs: 1 } });
        await session.member("b", { subscriptions: ["thing.*"] });
        const event = session.event();
        const waiting = await begin(session, "POST", "/messages", { event, headers: { prefer: "wait=30" } });
        session.must(waiting.reply === undefined, "HTTP-020", "it waits for the outcome");
        if (after === "at once") await hangUp(session, waiting);
        const first = await taken(session, "b");
        if (after === "in an attempt") await hangUp(session, waiting);
        const { ok } = await session.settle(first, { status: 503, headers: {}, body: "" });
        session.must(ok?.held === true, "HTTP-025", `${after} the attempt was given up with its publisher`);
        if (after === "between attempts") await hangUp(session, waiting);
        const second = await session.untilCall(5_000, "b");
        session.must(second?.attempt === 2, "HTTP-025", `a publisher that goes away ${after} takes the retry along`);
        await session.ack(second);
        const ended = await session.untilTrace(({ kind, id }) => kind === "ended" && id === event.id, 5_000);
        session.must(ended?.outcome === "delivered", "HTTP-025", `the outcome is delivered, not ${ended?.outcome}`);
        const again = await http(session, "POST", "/messages", { event });
        session.must(again.json?.duplicate === true, "HTTP-025", "whoever comes back finds the message known");
      }
    },
  },
  {
    id: "http/redrive-is-flushed",
    requirements: ["HTTP-050"],
    title: "The redrive of a durable dead letter is flushed before its 202",
    kind: "fault",
    needs: durable,
    can: ["store-faults"],
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"] });
      await session.accepted({ priority: "CRITICAL" });
      await session.term(session.begun("BUS-019", "b"));
      await session.advance(1);
      const [letter] = await session.list("dead-letters");
      session.must(letter !== undefined, "BUS-077", "there is a dead letter");
      const path = `/dead-letters/${encodeURIComponent(String(letter.id))}/redrive`;
      await session.say({ do: "store", action: "hold" });
      const redriven = await begin(session, "POST", path);
      session.must(redriven.reply === undefined, "HTTP-050", () => `before it is flushed: ${redriven.reply?.status}`);
      session.must(
        await replyWithin(session, redriven.seq, 5_000) === undefined,
        "HTTP-050",
        "a 202 before it is flushed",
      );
      await session.say({ do: "store", action: "release" });
      const reply = await replyWithin(session, redriven.seq, 1);
      session.must(reply?.status === 202, "HTTP-050", `when it is flushed wanted 202, got ${reply?.status}`);
      session.begun("BUS-085", "b");
    },
  },
  {
    id: "http/duplicates-during-the-flush",
    requirements: ["BUS-055"],
    title: "Duplicates that arrive during the flush are answered when it has ended, as the first is",
    kind: "interleaving",
    needs: durable,
    can: ["store-faults"],
    async run(session: Session) {
      for (const fails of [false, true]) {
        await session.start();
        await session.member("b", { subscriptions: ["thing.*"] });
        const event = session.event({ priority: "CRITICAL" });
        if (fails) await session.say({ do: "store", action: "fail" });
        await session.say({ do: "store", action: "hold" });
        const seqs: number[] = [];
        for (let n = 0; n < 3; n++) {
          const { reply, seq } = await begin(session, "POST", "/messages", { event });
          // Where a write that is to fail does so at once, there is no flush to arrive in.
          if (fails && n === 0 && reply !== undefined) return;
          session.must(
            reply === undefined,
            "BUS-055",
            () => `before the flush has ended: ${reply?.status} ${reply?.text}`,
          );
          seqs.push(seq);
        }
        const other = await begin(session, "POST", "/messages", { event: { ...event, data: "another" } });
        if (other.reply !== undefined) problem(session, other.reply, 409, "id-conflict", "BUS-049");
        await session.advance(1_000);
        const before = await Promise.all(seqs.map((seq) => replyWithin(session, seq, 0)));
        session.must(before.every((reply) => reply === undefined), "BUS-055", "an answer before the flush has ended");
        await session.say({ do: "store", action: "release" });
        const replies: HttpReply[] = [];
        for (const seq of seqs) {
          const reply = await replyWithin(session, seq, 1);
          session.must(reply !== undefined, "BUS-055", "every duplicate is answered when the flush has ended");
          replies.push(reply);
        }
        const wanted = fails ? "503 not-durable" : "202";
        for (const { status, json, text } of replies) {
          const said = fails ? `${status} ${json?.code}` : String(status);
          session.must(said === wanted, "BUS-055", `wanted ${wanted} for each, got ${text}`);
        }
        if (fails) continue;
        session.same(
          replies.map(({ json }) => json?.duplicate),
          [false, true, true],
          "BUS-048",
          "which of the answers are to a duplicate",
        );
        session.same(
          replies.map(({ json }) => json?.durability),
          Array(3).fill(replies[0].json?.durability),
          "BUS-055",
          "durability",
        );
        session.must(session.calls.length === 1, "BUS-050", `one delivery begins, not ${session.calls.length}`);
      }
    },
  },
];
