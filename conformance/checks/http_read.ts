/**
 * Checks of what can be read and changed over HTTP: status, lists, dead letters, registry, manifest, health.
 *
 * @module
 */
import type { Check } from "../check.ts";
import type { DeliveryCall, JsonObject } from "../control.ts";
import type { Session } from "../session.ts";
import { begin, called, http, type HttpReply, problem, replyAfter, replyWithin, taken } from "./_http.ts";
import { registryEvents } from "./_registered.ts";

const needs = ["core", "registry", "http"] as const;
const STRUCTURED = "application/cloudevents+json";

/** See the module. */
export const HTTP_READ_CHECKS: readonly Check[] = [
  {
    id: "http/status-by-query",
    requirements: ["HTTP-028", "HTTP-029", "HTTP-030"],
    title: "source and id are percent-encoded once and compared exactly",
    kind: "hostile",
    needs,
    virtual: false,
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"] });
      const odd = { source: "/a%2Fb?c=d&e#f", id: `m+1 %20&x=y/${Math.floor(session.nowMs)}` };
      const event = session.event({ source: "/a%2Fb", id: odd.id });
      const { status, text } = await http(session, "POST", "/messages", { event });
      session.must(status === 202, "HTTP-018", `wanted 202, got ${status} ${text}`);
      const path = (source: string, id: string) =>
        `/messages?source=${encodeURIComponent(source)}&id=${encodeURIComponent(id)}`;
      const found = await http(session, "GET", path("/a%2Fb", odd.id));
      session.must(
        found.status === 200 && found.json?.id === odd.id,
        "HTTP-028",
        `wanted the status, got ${found.status}`,
      );
      problem(session, await http(session, "GET", path("/a/b", odd.id)), 404, "message-unknown", "HTTP-028");
      problem(session, await http(session, "GET", path("/a%2Fb", `${odd.id}x`)), 404, "message-unknown", "HTTP-029");
      const half = problem(
        session,
        await http(session, "GET", "/messages?source=%2Fa"),
        400,
        "argument-invalid",
        "HTTP-030",
      );
      session.must(half.field === "id", "HTTP-030", `the field is id, not ${half.field}`);
      const other = problem(session, await http(session, "GET", "/messages?id=1"), 400, "argument-invalid", "HTTP-030");
      session.must(other.field === "source", "HTTP-030", `the field is source, not ${other.field}`);
      const plus = await http(session, "GET", path("/a%2Fb", odd.id).replace("%2B", "+"));
      session.must(plus.status === 200, "HTTP-028", `a plus in a query is a plus, not ${plus.status}`);
      const twice = await http(session, "GET", `${path("/a%2Fb", odd.id)}&id=1`);
      const { field } = problem(session, twice, 400, "argument-invalid", "HTTP-030");
      session.must(field === "id", "HTTP-030", `the field that stands twice is id, not ${field}`);
    },
  },
  {
    id: "http/cancel",
    requirements: ["BUS-040", "BUS-042", "BUS-043"],
    title: "DELETE /messages cancels, once",
    kind: "scenario",
    needs,
    virtual: false,
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"] });
      const event = await session.accepted();
      await session.nak(await taken(session, "b"));
      await session.settle(await taken(session, "b"), { status: 503, headers: { "retry-after": "60" }, body: "" });
      const waits = await session.untilTrace(({ kind, id }) => kind === "waiting" && id === event.id, 5_000);
      session.must(waits !== undefined, "BUS-106", "it waits for its next attempt");
      const path = `/messages?source=${encodeURIComponent(event.source)}&id=${event.id}`;
      const reply = await http(session, "DELETE", path);
      session.must(reply.status === 200, "BUS-040", `wanted 200, got ${reply.status} ${reply.text}`);
      const [delivery] = reply.json?.deliveries as JsonObject[];
      session.must(delivery?.outcome === "cancelled", "BUS-040", `the outcome is cancelled, not ${delivery?.outcome}`);
      problem(session, await http(session, "DELETE", path), 409, "message-ended", "BUS-042");
      problem(
        session,
        await http(session, "DELETE", "/messages?source=%2Fa&id=none"),
        404,
        "message-unknown",
        "BUS-043",
      );
    },
  },
  {
    id: "http/pages",
    requirements: ["HTTP-031", "HTTP-032", "HTTP-033", "HTTP-048", "HTTP-049"],
    title: "Paging through dead letters shows each once",
    kind: "scenario",
    needs,
    virtual: false,
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"] });
      await session.member("c", { subscriptions: ["thing.odd"] });
      for (let n = 0; n < 7; n++) {
        await session.accepted({ type: n === 3 ? "thing.odd" : "thing.even" });
        for (const receiver of n === 3 ? ["b", "c"] : ["b"]) {
          const call = await taken(session, receiver);
          await session.term(call);
          await ended(session, call);
        }
      }
      const seen: string[] = [];
      let after: string | null = "";
      for (let pages = 0; after !== null; pages++) {
        session.must(pages < 20, "HTTP-032", "the last page says after: null");
        const from: string = after === "" ? "" : `&after=${encodeURIComponent(after)}`;
        const { status, json } = await http(session, "GET", `/dead-letters?limit=3${from}`);
        session.must(status === 200, "HTTP-048", `a page was answered ${status}`);
        const letters = json?.deadLetters as JsonObject[];
        session.must(letters.length <= 3, "HTTP-031", `a page of 3 holds ${letters.length}`);
        seen.push(...letters.map(({ id }) => String(id)));
        session.must(json !== undefined && "after" in json, "HTTP-032", "a page has the member after");
        after = json.after as string | null;
      }
      session.must(
        seen.length === 8 && new Set(seen).size === 8,
        "HTTP-033",
        `8 dead letters are shown once each: ${seen.length}`,
      );
      const of = await http(session, "GET", "/dead-letters?receiver=c");
      session.same(
        (of.json?.deadLetters as JsonObject[]).map(({ receiver }) => receiver),
        ["c"],
        "HTTP-049",
        "the letters of c",
      );
      for (const limit of ["0", "1001", "x", "1.5", "-1"]) {
        const reply = await http(session, "GET", `/dead-letters?limit=${limit}`);
        const { field } = problem(session, reply, 400, "argument-invalid", "HTTP-030");
        session.must(field === "limit", "HTTP-030", `the field is limit, not ${field}`);
      }
    },
  },
  {
    id: "http/dead-letter-routes",
    requirements: ["HTTP-048", "BUS-087"],
    title: "A dead letter is shown, redriven and discarded by its id",
    kind: "scenario",
    needs,
    virtual: false,
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"] });
      for (let n = 0; n < 2; n++) {
        await session.accepted();
        const call = await taken(session, "b");
        await session.term(call);
        await ended(session, call);
      }
      const [first, second] = await session.list("dead-letters");
      const path = (id: unknown) => `/dead-letters/${encodeURIComponent(String(id))}`;
      const shown = await http(session, "GET", path(first.id));
      session.must(shown.status === 200 && shown.json?.id === first.id, "HTTP-048", `GET was answered ${shown.status}`);
      const redriven = await http(session, "POST", `${path(first.id)}/redrive`);
      session.must(redriven.status === 202, "HTTP-048", `the redrive was answered ${redriven.status} ${redriven.text}`);
      session.must(redriven.json?.run === 2, "HTTP-048", `the run is 2, not ${redriven.json?.run}`);
      session.same(redriven.json?.receivers, ["b"], "HTTP-048", "the receivers of the redrive");
      const call = await taken(session, "b");
      session.must(call.attempt === 1, "BUS-085", "the run begins with attempt 1");
      const gone = await http(session, "DELETE", path(second.id));
      session.must(gone.status === 204, "HTTP-048", `the discard was answered ${gone.status}`);
      for (const [method, suffix] of [["GET", ""], ["POST", "/redrive"], ["DELETE", ""]] as const) {
        problem(
          session,
          await http(session, method, `${path(second.id)}${suffix}`),
          404,
          "dead-letter-unknown",
          "BUS-087",
        );
      }
    },
  },
  {
    id: "http/registry",
    requirements: ["HTTP-034", "HTTP-035", "HTTP-036"],
    title: "POST /registry takes registry envelopes in two modes and answers in structured mode",
    kind: "scenario",
    needs,
    virtual: false,
    async run(session: Session) {
      await session.start();
      const data = {
        name: "b",
        version: "1.0.0",
        instance: "i1",
        endpoint: "http://127.0.0.1:9/b/i1",
        subscriptions: [],
      };
      const event = { specversion: "1.0", id: "reg-1", source: "/suite", type: "service.register", data };
      const structured = await http(session, "POST", "/registry", { event });
      session.must(structured.status === 200, "HTTP-034", `wanted 200, got ${structured.status} ${structured.text}`);
      session.must(
        structured.headers["content-type"]?.toLowerCase().startsWith(STRUCTURED) === true,
        "HTTP-034",
        "the answer is in structured mode",
      );
      session.must(structured.json?.type === "service.registered", "REG-001", "the answer is service.registered");
      session.must(
        structured.json.causationid === "reg-1",
        "HTTP-036",
        `causationid is reg-1, not ${structured.json.causationid}`,
      );
      const odd = await http(session, "POST", "/registry", { event: { ...event, priority: "URGENT", data: {} } });
      problem(session, odd, 422, "envelope-invalid", "HTTP-034");
      const binary = await http(session, "POST", "/registry", {
        headers: {
          "content-type": "application/json",
          "ce-specversion": "1.0",
          "ce-id": "reg-2",
          "ce-source": "/suite",
          "ce-type": "service.register",
        },
        body: JSON.stringify(data),
      });
      session.must(
        binary.status === 200 && binary.json?.causationid === "reg-2",
        "HTTP-034",
        `binary mode was answered ${binary.status}`,
      );
      const { lease } = binary.json.data as { lease: string };
      const renewed = await http(session, "POST", "/registry", {
        event: { ...event, id: "reg-3", type: "service.renew", data: { lease } },
      });
      session.must(
        renewed.json?.type === "service.renewed",
        "HTTP-034",
        "the answer to service.renew is service.renewed",
      );
      const other = await http(session, "POST", "/registry", {
        event: { ...event, id: "reg-4", type: "service.dance" },
      });
      problem(session, other, 400, "argument-invalid", "HTTP-035");
      const gone = await http(session, "POST", "/registry", {
        event: { ...event, id: "reg-5", type: "service.deregister", data: { lease } },
      });
      session.must(gone.json?.type === "service.deregistered", "HTTP-034", "the answer is service.deregistered");
      const after = await http(session, "POST", "/registry", {
        event: { ...event, id: "reg-6", type: "service.renew", data: { lease } },
      });
      problem(session, after, 404, "lease-unknown", "REG-029");
    },
  },
  {
    id: "http/services",
    requirements: ["HTTP-038", "HTTP-039", "REG-008"],
    title: "Services are listed with their instances, and without their lease tokens",
    kind: "scenario",
    needs,
    virtual: false,
    async run(session: Session) {
      await session.start();
      const { lease } = await session.member("b", { subscriptions: ["thing.*"], receipts: true });
      await session.member("b", { subscriptions: ["thing.*"], instance: "i2" });
      const all = await http(session, "GET", "/services");
      session.must(all.status === 200, "HTTP-038", `GET /services was answered ${all.status}`);
      const found = (all.json?.services as JsonObject[]).find(({ name }) => name === "b");
      session.must(found !== undefined, "HTTP-038", "the service is listed");
      session.same(
        (found.instances as JsonObject[]).map(({ instance }) => instance).sort(),
        ["i1", "i2"],
        "HTTP-038",
        "its instances",
      );
      session.same(found.subscriptions, ["thing.*"], "HTTP-038", "its subscriptions");
      const one = await http(session, "GET", "/services/b");
      session.must(
        one.status === 200 && one.json?.name === "b",
        "HTTP-038",
        `GET /services/b was answered ${one.status}`,
      );
      session.must(!`${all.text}${one.text}`.includes(lease), "REG-008", "a list shows a lease token");
      problem(session, await http(session, "GET", "/services/nobody"), 404, "service-unknown", "HTTP-039");
    },
  },
  {
    id: "http/manifest-and-health",
    requirements: ["HTTP-055", "HTTP-056", "ENV-048"],
    title: "The gateway tells what it is and how it is",
    kind: "scenario",
    needs,
    virtual: false,
    async run(session: Session) {
      await session.start();
      const { status, json } = await http(session, "GET", "/");
      session.must(status === 200, "HTTP-055", `GET / was answered ${status}`);
      for (const member of ["name", "version", "source", "durability", "endpointGuard"]) {
        session.must(typeof json?.[member] === "string", "HTTP-055", `the manifest has ${member}`);
      }
      session.must(Array.isArray(json?.profiles), "HTTP-055", "the manifest has profiles");
      session.must(
        ["memory", "flushed", "replicated"].includes(String(json.durability)),
        "HTTP-055",
        `durability is ${json.durability}`,
      );
      session.must(typeof json.limits === "object", "ENV-048", "the manifest has limits");
      const health = await http(session, "GET", "/health");
      session.must(health.status === 200, "HTTP-056", `GET /health was answered ${health.status}`);
      session.must(
        health.headers["content-type"]?.startsWith("application/health+json") === true,
        "HTTP-056",
        "health is application/health+json",
      );
      session.must(
        ["pass", "warn"].includes(String(health.json?.status)),
        "HTTP-056",
        `with 200 status is pass or warn, not ${health.json?.status}`,
      );
    },
  },
  {
    id: "http/failed-store-is-told",
    requirements: ["HTTP-056", "HTTP-057"],
    title: "A gateway whose store has failed reports fail with 503",
    kind: "fault",
    needs: ["core", "registry", "http", "durable"],
    can: ["store-faults"],
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"] });
      await session.say({ do: "store", action: "fail" });
      const reply = await session.publish(session.event({ priority: "CRITICAL" }));
      session.must(
        reply.refused?.code === "not-durable",
        "BUS-013",
        `a failed flush is not-durable: ${JSON.stringify(reply)}`,
      );
      const health = await http(session, "GET", "/health");
      session.must(health.json?.status === "fail", "HTTP-057", `the status is fail, not ${health.json?.status}`);
      session.must(health.status === 503, "HTTP-056", `fail is answered 503, not ${health.status}`);
    },
  },
  {
    id: "http/wait-for-status",
    requirements: ["HTTP-071"],
    title: "GET /messages with Prefer: wait is answered when all has ended, and after N seconds at the latest",
    kind: "scenario",
    needs,
    virtual: false,
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"] });
      const event = await session.accepted();
      const path = `/messages?source=${encodeURIComponent(event.source)}&id=${event.id}`;
      const fromMs = session.nowMs;
      const first = await begin(session, "GET", path, { headers: { prefer: "wait=2" } });
      session.must(first.reply === undefined, "HTTP-071", "it waits");
      const out = await replyAfter(session, first.seq, { fromMs, ms: 2_000 }, "HTTP-071", "an answer to a wait of 2 s");
      session.must(out.status === 200 && out.json?.id === event.id, "HTTP-071", `it is the status, not ${out.text}`);
      const second = await begin(session, "GET", path, { headers: { prefer: "wait=20" } });
      session.must(second.reply === undefined, "HTTP-071", "it waits");
      await session.ack(await taken(session, "b"));
      const done = await replyWithin(session, second.seq, session.hello.clock === "virtual" ? 1 : 10_000);
      session.must(done?.status === 200, "HTTP-071", "it is answered when all has ended");
      const [delivery] = done.json?.deliveries as readonly JsonObject[] ?? [];
      session.must(delivery?.outcome === "delivered", "HTTP-071", `the status has the outcome: ${done.text}`);
    },
  },
  {
    id: "http/publisher-by-lease",
    requirements: ["HTTP-026", "HTTP-027", "BUS-071", "REG-025"],
    title: "The lease token of a publish says to whom receipts go; an unknown one is refused",
    kind: "scenario",
    needs,
    virtual: false,
    async run(session: Session) {
      await session.start();
      const { lease } = await session.member("a", { receipts: true });
      await session.member("b", { subscriptions: ["thing.*"] });
      const event = session.event();
      const reply = await http(session, "POST", "/messages", { event, headers: { "bellhop-lease": lease } });
      session.must(reply.status === 202, "HTTP-026", `wanted 202, got ${reply.status}`);
      const call = await session.untilCall(5_000, "b");
      session.must(call !== undefined, "BUS-019", "it is delivered");
      await session.ack(call);
      const receipt = await session.untilCall(5_000, "a");
      session.must(
        receipt?.envelope.type === "message.delivered",
        "HTTP-026",
        "the publishing instance gets the receipt",
      );
      await session.ack(receipt);
      const plain = session.event();
      await http(session, "POST", "/messages", { event: plain });
      const second = await session.untilCall(5_000, "b");
      session.must(second !== undefined, "BUS-019", "it is delivered");
      await session.ack(second);
      await session.advance(50);
      session.must(session.peek("a") === undefined, "HTTP-026", "without a lease nobody gets a receipt");
      const bad = await http(session, "POST", "/messages", {
        event: session.event(),
        headers: { "bellhop-lease": "lse_none" },
      });
      problem(session, bad, 404, "lease-unknown", "HTTP-027");
    },
  },
  {
    id: "http/refused-publish-renews",
    requirements: ["REG-025"],
    title: "A publish that is refused renews the lease that it carries all the same",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ healthIntervalMs: 0 });
      const { lease } = await session.member("a", { leaseMs: 10_000 });
      const headers = { "bellhop-lease": lease };
      for (const fields of [{ priority: "URGENT" }, { type: "message.x" }, { target: "nobody" }] as const) {
        await session.advance(9_999);
        const { status } = await http(session, "POST", "/messages", { event: session.event(fields), headers });
        session.must(status >= 400 && status < 500, "BUS-001", `wanted a refusal, got ${status}`);
        session.same(registryEvents(session, "suspect"), [], "REG-025", "who became suspect before");
      }
      await session.advance(9_999);
      session.same(
        registryEvents(session, "suspect"),
        [],
        "REG-025",
        "who became suspect 1 ms before the last lease ends",
      );
      await session.advance(1);
      session.same(registryEvents(session, "suspect").length, 1, "REG-022", "who became suspect at its end");
    },
  },
  {
    id: "http/discover",
    requirements: ["HTTP-037", "REG-013", "REG-014"],
    title: "POST /discover answers when the service is registered, or with discovery-failed",
    kind: "scenario",
    needs,
    virtual: false,
    async run(session: Session) {
      await session.start();
      const url = "http://127.0.0.1:9/found";
      const asked = await begin(session, "POST", "/discover", { json: { url } });
      const call = await called(session, "manifest", "REG-013");
      session.must(asked.reply === undefined, "HTTP-037", "there is no answer before the service was registered");
      await session.settle(call, {
        status: 200,
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ name: "found", version: "1.0.0", subscriptions: ["found.*"] }),
      });
      const reply = await consenting(session, asked.seq);
      session.must(
        reply?.status === 200 && reply.json?.name === "found",
        "HTTP-037",
        `wanted the service, got ${reply?.status} ${reply?.text}`,
      );
      const { status } = await http(session, "GET", "/services/found");
      session.must(status === 200, "HTTP-037", "it is registered when the answer comes");

      const failing = await begin(session, "POST", "/discover", { json: { url: "http://127.0.0.1:9/lost" } });
      await session.settle(await called(session, "manifest", "REG-013"), { status: 404, headers: {}, body: "" });
      const failed = failing.reply ?? await replyWithin(session, failing.seq, 5_000);
      session.must(failed !== undefined, "REG-014", "there is an answer");
      problem(session, failed, 502, "discovery-failed", "REG-014");
      const nonsense = await http(session, "POST", "/discover", { json: { url: "no URL" } });
      problem(session, nonsense, 400, "argument-invalid", "HTTP-037");
    },
  },
];

/** The answer of a discovery, with consent if the gateway asks for it: in open mode it may leave that out. */
async function consenting(session: Session, seq: number): Promise<HttpReply | undefined> {
  for (let n = 0; n < 100; n++) {
    const reply = await replyWithin(session, seq, 50);
    if (reply !== undefined) return reply;
    const call = session.otherCalls.find((one) => one.for === "handshake");
    if (call === undefined) continue;
    await session.settle(call, { status: 204, headers: { "webhook-allowed-origin": "*" }, body: "" });
  }
  return undefined;
}

/** Lets it come to the end of that delivery. */
async function ended(session: Session, { envelope, receiver }: DeliveryCall): Promise<void> {
  const end = await session.untilTrace(
    (step) => step.kind === "ended" && step.id === envelope.id && step.receiver === receiver,
    5_000,
  );
  session.must(end !== undefined, "RET-045", "a term ends the delivery");
}
