/**
 * Checks of the bounds of requests: headers, waits, proxied calls, discoveries, pages of services.
 *
 * @module
 */
import type { Check } from "../check.ts";
import type { JsonObject } from "../control.ts";
import type { Session } from "../session.ts";
import { begin, called, http, lateReply, problem, replyWithin, taken } from "./_http.ts";
import { hangUp } from "./_http_stream.ts";

const needs = ["core", "registry", "http"] as const;
const MAX_HEADER_BYTES = 65_536;
/** Discoveries that may be under way where nothing else is configured. */
const DISCOVERIES = 16;

/** See the module. */
export const HTTP_BOUND_CHECKS: readonly Check[] = [
  {
    id: "http/headers-too-large",
    requirements: ["HTTP-005", "HTTP-007"],
    title: "Header fields of more than 65,536 bytes are refused with 431 or by closing the connection",
    kind: "hostile",
    needs,
    virtual: false,
    async run(session: Session) {
      await session.start();
      const large = [
        { "x-large": "x".repeat(MAX_HEADER_BYTES) },
        Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`x-large-${n}`, "x".repeat(MAX_HEADER_BYTES / 40)])),
        { ["x".repeat(1_000)]: "x".repeat(MAX_HEADER_BYTES) },
      ];
      for (const headers of large) {
        const event = session.event();
        const { status, headers: answered } = await http(session, "POST", "/messages", { event, headers });
        // The server below a gateway may close with a word of its own.
        const closed = status === 0 || (status >= 400 && /\bclose\b/i.test(answered.connection ?? ""));
        session.must(status === 431 || closed, "HTTP-005", `large headers were answered ${status}`);
        const plain = await http(session, "POST", "/messages", { event, headers: { "x-large": "x" } });
        session.must(plain.status === 202, "HTTP-007", `the same with small headers was answered ${plain.status}`);
        session.must(plain.json?.duplicate === false, "HTTP-005", "what was refused was not accepted");
      }
    },
  },
  {
    id: "http/waits-are-bounded",
    requirements: ["HTTP-082"],
    title: "Beyond the bound of requests that wait for an outcome none waits",
    kind: "hostile",
    needs,
    can: ["bounds"],
    virtual: false,
    async run(session: Session) {
      await session.start({ bounds: { waits: 2 } });
      await session.member("b", { subscriptions: ["thing.*"] });
      const wait = () =>
        begin(session, "POST", "/messages", { event: session.event(), headers: { prefer: "wait=50" } });
      const waiting = [await wait(), await wait()];
      for (const { reply } of waiting) session.must(reply === undefined, "HTTP-020", "within the bound it waits");
      const known = session.event();
      await http(session, "POST", "/messages", { event: known });
      const path = `/messages?source=${encodeURIComponent(String(known.source))}&id=${known.id}`;
      for (
        const { reply, seq } of [await wait(), await begin(session, "GET", path, { headers: { prefer: "wait=50" } })]
      ) {
        const answer = reply ?? await replyWithin(session, seq, session.hello.clock === "virtual" ? 0 : 10_000);
        session.must(answer !== undefined, "HTTP-082", "a third waits where two may");
      }
      for (let n = 0; n < 2; n++) await session.ack(await taken(session, "b"));
      for (const { seq } of waiting) {
        session.must(
          (await replyWithin(session, seq, 5_000))?.status === 200,
          "HTTP-020",
          "who waits is answered at the end",
        );
      }
      const { reply } = await wait();
      session.must(reply === undefined, "HTTP-020", "when they have ended another waits");
    },
  },
  {
    id: "http/proxied-calls-are-bounded",
    requirements: ["HTTP-084"],
    title: "Beyond the bound of proxied requests one is refused with too-many-streams, while an answer streams as well",
    kind: "hostile",
    needs,
    can: ["streams", "bounds"],
    virtual: false,
    async run(session: Session) {
      await session.start({ bounds: { calls: 2 } });
      await session.member("b");
      await session.member("c");
      const ask = (name: string) => begin(session, "GET", `/services/${name}/x`, { stream: true });
      const first = await ask("b");
      const streaming = await called(session, "proxy", "HTTP-040");
      const second = await ask("c");
      session.must(first.reply === undefined && second.reply === undefined, "HTTP-040", "two are passed on");
      const refused = async (why: string) => {
        const { reply } = await ask("b");
        session.must(reply !== undefined, "HTTP-084", `a third is refused while ${why}`);
        session.must(reply.status === 503, "HTTP-084", `a third is refused while ${why}, not answered ${reply.status}`);
      };
      await refused("two wait for an answer");
      const third = await begin(session, "GET", "/services/b/x", {});
      session.must(third.reply !== undefined, "HTTP-084", "a third is refused");
      problem(session, third.reply, 503, "too-many-streams", "HTTP-084");
      await session.settle(streaming, { status: 200, headers: {}, body: "first of many", unfinished: true });
      // Whether it is passed on as it comes is the proxy's affair: until its end the request is under way.
      await replyWithin(session, first.seq, 100);
      await refused("the answer of one still streams");
      await hangUp(session, first);
      // How soon the gateway hears of it is the platform's.
      let free = await ask("b");
      for (let n = 0; n < 100 && free.reply?.status === 503; n++) {
        await session.advance(50);
        free = await ask("b");
      }
      session.must(
        free.reply === undefined,
        "HTTP-084",
        `when one has ended another is passed on, not ${free.reply?.text}`,
      );
    },
  },
  {
    id: "http/discoveries-are-bounded",
    requirements: ["HTTP-086"],
    title: "A 17th discovery at once is refused with too-many-streams, until one has ended",
    kind: "hostile",
    needs,
    async run(session: Session) {
      await session.start();
      const discover = (n: number) =>
        begin(session, "POST", "/discover", { json: { url: `http://127.0.0.1:9/d${n}` } });
      const first = await discover(0);
      for (let n = 1; n < DISCOVERIES; n++) {
        const { reply } = await discover(n);
        session.must(reply === undefined, "HTTP-086", `discovery ${n + 1} of ${DISCOVERIES} is under way`);
      }
      const beyond = await discover(DISCOVERIES);
      session.must(beyond.reply !== undefined, "HTTP-086", "a discovery beyond the limit is refused");
      problem(session, beyond.reply, 503, "too-many-streams", "HTTP-086");
      await session.settle(await called(session, "manifest", "REG-013"), { status: 404, headers: {}, body: "" });
      await session.advance(1);
      session.must(lateReply(session, first.seq)?.status === 502, "REG-014", "a discovery that fails is answered");
      const again = await discover(DISCOVERIES + 1);
      session.must(again.reply === undefined, "HTTP-086", "when one has ended another is under way");
    },
  },
  {
    id: "http/pages-of-services",
    requirements: ["HTTP-085", "HTTP-031", "HTTP-032", "HTTP-033"],
    title: "GET /services is answered by page, and paging shows every service once",
    kind: "scenario",
    needs,
    virtual: false,
    async run(session: Session) {
      await session.start();
      const names = Array.from({ length: 7 }, (_, n) => `paged-${(n * 3) % 7}`);
      for (const name of names) await session.member(name);
      for (const limit of [1, 3, 1_000]) {
        const seen: string[] = [];
        let after: string | null | undefined;
        for (let pages = 0; after !== null; pages++) {
          session.must(pages < 1_000, "HTTP-032", "the last page says after: null");
          const from: string = after === undefined ? "" : `&after=${encodeURIComponent(after)}`;
          const { status, json, text } = await http(session, "GET", `/services?limit=${limit}${from}`);
          session.must(
            status === 200 && Array.isArray(json?.services),
            "HTTP-085",
            `a page was answered ${status} ${text}`,
          );
          const services = json.services as JsonObject[];
          session.must(services.length <= limit, "HTTP-085", `a page of ${limit} holds ${services.length}`);
          seen.push(...services.map(({ name }) => String(name)));
          session.must("after" in json, "HTTP-032", "a page has the member after");
          after = json.after as string | null;
        }
        // A gateway that goes on may know others.
        session.same(
          seen.filter((name) => name.startsWith("paged-")).sort(),
          [...names].sort(),
          "HTTP-085",
          `the services of all pages of ${limit}`,
        );
      }
      for (const limit of ["0", "1001", "x", "1.5"]) {
        const reply = await http(session, "GET", `/services?limit=${limit}`);
        const { field } = problem(session, reply, 400, "argument-invalid", "HTTP-030");
        session.must(field === "limit", "HTTP-030", `the field is limit, not ${field}`);
      }
    },
  },
];
