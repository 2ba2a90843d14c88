/**
 * Checks of deliveries and proxied requests as they go out over HTTP, and of the answers that they get.
 *
 * @module
 */
import type { Check } from "../check.ts";
import type { DeliveryCall } from "../control.ts";
import type { Session } from "../session.ts";
import { begin, called, http, problem, replyWithin, taken } from "./_http.ts";

const needs = ["core", "registry", "http"] as const;
const HOUR_MS = 3_600_000;

/** See the module. */
export const HTTP_DELIVERY_CHECKS: readonly Check[] = [
  {
    id: "http/delivery-form",
    requirements: ["HTTP-058", "HTTP-059", "HTTP-060", "HTTP-061"],
    title: "A delivery is a POST in structured mode with its id, its attempt and its deadline",
    kind: "scenario",
    needs,
    virtual: false,
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"] });
      await session.member("c", { subscriptions: ["thing.*"] });
      const event = await session.accepted({ data: { n: 1 } });
      const first = await taken(session, "b");
      const { method, headers, body } = requestOf(session, first);
      session.must(method === "POST", "HTTP-058", `a delivery is a POST, not ${method}`);
      session.must(
        headers["content-type"]?.toLowerCase().startsWith("application/cloudevents+json") === true,
        "HTTP-058",
        `structured mode, not ${headers["content-type"]}`,
      );
      const { datacontenttype: _, ...sent } = JSON.parse(body);
      session.same(sent, event, "BUS-094", "the envelope on the wire");
      session.must((headers["bellhop-delivery"] ?? "") !== "", "HTTP-059", "bellhop-delivery is there");
      session.must(
        headers["bellhop-attempt"] === "1",
        "HTTP-060",
        `bellhop-attempt is 1, not ${headers["bellhop-attempt"]}`,
      );
      const deadlineMs = Number(headers["bellhop-deadline-ms"]);
      session.must(
        deadlineMs > 0 && deadlineMs <= 15_000,
        "HTTP-061",
        `bellhop-deadline-ms is ${headers["bellhop-deadline-ms"]}`,
      );
      const other = await taken(session, "c");
      session.must(
        requestOf(session, other).headers["bellhop-delivery"] !== headers["bellhop-delivery"],
        "HTTP-059",
        "each receiver's delivery has an id of its own",
      );
      await session.ack(other);
      await session.settle(first, { status: 500, headers: {}, body: "" });
      const second = requestOf(session, await taken(session, "b")).headers;
      session.must(
        second["bellhop-attempt"] === "2",
        "HTTP-060",
        `bellhop-attempt is 2, not ${second["bellhop-attempt"]}`,
      );
      session.must(
        second["bellhop-delivery"] === headers["bellhop-delivery"],
        "HTTP-059",
        "bellhop-delivery is equal over attempts",
      );
    },
  },
  ...verdictChecks(),
  {
    id: "http/retry-after",
    requirements: ["RET-029", "RET-030", "RET-031", "RET-022", "RET-023"],
    title: "Retry-After is obeyed in seconds and as a date, and passed over where it is neither",
    kind: "scenario",
    needs,
    async run(session: Session) {
      const startMs = 1_767_225_600_000;
      for (
        const [value, waitMs, requirement] of [
          ["7", 7_000, "RET-029"],
          ["0", 0, "RET-029"],
          ["007", 7_000, "RET-029"],
          ["999999999", HOUR_MS, "RET-023"],
          ["Thu, 01 Jan 2026 00:00:30 GMT", 30_000, "RET-030"],
          ["Thu, 01 Jan 2025 00:00:00 GMT", 0, "RET-030"],
          ["soon", 0, "RET-031"],
          ["-5", 0, "RET-031"],
          ["1.5", 0, "RET-031"],
          ["", 0, "RET-031"],
        ] as const
      ) {
        await session.start({ nowMs: startMs, policy: { maxElapsedMs: 2_592_000_000 } });
        await session.member("b", { subscriptions: ["thing.*"] });
        await session.accepted();
        const first = session.begun("BUS-019", "b");
        await session.settle(first, { status: 503, headers: { "retry-after": value }, body: "" });
        const second = await session.untilCall(2 * HOUR_MS, "b");
        session.must(second !== undefined, "RET-046", "retry 1 follows");
        session.must(
          second.atMs - first.atMs === waitMs,
          requirement,
          `after Retry-After: ${value} retry 1 waits ${waitMs} ms, not ${second.atMs - first.atMs}`,
        );
      }
    },
  },
  {
    id: "http/redirects-are-not-followed",
    requirements: ["RET-040", "RET-037"],
    title: "A redirect is a nak, and never followed",
    kind: "hostile",
    needs,
    virtual: false,
    async run(session: Session) {
      for (const status of [301, 302, 303, 307, 308]) {
        await session.start();
        await session.member("b", { subscriptions: ["thing.*"] });
        await session.accepted();
        const first = await taken(session, "b");
        const { url } = requestOf(session, first);
        await session.settle(first, { status, headers: { location: "http://127.0.0.1:9/elsewhere/x" }, body: "" });
        const second = await taken(session, "b");
        session.must(requestOf(session, second).url === url, "RET-040", `${status} led to ${second.request?.url}`);
        session.must(second.attempt === 2, "RET-037", `${status} is a nak`);
      }
    },
  },
  {
    id: "http/proxy-passes-on",
    requirements: ["HTTP-040", "HTTP-041", "RET-009"],
    title: "The proxy passes on method, path, query, headers and body, without what belongs to one hop",
    kind: "scenario",
    needs,
    virtual: false,
    async run(session: Session) {
      await session.start();
      const { lease } = await session.member("b");
      const asked = await begin(session, "POST", "/services/b/a/b%20c?x=1&y=%2F", {
        headers: {
          "content-type": "text/plain",
          "x-odd": "kept",
          "bellhop-lease": lease,
          connection: "x-hop",
          "x-hop": "dropped",
          te: "trailers",
        },
        body: "hello",
      });
      const call = session.otherCalls.find((one) => one.for === "proxy");
      session.must(call?.request !== undefined, "HTTP-040", "the request reaches an instance");
      const { method, url, headers, body } = call.request;
      session.must(method === "POST" && body === "hello", "HTTP-040", `method and body: ${method} ${body}`);
      session.must(url.endsWith("/a/b%20c?x=1&y=%2F"), "HTTP-040", `path and query: ${url}`);
      session.must(headers["x-odd"] === "kept", "HTTP-040", "an end-to-end header is kept");
      session.must(!("bellhop-lease" in headers), "HTTP-041", "bellhop-lease is removed");
      session.must(!("x-hop" in headers) && !("te" in headers), "HTTP-041", "hop-by-hop headers are removed");
      await session.settle(call, {
        status: 503,
        headers: { "x-answer": "kept", "content-type": "text/plain" },
        body: "busy",
      });
      const reply = asked.reply ?? await replyWithin(session, asked.seq, 5_000);
      session.must(reply !== undefined, "HTTP-040", "the answer is passed on");
      session.must(
        reply.status === 503 && reply.text === "busy",
        "HTTP-040",
        `the answer is passed on: ${reply.status} ${reply.text}`,
      );
      session.must(reply.headers["x-answer"] === "kept", "HTTP-040", "a header of the answer is kept");
      await session.advance(100);
      session.must(!session.otherCalls.some((one) => one.for === "proxy"), "RET-009", "the proxy does not retry");
    },
  },
  {
    id: "http/proxy-refuses",
    requirements: ["HTTP-039", "HTTP-042", "HTTP-043"],
    title: "The proxy refuses dot segments, unknown services, and those without an instance",
    kind: "hostile",
    needs,
    virtual: false,
    async run(session: Session) {
      await session.start();
      const { lease } = await session.member("b", { subscriptions: ["thing.*"] });
      problem(session, await http(session, "GET", "/services/nobody/x"), 404, "service-unknown", "HTTP-039");
      for (const path of ["a/%2e%2e/x", "a/%2E./x", "a/%2e/x", "a/../x", "a/./x", "../x", "%2e%2e/x", "a/..", ".."]) {
        const { reply } = await begin(session, "GET", `/services/b/${path}`);
        const passed = session.otherCalls.find((one) => one.for === "proxy");
        // A server that reads URLs as the WHATWG does takes dot segments out before the gateway sees them: then what is
        // left of the path may be passed on, unless it has led out of the service's own.
        const leadsOut = /^(\.|%2e){2}/i.test(path);
        if (passed !== undefined) {
          const url = passed.request?.url ?? "";
          session.must(!leadsOut && !/\/(\.|%2e){1,2}(\/|$)/i.test(url), "HTTP-042", `${path} was passed on as ${url}`);
          await session.settle(passed, { status: 404, headers: {}, body: "" });
        } else if (!leadsOut || reply?.status === 400) {
          session.must(reply !== undefined, "HTTP-042", `${path} is answered`);
          problem(session, reply, 400, "argument-invalid", "HTTP-042");
        }
      }
      await session.registry("service.deregister", { lease });
      problem(session, await http(session, "GET", "/services/b/x"), 503, "no-instance", "HTTP-043");
    },
  },
  {
    id: "http/proxy-says-when",
    requirements: ["HTTP-015", "HTTP-043"],
    title: "A proxied request that open breakers keep back is told in Retry-After when they let one through",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      await session.member("b");
      for (let n = 0; n < 10; n++) {
        if (n % 2 === 0) await session.accepted({ target: "b", priority: "LOW" });
        await session.nak(session.begun("BUS-019", "b"));
      }
      for (const [ms, seconds] of [[0, "10"], [1, "10"], [1_499, "9"], [500, "8"], [7_999, "1"]] as const) {
        if (ms > 0) await session.advance(ms);
        const { reply } = await begin(session, "GET", "/services/b/x");
        session.must(reply !== undefined, "HTTP-043", "a request is passed on past an open breaker");
        problem(session, reply, 503, "circuit-open", "HTTP-043");
        const told = reply.headers["retry-after"];
        session.must(told === seconds, "HTTP-015", `Retry-After is ${seconds}, rounded up, not ${told}`);
      }
      await session.advance(1);
      const { reply } = await begin(session, "GET", "/services/b/x");
      session.must(reply === undefined, "RET-063", "when that time has passed one is let through");
    },
  },
  {
    id: "http/proxy-unreachable",
    requirements: ["HTTP-044"],
    title: "A proxied request whose instance cannot be reached is refused with unreachable",
    kind: "fault",
    needs,
    virtual: false,
    async run(session: Session) {
      await session.start();
      await session.member("b");
      const asked = await begin(session, "GET", "/services/b/x");
      await session.settle(await called(session, "proxy", "HTTP-040"), { fault: "unreachable" });
      const reply = asked.reply ?? await replyWithin(session, asked.seq, 5_000);
      session.must(reply !== undefined, "HTTP-044", "there is an answer");
      problem(session, reply, 502, "unreachable", "HTTP-044");
    },
  },
];

/** One check for each row of the table of verdicts. */
function verdictChecks(): Check[] {
  const rows: readonly (readonly [string, number, Readonly<Record<string, string>>, "ack" | "nak" | "term", string])[] =
    [
      ...[200, 201, 202, 204, 206, 299].map((status) => [`${status}`, status, {}, "ack", "RET-033"] as const),
      ["204-with-term", 204, { "bellhop-verdict": "term" }, "ack", "RET-033"],
      ...[400, 409, 413, 415, 422, 431].map((status) => [`${status}`, status, {}, "term", "RET-036"] as const),
      ...[401, 403, 404, 405, 408, 418, 425, 429, 451, 500, 501, 502, 503, 504, 599].map((status) =>
        [`${status}`, status, {}, "nak", "RET-037"] as const
      ),
      ["503-with-ack", 503, { "bellhop-verdict": "ack" }, "ack", "RET-034"],
      ["503-with-term", 503, { "bellhop-verdict": "term" }, "term", "RET-034"],
      ["422-with-nak", 422, { "bellhop-verdict": "nak" }, "nak", "RET-034"],
      ["422-with-nonsense", 422, { "bellhop-verdict": "maybe" }, "term", "RET-035"],
      ["503-with-nonsense", 503, { "bellhop-verdict": "ack, term" }, "nak", "RET-035"],
    ];
  return rows.map(([name, status, headers, verdict, requirement]): Check => ({
    id: `http/verdict-${name}`,
    requirements: [requirement],
    title: `An answer with ${status}${
      Object.keys(headers).length === 0 ? "" : ` and ${JSON.stringify(headers)}`
    } is a ${verdict}`,
    kind: "scenario",
    needs,
    virtual: false,
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"] });
      const event = await session.accepted();
      await session.settle(await taken(session, "b"), { status, headers, body: status === 204 ? "" : "x" });
      if (verdict === "nak") {
        const again = await session.untilCall(5_000, "b");
        session.must(again?.attempt === 2, requirement, `${status} is a nak: retry 1 follows`);
        return;
      }
      const ended = await session.untilTrace(({ kind, id }) => kind === "ended" && id === event.id, 2_000);
      const wanted = verdict === "ack" ? "delivered" : "rejected";
      session.must(ended !== undefined, requirement, `${status} is a ${verdict}: the delivery ends`);
      session.must(
        ended.outcome === wanted,
        requirement,
        `${status} is a ${verdict}: the outcome is ${wanted}, not ${ended.outcome}`,
      );
    },
  }));
}

function requestOf(session: Session, call: DeliveryCall): NonNullable<DeliveryCall["request"]> {
  session.must(call.request !== undefined, "HTTP-058", "a delivery over HTTP is a request");
  return call.request;
}
