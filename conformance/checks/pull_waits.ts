/**
 * Checks of the chapter Pull delivery: who waits, who goes away, who may ask, and what closes.
 *
 * @module
 */
import type { Check } from "../check.ts";
import type { Session } from "../session.ts";
import { begin, http, type HttpReply, lateReply, problem } from "./_http.ts";
import { hangUp, stream } from "./_http_stream.ts";
import {
  answer,
  asked,
  came,
  eventStream,
  idsOf,
  pulledIn,
  type Puller,
  puller,
  streamed,
  take,
  takeOne,
} from "./_pulled.ts";
import { ADMIN, bearer, SECURITY } from "./_secured.ts";

const needs = ["core", "registry", "http", "pull"] as const;
const ACK = "ack";
/** Bytes of a stream that may lie unread. */
const MOST_UNREAD = 1_048_576;
const WORKER = "tok_worker_d29ya2VyLWNhbmFyeS0w";
const STRANGER = "tok_stranger_c3RyYW5nZXItY2Fu";

/** See the module. */
export const PULL_WAIT_CHECKS: readonly Check[] = [
  {
    id: "pull/queued-is-answered-at-once",
    requirements: ["PULL-005"],
    title: "A request that would wait is answered at once when there is a delivery already",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      const b = await puller(session);
      const sent = [(await session.accepted()).id, (await session.accepted()).id];
      const { reply } = await ask(session, b, "/deliveries?wait=30");
      session.must(reply !== undefined, "PULL-005", "a request with wait=30 is answered at once by what is queued");
      session.same(idsOf(pulledIn(session, reply)), sent, "PULL-005", "what it is answered with");
    },
  },
  {
    id: "pull/waiting-keeps-the-lease",
    requirements: ["PULL-024"],
    title: "Whoever waits keeps the lease, however short, and whoever asks no more does not",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ healthIntervalMs: 0 });
      const b = await puller(session, { leaseMs: 2_000 });
      const { seq } = await ask(session, b, "/deliveries?wait=20");
      await session.advance(20_000);
      const reply = lateReply(session, seq);
      session.must(reply !== undefined, "PULL-005", "the request is answered when its time has passed");
      session.same(pulledIn(session, reply, "PULL-024"), [], "PULL-005", "what it is answered with");
      const suspected = session.trace.filter(({ kind }) => kind === "suspect");
      session.same(suspected, [], "PULL-024", "the suspicions while a request waits for ten leases");
      await session.advance(4_000);
      session.must(session.trace.some(({ kind }) => kind === "removed"), "REG-023", "who asks no more keeps no lease");
    },
  },
  {
    id: "pull/lease-lost-while-waiting",
    requirements: ["PULL-025"],
    title: "A request that waits is answered when its lease goes: the instance leaves, or is replaced",
    kind: "interleaving",
    needs,
    async run(session: Session) {
      for (const way of ["deregistered", "replaced"]) {
        await session.start();
        const b = await puller(session);
        const { seq, reply: early } = await ask(session, b, "/deliveries?wait=60");
        session.must(early === undefined, "PULL-005", "a request waits while there is nothing");
        if (way === "replaced") await puller(session);
        else await session.registry("service.deregister", { lease: b.lease });
        await session.advance(1);
        const reply = lateReply(session, seq);
        session.must(reply !== undefined, "PULL-025", `a request whose instance was ${way} is answered at once`);
        if (reply.status === 200) session.same(pulledIn(session, reply), [], "PULL-025", "what it is answered with");
        else problem(session, reply, 404, "lease-unknown", "PULL-025");
      }
    },
  },
  {
    id: "pull/head-takes-nothing",
    requirements: ["PULL-023"],
    title: "A HEAD of deliveries hands nothing out and does not wait, and neither does one for a stream",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      const b = await puller(session);
      for (const headers of [{}, { accept: "text/event-stream" }]) {
        const { reply } = await ask(session, b, "/deliveries?wait=30", "HEAD", headers);
        session.must(reply !== undefined, "PULL-023", "a HEAD waits for nothing");
      }
      const event = await session.accepted();
      for (const headers of [{}, { accept: "text/event-stream" }]) {
        const { reply } = await ask(session, b, "/deliveries?wait=30", "HEAD", headers);
        session.must(reply !== undefined, "PULL-023", "a HEAD waits for nothing");
        session.same((await session.delivery(event)).attempts, 0, "PULL-023", "the attempts after a HEAD");
      }
      const taken = await takeOne(session, b, "PULL-023");
      session.same([taken.envelope.id, taken.attempt], [event.id, 1], "PULL-023", "what a GET is given after a HEAD");
    },
  },
  {
    id: "pull/hung-up-unread",
    requirements: ["PULL-009"],
    title: "What lies in a stream that is hung up unread goes to the next at once, and costs no attempt",
    kind: "interleaving",
    needs,
    can: ["streams"],
    async run(session: Session) {
      for (const order of ["before", "after"]) {
        await session.start();
        const b = await puller(session);
        const sent: string[] = [];
        if (order === "before") sent.push((await session.accepted()).id);
        const events = await stream(session, "/deliveries?max=100", eventStream(b));
        if (order === "after") sent.push((await session.accepted()).id, (await session.accepted()).id);
        await session.advance(100);
        await hangUp(session, events);
        await session.advance(1);
        const taken = await take(session, b, "", "PULL-009");
        session.same(
          taken.map(({ envelope, attempt }) => [envelope.id, attempt]),
          sent.map((id) => [id, 1]),
          "PULL-009",
          `what the next is given, sent ${order} the stream began, and its attempt`,
        );
        for (const id of sent) {
          const { attempts } = await session.delivery({ source: "/suite", id });
          session.same(attempts, 1, "PULL-009", "the attempts that its status counts");
        }
      }
    },
  },
  {
    id: "pull/unread-is-bounded",
    requirements: ["PULL-028"],
    title: "A stream that nobody reads is handed no more than its bound, and the rest is there for others",
    kind: "hostile",
    needs,
    can: ["streams"],
    async run(session: Session) {
      await session.start();
      const b = await puller(session);
      const length = 200_000;
      const events = await stream(session, "/deliveries?max=100", eventStream(b));
      for (let n = 0; n < 10; n++) await session.accepted({ data: "x".repeat(length) });
      const most = Math.ceil(MOST_UNREAD / length);
      const left = (await take(session, b, "?max=100")).length;
      session.must(
        left >= 10 - most,
        "PULL-028",
        `a stream that is not read holds ${10 - left} deliveries of ${length} bytes: more than ${MOST_UNREAD} bytes`,
      );
      await hangUp(session, events);
    },
  },
  {
    id: "pull/receipt-to-its-publisher",
    requirements: ["BUS-070"],
    title: "A receipt waits for the instance that published while that lives, whoever else asks",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      const [a, b] = [
        await puller(session, { receipts: true, subscriptions: [] }),
        await puller(session, { receipts: true, subscriptions: [], instance: "i2" }),
      ];
      await session.member("c", { subscriptions: ["thing.*"] });
      const other = await ask(session, b, "/deliveries?wait=60");
      session.must(other.reply === undefined, "PULL-005", "a request waits while there is nothing");
      for (let n = 0; n < 2; n++) {
        await session.publish(session.event(), { lease: a.lease });
        await session.ack(session.begun("BUS-019", "c"));
      }
      await session.advance(5_000);
      const early = lateReply(session, other.seq);
      session.must(early === undefined, "BUS-070", () => `while the publisher lives another is given ${early?.text}`);
      const own = await ask(session, a, "/deliveries?max=1&wait=5");
      // Both may have been put off for a second.
      await session.advance(1_000);
      const reply = own.reply ?? lateReply(session, own.seq);
      session.must(reply !== undefined, "BUS-070", "the publisher is given a receipt when it asks");
      const [receipt] = pulledIn(session, reply);
      session.same(
        [receipt.envelope.type, receipt.attempt],
        ["message.delivered", 1],
        "BUS-070",
        "what the publisher is given",
      );
      await answer(session, a, { ticket: receipt.ticket, verdict: ACK });
      await session.registry("service.deregister", { lease: a.lease });
      await session.advance(1_000);
      const late = lateReply(session, other.seq);
      session.must(late !== undefined, "BUS-070", "a receipt whose publisher has left goes to another");
      session.same(
        pulledIn(session, late).map(({ envelope }) => envelope.type),
        ["message.delivered"],
        "BUS-070",
        "what another is given",
      );
    },
  },
  {
    id: "pull/bounded",
    requirements: ["PULL-022"],
    title: "Beyond the bound a GET of deliveries is refused, a stream counting as a request, and an answer never",
    kind: "hostile",
    needs,
    can: ["streams", "bounds"],
    async run(session: Session) {
      await session.start({ bounds: { pulls: 2 } });
      const b = await puller(session);
      await session.accepted();
      const { ticket } = await takeOne(session, b, "PULL-004");
      const events = await stream(session, "/deliveries?max=1", eventStream(b));
      const { seq, reply } = await ask(session, b, "/deliveries?wait=60");
      session.must(reply === undefined, "PULL-022", "two may be under way, a stream and a request that waits");
      for (const headers of [{}, { accept: "text/event-stream" }]) {
        const third = await ask(session, b, "/deliveries", "GET", headers);
        session.must(third.reply !== undefined, "PULL-022", "a third is answered at once");
        problem(session, third.reply, 503, "too-many-streams", "PULL-022");
      }
      const held = await answer(session, b, { ticket, verdict: ACK });
      session.same(held, [true], "PULL-022", "whether an answer is taken at the bound");
      await hangUp(session, { seq });
      await session.advance(1);
      session.same(await take(session, b, "", "PULL-022"), [], "PULL-022", "what is taken when one has gone");
      await hangUp(session, events);
    },
  },
  {
    id: "pull/scope",
    requirements: ["SEC-009", "SEC-011"],
    title: "Deliveries are handed out and answered for by a credential with the scope register, and by no other",
    kind: "hostile",
    needs: [...needs, "security"],
    async run(session: Session) {
      const credentials = [
        { name: "admin", token: ADMIN, scopes: ["admin"] },
        { name: "worker", token: WORKER, scopes: ["register:b"] },
        { name: "stranger", token: STRANGER, scopes: ["observe", "publish:>", "call:*"], sources: ["/suite"] },
      ];
      // It needs no secret: what is pulled is not signed.
      await session.start({ security: { ...SECURITY, credentials, secrets: { c: SECURITY.secrets } } });
      const data = { name: "b", version: "1.0.0", subscriptions: ["thing.*"], delivery: "pull" };
      const registered = await http(session, "POST", "/registry", {
        event: session.event({ type: "service.register", data }),
        headers: bearer(WORKER),
      });
      session.must(registered.status === 200, "SEC-013", `a service that pulls registers: ${registered.text}`);
      const lease = String((registered.json?.data as { readonly lease?: string } | undefined)?.lease);
      const event = session.event({ target: "b" });
      await http(session, "POST", "/messages", { event, headers: bearer(ADMIN) });
      const json = { answers: [{ ticket: "x", verdict: ACK }] };
      for (const method of ["GET", "POST"]) {
        const parts = method === "GET" ? {} : { json };
        const nobody = await http(session, method, "/deliveries", { ...parts, headers: { "bellhop-lease": lease } });
        problem(session, nobody, 401, "unauthorized", "SEC-009");
        const headers = { "bellhop-lease": lease, ...bearer(STRANGER) };
        const stranger = await http(session, method, "/deliveries", { ...parts, headers });
        problem(session, stranger, 403, "forbidden", "SEC-011");
      }
      for (const method of ["POST", "GET"]) {
        const parts = method === "GET" ? {} : { json };
        const headers = { "bellhop-lease": lease, ...bearer(WORKER) };
        const own = await http(session, method, "/deliveries", { ...parts, headers });
        session.must(own.status === 200, "SEC-011", `${method} by a worker was answered ${own.status} ${own.text}`);
        if (method === "GET") session.same(idsOf(pulledIn(session, own)), [event.id], "SEC-011", "what it is given");
      }
    },
  },
  {
    id: "pull/closing",
    requirements: ["PULL-027"],
    title: "A gateway that closes answers who waits, ends its streams, and takes the answers of what is out",
    kind: "interleaving",
    needs,
    can: ["drain", "streams"],
    async run(session: Session) {
      await session.start();
      const b = await puller(session);
      const event = await session.accepted();
      const { ticket } = await takeOne(session, b, "PULL-004");
      const events = await stream(session, "/deliveries", eventStream(b));
      await came(session, events);
      const waiting = await ask(session, b, "/deliveries?wait=60");
      session.must(waiting.reply === undefined, "PULL-005", "a request waits while there is nothing");
      const closing = await session.say({ do: "drain" });
      session.must("pending" in closing, "BUS-104", () => `an attempt is out, and: ${JSON.stringify(closing)}`);
      await session.advance(1);
      const reply = lateReply(session, waiting.seq);
      session.must(reply !== undefined, "PULL-027", "a request that waits is answered when the gateway closes");
      emptyOrClosing(session, reply);
      for (let turn = 0; turn < 3 && !events.ended; turn++) await came(session, events);
      session.must(events.ended, "PULL-027", "a stream is ended when the gateway closes");
      session.same(streamed(session, events), [], "BUS-103", "what a stream was handed");
      emptyOrClosing(session, await asked(session, b, "GET", "/deliveries"));
      const held = await answer(session, b, { ticket, verdict: ACK });
      session.same(held, [true], "PULL-027", "whether an answer is taken while it closes");
      const delivered = session.steps(event, "delivered").length;
      session.same(delivered, 1, "PULL-027", "how often what was out is delivered");
    },
  },
];

/** A request that may wait. */
function ask(
  session: Session,
  { lease }: Puller,
  path: string,
  method = "GET",
  headers: Readonly<Record<string, string>> = {},
): ReturnType<typeof begin> {
  return begin(session, method, path, { headers: { "bellhop-lease": lease, ...headers } });
}

/** Judges an answer of a gateway that closes. */
function emptyOrClosing(session: Session, reply: HttpReply): void {
  if (reply.status === 200) session.same(pulledIn(session, reply), [], "PULL-027", "what it is answered with");
  else problem(session, reply, 503, "closing", "PULL-027");
}
