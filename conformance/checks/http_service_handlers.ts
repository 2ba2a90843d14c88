/**
 * Checks of what a service does with its handlers: their schemas, their time, their replies.
 *
 * @module
 */
import type { Check } from "../check.ts";
import type { JsonObject, OtherCall } from "../control.ts";
import type { Session } from "../session.ts";
import { begin, http, type HttpBody, type HttpReply, lateReply } from "./_http.ts";

const needs = ["http"] as const;

/** See the module. */
export const HTTP_SERVICE_HANDLER_CHECKS: readonly Check[] = [
  {
    id: "service/data-that-does-not-fit",
    requirements: ["HTTP-068"],
    title: "Data that does not fit the schema of its handler is a term with data-invalid",
    kind: "scenario",
    needs,
    can: ["service", "schemas"],
    async run(session: Session) {
      const subscriptions = ["typed.happened", "thing.*"];
      const schemas = { "typed.happened": ["id", "name"] };
      await session.start({ role: "service", service: { name: "subject", subscriptions, schemas } });
      const typed = (data: JsonObject | string | null) => session.event({ type: "typed.happened", data });
      for (const data of [{ id: "1" }, { id: "1", name: 2 }, { Id: "1", name: "x" }, {}, "x", null]) {
        const { reply } = await begin(session, "POST", "/", delivery(typed(data)));
        const what = `data ${JSON.stringify(data)}`;
        session.must(reply !== undefined, "HTTP-068", `${what} reaches the handler`);
        session.must(reply.status === 422, "HTTP-068", `${what} is a term, not ${reply.status}`);
        session.must(
          reply.headers["bellhop-verdict"] === "term",
          "HTTP-068",
          `${what}: bellhop-verdict is term, not ${reply.headers["bellhop-verdict"]}`,
        );
        session.must(reply.json?.code === "data-invalid", "HTTP-068", `${what}: the code is ${reply.json?.code}`);
        session.must(!session.otherCalls.some((call) => call.for === "handler"), "HTTP-068", "no handler runs");
      }
      const fitting = await delivered(session, typed({ id: "1", name: "x", more: [] }), { verdict: "ack" });
      session.must(fitting?.status === 204, "HTTP-063", "data that fits is handled");
      const untyped = await delivered(session, session.event({ data: { id: 1 } }), { verdict: "ack" });
      session.must(untyped?.status === 204, "HTTP-063", "a handler without a schema takes any data");
    },
  },
  {
    id: "service/handler-is-told-to-stop",
    requirements: ["HTTP-069"],
    title: "A handler is told to stop when its deadline has passed, and not before",
    kind: "scenario",
    needs,
    can: ["service", "stops"],
    async run(session: Session) {
      await session.start({ role: "service", service: { name: "subject", subscriptions: ["thing.*"] } });
      for (const deadlineMs of [2_000, 15_000]) {
        const fromMs = session.nowMs;
        await begin(session, "POST", "/", delivery(session.event(), deadlineMs));
        const handler = handlerOf(session);
        await session.advance(deadlineMs - 1);
        session.must(!stopped(session, handler), "HTTP-069", `a handler was told to stop before its ${deadlineMs} ms`);
        await session.advance(1);
        session.must(
          stopped(session, handler),
          "HTTP-069",
          `a handler was not told to stop after its ${deadlineMs} ms`,
        );
        const stop = session.stops.find(({ call }) => call === handler.call)!;
        session.must(stop.atMs === fromMs + deadlineMs, "HTTP-069", `it was told at ${stop.atMs - fromMs} ms`);
        session.otherCalls = [];
      }
      const { seq } = await begin(session, "POST", "/", delivery(session.event(), 2_000));
      const quick = handlerOf(session);
      await session.settle(quick, { verdict: "ack" });
      await session.advance(3_000);
      session.must(lateReply(session, seq)?.status === 204, "HTTP-063", "one that ends in time is answered");
      session.must(!stopped(session, quick), "HTTP-069", "a handler that has ended is told nothing more");
    },
  },
  {
    id: "service/reply",
    requirements: ["BUS-122", "BUS-123"],
    title: "A reply names the request, goes to its replyto, and keeps its correlation",
    kind: "scenario",
    needs,
    can: ["service", "replies"],
    async run(session: Session) {
      await session.start({ role: "service", service: { name: "subject", subscriptions: ["thing.*"] } });
      for (
        const fields of [
          { replyto: "asker@i1" },
          { replyto: "asker@i2", correlationid: "all-of-this" },
          { replyto: "other@i1", correlationid: "x", causationid: "y", type: "thing.wanted", priority: "HIGH" },
        ]
      ) {
        const request = session.event(fields);
        const { seq } = await begin(session, "POST", "/", delivery(request));
        await session.settle(handlerOf(session), { verdict: "ack", reply: { n: 7 } });
        const published = await publishOf(session);
        const reply = published.envelope ?? {};
        session.same(reply.type, `${request.type}.reply`, "BUS-122", "the type of the reply");
        session.same(reply.causationid, request.id, "BUS-122", "the causationid of the reply");
        session.same(reply.target, request.replyto, "BUS-122", "the target of the reply");
        session.same(
          reply.correlationid,
          request.correlationid ?? request.id,
          "BUS-123",
          `the correlationid of the reply to one with ${request.correlationid ?? "none"}`,
        );
        session.same(reply.data, { n: 7 }, "BUS-122", "the data of the reply");
        await session.settle(published, { verdict: "ack" });
        await session.advance(1);
        session.must(
          lateReply(session, seq)?.status === 204,
          "HTTP-063",
          "the request is acknowledged after its reply",
        );
      }
      const plain = await delivered(session, session.event(), { verdict: "ack" });
      session.must(plain?.status === 204, "HTTP-063", "a handler need not reply");
      session.must(
        !session.otherCalls.some((call) => call.for === "publish"),
        "BUS-122",
        "what was not replied is not sent",
      );
    },
  },
  {
    id: "service/reply-for-nobody",
    requirements: ["BUS-124"],
    title: "A reply for which nobody waits and no handler was added is acknowledged",
    kind: "scenario",
    needs,
    can: ["service"],
    async run(session: Session) {
      await session.start({ role: "service", service: { name: "subject", subscriptions: ["thing.*"] } });
      for (const type of ["thing.happened.reply", "other.asked.reply"]) {
        const fields = { type, causationid: "nobody-waits", target: "subject@i1" };
        const reply = await http(session, "POST", "/", delivery(session.event(fields)));
        session.must(
          reply.status >= 200 && reply.status < 300,
          "BUS-124",
          `${type} for which nobody waits is acknowledged, not ${reply.status} ${reply.text}`,
        );
        session.must(!session.otherCalls.some((call) => call.for === "handler"), "BUS-124", "no handler runs");
      }
      const other = await http(session, "POST", "/", delivery(session.event({ type: "thing.happened.replied" })));
      session.must(other.json?.code === "handler-missing", "HTTP-067", `another type is not: ${other.status}`);
    },
  },
];

function delivery(event: JsonObject, deadlineMs = 15_000): HttpBody {
  return {
    event,
    headers: {
      "bellhop-delivery": `dlv_${String(event.id)}`,
      "bellhop-attempt": "1",
      "bellhop-deadline-ms": String(deadlineMs),
    },
  };
}

/** Delivers, ends the handler so, and gives the answer. */
async function delivered(
  session: Session,
  event: JsonObject,
  answer: Parameters<Session["settle"]>[1],
): Promise<HttpReply | undefined> {
  const { seq } = await begin(session, "POST", "/", delivery(event));
  await session.settle(handlerOf(session), answer);
  await session.advance(1);
  return lateReply(session, seq);
}

function handlerOf(session: Session): OtherCall {
  const call = session.otherCalls.find((one) => one.for === "handler");
  session.must(call !== undefined, "HTTP-062", "the handler runs");
  return call;
}

/** What the handler publishes; to make an envelope may take the service a moment. */
async function publishOf(session: Session): Promise<OtherCall> {
  for (let ms = 0; ms < 10 && !session.otherCalls.some((one) => one.for === "publish"); ms++) await session.advance(1);
  const call = session.otherCalls.find((one) => one.for === "publish");
  session.must(call !== undefined, "BUS-122", "the reply is published");
  return call;
}

function stopped(session: Session, { call }: OtherCall): boolean {
  return session.stops.some((stop) => stop.call === call);
}
