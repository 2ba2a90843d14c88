/**
 * Checks of the trace as a stream of Server-Sent Events.
 *
 * @module
 */
import type { Check } from "../check.ts";
import type { JsonObject } from "../control.ts";
import type { Session } from "../session.ts";
import { begin, problem, taken } from "./_http.ts";
import { eventsOf, hangUp, readUntil, stream, type Streamed } from "./_http_stream.ts";

const needs = ["core", "registry", "http"] as const;
/** Streams that may be open where nothing else is configured. */
const STREAMS = 16;

/** See the module. */
export const HTTP_TRACE_CHECKS: readonly Check[] = [
  {
    id: "http/trace-tells-every-step",
    requirements: ["HTTP-051"],
    title: "The trace sends each step from then on, in order, with its kind as event and its JSON as data",
    kind: "scenario",
    needs,
    can: ["streams"],
    virtual: false,
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"] });
      const before = await session.accepted();
      await session.ack(await taken(session, "b"));
      await session.untilTrace(({ kind, id }) => kind === "ended" && id === before.id, 5_000);
      const trace = await stream(session, "/trace");
      session.must(trace.reply.status === 200, "HTTP-051", `GET /trace was answered ${trace.reply.status}`);
      session.must(
        /^text\/event-stream\b/i.test(trace.reply.headers["content-type"] ?? ""),
        "HTTP-051",
        `the stream is text/event-stream, not ${trace.reply.headers["content-type"]}`,
      );
      const event = await session.accepted();
      await session.settle(await taken(session, "b"), { status: 503, headers: {}, body: "" });
      await session.settle(await taken(session, "b"), { status: 422, headers: {}, body: "" });
      const ended = await session.untilTrace(({ kind, id }) => kind === "ended" && id === event.id, 5_000);
      session.must(ended !== undefined, "BUS-106", "the end is told");
      const told = () => eventsOf(trace).filter(({ event: kind }) => kind === "ended").length > 0;
      await readUntil(session, trace, told);
      const steps = eventsOf(trace).map(({ event: kind, data }): JsonObject => {
        const step = stepIn(data);
        session.must(step !== undefined, "HTTP-051", `the data of an event is the step's JSON, not ${data}`);
        session.must(step.kind === kind, "HTTP-051", `the event of a step ${step.kind} is its kind, not ${kind}`);
        return step;
      });
      session.must(!steps.some(({ id }) => id === before.id), "HTTP-051", "what was before is not sent");
      const tokens = ({ kind, source, receiver, attempt, atMs }: JsonObject) => ({
        kind,
        source,
        receiver,
        attempt,
        atMs,
      });
      session.same(
        steps.filter(({ id }) => id === event.id).map(tokens),
        session.steps(event).map(tokens),
        "HTTP-051",
        "the steps of the message in the stream",
      );
      await hangUp(session, trace);
    },
  },
  {
    id: "http/trace-for-each-reader",
    requirements: ["HTTP-051"],
    title: "Each reader of the trace is sent every step, and one that goes away takes nothing from the others",
    kind: "interleaving",
    needs,
    can: ["streams"],
    virtual: false,
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"] });
      const readers = [
        await stream(session, "/trace"),
        await stream(session, "/trace"),
        await stream(session, "/trace"),
      ];
      const first = await session.accepted();
      await hangUp(session, readers[1]);
      await session.ack(await taken(session, "b"));
      const second = await session.accepted();
      await session.ack(await taken(session, "b"));
      for (const reader of [readers[0], readers[2]]) {
        await readUntil(session, reader, () => endOf(reader, second.id));
        for (const { id } of [first, second]) {
          session.must(endOf(reader, id), "HTTP-051", `each reader is told of the end of ${id}`);
        }
        await hangUp(session, reader);
      }
    },
  },
  {
    id: "http/trace-of-a-slow-reader",
    requirements: ["HTTP-052"],
    title: "A trace stream that is not read is ended at its bound, and the bus goes on",
    kind: "hostile",
    needs,
    can: ["streams", "bounds"],
    async run(session: Session) {
      const streamBytes = 32_768;
      await session.start({ bounds: { streamBytes } });
      await session.member("b", { subscriptions: ["thing.*"] });
      const slow = await stream(session, "/trace");
      const quick = await stream(session, "/trace");
      session.must(slow.reply.status === 200, "HTTP-051", `GET /trace was answered ${slow.reply.status}`);
      let last = "";
      for (let n = 0; n < 120; n++) {
        last = (await session.accepted()).id;
        await session.ack(session.begun("BUS-019", "b"));
        session.must(
          (await session.delivery({ source: "/suite", id: last })).outcome === "delivered",
          "HTTP-052",
          "the bus goes on",
        );
        if (n % 8 === 7) await readUntil(session, quick, () => false);
      }
      session.must(endOf(quick, last), "HTTP-052", "a reader that keeps up is told of everything");
      session.must(!quick.ended, "HTTP-052", "a reader that keeps up is not ended");
      await readUntil(session, slow, () => false);
      session.must(slow.ended, "HTTP-052", "a stream beyond its bound is ended");
      // A piece may have been on its way, and the end may be told.
      session.must(
        slow.text.length <= 2 * streamBytes,
        "HTTP-052",
        `a stream with a bound of ${streamBytes} bytes held ${slow.text.length}`,
      );
      session.must(!endOf(slow, last), "HTTP-052", "what is beyond the bound is not kept");
    },
  },
  {
    id: "http/trace-streams-are-counted",
    requirements: ["HTTP-053"],
    title: "A 17th trace stream is refused with too-many-streams, until one has ended",
    kind: "hostile",
    needs,
    can: ["streams"],
    async run(session: Session) {
      await session.start();
      const open: Streamed[] = [];
      for (let n = 0; n < STREAMS; n++) {
        const one = await stream(session, "/trace");
        session.must(
          one.reply.status === 200,
          "HTTP-053",
          `stream ${n + 1} of ${STREAMS} was answered ${one.reply.status}`,
        );
        open.push(one);
      }
      const refused = await begin(session, "GET", "/trace", {});
      session.must(refused.reply !== undefined, "HTTP-053", "a stream beyond the limit is refused");
      problem(session, refused.reply, 503, "too-many-streams", "HTTP-053");
      await hangUp(session, open[0]);
      await session.advance(1);
      const again = await stream(session, "/trace");
      session.must(
        again.reply.status === 200,
        "HTTP-053",
        `when one has ended another was answered ${again.reply.status}`,
      );
    },
  },
  {
    id: "http/trace-comments",
    requirements: ["HTTP-054"],
    title: "An idle stream carries a comment every 15 s",
    kind: "scenario",
    needs,
    can: ["streams", "bounds"],
    virtual: false,
    async run(session: Session) {
      const real = session.hello.clock === "real";
      await session.start({ healthIntervalMs: 0, ...(real ? { bounds: { commentMs: 200 } } : {}) });
      const trace = await stream(session, "/trace");
      await readUntil(session, trace, () => false, real ? 50 : 0);
      for (let n = 1; n <= 3; n++) {
        const from = trace.text.length;
        const comments = () => /(^|[\r\n]):/.test(trace.text.slice(from));
        if (!real) await session.advance(15_000);
        await readUntil(session, trace, comments);
        session.must(
          comments(),
          "HTTP-054",
          `within ${n} · 15 s comes a comment, not ${JSON.stringify(trace.text.slice(from))}`,
        );
      }
      session.same(eventsOf(trace), [], "HTTP-054", "what an idle stream carries besides");
      await hangUp(session, trace);
    },
  },
];

/** Whether the stream tells that the message has ended. */
function endOf(streamed: Streamed, id: string): boolean {
  return eventsOf(streamed).some(({ event, data }) => event === "ended" && stepIn(data)?.id === id);
}

function stepIn(data: string): JsonObject | undefined {
  try {
    const step = JSON.parse(data);
    return typeof step === "object" && step !== null && !Array.isArray(step) ? step : undefined;
  } catch {
    return undefined;
  }
}
