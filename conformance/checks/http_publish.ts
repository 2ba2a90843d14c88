/**
 * Checks of publishing over HTTP: content modes, answers, refusals, waiting.
 *
 * @module
 */
import fc from "fast-check";
import type { Check, Effort } from "../check.ts";
import type { JsonObject } from "../control.ts";
import { forAll } from "../for_all.ts";
import { canonical, type Session } from "../session.ts";
import { begin, http, lateReply, problem, replyAfter, replyWithin, taken } from "./_http.ts";

const needs = ["core", "registry", "http"] as const;
const STRUCTURED = "application/cloudevents+json";
const BATCHED = "application/cloudevents-batch+json";

/** See the module. */
export const HTTP_PUBLISH_CHECKS: readonly Check[] = [
  {
    id: "http/publish-answers-202",
    requirements: ["HTTP-018", "HTTP-008"],
    title: "An accepted publish is answered 202 with what is promised",
    kind: "scenario",
    needs,
    virtual: false,
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"] });
      const event = session.event();
      const reply = await http(session, "POST", "/messages", { event });
      session.must(reply.status === 202, "HTTP-018", `wanted 202, got ${reply.status} ${reply.text}`);
      const { source, id, durability, receivers, duplicate } = reply.json ?? {};
      session.same(
        { source, id, durability, receivers, duplicate },
        { source: event.source, id: event.id, durability: "memory", receivers: ["b"], duplicate: false },
        "HTTP-018",
        "the answer to a publish",
      );
      const again = await http(session, "POST", "/messages", { event });
      session.must(again.status === 202 && again.json?.duplicate === true, "BUS-048", "a duplicate is answered 202");
      session.must(typeof again.json?.status === "object", "HTTP-018", "a duplicate's answer has the status");
    },
  },
  {
    id: "http/three-modes-are-one",
    requirements: ["HTTP-017", "ENV-044", "ENV-034", "ENV-036", "ENV-040"],
    title: "An envelope is the same, whichever mode it was published in",
    kind: "property",
    needs,
    virtual: false,
    async run(session: Session, effort: Effort) {
      const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }).filter((one) =>
        /^[^\p{C}]+$/u.test(one)
      );
      const event = fc.record({ subject: text, oddname: text, data: fc.record({ a: fc.integer(), b: fc.boolean() }) });
      await forAll(session, { ...effort, runs: Math.min(effort.runs, 40) }, event, async (fields) => {
        await session.start();
        await session.member("b", { subscriptions: ["thing.*"] });
        const seen: JsonObject[] = [];
        for (const mode of ["structured", "batched", "binary"]) {
          const event = session.event(fields);
          const parts = mode === "binary"
            ? { headers: binaryHeaders(event), body: JSON.stringify(event.data) }
            : mode === "batched"
            ? { headers: { "content-type": BATCHED }, body: JSON.stringify([event]) }
            : { event };
          const { status, text } = await http(session, "POST", "/messages", parts);
          session.must(status === 202, "HTTP-017", `${mode} mode was answered ${status} ${text}`);
          const call = await session.untilCall(5_000, "b");
          session.must(call !== undefined, "HTTP-017", `what came in ${mode} mode is delivered`);
          seen.push({ ...call.envelope, id: "same" });
          await session.ack(call);
        }
        const wanted = { ...session.event(fields), id: "same" };
        for (const [at, envelope] of seen.entries()) {
          const { datacontenttype: _type, ...rest } = envelope as JsonObject & { readonly datacontenttype?: string };
          session.same(rest, wanted, "ENV-044", `the envelope that came in mode ${at + 1} of three`);
        }
      });
    },
  },
  {
    id: "http/batch-one-by-one",
    requirements: ["HTTP-019", "ENV-031", "ENV-032", "BUS-017"],
    title: "Each envelope of a batch is judged alone, in order",
    kind: "scenario",
    needs,
    virtual: false,
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"] });
      const good = session.event();
      const bad = { ...session.event(), priority: "URGENT" };
      const other = session.event();
      const reply = await http(session, "POST", "/messages", {
        headers: { "content-type": BATCHED },
        body: JSON.stringify([good, bad, other, good]),
      });
      session.must(reply.status === 202, "HTTP-019", `wanted 202, got ${reply.status}`);
      const results = (reply.json?.results ?? []) as JsonObject[];
      session.same(results.map(({ status }) => status), [202, 422, 202, 202], "HTTP-019", "the status of each");
      session.must(results[1].code === "envelope-invalid", "HTTP-019", "the second has its problem");
      session.must(results[3].duplicate === true, "BUS-017", "the fourth is a duplicate of the first");
      const empty = await http(session, "POST", "/messages", { headers: { "content-type": BATCHED }, body: "[]" });
      session.must(empty.status === 202, "ENV-032", `the empty batch was answered ${empty.status}`);
      session.same(empty.json?.results, [], "ENV-032", "the results of the empty batch");
    },
  },
  {
    id: "http/batch-refused-whole",
    requirements: ["ENV-030", "ENV-033"],
    title: "A batch that is none, or too large, is refused whole",
    kind: "hostile",
    needs,
    virtual: false,
    async run(session: Session) {
      await session.start();
      const headers = { "content-type": BATCHED };
      const event = session.event();
      const send = (body: string) => http(session, "POST", "/messages", { headers, body });
      problem(session, await send(JSON.stringify(event)), 400, "envelope-malformed", "ENV-030");
      problem(session, await send(`[${JSON.stringify(event)}`), 400, "envelope-malformed", "ENV-030");
      const { status } = await send(JSON.stringify([event]));
      session.must(status === 202, "ENV-031", "the same as an array is accepted");
      const manifest = await http(session, "GET", "/");
      const limit = Number((manifest.json?.limits as JsonObject | undefined)?.maxBatchEnvelopes);
      session.must(Number.isInteger(limit) && limit >= 1, "ENV-048", "the limits are advertised");
      if (limit > 5_000) return;
      problem(session, await send(`[${"{},".repeat(limit)}{}]`), 413, "batch-too-large", "ENV-033");
      const full = await send(`[${"{},".repeat(limit - 1)}{}]`);
      session.must(full.status === 202, "ENV-033", `a batch at the limit was answered ${full.status}`);
    },
  },
  {
    id: "http/content-types",
    requirements: ["ENV-028", "ENV-029", "ENV-035", "ENV-041", "ENV-043"],
    title: "The content type decides the mode, without regard to case and parameters",
    kind: "hostile",
    needs,
    virtual: false,
    async run(session: Session) {
      await session.start();
      const send = (type: string | undefined, body: string, more: Record<string, string> = {}) =>
        http(session, "POST", "/messages", {
          headers: { ...(type === undefined ? {} : { "content-type": type }), ...more },
          body,
        });
      for (
        const type of [
          "Application/CloudEvents+JSON",
          `${STRUCTURED}; charset=UTF-8`,
          `${STRUCTURED};charset="utf-8"`,
          `${STRUCTURED} ; x=y`,
        ]
      ) {
        const { status, text } = await send(type, JSON.stringify(session.event()));
        session.must(status === 202, "ENV-028", `${type} was answered ${status} ${text}`);
      }
      const event = session.event();
      problem(
        session,
        await send(`${STRUCTURED}; charset=utf-16`, JSON.stringify(event)),
        415,
        "content-type-unsupported",
        "ENV-029",
      );
      problem(session, await send("text/plain", JSON.stringify(event)), 415, "content-type-unsupported", "ENV-035");
      problem(
        session,
        await send("application/json", JSON.stringify(event)),
        415,
        "content-type-unsupported",
        "ENV-035",
      );
      const binary = binaryHeaders(session.event());
      const twice = await send("application/json", "{}", { ...binary, "ce-datacontenttype": "application/json" });
      const { faults } = problem(session, twice, 422, "envelope-invalid", "ENV-041");
      session.must(canonical(faults).includes('"conflict"'), "ENV-041", "the fault is a conflict");
      problem(session, await send("application/json", "{", binary), 400, "envelope-malformed", "ENV-043");
      const { status } = await send("application/json", "{}", binary);
      session.must(status === 202, "ENV-034", `the same with sound data was answered ${status}`);
    },
  },
  {
    id: "http/percent-encoding",
    requirements: ["ENV-036", "ENV-037", "ENV-039"],
    title: "Headers are unquoted and decoded exactly once",
    kind: "hostile",
    needs,
    virtual: false,
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"] });
      const send = (subject: string) =>
        http(session, "POST", "/messages", {
          headers: { ...binaryHeaders(session.event()), "ce-subject": subject, "content-type": "application/json" },
          body: "1",
        });
      for (
        const [raw, wanted] of [
          ["Caf%C3%A9%20menu", "Café menu"],
          ["%2525", "%25"],
          ["a%25b", "a%b"],
          ['"quoted%20one"', "quoted one"],
          ["%F0%9F%98%80", "😀"],
        ]
      ) {
        const { status, text } = await send(raw);
        session.must(status === 202, "ENV-036", `ce-subject: ${raw} was answered ${status} ${text}`);
        const call = await session.untilCall(5_000, "b");
        session.must(call !== undefined, "BUS-019", "it is delivered");
        session.must(
          call.envelope.subject === wanted,
          raw.startsWith('"') ? "ENV-039" : "ENV-036",
          `ce-subject: ${raw} is ${wanted}, not ${call.envelope.subject}`,
        );
        await session.ack(call);
      }
      for (const raw of ["%", "%4", "%zz", "a%2"]) {
        const { faults } = problem(session, await send(raw), 422, "envelope-invalid", "ENV-037");
        session.must(
          canonical(faults).includes('"percent"'),
          "ENV-037",
          `${raw}: the fault is percent, not ${canonical(faults)}`,
        );
      }
      for (const raw of ["%FF", "%C3", "%ED%A0%80", "%C0%AF"]) {
        const { faults } = problem(session, await send(raw), 422, "envelope-invalid", "ENV-037");
        session.must(
          canonical(faults).includes('"utf8"'),
          "ENV-037",
          `${raw}: the fault is utf8, not ${canonical(faults)}`,
        );
      }
    },
  },
  {
    id: "http/bodies-in-limits",
    requirements: ["HTTP-004", "ENV-045", "ENV-046", "HTTP-007", "ENV-047", "ENV-048"],
    title: "A body within the advertised limit is accepted, one byte more refused, and the gateway goes on",
    kind: "hostile",
    needs,
    virtual: false,
    async run(session: Session) {
      await session.start();
      const manifest = await http(session, "GET", "/");
      const limits = (manifest.json?.limits ?? {}) as Record<string, number>;
      const least = {
        maxBytes: 65_536,
        maxBatchBytes: 65_536,
        maxBatchEnvelopes: 1,
        maxAttributes: 32,
        maxAttributeLength: 1_024,
        maxDepth: 32,
      };
      for (const [name, value] of Object.entries(least)) {
        session.must(Number.isInteger(limits[name]), "ENV-048", `the limit ${name} is advertised`);
        session.must(limits[name] >= value, "ENV-047", `${name} is ${limits[name]}, below ${value}`);
      }
      if (limits.maxBytes > 4_000_000) return;
      const sized = (bytes: number) => {
        const event = { ...session.event(), data: "" };
        return JSON.stringify({ ...event, data: "x".repeat(bytes - JSON.stringify(event).length) });
      };
      const send = (body: string) =>
        http(session, "POST", "/messages", { headers: { "content-type": STRUCTURED }, body });
      const small = await send(sized(65_536));
      session.must(small.status === 202, "ENV-045", `65,536 bytes were answered ${small.status} ${small.text}`);
      const exact = await send(sized(limits.maxBytes));
      session.must(exact.status === 202, "ENV-046", `a body at the limit was answered ${exact.status} ${exact.text}`);
      problem(session, await send(sized(limits.maxBytes + 1)), 413, "body-too-large", "ENV-046");
      const wide = { ...session.event(), data: "" };
      const umlauts = JSON.stringify({ ...wide, data: "ü".repeat(limits.maxBytes / 2) });
      problem(session, await send(umlauts), 413, "body-too-large", "HTTP-004");
      const { status } = await send(JSON.stringify(session.event()));
      session.must(status === 202, "HTTP-007", "a refusal changes nothing for the next request");
    },
  },
  {
    id: "http/routes-and-methods",
    requirements: ["HTTP-002", "HTTP-003", "HTTP-010", "HTTP-011", "HTTP-012"],
    title: "What is not served is refused with a problem",
    kind: "hostile",
    needs,
    virtual: false,
    async run(session: Session) {
      await session.start();
      problem(session, await http(session, "GET", "/no/such/path"), 404, "route-unknown", "HTTP-002");
      for (const path of ["/", "/health", "/services"]) {
        const { status, text } = await http(session, "HEAD", path);
        session.must(status === 200 && text === "", "HTTP-003", `HEAD ${path} was answered ${status} ${text}`);
      }
      for (const [method, path] of [["PUT", "/messages"], ["GET", "/registry"], ["PATCH", "/dead-letters"]] as const) {
        const reply = await http(session, method, path);
        problem(session, reply, 405, "method-unsupported", "HTTP-003");
        session.must((reply.headers.allow ?? "") !== "", "HTTP-003", "a 405 has the header allow");
        session.must(
          !reply.headers.allow.split(/\s*,\s*/).includes(method),
          "HTTP-003",
          `allow does not name ${method}`,
        );
      }
    },
  },
  {
    id: "http/problems-show-no-more",
    requirements: ["HTTP-014", "HTTP-016"],
    title: "A problem shows no stack and no header that came with the request",
    kind: "hostile",
    needs,
    virtual: false,
    async run(session: Session) {
      await session.start();
      const canary = "canary7f3a";
      const reply = await http(session, "POST", "/messages", {
        headers: { "content-type": STRUCTURED, "x-odd": canary, prefer: `wait=${canary}` },
        body: `{"specversion":"1.0","id":"${canary}\\r\\nx: y","source":"/a","type":"a"}`,
      });
      problem(session, reply, 422, "envelope-invalid", "ENV-003");
      session.must(
        !/\bat .*:\d+:\d+|Traceback|\.(ts|js|py|go|rs):\d+/.test(reply.text),
        "HTTP-014",
        `a stack trace: ${reply.text}`,
      );
      session.must(!canonical(reply.headers).includes(canary), "HTTP-016", "text of the request stands in a header");
    },
  },
  {
    id: "http/prefer-wait",
    requirements: ["HTTP-020", "HTTP-021", "HTTP-024"],
    title: "Prefer: wait is answered when all has ended, or when the time is up",
    kind: "scenario",
    needs,
    virtual: false,
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"] });
      const waiting = await begin(session, "POST", "/messages", {
        event: session.event(),
        headers: { prefer: "wait=5" },
      });
      session.must(waiting.reply === undefined, "HTTP-020", "there is no answer before the delivery has ended");
      const call = await taken(session, "b");
      await session.advance(1_000);
      session.must(
        lateReply(session, waiting.seq) === undefined,
        "HTTP-020",
        "an answer before the delivery has ended",
      );
      await session.ack(call);
      const reply = await replyWithin(session, waiting.seq, session.hello.clock === "virtual" ? 1 : 3_000);
      session.must(reply?.status === 200, "HTTP-020", `wanted 200 when all has ended, got ${reply?.status}`);
      const { deliveries } = reply.json?.status as unknown as { deliveries: JsonObject[] };
      session.must(deliveries[0].outcome === "delivered", "HTTP-020", "the answer has the status");
      const applied = reply.headers["preference-applied"] ?? "";
      session.must(/^wait=\d+$/.test(applied), "HTTP-024", `preference-applied is wait=N, not ${applied}`);

      const fromMs = session.nowMs;
      const late = await begin(session, "POST", "/messages", { event: session.event(), headers: { prefer: "wait=2" } });
      session.must(late.reply === undefined, "HTTP-021", "there is no answer before the time is up");
      const out = await replyAfter(session, late.seq, { fromMs, ms: 2_000 }, "HTTP-021", "an answer to a wait of 2 s");
      session.must(out.status === 202, "HTTP-021", `wanted 202 after 2 s, got ${out.status}`);
      session.must(typeof out.json?.status === "object", "HTTP-021", "the answer has the status so far");
    },
  },
  {
    id: "http/prefer-ignored",
    requirements: ["HTTP-023"],
    title: "A wait that cannot be read, or comes with a batch, is none",
    kind: "hostile",
    needs,
    virtual: false,
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"] });
      for (const prefer of ["wait", "wait=", "wait=x", "wait=-1", "respond-async", "waiting=5"]) {
        const { reply } = await begin(session, "POST", "/messages", { event: session.event(), headers: { prefer } });
        session.must(reply?.status === 202, "HTTP-023", `Prefer: ${prefer} is ignored, not answered ${reply?.status}`);
      }
      const batch = await begin(session, "POST", "/messages", {
        headers: { "content-type": BATCHED, prefer: "wait=5" },
        body: JSON.stringify([session.event()]),
      });
      session.must(batch.reply?.status === 202, "HTTP-023", "Prefer: wait with a batch is ignored");
    },
  },
  {
    id: "http/prefer-wait-at-most-60",
    requirements: ["HTTP-022"],
    title: "A longer wait counts as 60 s",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ policy: { attemptTimeoutMs: 600_000 } });
      await session.member("b", { subscriptions: ["thing.*"] });
      const long = await begin(session, "POST", "/messages", {
        event: session.event(),
        headers: { prefer: "wait=3600" },
      });
      session.must(long.reply === undefined, "HTTP-022", "it waits");
      await session.advance(59_999);
      session.must(lateReply(session, long.seq) === undefined, "HTTP-022", "it waits for 60 s");
      await session.advance(1);
      session.must(lateReply(session, long.seq)?.status === 202, "HTTP-022", "it waits for no more than 60 s");
    },
  },
  {
    id: "http/queue-full-says-when",
    requirements: ["PRI-042", "PRI-038"],
    title: "A refusal with queue-full says in Retry-After when to come again",
    kind: "scenario",
    needs,
    virtual: false,
    async run(session: Session) {
      await session.start({ capacity: 1 });
      await session.member("b", { subscriptions: ["thing.*"] });
      await session.accepted({ priority: "HIGH", target: "b" });
      const reply = await http(session, "POST", "/messages", {
        event: session.event({ target: "b", priority: "LOW" }),
      });
      problem(session, reply, 503, "queue-full", "PRI-038");
      session.must(
        /^[1-9]\d*$/.test(reply.headers["retry-after"] ?? ""),
        "PRI-042",
        "Retry-After is there, in seconds",
      );
    },
  },
  {
    id: "http/delay-ms",
    requirements: ["HTTP-072", "HTTP-073", "HTTP-074"],
    title: "bellhop-delay-ms delays, and is a whole number",
    kind: "scenario",
    needs,
    virtual: false,
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"] });
      const event = session.event();
      const headers = { "bellhop-delay-ms": "1500" };
      const fromMs = session.nowMs;
      const reply = await http(session, "POST", "/messages", { event, headers });
      session.must(reply.status === 202, "HTTP-072", `wanted 202, got ${reply.status} ${reply.text}`);
      session.must(session.peek("b") === undefined, "HTTP-072", "no attempt runs yet");
      const listed = await http(session, "GET", "/messages?state=delayed");
      // A gateway that goes on may keep others.
      const delayed = (listed.json?.messages as JsonObject[] | undefined)?.find(({ id }) => id === event.id);
      session.must(delayed !== undefined, "HTTP-074", () => `what is delayed is listed, not ${listed.text}`);
      const [delivery] = delayed.deliveries as readonly JsonObject[] ?? [];
      session.must(delivery?.state === "delayed", "HTTP-074", `it is listed as its status, not ${delivery?.state}`);
      const call = await taken(session, "b");
      const waitedMs = call.atMs - fromMs;
      session.must(
        session.hello.clock === "virtual" ? waitedMs === 1_500 : waitedMs >= 1_500,
        "HTTP-072",
        `it is delivered after 1,500 ms, not ${waitedMs}`,
      );
      for (const bad of ["soon", "1.5", "-1", ""]) {
        const refused = await http(session, "POST", "/messages", {
          event: session.event(),
          headers: { "bellhop-delay-ms": bad },
        });
        problem(session, refused, 400, "argument-invalid", "HTTP-073");
      }
    },
  },
];

function binaryHeaders(event: JsonObject): Record<string, string> {
  const headers: Record<string, string> = { "content-type": "application/json" };
  for (const [name, value] of Object.entries(event)) {
    if (name !== "data") headers[`ce-${name}`] = encoded(String(value));
  }
  return headers;
}

/** Percent-encoding as the HTTP binding of CloudEvents asks a writer for. */
function encoded(text: string): string {
  return [...new TextEncoder().encode(text)].map((byte) =>
    byte > 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x25
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`
  ).join("");
}
