import { assert, assertEquals, assertGreaterOrEqual, assertLess, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { effort } from "../../../testing/effort.ts";
import { parse } from "../../core/envelope/mod.ts";
import { BellhopError } from "../../core/error.ts";
import { verdictOf } from "../../core/retry/verdict.ts";
import type { Answer, Delivery } from "../../ports/transport.ts";
import { fetchTransport } from "./fetch.ts";

const transport = fetchTransport();
const TIMEOUT_MS = 300;

function delivery(endpoint: string, given: Partial<Delivery> = {}): Delivery {
  return {
    envelope: { specversion: "1.0", id: "1", source: "/a", type: "b", data: { n: 1 } },
    deliveryId: "dlv_1",
    attempt: 2,
    receiver: "users",
    instance: "a1",
    endpoint,
    timeoutMs: TIMEOUT_MS,
    ...given,
  };
}

/** A receiver that writes bytes as it likes: what it is told to, once a request has arrived. */
function hostile(behave: (connection: Deno.Conn) => Promise<void>): { readonly url: string } & AsyncDisposable {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Promise<void>>();
  const connections = new Set<Deno.Conn>();
  const accepting = (async () => {
    for await (const connection of listener) {
      connections.add(connection);
      const one = (async () => {
        await connection.read(new Uint8Array(4_096));
        await behave(connection);
      })().catch(() => {}).finally(() => close(connection));
      open.add(one);
    }
  })();
  return {
    url: `http://127.0.0.1:${(listener.addr as Deno.NetAddr).port}/bellhop`,
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const connection of connections) close(connection);
      await accepting;
      await Promise.all(open);
    },
  };
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch { // closed already
  }
}

async function write(connection: Deno.Conn, text: string | Uint8Array): Promise<void> {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

async function forEver(connection: Deno.Conn): Promise<void> {
  while (await connection.read(new Uint8Array(1_024)) !== null);
}

function saying(text: string): (connection: Deno.Conn) => Promise<void> {
  return (connection) => write(connection, text);
}

async function drip(connection: Deno.Conn, head: string, piece: string): Promise<void> {
  await write(connection, head);
  while (true) {
    await write(connection, piece);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function flood(connection: Deno.Conn, head: string): Promise<void> {
  await write(connection, head);
  const chunk = new Uint8Array(65_536).fill(120);
  for (let sent = 0; sent < 1_073_741_824; sent += chunk.length) await write(connection, chunk);
}

Deno.test("deliver() posts the envelope in structured mode with what belongs to the attempt", async () => {
  let seen: { method: string; url: string; headers: Headers; body: string } | undefined;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    seen = {
      method: request.method,
      url: request.url,
      headers: new Headers(request.headers),
      body: await request.text(),
    };
    return new Response(null, { status: 204 });
  });
  const given = delivery(`http://127.0.0.1:${server.addr.port}/mount/bellhop`, { timeoutMs: 1_500.7 });
  assertEquals(await transport.deliver(given), { verdict: "ack", reason: "", answered: true });
  await server.shutdown();
  const { method, url, headers, body } = seen!;
  assertEquals([method, new URL(url).pathname], ["POST", "/mount/bellhop"]);
  const names = ["content-type", "bellhop-delivery", "bellhop-attempt", "bellhop-deadline-ms"];
  assertEquals(names.map((name) => headers.get(name)), [
    "application/cloudevents+json; charset=utf-8",
    "dlv_1",
    "2",
    "1500",
  ]);
  assertEquals(parse(body), given.envelope);
});

Deno.test("deliver() reads the verdict from status and header, for any of them", async () => {
  let next = new Response();
  const local = fetchTransport({ fetch: () => Promise.resolve(next) });
  const verdict = fc.option(fc.constantFrom("ack", "nak", "term", "ACK", "maybe", ""), { nil: undefined });
  await fc.assert(fc.asyncProperty(fc.integer({ min: 200, max: 599 }), verdict, async (status, verdict) => {
    next = new Response(null, { status, headers: verdict === undefined ? {} : { "bellhop-verdict": verdict } });
    const answer = await local.deliver(delivery("http://127.0.0.1:1/"));
    const ruling = verdictOf(status, verdict);
    assertEquals([answer.verdict, answer.answered], [ruling.verdict, true]);
    assertEquals(answer.blameHealth === true, ruling.blame === "health");
    assertEquals(answer.removeEndpoint === true, ruling.removeEndpoint === true);
    const reason = ruling.verdict === "ack" ? "" : verdict === ruling.verdict ? verdict : `status-${status}`;
    assertEquals(answer.reason, reason);
  }));
});

Deno.test("deliver() reads Retry-After in seconds or as a date, and passes over what is neither", async () => {
  const garbage = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)) });
  let value = "";
  const local = fetchTransport({
    fetch: () => Promise.resolve(new Response(null, { status: 503, headers: { "retry-after": value } })),
  });
  const asked = async (given: string): Promise<Answer> => {
    value = given;
    return await local.deliver(delivery("http://127.0.0.1:1/"));
  };
  assertEquals((await asked("7")).retryAfterMs, 7_000);
  assertEquals((await asked("Thu, 01 Jan 1970 00:00:00 GMT")).retryAfterMs, 0);
  const late = (await asked(new Date(Date.now() + 60_000).toUTCString())).retryAfterMs ?? NaN;
  assertGreaterOrEqual(late, 50_000);
  assertLess(late, 61_000);
  await fc.assert(fc.asyncProperty(garbage, async (text) => {
    const { verdict, reason, retryAfterMs = 0 } = await asked(text);
    assertEquals([verdict, reason], ["nak", "status-503"]);
    assert(retryAfterMs >= 0 && Number.isSafeInteger(retryAfterMs));
    if (!/\d/.test(text)) assertEquals(retryAfterMs, 0);
  }));
});

const OK = "HTTP/1.1 200 OK\r\n";
const HOSTILE: readonly [string, (connection: Deno.Conn) => Promise<void>, string][] = [
  ["never answers", forEver, "timeout"],
  ["drips its headers", (connection) => drip(connection, OK, "x-drip: 1\r\n"), "timeout|unreachable"],
  ["drips a body without end", (connection) => drip(connection, `${OK}content-length: 60000\r\n\r\n`, "x"), "timeout"],
  ["stops in the body", async (connection) => {
    await write(connection, `${OK}content-length: 10\r\n\r\n123`);
    await forEver(connection);
  }, "timeout"],
  ["closes before it answers", () => Promise.resolve(), "unreachable"],
  ["closes within its headers", saying(`${OK}content-le`), "unreachable"],
  ["closes before its stated length", saying(`${OK}content-length: 10\r\n\r\n123`), "unreachable"],
  ["ends a chunk early", saying(`${OK}transfer-encoding: chunked\r\n\r\nff\r\nxx`), "unreachable"],
  ["states a bad chunk", saying(`${OK}transfer-encoding: chunked\r\n\r\nzz\r\n`), "unreachable"],
  ["states two lengths", saying(`${OK}content-length: 1\r\ncontent-length: 2\r\n\r\nab`), "unreachable"],
  ["speaks no HTTP", saying("220 mail.example ESMTP\r\n"), "unreachable"],
  ["sends rubbish", saying("\0\x01\x02\r\n\r\n"), "unreachable"],
  ["redirects", saying("HTTP/1.1 302 Found\r\nlocation: http://10.0.0.1/\r\ncontent-length: 0\r\n\r\n"), "status-302"],
  ["redirects to itself", saying("HTTP/1.1 307 X\r\nlocation: /bellhop\r\ncontent-length: 0\r\n\r\n"), "status-307"],
  ["floods with a length", (connection) => flood(connection, `${OK}content-length: 1073741824\r\n\r\n`), ""],
  ["floods without a length", (connection) => flood(connection, `${OK}\r\n`), ""],
  [
    "floods a refusal",
    (connection) => flood(connection, "HTTP/1.1 422 No\r\nbellhop-verdict: term\r\n\r\n"),
    "term",
  ],
  ["floods its headers", (connection) => flood(connection, `${OK}x: `), "unreachable|timeout"],
  ["says more than its length", saying(`${OK}content-length: 1\r\n\r\nabcdef`), ""],
];

for (const [name, behave, reasons] of HOSTILE) {
  Deno.test(`deliver() answers in time when the receiver ${name}`, async () => {
    await using receiver = hostile(behave);
    const startMs = performance.now();
    const answer = await transport.deliver(delivery(receiver.url));
    // Generous, for a busy machine; without a bound it would take until the receiver ends, which it does not.
    assertLess(performance.now() - startMs, TIMEOUT_MS + 2_000);
    assert(reasons.split("|").includes(answer.reason), answer.reason);
    assertEquals(answer.verdict, reasons === "" ? "ack" : reasons === "term" ? "term" : "nak");
    const health = await transport.health(receiver.url, "health", TIMEOUT_MS);
    assertEquals(health, reasons === "" ? "pass" : "fail");
    const refused = await assertRejects(() => transport.manifest(receiver.url, TIMEOUT_MS), BellhopError);
    assertEquals(refused.code, "discovery-failed");
  });
}

Deno.test("deliver() answers for whatever bytes a receiver sends", async () => {
  const piece = fc.oneof(
    fc.string({ maxLength: 20 }),
    fc.constantFrom(OK, "\r\n", "\r\n\r\n", "content-length: ", "5", "transfer-encoding: chunked\r\n", "0\r\n\r\n"),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 10 }), async (pieces) => {
      await using receiver = hostile(saying(pieces.join("")));
      const { verdict, reason, answered } = await transport.deliver(delivery(receiver.url));
      assert(verdict === "ack" ? answered : /^(status-\d{3}|unreachable|timeout)$/.test(reason), reason);
    }),
    { numRuns: effort(30, 200) },
  );
});

Deno.test("deliver() answers in time when fetch ignores its signal, throws, or answers late", async () => {
  const at = (fetch: typeof globalThis.fetch) =>
    fetchTransport({ fetch }).deliver(delivery("http://127.0.0.1:1/", { timeoutMs: 20 }));
  assertEquals((await at(() => new Promise(() => {}))).reason, "timeout");
  const thrown = await at(() => {
    throw new Error("no");
  });
  assertEquals([thrown.verdict, thrown.reason, thrown.answered], ["nak", "unreachable", false]);
  assertEquals((await at(() => Promise.reject("no"))).reason, "unreachable");
  const { promise, resolve } = Promise.withResolvers<Response>();
  assertEquals((await at(() => promise)).reason, "timeout");
  let cancelled = false;
  resolve(new Response(new ReadableStream({ cancel: () => void (cancelled = true) })));
  for (let turn = 0; turn < 20 && !cancelled; turn++) await Promise.resolve();
  assert(cancelled);
});

Deno.test("deliver() to a port where nobody listens is unreachable", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  const answer = await transport.deliver(delivery(`http://127.0.0.1:${port}/`));
  assertEquals(answer, { verdict: "nak", reason: "unreachable", answered: false });
});

Deno.test("deliver() reads no more of an answer than its bound, and leaves the rest", async () => {
  let pulled = 0;
  let cancelled = false;
  const body = () =>
    new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled += 1_000;
        controller.enqueue(new Uint8Array(1_000));
      },
      cancel: () => void (cancelled = true),
    }, { highWaterMark: 0 });
  const local = fetchTransport({
    maxResponseBytes: 5_000,
    fetch: () => Promise.resolve(new Response(body(), { status: 500 })),
  });
  assertEquals((await local.deliver(delivery("http://127.0.0.1:1/"))).reason, "status-500");
  assert(cancelled);
  assertEquals(pulled, 6_000);
});

Deno.test("health() reads documents tolerantly", async () => {
  let next = new Response();
  let asked = "";
  const local = fetchTransport({
    fetch: (url) => {
      asked = String(url);
      return Promise.resolve(next);
    },
  });
  const health = async (status: number, body: string | null, endpoint = "http://127.0.0.1:1/x/") => {
    next = new Response(body, { status });
    return await local.health(endpoint, "a/health", 1_000);
  };
  for (const word of ["pass", "ok", "up", "PASS", "Up"]) {
    assertEquals(await health(200, `{"status":"${word}"}`), "pass");
  }
  for (const word of ["fail", "error", "DOWN"]) assertEquals(await health(207, `{"status":"${word}"}`), "fail");
  assertEquals(await health(200, '{"status":"Warn"}'), "warn");
  for (const body of [null, "", "fine", "{}", "[]", "null", '{"status":7}', '{"status":"so so"}']) {
    assertEquals(await health(200, body), "pass", String(body));
  }
  for (const status of [302, 404, 500, 503]) assertEquals(await health(status, '{"status":"pass"}'), "fail");
  assertEquals(asked, "http://127.0.0.1:1/x/a/health");
  await health(200, null, "http://127.0.0.1:1");
  assertEquals(asked, "http://127.0.0.1:1/a/health");
  assertEquals(await health(200, null, "http://10.0.0.1/"), "fail");
});

Deno.test("manifest() fetches bounded JSON, or says what was wrong", async () => {
  let next = new Response();
  const local = fetchTransport({
    maxResponseBytes: 100,
    fetch: () => Promise.resolve(next),
  });
  const manifest = (body: string | null, status = 200) => {
    next = new Response(body, { status });
    return local.manifest("http://127.0.0.1:1/", 1_000);
  };
  assertEquals(await manifest('{"name":"users"}'), { name: "users" });
  for (
    const [body, status, detail] of [
      ["{", 200, "JSON"],
      [null, 200, "JSON"],
      [`"${"x".repeat(100)}"`, 200, "100 bytes"],
      ["{}", 301, "301"],
      ["{}", 500, "500"],
    ] as const
  ) {
    const error = await assertRejects(() => manifest(body, status), BellhopError, detail);
    assertEquals(error.code, "discovery-failed");
  }
  const refused = await assertRejects(() => local.manifest("http://10.0.0.1/", 1_000), BellhopError);
  assertEquals(refused.code, "endpoint-refused");
});

Deno.test("check() lets loopback endpoints pass and no others, in whatever disguise", async () => {
  for (
    const endpoint of [
      "http://localhost:1/x",
      "http://127.0.0.1",
      "https://127.255.0.1/",
      "http://[::1]:8/",
      "http://127.1/",
      "http://0x7f000001/",
    ]
  ) transport.check(endpoint);
  for (
    const endpoint of [
      "",
      "users",
      "http://10.0.0.1/",
      "http://0.0.0.0/",
      "http://169.254.169.254/",
      "http://127.0.0.1.example.com/",
      "http://localhost.example.com/",
      "http://127.0.0.1@10.0.0.1/",
      "http://user:secret@127.0.0.1/",
      "http://[::2]/",
      "ftp://127.0.0.1/",
      "file:///etc/passwd",
      "http://128.0.0.1/",
      "http://%31%30.0.0.1/",
    ]
  ) {
    const error = assertThrows(() => transport.check(endpoint), BellhopError, "endpoint");
    assertEquals(error.code, "endpoint-refused");
    assertEquals(await transport.deliver(delivery(endpoint)), {
      verdict: "nak",
      reason: "endpoint-refused",
      answered: false,
    });
  }
  assertThrows(
    () => fetchTransport({ maxResponseBytes: 0 }),
    BellhopError,
    "maxResponseBytes",
  );
});
