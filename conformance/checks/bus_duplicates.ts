/**
 * Checks of the chapter Bus: what is the same message, and for how long.
 *
 * @module
 */
import fc from "fast-check";
import type { Check, Effort } from "../check.ts";
import type { JsonObject } from "../control.ts";
import { forAll } from "../for_all.ts";
import type { Session } from "../session.ts";
import { cancel, inMs, letter, letterOf, refused } from "./_bus.ts";
import { beginWorld, type Ending, ENDINGS, nameOfEnding } from "./_endings.ts";

const needs = ["core", "registry"] as const;
/** The least horizon of a message in memory. */
const HORIZON_MS = 600_000;

/** See the module. */
export const DUPLICATE_CHECKS: readonly Check[] = [
  ...ENDINGS.map(known),
  {
    id: "duplicates/in-every-state",
    requirements: ["BUS-048", "BUS-049", "BUS-050"],
    title: "A duplicate is one in every state of its message, and starts nothing",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"], maxInFlight: 1 });
      const running = await session.accepted();
      const queued = await session.accepted();
      const head = await session.accepted({ partitionkey: "k" });
      const blocked = await session.accepted({ partitionkey: "k" });
      const delayed = await session.accepted({ deliverat: inMs(session, 60_000) });
      for (const event of [running, queued, head, blocked, delayed]) {
        const before = await session.delivery(event);
        for (let n = 0; n < 3; n++) {
          const reply = await session.publish(event);
          session.must(
            reply.ok?.duplicate === true,
            "BUS-048",
            () => `a duplicate of what is ${before.state} was answered ${JSON.stringify(reply)}`,
          );
          session.same(reply.ok.receivers, ["b"], "BUS-048", "the receivers of its message");
        }
        session.same(await session.delivery(event), before, "BUS-050", `what is ${before.state}, after duplicates`);
        refused(session, await session.publish({ ...event, data: 1 }), "id-conflict", "BUS-049", "other content");
      }
      session.must(session.calls.length === 1, "BUS-050", () => `${session.calls.length} attempts run, and must be 1`);
    },
  },
  {
    id: "duplicates/any-other-content",
    requirements: ["BUS-049"],
    title: "Any attribute that is changed, added or left out makes other content, and so does any other data",
    kind: "hostile",
    needs,
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*", "other.*"] });
      await session.member("c");
      const full: JsonObject = session.event({
        subject: "s",
        time: "2026-01-01T00:00:00Z",
        priority: "LOW",
        datacontenttype: "application/json",
        dataschema: "https://example.com/schema",
        partitionkey: "k",
        correlationid: "c",
        causationid: "d",
        extra: "e",
        target: "b",
        data: { a: [1, "x", null], b: {} },
      });
      const changes: readonly JsonObject[] = [
        { subject: "S" },
        { time: "2026-01-01T00:00:01Z" },
        { priority: "HIGH" },
        { type: "other.thing" },
        { datacontenttype: "application/vnd.x+json" },
        { dataschema: "https://example.com/other" },
        { partitionkey: "l" },
        { correlationid: "x" },
        { causationid: "x" },
        { extra: "f" },
        { extra: 1 },
        { extra2: "e" },
        { target: "c" },
        { expirytime: inMs(session, 60_000) },
        { deliverat: inMs(session, 60_000) },
        { data: { a: ["x", 1, null], b: {} } },
        { data: { a: [1, "x"], b: {} } },
        { data: { a: [1, "x", null], b: null } },
        { data: { a: [1, "x", null] } },
        { data: { a: ["1", "x", null], b: {} } },
        { data: null },
        { data: "" },
      ];
      const first = await session.publish(full);
      session.must(first.ok?.duplicate === false, "BUS-047", () => `the first was answered ${JSON.stringify(first)}`);
      for (const change of changes) {
        const what = `a change to ${JSON.stringify(change)}`;
        refused(session, await session.publish({ ...full, ...change }), "id-conflict", "BUS-049", what);
      }
      for (const name of Object.keys(full)) {
        if (["specversion", "id", "source", "type"].includes(name)) continue;
        const { [name]: _, ...rest } = full;
        // What an absent one stands for may be what was there.
        if (name === "datacontenttype") continue;
        refused(session, await session.publish(rest), "id-conflict", "BUS-049", `leaving out ${name}`);
      }
      const again = await session.publish(full);
      session.must(again.ok?.duplicate === true, "BUS-048", () => `the same was answered ${JSON.stringify(again)}`);
      const calls = session.calls.filter(({ envelope }) => envelope.id === full.id);
      session.must(calls.length === 1, "BUS-050", () => `${calls.length} attempts of one message`);
    },
  },
  {
    id: "duplicates/compared-by-content",
    requirements: ["BUS-051"],
    title: "Order of members, white space, escapes and spellings of numbers make no other content",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const data = fc.jsonValue({ maxDepth: 3, noUnicodeString: false }).map((value) =>
        JSON.parse(JSON.stringify(value))
      );
      const inputs = fc.record({ data, pretty: fc.boolean(), escaped: fc.boolean(), reversed: fc.boolean() });
      await forAll(session, effort, inputs, async ({ data, pretty, escaped, reversed }) => {
        await session.start();
        const event = await session.accepted({ data, subject: "é" });
        const other = reversed ? turned(event) : event;
        let body = JSON.stringify(other, null, pretty ? "\t " : 0);
        if (escaped) body = body.replace(/[^\x20-\x7e\n\t]/g, (unit) => asEscape(unit));
        const reply = await session.publishRaw({ headers: { "content-type": "application/cloudevents+json" }, body });
        session.must(
          reply.ok?.duplicate === true,
          "BUS-051",
          () => `the same content as ${body} was answered ${JSON.stringify(reply)}`,
        );
      });
    },
  },
  {
    id: "duplicates/numbers-are-doubles",
    requirements: ["BUS-051"],
    title: "Numbers are compared as doubles, however they are spelled",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      const headers = { "content-type": "application/cloudevents+json" };
      const families = [["100", "1e2", "100.0", "1E+2", "0.1e3"], ["0.5", "5e-1", "0.50"], [
        "9007199254740993",
        "9007199254740992",
      ]];
      for (const family of families) {
        const event = session.event();
        for (const [at, number] of family.entries()) {
          const body = `${JSON.stringify(event).slice(0, -1)},"data":{"n":[${number}]}}`;
          const reply = await session.publishRaw({ headers, body });
          session.must(
            reply.ok?.duplicate === (at > 0),
            "BUS-051",
            () => `${number} is the same number as ${family[0]}: ${JSON.stringify(reply)}`,
          );
        }
        const body = `${JSON.stringify(event).slice(0, -1)},"data":{"n":[77]}}`;
        refused(session, await session.publishRaw({ headers, body }), "id-conflict", "BUS-049", "another number");
      }
    },
  },
  {
    id: "duplicates/key-is-source-and-id",
    requirements: ["BUS-047"],
    title: "Only equal source and equal id make one message: no two keys run together, in no letter case",
    kind: "hostile",
    needs,
    async run(session: Session) {
      await session.start();
      const keys = [
        ["/a", "b"],
        ["/a/", "b"],
        ["/a", "B"],
        ["/A", "b"],
        ["/a/b", "b"],
        ["/a", "/b"],
        ["/", "ab"],
        ["/a", "b/"],
        ["/a%20", "b"],
        ["/a", "b%20"],
        ["/a", "__proto__"],
        ["/a", "constructor"],
      ];
      for (const [source, id] of keys) {
        const reply = await session.publish(session.event({ source, id, subject: `${source} ${id}` }));
        session.must(
          reply.ok?.duplicate === false,
          "BUS-047",
          () => `${source} ${id} is a message of its own: ${JSON.stringify(reply)}`,
        );
      }
      for (const [source, id] of keys) {
        const again = await session.publish(session.event({ source, id, subject: `${source} ${id}` }));
        session.must(
          again.ok?.duplicate === true,
          "BUS-047",
          () => `${source} ${id} is known: ${JSON.stringify(again)}`,
        );
      }
    },
  },
  {
    id: "duplicates/horizon-from-the-last-outcome",
    requirements: ["BUS-053", "BUS-060"],
    title: "The horizon begins with the last outcome of the message, not with its first, nor its acceptance",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ healthIntervalMs: 0 });
      await session.member("b", { subscriptions: ["thing.*"] });
      await session.member("c", { subscriptions: ["thing.*"] });
      const event = await session.accepted({ priority: "HIGH" });
      await session.ack(session.begun("BUS-019", "b"));
      await session.nak(session.begun("BUS-019", "c"), 1_000_000);
      const second = await session.untilCall(1_000_001, "c");
      session.must(second !== undefined, "RET-022", "the retry comes at its time");
      const during = await session.publish(event);
      session.must(during.ok?.duplicate === true, "BUS-047", () => `before its end: ${JSON.stringify(during)}`);
      await session.ack(second);
      await session.advance(HORIZON_MS - 1);
      const after = await session.publish(event);
      session.must(after.ok?.duplicate === true, "BUS-053", () => `599,999 ms after it: ${JSON.stringify(after)}`);
      const { deliveries } = await session.status(event, "BUS-060");
      session.must(deliveries.length === 2, "BUS-060", "the status shows both deliveries until then");
    },
  },
  {
    id: "duplicates/horizon-of-each",
    requirements: ["BUS-053"],
    title: "Whenever a message ends it is known for its whole horizon, whatever ended before and after it",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const drawn = fc.record({
        gaps: fc.array(fc.integer({ min: 0, max: 60_000 }), { minLength: 30, maxLength: 40 }),
        capMs: fc.constantFrom(undefined, 10_000, 400_000),
      });
      await forAll(session, { ...effort, runs: Math.min(effort.runs, 10) }, drawn, async ({ gaps, capMs }) => {
        const horizonMs = Math.max(HORIZON_MS, 2 * (capMs ?? 0));
        await session.start({ healthIntervalMs: 0, ...(capMs === undefined ? {} : { policy: { capMs } }) });
        await session.member("b", { subscriptions: ["thing.*"] });
        const firstMs = session.nowMs;
        const ends: { readonly event: JsonObject; readonly atMs: number }[] = [];
        const judge = async (untilMs: number) => {
          while (ends.length > 0 && ends[0].atMs + horizonMs - 1 <= untilMs) {
            const { event, atMs } = ends.shift()!;
            await session.advance(atMs + horizonMs - 1 - session.nowMs);
            const again = await session.publish(event);
            session.must(
              again.ok?.duplicate === true,
              "BUS-053",
              () =>
                `${horizonMs - 1} ms after its end, which was ${atMs - firstMs} ms after the first: ${
                  JSON.stringify(again)
                }`,
            );
          }
        };
        for (const gap of gaps) {
          const nextMs = session.nowMs + gap;
          await judge(nextMs);
          await session.advance(nextMs - session.nowMs);
          const event = await session.accepted();
          await session.ack(session.begun("BUS-019", "b"));
          ends.push({ event, atMs: session.nowMs });
        }
        await judge(Infinity);
      });
    },
  },
  {
    id: "duplicates/horizon-through-a-redrive",
    requirements: ["BUS-053", "BUS-060"],
    title: "A redriven message is remembered from the outcome of its last run",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ healthIntervalMs: 0 });
      await session.member("b", { subscriptions: ["thing.*"] });
      const event = await session.accepted();
      await session.term(session.begun("BUS-019", "b"));
      await session.advance(HORIZON_MS - 1_000);
      await letter(session, await letterOf(session, event), "redrive");
      await session.advance(2_000);
      const running = await session.publish(event);
      session.must(running.ok?.duplicate === true, "BUS-047", () => `while its run 2 runs: ${JSON.stringify(running)}`);
      await session.ack(session.begun("BUS-085", "b"));
      await session.advance(HORIZON_MS - 1);
      const later = await session.publish(event);
      session.must(later.ok?.duplicate === true, "BUS-053", () => `after run 2: ${JSON.stringify(later)}`);
      await session.status(event, "BUS-060");
    },
  },
  {
    id: "duplicates/race-with-the-end",
    requirements: ["BUS-047", "BUS-050"],
    title: "A duplicate that comes beside an answer or a cancellation changes nothing, in any order",
    kind: "interleaving",
    needs,
    async run(session: Session) {
      for (const deed of ["ack", "term", "nak", "cancel"] as const) {
        for (const first of ["duplicate", "deed"]) {
          await session.start();
          await session.member("b", { subscriptions: ["thing.*"] });
          const event = await session.accepted();
          const call = session.begun("BUS-019", "b");
          const again = async () => {
            const reply = await session.publish(event);
            session.must(reply.ok?.duplicate === true, "BUS-047", () => `beside ${deed}: ${JSON.stringify(reply)}`);
          };
          if (first === "duplicate") await again();
          if (deed === "cancel") await cancel(session, event);
          else await session.settle(call, { verdict: deed });
          if (first === "deed") await again();
          const attempts = session.steps(event, "attempt").length;
          session.must(attempts === 1, "BUS-050", `${deed} and a duplicate: ${attempts} first attempts`);
        }
      }
    },
  },
];

/** A message that has ended is known for its horizon, by whatever outcome. */
function known(ending: Ending): Check {
  return {
    id: `duplicates/after-${nameOfEnding(ending)}`,
    requirements: ["BUS-048", "BUS-050", "BUS-053"],
    title: `What has ended as ${ending.outcome} (${ending.reason || "an ack"}) is remembered, and not delivered again`,
    kind: "scenario",
    needs,
    async run(session: Session) {
      const world = await beginWorld(session, ending);
      const event = await ending.end(session, world, { subject: "s" });
      const [{ envelope }] = session.log.map(({ message }) => message)
        .filter((message) => message.do === "publish" && JSON.parse(String(message.body)).id === event.id)
        .map((message) => ({ envelope: JSON.parse(String(message.body)) as JsonObject }));
      await session.member("b", { subscriptions: ["thing.*"], instance: "anew" });
      const attempts = session.steps(event, "attempt", "retry").length;
      for (const passMs of [0, 60_000, HORIZON_MS - 60_001]) {
        await session.advance(passMs);
        const reply = await session.publish(envelope);
        session.must(
          reply.ok?.duplicate === true,
          passMs > 60_000 ? "BUS-053" : "BUS-048",
          () => `a duplicate of what has ended as ${ending.outcome} was answered ${JSON.stringify(reply)}`,
        );
      }
      refused(session, await session.publish({ ...envelope, subject: "t" }), "id-conflict", "BUS-049", "other content");
      const later = session.steps(event, "attempt", "retry").length;
      session.must(later === attempts, "BUS-050", `a duplicate caused ${later - attempts} attempts`);
    },
  };
}

/** With the members of each object in the other order. */
function turned(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(turned);
  return Object.fromEntries(Object.entries(value).reverse().map(([name, part]) => [name, turned(part)]));
}

function asEscape(unit: string): string {
  return [...unit].flatMap((letter) =>
    Array.from({ length: letter.length }, (_, at) => `\\u${letter.charCodeAt(at).toString(16).padStart(4, "0")}`)
  ).join("");
}
