/**
 * Bad input over real HTTP: whatever is sent, each request gets a typed problem or its connection is closed, and the
 * next one is served. Against an engine of a few lines, and against the embedded one.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { Hono } from "hono";
import { effort } from "../../../testing/effort.ts";
import { type ErrorCode, ERRORS } from "../../core/error.ts";
import { manualClock } from "../../testing/manual_clock.ts";
import { embedded } from "../engines/embedded.ts";
import { memory } from "../stores/memory.ts";
import { memoryTransport } from "../transports/memory.ts";
import type { Engine } from "../../ports/engine.ts";
import { fakeEngine } from "./_fake_engine_test.ts";
import { sendRaw, serving } from "./_serving_test.ts";
import { gatewayRoutes } from "./gateway.ts";

const RUNS = effort(40, 300);
const MAX_BYTES = 70_000;
const EVENT = { specversion: "1.0", id: "1", source: "/fuzz", type: "fuzz.sent" };
const STRUCTURED = { "content-type": "application/cloudevents+json" };

interface Subject {
  readonly port: number;
  readonly faults: readonly unknown[];
  /** Sends a request and reads status and problem; the gateway must not have a fault of its own. */
  ask(path: string, init: RequestInit): Promise<{ status: number; body: Record<string, unknown> }>;
  raw(parts: readonly (string | Uint8Array)[], options?: Parameters<typeof sendRaw>[2]): Promise<string>;
  /** A good event is still accepted. */
  serves(): Promise<void>;
}

function fuzz(title: string, check: (subject: Subject) => Promise<void>): void {
  for (const [kind, open] of [["a fake engine", () => fakeEngine()], ["the embedded engine", openEmbedded]] as const) {
    Deno.test(`gatewayRoutes() before ${kind} ${title}`, async () => {
      const engine: Engine = await open();
      const faults: unknown[] = [];
      const limits = { maxBytes: MAX_BYTES, maxBatchBytes: 100_000, maxBatchEnvelopes: 10, bodyTimeoutMs: 200 };
      const routes = gatewayRoutes({ engine, open: true, limits, onFault: (fault) => faults.push(fault) });
      {
        await using server = serving(new Hono().route("/bus", routes).fetch);
        const { port, url } = server;
        let n = 0;
        const ask = async (path: string, init: RequestInit) => {
          const response = await fetch(`${url}/bus${path}`, init);
          const body = JSON.parse(await response.text() || "{}");
          if (response.status >= 400) assertTyped(response, body);
          return { status: response.status, body };
        };
        const serves = async () => {
          const good = { ...EVENT, id: `good-${++n}` };
          const init = { method: "POST", headers: STRUCTURED, body: JSON.stringify(good) };
          assertEquals((await ask("/messages", init)).status, 202);
        };
        await check({ port, faults, ask, raw: (parts, options) => sendRaw(port, parts, options), serves });
        await serves();
        assertEquals(faults, []);
      }
      await engine.close({ deadlineMs: 0 });
    });
  }
}

async function openEmbedded(): Promise<Engine> {
  let n = 0;
  return await embedded({
    store: memory(),
    transport: memoryTransport(new Map()),
    clock: manualClock(1_000),
    random: () => 0.5,
    token: () => `token-of-enough-length-${++n}`,
  });
}

function assertTyped(response: Response, problem: Record<string, unknown>): void {
  const code = problem.code as ErrorCode;
  assert(code in ERRORS, JSON.stringify(problem));
  assertEquals([response.status, problem.status], [ERRORS[code].status, ERRORS[code].status]);
  assertEquals(response.headers.get("content-type"), "application/problem+json");
  assertEquals(problem.type, `/bus/errors#${code}`);
  assert(response.status < 500, JSON.stringify(problem));
}

function publishing(body: BodyInit, headers: Record<string, string> = STRUCTURED): RequestInit {
  return { method: "POST", headers, body };
}

fuzz("refuses what is not JSON, whatever the bytes", async ({ ask }) => {
  const json = fc.json().filter((text) => !/^\s*\{/.test(text));
  const cut = fc.nat(60).map((at) => JSON.stringify({ ...EVENT, data: "x" }).slice(0, at));
  const bytes = fc.uint8Array({ maxLength: 200 }).filter((bytes) => bytes[0] !== 0x7b) as fc.Arbitrary<
    Uint8Array<ArrayBuffer>
  >;
  await fc.assert(
    fc.asyncProperty(fc.oneof(json, cut, bytes, fc.string()), async (body) => {
      fc.pre(typeof body !== "string" || !isObject(body));
      const { status, body: problem } = await ask("/messages", publishing(body));
      assertEquals([status, problem.code], [400, "envelope-malformed"]);
    }),
    { numRuns: RUNS },
  );
});

fuzz("names every field at fault of an envelope", async ({ ask }) => {
  const bad: readonly [Record<string, unknown>, string][] = [
    [{ id: "" }, "id"],
    [{ id: "x".repeat(257) }, "id"],
    [{ id: 7 }, "id"],
    [{ source: "a b" }, "source"],
    [{ source: `/${"x".repeat(1_024)}` }, "source"],
    [{ type: "a..b" }, "type"],
    [{ type: "a.*" }, "type"],
    [{ type: "x".repeat(257) }, "type"],
    [{ specversion: "0.3" }, "specversion"],
    [{ priority: "URGENT" }, "priority"],
    [{ priority: "critical" }, "priority"],
    [{ time: "yesterday" }, "time"],
    [{ time: "2026-02-30T00:00:00Z" }, "time"],
    [{ expirytime: "2026-01-01T25:00:00Z" }, "expirytime"],
    [{ expirytime: 1 }, "expirytime"],
    [{ target: "Users" }, "target"],
    [{ target: "a@" }, "target"],
    [{ traceparent: "x".repeat(5_000) }, "traceparent"],
    [{ subject: "a\u0000b" }, "subject"],
    [{ subject: "\ud800" }, "subject"],
    [{ "Bad-Name": "x" }, "Bad-Name"],
    [{ extension: "x".repeat(4_097) }, "extension"],
    [{ extension: 2 ** 31 }, "extension"],
    [{ extension: {} }, "extension"],
    [{ data_base64: "%" }, "data_base64"],
    [{ datacontenttype: "no media type" }, "datacontenttype"],
  ];
  const some = fc.subarray([...bad], { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(some, async (chosen) => {
      const members = new Map(chosen.map(([member, field]) => [field, member]));
      const envelope = Object.assign({ ...EVENT }, ...members.values());
      const { status, body } = await ask("/messages", publishing(JSON.stringify(envelope)));
      assertEquals([status, body.code], [422, "envelope-invalid"]);
      const fields = (body.faults as { field: string }[]).map(({ field }) => field);
      for (const field of members.keys()) assert(fields.includes(field), `${field} is not in ${fields}`);
    }),
    { numRuns: RUNS },
  );
});

fuzz("refuses members that are named twice, and __proto__", async ({ ask }) => {
  const rest = '"specversion":"1.0","source":"/fuzz","type":"t"';
  const twice = await ask("/messages", publishing(`{${rest},"id":"1","id":"2"}`));
  assertEquals(twice.body.code, "envelope-malformed");
  for (const name of ["__proto__", "constructor.prototype"]) {
    const { status, body } = await ask("/messages", publishing(`{${rest},"id":"1","${name}":{"polluted":true}}`));
    assertEquals([status, body.code], [422, "envelope-invalid"]);
  }
  const inData = `{${rest},"id":"1","data":{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":1}}}}`;
  assertEquals((await ask("/messages", publishing(inData))).status, 202);
  assertEquals(({} as { polluted?: boolean }).polluted, undefined);
});

fuzz("refuses data that is nested without end, and bytes that are not UTF-8", async ({ ask }) => {
  for (const depth of [65, 1_000, 30_000]) {
    const data = "[".repeat(depth) + "]".repeat(depth);
    const { body } = await ask("/messages", publishing(`${JSON.stringify(EVENT).slice(0, -1)},"data":${data}}`));
    assert(["envelope-invalid", "envelope-malformed"].includes(body.code as string), JSON.stringify(body));
  }
  const text = new TextEncoder().encode(JSON.stringify({ ...EVENT, data: "@@@@" }));
  for (const bad of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]]) {
    const body = text.slice();
    body.set(bad, body.indexOf(64));
    assertEquals((await ask("/messages", publishing(body))).body.code, "envelope-malformed");
  }
  const marked = await ask("/messages", publishing(new Uint8Array([0xef, 0xbb, 0xbf, ...text])));
  assertEquals(marked.body.code, "envelope-malformed");
});

fuzz("refuses content types that it does not know, and takes the others in any case", async ({ ask }) => {
  const good = JSON.stringify(EVENT);
  for (
    const type of [
      "text/plain",
      "application/json",
      "application/cloudevents",
      "application/cloudevents+avro",
      "application/cloudevents+json; charset=latin1",
      "application/cloudevents+jsonx",
      "cloudevents",
      ";",
      "/",
    ]
  ) {
    assertEquals((await ask("/messages", publishing(good, { "content-type": type }))).status, 415, type);
  }
  for (const type of ["APPLICATION/CloudEvents+JSON", 'application/cloudevents+json; charset="utf-8"; x=y']) {
    assertEquals((await ask("/messages", publishing(good, { "content-type": type }))).status, 202, type);
  }
  const token = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)) });
  await fc.assert(
    fc.asyncProperty(token, async (type) => {
      assertEquals((await ask("/messages", publishing(good, { "content-type": type }))).status, 415);
    }),
    { numRuns: RUNS },
  );
});

fuzz("refuses attributes in binary mode that are broken, overlong or too many", async ({ ask }) => {
  const base = { "ce-specversion": "1.0", "ce-id": "1", "ce-source": "/fuzz", "ce-type": "t" };
  const invalid: Record<string, string>[] = [
    { "ce-priority": "URGENT" },
    { "ce-subject": "%FF" },
    { "ce-subject": "%C3" },
    { "ce-subject": "x".repeat(4_097) },
    { "ce-id": "1, 1" + "x".repeat(257) },
    { "ce-specversion": "1.0, 1.0" },
    { "ce-datacontenttype": "text/plain" },
    { "ce-bad_name": "x" },
    { "ce-__proto__": "x" },
    { "ce-": "x" },
    { "ce-time": "soon" },
    { "ce-expirytime": "2026-13-01T00:00:00Z" },
    Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`ce-x${i}`, "1"])),
  ];
  for (const headers of invalid) {
    const { status, body } = await ask("/messages", publishing("", { ...base, ...headers }));
    assertEquals([status, body.code], [422, "envelope-invalid"], JSON.stringify(headers).slice(0, 100));
  }
  const value = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)) });
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.constantFrom("ce-id", "ce-type", "ce-time", "ce-x"), value), async (given) => {
      const { status } = await ask("/messages", publishing("x", { ...base, "content-type": "text/plain", ...given }));
      assert([202, 409, 422].includes(status), `${status}`);
    }),
    { numRuns: RUNS },
  );
});

fuzz("judges a batch item by item, and refuses one that is too long", async ({ ask }) => {
  const type = { "content-type": "application/cloudevents-batch+json" };
  const item = fc.oneof(fc.jsonValue(), fc.record({ ...constants(EVENT), id: fc.string() }));
  await fc.assert(
    fc.asyncProperty(fc.array(item, { maxLength: 10 }), async (items) => {
      const { status, body } = await ask("/messages", publishing(JSON.stringify(items), type));
      assertEquals(status, 202);
      const results = body.results as { status: number; code?: ErrorCode }[];
      assertEquals(results.length, items.length);
      for (const result of results) {
        assertEquals(result.status, result.code === undefined ? 202 : ERRORS[result.code].status);
      }
    }),
    { numRuns: RUNS },
  );
  const tooMany = await ask("/messages", publishing(`[${Array(11).fill("{}").join()}]`, type));
  assertEquals([tooMany.status, tooMany.body.code], [413, "batch-too-large"]);
  for (const body of ["{}", "[", "[{}", "[,]", "[1 2]", "]"]) {
    assertEquals((await ask("/messages", publishing(body, type))).body.code, "envelope-malformed", body);
  }
  assertEquals((await ask("/messages", publishing(`[${" ".repeat(100_000)}]`, type))).body.code, "body-too-large");
});

fuzz("refuses bodies over the limit by their length, without it, and in spite of it", async ({ ask, raw, serves }) => {
  const large = JSON.stringify({ ...EVENT, data: "x".repeat(MAX_BYTES) });
  assertEquals((await ask("/messages", publishing(large))).body.code, "body-too-large");
  const stream = ReadableStream.from([new TextEncoder().encode(large)]);
  assertEquals((await ask("/messages", publishing(stream))).body.code, "body-too-large");

  const head = "POST /bus/messages HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/cloudevents+json\r\n";
  // Announced and never sent: refused at once, for nobody waits for it.
  assertMatch(await raw([`${head}content-length: 1000000000\r\n\r\n`]), /^HTTP\/1.1 413 [^]*body-too-large/);
  // Chunks without end: refused when the limit is passed.
  const chunk = `4000\r\n${"x".repeat(0x4000)}\r\n`;
  const endless = await raw([`${head}transfer-encoding: chunked\r\n\r\n`, ...Array(40).fill(chunk)]);
  assert(endless === "" || /^HTTP\/1.1 413 /.test(endless), endless);
  // A length that is too small: the rest is another request, and none that is one.
  const body = JSON.stringify({ ...EVENT, id: "small" });
  const lying = await raw([`${head}content-length: 10\r\n\r\n${body}`], { ms: 300, until: /400 Bad Request/ });
  assertMatch(lying, /^HTTP\/1.1 400 [^]*envelope-malformed/);
  await serves();
});

fuzz("gives up on bodies that do not come", async ({ raw, serves }) => {
  const head = "POST /bus/messages HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/cloudevents+json\r\n";
  const stopped = await raw([`${head}content-length: 200\r\n\r\n{"specversion"`]);
  assertMatch(stopped, /^HTTP\/1.1 504 [^]*errors#timeout/);
  const chunked = await raw([`${head}transfer-encoding: chunked\r\n\r\n5\r\n{"spe\r\n`]);
  assertMatch(chunked, /^HTTP\/1.1 504 [^]*errors#timeout/);
  const drips = Array<string>(60).fill("1\r\nx\r\n");
  const dripped = await raw([`${head}transfer-encoding: chunked\r\n\r\n`, ...drips], { pauseMs: 10 });
  assertMatch(dripped, /^HTTP\/1.1 504 [^]*errors#timeout/);
  await raw([`${head}content-length: 200\r\n\r\n{"specversion"`], { ms: 50 }); // and goes away
  await serves();
});

fuzz("takes a request that comes in pieces", async ({ raw }) => {
  const body = JSON.stringify({ ...EVENT, id: "split", data: "é€𝄞" });
  const bytes = new TextEncoder().encode(body);
  const text = new TextEncoder().encode(
    "POST /bus/messages HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/cloudevents+json\r\n" +
      `content-length: ${bytes.length}\r\n\r\n`,
  );
  const whole = new Uint8Array([...text, ...bytes]);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(whole.length), { maxLength: 4 }), async (cuts) => {
      const at = [0, ...cuts.toSorted((a, b) => a - b), whole.length];
      const parts = at.slice(1).map((end, i) => whole.subarray(at[i], end));
      assertMatch(await raw(parts, { pauseMs: 1 }), /^HTTP\/1.1 202 [^]*"id":"split"/);
    }),
    { numRuns: effort(5, 30) },
  );
});

fuzz("lets nothing of a request stand in a header of its answer", async ({ ask, raw }) => {
  const injected = "x\r\nset-cookie: a=b";
  for (
    const path of [
      `/messages?source=${encodeURIComponent(injected)}&id=1`,
      `/dead-letters/${encodeURIComponent(injected)}`,
      `/services/${encodeURIComponent(injected)}`,
      `/${encodeURIComponent(injected)}`,
    ]
  ) assert([400, 404].includes((await ask(path, {})).status));
  const answer = await raw([
    "POST /bus/messages HTTP/1.1\r\nhost: 127.0.0.1\r\nprefer: wait=1\rset-cookie: a=b\r\n\r\n",
  ]);
  assert(!/^set-cookie/im.test(answer), answer);
});

fuzz("survives requests that are no HTTP", async ({ raw, serves }) => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 40 }) as fc.Arbitrary<Uint8Array<ArrayBuffer>>,
    fc.constantFrom(
      "POST /bus/messages HTTP/1.1\r\n",
      "host: 127.0.0.1\r\n",
      "content-length: 5\r\n",
      "content-length: -1\r\n",
      "content-length: 99999999999999999999\r\n",
      "transfer-encoding: chunked\r\n",
      "content-type: application/cloudevents+json\r\n",
      "expect: 100-continue\r\n",
      "upgrade: h2c\r\nconnection: upgrade\r\n",
      "\r\n",
      "{}",
      "0\r\n\r\n",
      `x: ${"y".repeat(70_000)}\r\n`,
      "GET /bus/../../etc/passwd HTTP/1.1\r\n",
      "GET /bus/services/users/%2e%2e/x HTTP/1.1\r\n",
    ),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 8 }), async (pieces) => {
      const answer = await raw(pieces, { ms: 30, until: /HTTP\/1.1 [234]\d\d/ });
      assert(!/^HTTP\/1.1 5(?!04)/m.test(answer), answer);
    }),
    { numRuns: effort(20, 150) },
  );
  await serves();
});

fuzz("refuses registrations, patterns and addresses that are none", async ({ ask }) => {
  const data = { name: "users", version: "1", endpoint: "http://127.0.0.1:1/x", subscriptions: ["a"] };
  const register = (given: unknown) =>
    ask("/registry", publishing(JSON.stringify({ ...EVENT, type: "service.register", data: given })));
  assertEquals((await register(null)).status, 422);
  const slow = ["*".repeat(250), "a.".repeat(120), `${"*.".repeat(100)}>`, ">.>", "a*", "(a+)+$"];
  for (const pattern of slow) {
    const startMs = performance.now();
    const { status } = await register({ ...data, name: "users!", subscriptions: Array(64).fill(pattern) });
    assertEquals(status, 422);
    assert(performance.now() - startMs < 1_000);
  }
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (given) => {
      assertEquals((await register(given)).status, 422);
      const { status } = await ask("/discover", publishing(JSON.stringify({ url: given }), {}));
      assert([400, 422].includes(status), `${status}`);
    }),
    { numRuns: RUNS },
  );
});

fuzz("answers any path, method and query with a typed answer", async ({ ask }) => {
  const segment = fc.constantFrom(
    "messages",
    "services",
    "nobody",
    "dead-letters",
    "redrive",
    "health",
    "..",
    "%00",
    "é",
  );
  const path = fc.array(segment, { maxLength: 4 }).map((parts) => `/${parts.join("/")}`);
  const query = fc.string({ maxLength: 20 }).map((text) => `?limit=${encodeURIComponent(text)}&source=%`);
  const method = fc.constantFrom("GET", "PUT", "PATCH", "DELETE", "OPTIONS", "POST");
  await fc.assert(
    fc.asyncProperty(method, path, query, async (method, path, query) => {
      // A path that leaves the mount is not ours.
      fc.pre(new URL(`http://x/bus${path}`).pathname.startsWith("/bus"));
      const { status } = await ask(path + query, { method });
      assert(status < 500);
    }),
    { numRuns: RUNS },
  );
});

function isObject(text: string): boolean {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function constants<T extends Record<string, string>>(of: T): { [K in keyof T]: fc.Arbitrary<string> } {
  return Object.fromEntries(Object.entries(of).map(([name, value]) => [name, fc.constant(value)])) as never;
}
