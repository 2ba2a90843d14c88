/**
 * Bad input and bad receivers before the real gateway, over HTTP: the process keeps serving, and no message that was
 * acknowledged is lost.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { effort } from "../../../testing/effort.ts";
import { type ErrorCode, ERRORS } from "../../core/error.ts";
import { PRIORITIES, type Priority } from "../../core/priority/table.ts";
import { PRIORITY_POLICIES, type ResolvedPolicy } from "../../core/retry/policy.ts";
import { gateway, serve, sqlite } from "./mod.ts";
import { until } from "../../../testing/until.ts";

const DEADLINE_MS = 10_000;
const MAX_BYTES = 65_536;
const SOURCE = "/fuzz";
const TYPE = "good.sent";
const STRUCTURED = { "content-type": "application/cloudevents+json" };
/** Whatever is refused would reach the good subscriber if it were accepted. */
const BAD = { specversion: "1.0", id: "bad", source: SOURCE, type: TYPE };
/** All that bad input may be answered with; `timeout` is for bodies that do not come. */
const REFUSALS: readonly ErrorCode[] = [
  "envelope-malformed",
  "envelope-invalid",
  "content-type-unsupported",
  "body-too-large",
  "headers-too-large",
  "batch-too-large",
  "type-reserved",
  "id-conflict",
  "target-unknown",
  "registration-invalid",
  "endpoint-refused",
  "open-mode-refused",
  "argument-invalid",
  "route-unknown",
  "method-unsupported",
  "timeout",
];

async function openBus(path: string, timeouts: Partial<Record<Priority, number>>) {
  const faults: unknown[] = [];
  const policies = Object.fromEntries(PRIORITIES.map((priority) => [priority, {
    ...PRIORITY_POLICIES[priority],
    baseMs: 10,
    capMs: 50,
    attemptTimeoutMs: timeouts[priority] ?? 5_000,
  }])) as Record<Priority, ResolvedPolicy>;
  const limits = { maxBytes: MAX_BYTES, maxBatchBytes: 2 * MAX_BYTES, maxBatchEnvelopes: 10, bodyTimeoutMs: 200 };
  const bus = gateway({
    open: true,
    store: sqlite(path),
    bus: { policies },
    registry: { breakerFailures: 1_000_000 },
    limits,
    onFault: (fault) => faults.push(fault),
  });
  const server = await serve(bus, { port: 0 });
  const { url } = server;

  async function ask(path: string, init: RequestInit = {}) {
    const response = await fetch(url + path, { signal: AbortSignal.timeout(DEADLINE_MS), ...init });
    const text = await response.text();
    const body = text === "" ? {} : JSON.parse(text);
    if (response.status >= 400 && path !== "/health") {
      assertEquals(response.headers.get("content-type"), "application/problem+json", text);
      assert(body.code in ERRORS, text);
      assertEquals([response.status, body.status], Array(2).fill(ERRORS[body.code as ErrorCode].status), text);
    }
    return { status: response.status, body };
  }
  const publish = (envelope: Record<string, unknown>) =>
    ask("/messages", { method: "POST", headers: STRUCTURED, body: JSON.stringify(envelope) });
  return {
    port: Number(new URL(url).port),
    ask,
    publish,
    async register(name: string, endpoint: string, subscriptions: readonly string[]): Promise<void> {
      const data = { name, version: "1", instance: "one", endpoint, subscriptions };
      const envelope = { ...BAD, id: `register-${name}`, type: "service.register", data };
      const { status, body } = await ask("/registry", {
        method: "POST",
        headers: STRUCTURED,
        body: JSON.stringify(envelope),
      });
      assertEquals(status, 200, JSON.stringify(body));
    },
    async serves(): Promise<void> {
      const { status, body } = await ask("/health");
      assertEquals([status, body.status], [200, "pass"], JSON.stringify(body));
    },
    /** Nothing is under way any more. */
    async idle(): Promise<void> {
      let seen = "";
      await until(async () => {
        const { checks } = (await ask("/health")).body;
        const counts = ["unfinished", "inFlight", "waiting"].map((name) =>
          checks[`deliveries:${name}`][0].observedValue
        );
        seen = counts.join();
        return seen === "0,0,0";
      }, () => `unfinished, in flight, waiting: ${seen}`);
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await bus.close({ deadlineMs: 2_000 });
      await server.close({ deadlineMs: 2_000 });
      assertEquals(faults, []);
    },
  };
}
type Bus = Awaited<ReturnType<typeof openBus>>;

/** Records what it acks; what it is told to refuse it refuses. */
function goodSubscriber(refuses: (id: string, attempt: number) => boolean = () => false) {
  const acked = new Map<string, string>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    if (request.method === "GET") return new Response("{}");
    const { source, id, data } = await request.json();
    if (refuses(id, Number(request.headers.get("bellhop-attempt")))) return new Response(null, { status: 503 });
    acked.set(`${source} ${id}`, JSON.stringify(data ?? null));
    return new Response(null, { status: 204 });
  });
  const url = `http://127.0.0.1:${(server.addr as Deno.NetAddr).port}/bellhop`;
  return { url, acked, [Symbol.asyncDispose]: () => server.shutdown() };
}

/** One publish of the good kind. */
interface Message {
  readonly priority: Priority;
  readonly mode: "structured" | "binary" | "batch";
  readonly data: unknown;
  readonly partitionkey: string | undefined;
  /** Its first attempt fails. */
  readonly flaky: boolean;
  /** A CRITICAL that is refused until the gateway has been started again. */
  readonly late: boolean;
}
type Step = { readonly kind: "message"; readonly message: Message } | { readonly kind: "bad"; readonly bad: Bad };
/** Sends bad input and judges the answer. */
interface Bad {
  readonly name: string;
  send(bus: Bus): Promise<void>;
}

Deno.test("gateway() loses no acknowledged message among bad requests, also over a restart", async () => {
  const message: fc.Arbitrary<Message> = fc.record({
    priority: fc.constantFrom(...PRIORITIES),
    mode: fc.constantFrom("structured", "binary", "batch"),
    data: fc.jsonValue({ maxDepth: 2 }),
    partitionkey: fc.constantFrom(undefined, "a", "b"),
    flaky: fc.boolean(),
    late: fc.boolean(),
  });
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({ kind: fc.constant("message" as const), message }),
    fc.record({ kind: fc.constant("bad" as const), bad: bad() }),
  );
  const steps = fc.array(fc.array(step, { minLength: 1, maxLength: 6 }), { minLength: 4, maxLength: 8 });
  const sent = { messages: 0, late: 0, bad: new Set<string>() };
  await fc.assert(
    fc.asyncProperty(steps, async (groups) => {
      const first: Step[] = [{ kind: "message", message: LATE }];
      await interleave([first, ...groups], sent);
    }),
    // Each failure takes its deadline: not to be shrunk.
    { numRuns: effort(20, 100), endOnFailure: true },
  );
  assert(sent.messages > 50 && sent.late >= effort(20, 100) && sent.bad.size > 15, JSON.stringify([...sent.bad]));
});

const LATE: Message = {
  priority: "CRITICAL",
  mode: "structured",
  data: { n: 1 },
  partitionkey: undefined,
  flaky: false,
  late: true,
};

async function interleave(
  groups: readonly (readonly Step[])[],
  sent: { messages: number; late: number; bad: Set<string> },
): Promise<void> {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/bus.db`;
  const messages = new Map<string, Message>();
  let restarted = false;
  await using good = goodSubscriber((id, attempt) => {
    const message = messages.get(id);
    if (message === undefined) return false; // it must not have come: it is recorded
    return (message.late && message.priority === "CRITICAL" && !restarted) || (message.flaky && attempt === 1);
  });
  const missing = (among: (message: Message) => boolean) =>
    [...messages].filter(([id, message]) => among(message) && !good.acked.has(`${SOURCE} ${id}`));

  async function act(bus: Bus, step: Step): Promise<void> {
    if (step.kind === "bad") {
      await step.bad.send(bus);
      sent.bad.add(step.bad.name);
      return await bus.serves();
    }
    const id = `good-${messages.size}`;
    messages.set(id, step.message);
    sent.messages++;
    if (step.message.late && step.message.priority === "CRITICAL" && !restarted) sent.late++;
    await publishGood(bus, id, step.message);
  }

  const middle = Math.ceil(groups.length / 2);
  {
    await using bus = await openBus(path, {});
    await bus.register("good", good.url, [TYPE]);
    for (const group of groups.slice(0, middle)) await Promise.all(group.map((step) => act(bus, step)));
    await conflict(bus);
    await until(
      () => missing(({ priority }) => priority !== "CRITICAL").length === 0,
      () => `not delivered before the restart: ${JSON.stringify(missing(({ priority }) => priority !== "CRITICAL"))}`,
    );
    assert(missing(({ late, priority }) => late && priority === "CRITICAL").length > 0);
  }
  restarted = true;
  await using bus = await openBus(path, {});
  for (const group of groups.slice(middle)) await Promise.all(group.map((step) => act(bus, step)));
  await until(() => missing(() => true).length === 0, () => `lost: ${JSON.stringify(missing(() => true))}`);
  await bus.idle();
  await conflict(bus);
  await bus.serves();
  const expected = [...messages].map(([id, { data }]) => [`${SOURCE} ${id}`, JSON.stringify(data)]);
  assertEquals(Object.fromEntries(good.acked), Object.fromEntries(expected));
  assertEquals((await bus.ask("/dead-letters")).body.deadLetters, []);
}

async function publishGood(bus: Bus, id: string, { priority, mode, data, partitionkey }: Message): Promise<void> {
  const lane = partitionkey === undefined ? {} : { partitionkey };
  const envelope = { ...BAD, id, priority, data, ...lane };
  const binary = Object.entries({ ...BAD, id, priority, ...lane }).map(([name, value]) => [`ce-${name}`, value]);
  const { status, body } = mode === "structured"
    ? await bus.publish(envelope)
    : mode === "binary"
    ? await bus.ask("/messages", {
      method: "POST",
      headers: { ...Object.fromEntries(binary), "content-type": "application/json" },
      body: JSON.stringify(data),
    })
    : await bus.ask("/messages", {
      method: "POST",
      headers: { "content-type": "application/cloudevents-batch+json" },
      body: JSON.stringify([{ ...envelope, priority: "URGENT" }, envelope]),
    });
  assertEquals(status, 202, JSON.stringify(body));
  if (mode === "batch") assertEquals([body.results[0].status, body.results[0].code], [422, "envelope-invalid"]);
  const answer = mode === "batch" ? body.results[1] : body;
  assertEquals([answer.receivers, answer.durability, answer.duplicate], [
    ["good"],
    priority === "CRITICAL" ? "flushed" : "memory",
    false,
  ]);
}

/** The first message's id with other content; it is CRITICAL, so that also the gateway started again knows it. */
async function conflict(bus: Bus): Promise<void> {
  const { status, body } = await bus.publish({ ...BAD, id: "good-0", priority: "CRITICAL", data: "forged" });
  assertEquals([status, body.code], [409, "id-conflict"], JSON.stringify(body));
}

function bad(): fc.Arbitrary<Bad> {
  const text = JSON.stringify({ ...BAD, data: "@@@@" });
  const rest = text.slice(1);
  const post = (name: string, body: () => BodyInit, codes: readonly ErrorCode[], headers = {}, path = "/messages") =>
    fc.constant<Bad>({
      name,
      async send(bus) {
        const init = { method: "POST", headers: { ...STRUCTURED, ...headers }, body: body() };
        const { status, body: problem } = await bus.ask(path, init);
        assert(status >= 400 && codes.includes(problem.code), `${name}: ${status} ${JSON.stringify(problem)}`);
      },
    });
  const invalid = (members: Record<string, unknown>, code: ErrorCode = "envelope-invalid") =>
    post(JSON.stringify(members).slice(0, 40), () => JSON.stringify({ ...BAD, ...members }), [code]);
  const registration = (data: unknown) =>
    post(
      "registration",
      () => JSON.stringify({ ...BAD, type: "service.register", data }),
      [
        "registration-invalid",
        "endpoint-refused",
      ],
      {},
      "/registry",
    );
  const service = { name: "slow", version: "1", endpoint: "http://127.0.0.1:1/x" };
  const tcp = (name: string, parts: (string | Uint8Array)[], want: RegExp, end = false) =>
    fc.constant<Bad>({
      name,
      async send(bus) {
        const answer = await raw(bus.port, parts, end);
        assert(want.test(answer), `${name}: ${answer}`);
        assert(!/^set-cookie/im.test(answer), answer);
        // Each problem has a known code; what is no HTTP the platform refuses in its own way, without a body.
        for (const [, code] of answer.matchAll(/"code":"([^"]*)"/g)) assert(REFUSALS.includes(code as ErrorCode), code);
        if (!answer.includes('"code"')) assert(/^(HTTP\/1\.1 4(00|31) [^]*\r\n\r\n)?$/.test(answer), answer);
      },
    });
  const head = "POST /messages HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n";
  const structured = `${head}content-type: application/cloudevents+json\r\n`;
  const binary = `${head}ce-specversion: 1.0\r\nce-id: bad\r\nce-source: ${SOURCE}\r\nce-type: ${TYPE}\r\n`;
  const large = () => JSON.stringify({ ...BAD, data: "x".repeat(MAX_BYTES) });
  return fc.oneof(
    fc.nat(text.length - 1).chain((at) => post("cut JSON", () => text.slice(0, at), ["envelope-malformed"])),
    fc.constantFrom("text/plain", "application/json", "application/cloudevents+avro", ";")
      .chain((type) => post("type", () => text, ["content-type-unsupported"], { "content-type": type })),
    post("duplicate member", () => `{"id":"other",${rest}`, ["envelope-malformed"]),
    post("__proto__", () => `{"__proto__":{"id":"polluted"},${rest}`, ["envelope-invalid", "envelope-malformed"]),
    post("nested", () => `{"data":${"[".repeat(5_000)}${"]".repeat(5_000)},${JSON.stringify(BAD).slice(1)}`, [
      "envelope-invalid",
      "envelope-malformed",
    ]),
    post("too large", large, ["body-too-large"]),
    post("too large, no length", () => ReadableStream.from([new TextEncoder().encode(large())]), ["body-too-large"]),
    fc.constantFrom([0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80]).chain((bytes) => {
      const body = new TextEncoder().encode(text);
      body.set(bytes, body.indexOf(64));
      return post("no UTF-8", () => body, ["envelope-malformed"]);
    }),
    invalid({ time: "2026-02-30T00:00:00Z" }),
    invalid({ expirytime: "soon" }),
    fc.string().filter((priority) => !PRIORITIES.includes(priority as Priority)).chain((priority) =>
      invalid({ priority })
    ),
    invalid({ id: "x".repeat(257) }),
    invalid({ extension: "x".repeat(4_097) }),
    invalid({ subject: "a\r\nset-cookie: a=b" }),
    invalid({ type: "service.registered" }, "type-reserved"),
    invalid({ target: "strangers" }, "target-unknown"),
    post("injection by percent", () => "", ["envelope-invalid"], {
      ...{ "content-type": "text/plain", "ce-specversion": "1.0", "ce-id": "bad", "ce-source": SOURCE },
      ...{ "ce-type": TYPE, "ce-subject": "a%0d%0aset-cookie: a=b" },
    }),
    post("foreign origin", () => text, ["open-mode-refused"], { origin: "http://example.org" }),
    fc.constantFrom("*".repeat(250), "a*", ">.>", `${"*.".repeat(100)}a*`)
      .chain((pattern) => registration({ ...service, subscriptions: Array(64).fill(pattern) })),
    fc.jsonValue().chain(registration),
    // Allowed, and meant to be slow: they match nothing, and nothing waits for them.
    fc.constant<Bad>({
      name: "slow patterns",
      send: (bus) =>
        bus.register("slow", service.endpoint, [
          "(a+)+$",
          ...Array.from({ length: 60 }, (_, i) => `${"*.".repeat(2 + i % 14)}a${i}`),
        ]),
    }),
    registration({ ...service, endpoint: "http://10.0.0.1/", subscriptions: [] }),
    post("no route", () => text, ["route-unknown"], {}, "/%00"),
    tcp("announced", [`${structured}content-length: 1000000000\r\n\r\n`], /^HTTP\/1\.1 413 [^]*body-too-large/),
    tcp("stops", [`${structured}content-length: 200\r\n\r\n{"spec`], /^HTTP\/1\.1 504 [^]*"timeout"/),
    tcp("lies", [`${structured}content-length: 10\r\n\r\n${text}`], /^HTTP\/1\.1 400 [^]*envelope-malformed/),
    tcp("goes away", [`${structured}content-length: 200\r\n\r\n{"spec`], /^/, true),
    tcp("bare CR", [`${binary}ce-subject: a\rset-cookie: a=b\r\ncontent-length: 0\r\n\r\n`], /^(HTTP\/1\.1 4|$)/),
    tcp("NUL", [`${binary}ce-subject: a\0b\r\ncontent-length: 0\r\n\r\n`], /^(HTTP\/1\.1 4|$)/),
    tcp("long header", [`${binary}x: ${"y".repeat(70_000)}\r\ncontent-length: x\r\n\r\n`], /^(HTTP\/1\.1 4|$)/),
    (fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 4 })).chain((parts) => tcp("bytes", parts, /^/, true)),
  );
}

type Behave = (connection: Deno.Conn) => Promise<void>;
const OK = "HTTP/1.1 200 OK\r\n";
const BUSY = "HTTP/1.1 503 Busy\r\n";
const FOUND = "HTTP/1.1 302 Found\r\ncontent-length: 0\r\nlocation: ";
/** A receiver's name, what it does, and how a LOW to it ends: its outcome, and the reason of each attempt. */
const HOSTILE: readonly [string, Behave, "exhausted" | "rejected" | "delivered", ...string[]][] = [
  ["never-answers", forEver, "exhausted", "timeout", "timeout"],
  ["drips-headers", drip(OK, "x-drip: 1\r\n"), "exhausted", "timeout|unreachable", "timeout|unreachable"],
  ["drips-a-body", drip(`${OK}content-length: 60000\r\n\r\n`, "x"), "exhausted", "timeout", "timeout"],
  ["floods-a-nak", flood(`${BUSY}content-length: 1073741824\r\n\r\n`), "exhausted", "status-503", "status-503"],
  ["floods-a-term", flood("HTTP/1.1 422 No\r\nbellhop-verdict: term\r\n\r\n"), "rejected", "term"],
  ["floods-an-ack", flood(`${OK}\r\n`), "delivered"],
  ["floods-headers", flood(`${OK}x: `), "exhausted", "timeout|unreachable", "timeout|unreachable"],
  ["redirects", says(`${FOUND}http://10.0.0.1/\r\n\r\n`), "exhausted", "status-302", "status-302"],
  ["redirects-to-itself", says(`${FOUND}/bellhop\r\n\r\n`), "exhausted", "status-302", "status-302"],
  ["promises-more", says(`${OK}content-length: 10\r\n\r\n123`), "exhausted", "unreachable", "unreachable"],
  [
    "two-lengths",
    says(`${OK}content-length: 1\r\ncontent-length: 2\r\n\r\nab`),
    "exhausted",
    "unreachable",
    "unreachable",
  ],
  ["bad-chunk", says(`${OK}transfer-encoding: chunked\r\n\r\nzz\r\n`), "exhausted", "unreachable", "unreachable"],
  ["closes-early", says(""), "exhausted", "unreachable", "unreachable"],
  ["no-http", says("220 mail.example ESMTP\r\n"), "exhausted", "unreachable", "unreachable"],
  ["gone", says("HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n"), "exhausted", "status-410", "no-instance"],
  ["refuses", says("HTTP/1.1 422 No\r\ncontent-length: 0\r\n\r\n"), "rejected", "status-422"],
  ["forbids", says("HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n"), "exhausted", "status-401", "status-401"],
  ...["soon", "-1", "1e9x", "99 Foo 9999 99:99:99 GMT"].map((value, i) =>
    [
      `retry-after-${i}`,
      says(`${BUSY}retry-after: ${value}\r\ncontent-length: 0\r\n\r\n`),
      "exhausted",
      "status-503",
      "status-503",
    ] as [string, Behave, "exhausted", string, string]
  ),
];

Deno.test("gateway() ends what goes to hostile receivers with a reason, and nobody else waits for them", async () => {
  await using folder = await temporaryFolder();
  const hangUp = Promise.withResolvers<void>();
  const all: [string, Behave][] = HOSTILE.map(([name, behave]) => [name, behave]);
  await using good = goodSubscriber();
  await using holding = hostile(() => hangUp.promise);
  await using stack = new AsyncDisposableStack();
  stack.defer(() => hangUp.resolve());
  await using bus = await openBus(`${folder.path}/bus.db`, { LOW: 300 });
  await bus.register("good", good.url, [TYPE]);
  await bus.register("holding", holding.url, []);
  for (const [name, behave] of all) await bus.register(name, stack.use(hostile(behave)).url, []);

  async function send(id: string, target: string, priority: Priority): Promise<void> {
    const { status, body } = await bus.publish({ ...BAD, id, target, priority });
    assertEquals([status, body.receivers], [202, [target]], JSON.stringify(body));
  }
  // More than one receiver may have under way, and for longer than this test lasts unless it is told to end.
  const held = Array.from({ length: 70 }, (_, i) => `held-${i}`);
  await Promise.all(held.map((id) => send(id, "holding", "NORMAL")));
  const rounds = effort(1, 5);
  for (let round = 0; round < rounds; round++) {
    // An endpoint that is gone has to be registered again.
    if (round > 0) await bus.register("gone", stack.use(hostile(new Map(all).get("gone")!)).url, []);
    await Promise.all(HOSTILE.map(async ([name]) => {
      await send(`${name}-${round}`, name, "LOW");
      const high = { ...BAD, id: `high-${name}-${round}`, priority: "HIGH" };
      const init = { method: "POST", headers: { ...STRUCTURED, prefer: "wait=10" }, body: JSON.stringify(high) };
      const { status, body } = await bus.ask("/messages", init);
      assertEquals([status, body.status.deliveries[0].outcome], [200, "delivered"], JSON.stringify(body));
    }));
    await Promise.all(HOSTILE.map(([name, , outcome, ...reasons]) => judge(bus, name, round, outcome, reasons)));
  }
  // All that was delivered meanwhile was delivered while these were held.
  assertEquals(holding.reached(), 64);
  const { checks } = (await bus.ask("/health")).body;
  assertEquals(checks["deliveries:unfinished"][0].observedValue, held.length);
  assertEquals(good.acked.size, HOSTILE.length * rounds);
  hangUp.resolve();
  await bus.idle();
  await bus.serves();
  const { deadLetters } = (await bus.ask("/dead-letters?receiver=holding&limit=100")).body;
  const ends = deadLetters.map((letter: Letter) => `${letter.outcome} ${letter.reason} ${letter.attempts}`);
  assertEquals(ends, held.map(() => "exhausted unreachable 4"));
});

interface Letter {
  readonly envelope: { readonly id: string };
  readonly outcome: string;
  readonly reason: string;
  readonly attempts: number;
  readonly history: readonly { readonly reason: string }[];
}

async function judge(bus: Bus, name: string, round: number, outcome: string, reasons: readonly string[]) {
  const id = `${name}-${round}`;
  const query = `?source=${encodeURIComponent(SOURCE)}&id=${id}`;
  const { body } = await bus.ask(`/messages${query}`, { headers: { prefer: "wait=10" } });
  assertEquals([name, body.deliveries[0].outcome], [name, outcome], JSON.stringify(body));
  const letters: Letter[] = (await bus.ask(`/dead-letters?receiver=${name}`)).body.deadLetters;
  const letter = letters.find(({ envelope }) => envelope.id === id);
  if (outcome === "delivered") return assertEquals(letter, undefined);
  assert(letter !== undefined, name);
  assertEquals(
    [letter.outcome, letter.attempts, letter.history.length],
    [outcome, reasons.length, reasons.length],
    name,
  );
  letter.history.forEach(({ reason }, i) => assert(reasons[i].split("|").includes(reason), `${name}: ${reason}`));
  assertEquals(letter.reason, letter.history.at(-1)!.reason);
}

/** A receiver that writes bytes as it likes, once a request has arrived. */
function hostile(behave: Behave) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connections = new Map<Deno.Conn, Promise<void>>();
  let reached = 0;
  const serve = async (connection: Deno.Conn) => {
    const request = new TextDecoder().decode((await readSome(connection)) ?? undefined);
    if (request.startsWith("POST")) reached++;
    await behave(connection);
  };
  const accepting = (async () => {
    for await (const connection of listener) {
      connections.set(connection, serve(connection).catch(() => {}).finally(() => close(connection)));
    }
  })();
  return {
    url: `http://127.0.0.1:${(listener.addr as Deno.NetAddr).port}/bellhop`,
    reached: () => reached,
    async [Symbol.asyncDispose](): Promise<void> {
      listener.close();
      for (const connection of connections.keys()) close(connection);
      await accepting;
      await Promise.all(connections.values());
    },
  };
}

async function readSome(connection: Deno.Conn): Promise<Uint8Array | null> {
  const buffer = new Uint8Array(16_384);
  const length = await connection.read(buffer);
  return length === null ? null : buffer.subarray(0, length);
}

async function forEver(connection: Deno.Conn): Promise<void> {
  while (await readSome(connection) !== null);
}

function says(text: string): Behave {
  return (connection) => write(connection, text);
}

function drip(head: string, piece: string): Behave {
  return async (connection) => {
    for (let text = head;; text = piece) {
      await write(connection, text);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
}

function flood(head: string): Behave {
  return async (connection) => {
    await write(connection, head);
    const chunk = new Uint8Array(65_536).fill(120);
    for (let sent = 0; sent < 1_073_741_824; sent += chunk.length) await write(connection, chunk);
  };
}

/** Sends bytes as they are, ends its side if `end`, and reads all of the answer; the server must come to an end. */
async function raw(port: number, parts: readonly (string | Uint8Array)[], end: boolean): Promise<string> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    close(connection);
  }, DEADLINE_MS);
  const writing = (async () => {
    for (const part of parts) await write(connection, part);
    if (end) await connection.closeWrite();
  })().catch(() => {}); // who refuses need not read on
  let answer = "";
  try {
    const decoder = new TextDecoder();
    for (let bytes = await readSome(connection); bytes !== null; bytes = await readSome(connection)) {
      answer += decoder.decode(bytes, { stream: true });
      // The server may wait for the rest of a body before it closes.
      if (/"code":"[^]*\}(\r\n0\r\n\r\n)?$/.test(answer)) break;
    }
  } catch { // cut by the server
  }
  clearTimeout(timer);
  close(connection);
  await writing;
  assert(!late, `not answered in time: ${answer}`);
  return answer;
}

async function write(connection: Deno.Conn, text: string | Uint8Array): Promise<void> {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch { // closed already
  }
}

async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempDir();
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
