/**
 * Checks of a receiving service: `start` with `role: "service"`, deliveries as requests, handlers as calls.
 *
 * @module
 */
import type { Check } from "../check.ts";
import type { JsonObject } from "../control.ts";
import type { Session } from "../session.ts";
import { begin, http, type HttpBody, type HttpReply, lateReply } from "./_http.ts";

const needs = ["http"] as const;
const can = ["service"] as const;
const STRUCTURED = "application/cloudevents+json";

/** See the module. */
export const HTTP_SERVICE_CHECKS: readonly Check[] = [
  {
    id: "service/routes",
    requirements: ["HTTP-062", "REG-055", "REG-018", "SEC-057"],
    title: "A service serves its manifest, its health and the handshake",
    kind: "scenario",
    needs,
    can,
    async run(session: Session) {
      await begun(session);
      const manifest = await http(session, "GET", "/");
      session.must(manifest.status === 200, "HTTP-062", `GET / was answered ${manifest.status}`);
      session.must(manifest.json?.name === "subject", "HTTP-062", `the manifest has the name: ${manifest.text}`);
      session.same(manifest.json?.subscriptions, ["thing.*", "odd.>"], "HTTP-062", "the subscriptions of the manifest");
      const health = await http(session, "GET", "/health");
      session.must(
        health.headers["content-type"]?.startsWith("application/health+json") === true,
        "REG-055",
        `health is application/health+json, not ${health.headers["content-type"]}`,
      );
      session.must(
        ["pass", "warn", "fail"].includes(String(health.json?.status)),
        "REG-055",
        `status is ${health.json?.status}`,
      );
      const origin = "gateway.example";
      const consent = await http(session, "OPTIONS", "/", { headers: { "webhook-request-origin": origin } });
      const allowed = consent.headers["webhook-allowed-origin"];
      session.must(allowed === origin || allowed === "*", "REG-018", `webhook-allowed-origin is ${allowed}`);
      const canary = "canary-7f3a.example";
      const echoed = await http(session, "OPTIONS", "/", {
        headers: { "webhook-request-origin": canary, "x-odd": canary },
      });
      session.must(
        !JSON.stringify(echoed).replace(`"webhook-allowed-origin":"${canary}"`, "").includes(canary) ||
          echoed.headers["webhook-allowed-origin"] === canary,
        "SEC-057",
        "the consent repeats text of the request",
      );
    },
  },
  {
    id: "service/ack",
    requirements: ["HTTP-063"],
    title: "An ack is answered 204",
    kind: "scenario",
    needs,
    can,
    async run(session: Session) {
      await begun(session);
      const { reply } = await delivered(session, session.event(), { verdict: "ack" });
      session.must(reply.status === 204, "HTTP-063", `an ack is 204, not ${reply.status}`);
    },
  },
  {
    id: "service/nak",
    requirements: ["HTTP-064", "RET-032"],
    title: "A nak is answered 503 with the verdict, and its delay in seconds rounded up",
    kind: "scenario",
    needs,
    can,
    async run(session: Session) {
      for (const [delayMs, seconds] of [[1_000, "1"], [1_001, "2"], [1, "1"], [59_999, "60"]] as const) {
        await begun(session);
        const { reply } = await delivered(session, session.event(), { verdict: "nak", delayMs });
        session.must(reply.status === 503, "HTTP-064", `a nak is 503, not ${reply.status}`);
        session.must(
          reply.headers["bellhop-verdict"] === "nak",
          "HTTP-064",
          `bellhop-verdict is ${reply.headers["bellhop-verdict"]}`,
        );
        session.must(
          reply.headers["retry-after"] === seconds,
          "RET-032",
          `${delayMs} ms are Retry-After: ${seconds}, not ${reply.headers["retry-after"]}`,
        );
      }
    },
  },
  {
    id: "service/term",
    requirements: ["HTTP-065"],
    title: "A term is answered 422 with the verdict and a problem that gives the reason",
    kind: "scenario",
    needs,
    can,
    async run(session: Session) {
      await begun(session);
      const { reply } = await delivered(session, session.event(), { verdict: "term", reason: "no such invoice" });
      session.must(reply.status === 422, "HTTP-065", `a term is 422, not ${reply.status}`);
      session.must(
        reply.headers["bellhop-verdict"] === "term",
        "HTTP-065",
        `bellhop-verdict is ${reply.headers["bellhop-verdict"]}`,
      );
      session.must(
        reply.headers["content-type"]?.startsWith("application/problem+json") === true,
        "HTTP-065",
        "a problem document",
      );
      session.must(reply.text.includes("no such invoice"), "HTTP-065", `the problem gives the reason: ${reply.text}`);
    },
  },
  {
    id: "service/handler-throws",
    requirements: ["HTTP-066", "HTTP-014"],
    title: "A handler that throws is a nak with handler-failed, and shows no stack",
    kind: "fault",
    needs,
    can,
    async run(session: Session) {
      await begun(session);
      const { reply } = await delivered(session, session.event(), { fault: "unreachable" });
      session.must(reply.status === 503, "HTTP-066", `a handler that throws is a nak, not ${reply.status}`);
      session.must(
        reply.headers["bellhop-verdict"] === "nak",
        "HTTP-066",
        `bellhop-verdict is ${reply.headers["bellhop-verdict"]}`,
      );
      session.must(
        reply.json?.code === "handler-failed",
        "HTTP-066",
        `the code is handler-failed, not ${reply.json?.code}`,
      );
      session.must(!/\bat .*:\d+:\d+|Traceback/.test(reply.text), "HTTP-014", "a stack trace is shown");
    },
  },
  {
    id: "service/no-handler",
    requirements: ["HTTP-067"],
    title: "A type without a handler is a term with handler-missing",
    kind: "scenario",
    needs,
    can,
    async run(session: Session) {
      await begun(session);
      const reply = await http(session, "POST", "/", delivery(session.event({ type: "other.happened" })));
      session.must(reply.status === 422, "HTTP-067", `it is a term, not ${reply.status}`);
      session.must(
        reply.headers["bellhop-verdict"] === "term",
        "HTTP-067",
        `bellhop-verdict is ${reply.headers["bellhop-verdict"]}`,
      );
      session.must(
        reply.json?.code === "handler-missing",
        "HTTP-067",
        `the code is handler-missing, not ${reply.json?.code}`,
      );
      const { reply: twin } = await delivered(session, session.event(), { verdict: "ack" });
      session.must(twin.status === 204, "HTTP-063", "the same of a type with a handler is taken");
    },
  },
  {
    id: "service/modes",
    requirements: ["HTTP-070"],
    title: "A delivery in another mode than structured is refused",
    kind: "hostile",
    needs,
    can,
    async run(session: Session) {
      await begun(session);
      const event = session.event();
      for (
        const parts of [
          {
            headers: {
              "content-type": "application/json",
              "ce-specversion": "1.0",
              "ce-id": String(event.id),
              "ce-source": "/suite",
              "ce-type": "thing.happened",
            },
            body: "{}",
          },
          { headers: { "content-type": "application/cloudevents-batch+json" }, body: JSON.stringify([event]) },
          { headers: { "content-type": "text/plain" }, body: JSON.stringify(event) },
        ]
      ) {
        const reply = await http(session, "POST", "/", parts);
        session.must(
          reply.json?.code === "content-type-unsupported",
          "HTTP-070",
          `${
            parts.headers["content-type"]
          } is refused with content-type-unsupported, not ${reply.status} ${reply.text}`,
        );
        session.must(!session.otherCalls.some((call) => call.for === "handler"), "HTTP-070", "no handler runs");
      }
      const { reply } = await delivered(session, event, { verdict: "ack" });
      session.must(reply.status === 204, "HTTP-063", "the same in structured mode is taken");
    },
  },
  {
    id: "service/duplicates",
    requirements: ["BUS-056", "BUS-057", "BUS-058"],
    title: "A duplicate runs no handler: 503 while the first runs, 2xx after its ack, and a nak leaves nothing behind",
    kind: "interleaving",
    needs,
    can,
    async run(session: Session) {
      await begun(session);
      const event = session.event();
      const first = await begin(session, "POST", "/", delivery(event));
      session.must(first.reply === undefined, "HTTP-062", "the answer waits for the handler");
      const handler = handlerOf(session);
      const meanwhile = await http(session, "POST", "/", delivery(event, 2));
      session.must(
        meanwhile.status === 503,
        "BUS-057",
        `a duplicate of one in its handler is 503, not ${meanwhile.status}`,
      );
      session.must(
        meanwhile.json?.code === "in-progress",
        "BUS-057",
        `the code is in-progress, not ${meanwhile.json?.code}`,
      );
      await session.settle(handler, { verdict: "nak" });
      await session.advance(1);
      const again = await begin(session, "POST", "/", delivery(event, 3));
      session.must(again.reply === undefined, "BUS-056", "after a nak the handler runs again");
      await session.settle(handlerOf(session), { verdict: "ack" });
      await session.advance(1);
      session.must(lateReply(session, again.seq)?.status === 204, "HTTP-063", "the ack is answered 204");
      const known = await http(session, "POST", "/", delivery(event, 4));
      session.must(known.status >= 200 && known.status < 300, "BUS-058", `a known one is 2xx, not ${known.status}`);
      session.must(!session.otherCalls.some((call) => call.for === "handler"), "BUS-058", "no handler runs");
      // Another source is another message.
      const other = await begin(session, "POST", "/", delivery({ ...event, source: "/other" }));
      session.must(other.reply === undefined, "BUS-056", "the same id of another source is another message");
    },
  },
  {
    id: "service/remembers-10-minutes",
    requirements: ["BUS-059"],
    title: "What was acknowledged is remembered for 10 minutes at least",
    kind: "scenario",
    needs,
    can,
    async run(session: Session) {
      await begun(session);
      const event = session.event();
      await delivered(session, event, { verdict: "ack" });
      await session.advance(599_990);
      const again = await begin(session, "POST", "/", delivery(event, 2));
      session.must(again.reply !== undefined, "BUS-059", "within 600,000 ms the handler runs again");
      session.must(
        again.reply.status >= 200 && again.reply.status < 300,
        "BUS-059",
        `it is 2xx, not ${again.reply.status}`,
      );
    },
  },
  {
    id: "service/long-delivery",
    requirements: ["ENV-049"],
    title: "A delivery of 524,288 bytes reaches the handler, and is acknowledged",
    kind: "scenario",
    needs,
    can,
    async run(session: Session) {
      await begun(session);
      const bytes = { datacontenttype: "application/octet-stream", data_base64: "A".repeat(349_528) };
      const event = session.event(bytes);
      const pad = 524_288 - JSON.stringify({ ...event, pad: "" }).length;
      // Attributes have a bound: what is left is white space.
      const body = JSON.stringify({ ...event, pad: "x".repeat(1_000) }) + " ".repeat(pad - 1_000);
      const { headers } = delivery(event);
      const { reply, seq } = await begin(session, "POST", "/", {
        headers: { "content-type": STRUCTURED, ...headers },
        body,
      });
      session.must(reply === undefined, "ENV-049", () => `it was answered ${reply?.status} ${reply?.text}`);
      await session.settle(handlerOf(session), { verdict: "ack" });
      await session.advance(1);
      session.must(lateReply(session, seq)?.status === 204, "ENV-049", "it is acknowledged");
    },
  },
  {
    id: "service/hostile-bodies",
    requirements: ["HTTP-007", "ENV-024"],
    title: "Bodies that are no envelope are refused, and the service goes on",
    kind: "hostile",
    needs,
    can,
    async run(session: Session) {
      await begun(session);
      for (
        const body of [
          "",
          "{",
          "[]",
          "null",
          "\ufeff{}",
          '{"specversion":"1.0"}',
          "x".repeat(70_000),
          '{"__proto__":1}',
        ]
      ) {
        const reply = await http(session, "POST", "/", { headers: { "content-type": STRUCTURED }, body });
        session.must(
          reply.status >= 400 && reply.status < 500,
          "ENV-024",
          `${body.slice(0, 20)} was answered ${reply.status}`,
        );
        session.must(!session.otherCalls.some((call) => call.for === "handler"), "ENV-024", "no handler runs");
      }
      const { reply } = await delivered(session, session.event(), { verdict: "ack" });
      session.must(reply.status === 204, "HTTP-007", "the next delivery is taken");
    },
  },
];

async function begun(session: Session): Promise<void> {
  await session.start({ role: "service", service: { name: "subject", subscriptions: ["thing.*", "odd.>"] } });
}

function delivery(event: JsonObject, attempt = 1): HttpBody {
  return {
    event,
    headers: {
      "bellhop-delivery": `dlv_${String(event.id)}`,
      "bellhop-attempt": String(attempt),
      "bellhop-deadline-ms": "15000",
    },
  };
}

/** Delivers, ends the handler so, and gives the answer. */
async function delivered(
  session: Session,
  event: JsonObject,
  answer: Parameters<Session["settle"]>[1],
): Promise<{ readonly reply: HttpReply }> {
  const { reply, seq } = await begin(session, "POST", "/", delivery(event));
  session.must(reply === undefined, "HTTP-062", () => `a handler must run, got ${reply?.status} ${reply?.text}`);
  await session.settle(handlerOf(session), answer);
  await session.advance(1);
  const late = lateReply(session, seq);
  session.must(late !== undefined, "HTTP-062", "there is an answer when the handler has ended");
  return { reply: late };
}

function handlerOf(session: Session) {
  const call = session.otherCalls.find((one) => one.for === "handler");
  session.must(call !== undefined, "HTTP-062", "the handler runs");
  return call;
}
