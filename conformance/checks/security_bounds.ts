/**
 * Checks of what a peer could fill up or keep busy: everything has a bound, and nothing is read by going back.
 *
 * @module
 */
import type { Check } from "../check.ts";
import type { CallAnswer, JsonObject } from "../control.ts";
import type { Session } from "../session.ts";
import { begin, http, type HttpBody } from "./_http.ts";

const needs = ["core", "registry", "http", "security"] as const;
const STRUCTURED = { "content-type": "application/cloudevents+json" };
/** Most trace streams. */
const STREAMS = 16;
/** Below what every gateway takes of headers in all. */
const LONG = 30_000;
/** What is read once takes a few milliseconds; what is read anew from each place, half a second and more. */
const SLOW_MS = 300;
/** A machine that is slow is slow with what is harmless too. */
const SLOWER = 20;
/** A machine may be busy with something else, but not each time. */
const TRIES = 6;

/** See the module. */
export const BOUND_CHECKS: readonly Check[] = [
  {
    id: "security/whatever-is-filled",
    requirements: ["SEC-027"],
    title: "Queue, dead letters, body, batch, envelope, registration, lists and streams have each a bound",
    kind: "hostile",
    needs,
    async run(session: Session) {
      await session.start({ capacity: 5, maxDeadLetters: 3, maxInFlight: 1 });
      const { json } = await http(session, "GET", "/");
      const limits = (json?.limits ?? {}) as Readonly<Record<string, number>>;
      await session.member("b", { subscriptions: ["thing.*"] });

      const refused: string[] = [];
      for (let n = 0; n < 12; n++) {
        const reply = await session.publish(session.event());
        if (reply.refused !== undefined) refused.push(reply.refused.code);
      }
      session.must(refused.includes("queue-full"), "SEC-027", `12 messages fit a queue of 5: ${refused.join(" ")}`);

      for (let n = 0; n < 40; n++) {
        const call = await session.untilCall(1_000, "b");
        if (call === undefined) break;
        await session.term(call);
      }
      const letters = await session.list("dead-letters");
      session.must(letters.length <= 3, "SEC-027", `${letters.length} dead letters are kept where 3 may be`);

      const over: readonly (readonly [string, string, HttpBody])[] = [
        ["maxBytes", "/messages", { event: session.event({ data: "x".repeat(limits.maxBytes) }) }],
        ["maxBatchEnvelopes", "/messages", batch(Array(limits.maxBatchEnvelopes + 1).fill(null), session)],
        ["maxBatchBytes", "/messages", batch([limits.maxBatchBytes], session)],
        ["maxDepth", "/messages", { event: session.event({ data: nested(limits.maxDepth + 1) }) }],
        ["maxAttributeLength", "/messages", {
          event: session.event({ xlong: "x".repeat(limits.maxAttributeLength + 1) }),
        }],
        ["maxAttributes", "/messages", {
          event: session.event(
            Object.fromEntries(Array.from({ length: limits.maxAttributes }, (_, n) => [`x${n}`, 1])),
          ),
        }],
      ];
      for (const [limit, path, parts] of over) {
        session.must(Number.isSafeInteger(limits[limit]), "SEC-027", `the manifest has no limit ${limit}`);
        const { status, text } = await http(session, "POST", path, parts);
        session.must(status >= 400 && status < 500, "SEC-027", `beyond ${limit} it is answered ${status} ${text}`);
      }
      const wide = await session.registry("service.register", {
        name: "wide",
        version: "1",
        endpoint: "http://127.0.0.1:9/wide",
        subscriptions: Array.from({ length: 65 }, (_, n) => `t${n}`),
      });
      session.must(wide.refused !== undefined, "SEC-027", "65 patterns of one service are taken");
      const page = await http(session, "GET", "/dead-letters?limit=1001");
      session.must(page.status === 400, "SEC-027", `a page of 1,001 is answered ${page.status}`);

      if (!session.hello.can.includes("streams")) return;
      let open = 0;
      for (; open <= STREAMS; open++) {
        const { status } = await http(session, "GET", "/trace", { stream: true });
        if (status !== 200) break;
      }
      session.must(open <= STREAMS, "SEC-027", `${open} streams are open at once`);
    },
  },
  {
    id: "security/nothing-is-read-again-and-again",
    requirements: ["SEC-028"],
    title: "No value from a peer takes longer than its length, neither in a request nor in an answer",
    kind: "hostile",
    needs,
    async run(session: Session) {
      await session.start({ healthIntervalMs: 0 });
      const tokens = (token: string, count: number) => Array(count).fill(token).join(".");
      await session.member("b", { subscriptions: [tokens("*", 15) + ".>", tokens("*", 16), `${tokens("a", 14)}.*.>`] });
      const plain = { body: JSON.stringify(session.event()), headers: { ...STRUCTURED, "x-other": "a".repeat(LONG) } };
      let plainMs = Infinity;
      for (let tries = 0; tries < TRIES; tries++) {
        plainMs = Math.min(plainMs, await timed(async () => void await begin(session, "POST", "/messages", plain)));
      }
      const limitMs = Math.max(SLOW_MS, SLOWER * plainMs);
      for (const [what, ask] of hostile(session)) await judge(session, limitMs, what, ask);
      for (const [name, value] of answers()) {
        const headers = { [name]: value };
        await judge(session, limitMs, `${name} of an answer`, async () => {
          await session.start({ healthIntervalMs: 0 });
          await session.member("b", { subscriptions: ["thing.*"] });
          await session.accepted();
          const call = await session.untilCall(1_000, "b");
          session.must(call !== undefined, "BUS-019", "the delivery begins");
          const answer: CallAnswer = { status: 503, headers, body: "" };
          return async () => void await session.settle(call, answer);
        });
      }
    },
  },
];

type Prepare = () => Promise<() => Promise<void>>;

/** Times it: once is enough if it was quick, and slow is what is slow each time. */
async function judge(session: Session, limitMs: number, what: string, prepare: Prepare): Promise<void> {
  let leastMs = Infinity;
  for (let tries = 0; tries < TRIES && leastMs > limitMs; tries++) {
    leastMs = Math.min(leastMs, await timed(await prepare()));
  }
  const limit = `${Math.round(limitMs)} ms`;
  session.must(leastMs <= limitMs, "SEC-028", `${what}: ${Math.round(leastMs)} ms at least, wanted ${limit}`);
}

/** Milliseconds by the real clock. */
async function timed(ask: () => Promise<void>): Promise<number> {
  const beganMs = performance.now();
  await ask();
  return performance.now() - beganMs;
}

/** Requests whose values are long, nearly right, and wrong at the end. */
function hostile(session: Session): readonly (readonly [string, Prepare])[] {
  const ask = (method: string, path: string, make: () => HttpBody = () => ({})): Prepare => () =>
    Promise.resolve(async () => void await begin(session, method, path, make()));
  const publish = (headers: Record<string, string>) =>
    ask("POST", "/messages", () => ({ body: JSON.stringify(session.event()), headers: { ...STRUCTURED, ...headers } }));
  const event = (fields: () => JsonObject) => ask("POST", "/messages", () => ({ event: session.event(fields()) }));
  const long = (text: string, end: string) => text.repeat(Math.ceil(LONG / text.length)).slice(0, LONG) + end;
  const short = (text: string, end: string) => text.repeat(4_000).slice(0, 4_000) + end;
  const headers = ([name, text, end]: readonly [string, string, string]) =>
    [`${name}: ${text}${text}…${end}`, publish({ [name]: long(text, end) })] as const;
  return [
    ...([
      ["authorization", "Bearer ", "!"],
      ["authorization", "a", " !"],
      ["host", "a.", "localhost!"],
      ["host", "a", ".localhost:x"],
      ["origin", "http://a", " "],
      ["prefer", "wait=1 ", "x"],
      ["prefer", "wait, ", "x"],
      ["prefer", ";", "="],
      ["prefer", "\t ", "x"],
      ["bellhop-deadline-ms", "1", "x"],
      ["bellhop-delay-ms", "1", "x"],
      ["bellhop-delay-ms", "1 ", "x"],
      ["bellhop-lease", "a", " !"],
      ["content-type", "application/cloudevents+json; ", "x"],
      ["content-type", "application/cloudevents+json;charset= ", "x"],
      ["content-type", "a", "/"],
      ["content-type", `application/cloudevents+json;a="\\"`, "x"],
      ["connection", "a, ", "("],
      ["accept", "text/html;q=0.1, ", "x"],
      ["x-other", "(a+)+", "$"],
    ] as const).map(headers),
    ["source in a query", ask("GET", `/messages?id=1&source=${short("%2F..", "%")}`)],
    ["limit in a query", ask("GET", `/dead-letters?limit=${short("1", "x")}`)],
    ["after in a query", ask("GET", `/dead-letters?after=${short("a_", "!")}`)],
    ["a path", ask("GET", `/services/${short("a-", "!")}`)],
    ["a path with dots", ask("GET", `/services/b/${short("./a", "/%2e%2")}`)],
    ["type", event(() => ({ type: short("a.", "") }))],
    ["time", event(() => ({ time: `2026-01-01T00:00:00.${short("0", "x")}` }))],
    ["expirytime", event(() => ({ expirytime: short("2026-", "x") }))],
    ["source", event(() => ({ source: `http://${short("a:", "@[")}` }))],
    ["source with percents", event(() => ({ source: `/${short("%41", "%4")}` }))],
    ["dataschema", event(() => ({ dataschema: `http://[${short("1:", "x")}]/` }))],
    ["datacontenttype", event(() => ({ datacontenttype: `text/plain; ${short(`a="b"; `, '"')}` }))],
    ["replyto", event(() => ({ replyto: short("a@", "!") }))],
    ["data_base64", event(() => ({ data_base64: long("QUJD", "Q!") }))],
    ["a body of brackets", ask("POST", "/messages", () => ({ headers: STRUCTURED, body: long("[", "x") }))],
    ["a body of quotes", ask("POST", "/messages", () => ({ headers: STRUCTURED, body: long(`"\\`, "x") }))],
    ["a body of blanks", ask("POST", "/messages", () => ({ headers: STRUCTURED, body: long(" \t\r\n", "x") }))],
    ...["*.", ">.", "a.*.", "-"].map((text): readonly [string, Prepare] => [
      `the pattern ${text}${text}…`,
      () =>
        Promise.resolve(async () => {
          await session.registry("service.register", {
            name: "c",
            version: short("1.", "x"),
            endpoint: `http://127.0.0.1:9/${short("a/", "?")}`,
            subscriptions: [short(text, "!"), ...Array(60).fill(text.repeat(8) + "a")],
          });
        }),
    ]),
  ];
}

/** Headers of an answer that a receiver may make long. */
function answers(): readonly (readonly [string, string])[] {
  return [
    ["retry-after", "1".repeat(LONG) + "x"],
    ["retry-after", "1 ".repeat(LONG / 2) + "x"],
    ["retry-after", "Thu, 01 Jan 2026 00:00:00 " + " ".repeat(LONG) + "x"],
    ["bellhop-verdict", "nak ".repeat(LONG / 4) + "x"],
    ["content-type", "a/b; ".repeat(LONG / 5) + "x"],
  ];
}

/** A batch of so many envelopes, with so many bytes of data each. */
function batch(sizes: readonly (number | null)[], session: Session): HttpBody {
  const events = sizes.map((bytes) => session.event(bytes === null ? {} : { data: "x".repeat(bytes) }));
  return { headers: { "content-type": "application/cloudevents-batch+json" }, body: JSON.stringify(events) };
}

function nested(depth: number): JsonObject {
  let value: JsonObject = {};
  for (let n = 0; n < depth; n++) value = { a: value };
  return value;
}
