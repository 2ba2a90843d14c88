import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { bundled, type Workerd, workerd } from "../../../testing/workers/workerd.ts";

const TOKEN = "tok_d29ya2Vycy10ZXN0LXRva2Vu";
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const program = await bundled("testing/workers/bus_worker.ts");

interface Receiver extends AsyncDisposable {
  readonly url: string;
  /** Ids, in the order of their deliveries, with the attempt. */
  readonly heard: string[];
  /** Statuses of the next answers; then 204. */
  readonly answers: number[];
}

/** A service that consents to all and notes what it gets. */
function receiver(): Receiver {
  const heard: string[] = [];
  const answers: number[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    if (request.method === "OPTIONS") {
      return new Response(null, { headers: { "webhook-allowed-origin": "*", "webhook-allowed-rate": "*" } });
    }
    if (request.method === "GET") return Response.json({ status: "pass" });
    const { id } = await request.json();
    heard.push(`${id}#${request.headers.get("bellhop-attempt")}`);
    return new Response(null, { status: answers.shift() ?? 204 });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    heard,
    answers,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function ask(worker: Workerd, method: string, path: string, event?: Record<string, unknown>): Promise<Response> {
  return fetch(`${worker.url}/bus${path}`, {
    method,
    headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/cloudevents+json" },
    ...(event === undefined ? {} : { body: JSON.stringify({ specversion: "1.0", source: "/test", ...event }) }),
  });
}

async function register(worker: Workerd, endpoint: string): Promise<void> {
  const response = await ask(worker, "POST", "/registry", {
    id: crypto.randomUUID(),
    type: "service.register",
    data: { name: "b", version: "1.0.0", endpoint, subscriptions: ["thing.*"], leaseMs: 3_600_000 },
  });
  assertEquals(response.status, 200, await response.text());
}

async function until(holds: () => boolean, what: string): Promise<void> {
  for (const endMs = Date.now() + 30_000; !holds(); await new Promise((resolve) => setTimeout(resolve, 20))) {
    assert(Date.now() < endMs, `30 s have passed without: ${what}`);
  }
}

const world = { objects: { BUS: "Bus" }, bindings: { TOKEN, SECRET } };

Deno.test("gatewayObject() delivers in workerd, and knows where it is mounted", async () => {
  await using b = receiver();
  await using worker = await workerd(program, world);
  await register(worker, b.url);
  const sent = await ask(worker, "POST", "/messages", { id: "1", type: "thing.happened", priority: "CRITICAL" });
  assertEquals([sent.status, (await sent.json()).durability], [202, "flushed"]);
  await until(() => b.heard.length === 1, "the delivery");
  assertEquals(b.heard, ["1#1"]);
  const missing = await (await ask(worker, "GET", "/messages?source=/test&id=2")).json();
  assertEquals([missing.code, missing.type], ["message-unknown", "/bus/errors#message-unknown"]);
  const strange = await fetch(`${worker.url}/bus/messages`, { method: "POST", headers: { "bellhop-mount": "/x" } });
  assertEquals([strange.status, (await strange.json()).type], [401, "/bus/errors#unauthorized"]);
});

Deno.test("gatewayObject() goes on with a message in backoff after workerd was killed, woken by its alarm alone", async () => {
  const folder = await Deno.makeTempDir({ prefix: "bellhop-" });
  await using b = receiver();
  b.answers.push(503, 503);
  const first = await workerd(program, { ...world, folder });
  await register(first, b.url);
  const sent = await ask(first, "POST", "/messages", { id: "1", type: "thing.happened", priority: "CRITICAL" });
  assertEquals(sent.status, 202, await sent.text());
  await until(() => b.heard.length === 2, "two attempts");
  await first.kill();
  const attempts = b.heard.length;
  await using _second = await workerd(program, { ...world, folder });
  await until(() => b.heard.length > attempts, "an attempt that nobody asked for");
  assertMatch(b.heard[attempts], /^1#[34]$/);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("gatewayObject() takes up after an eviction what is CRITICAL", async () => {
  await using b = receiver();
  b.answers.push(503, 503);
  await using worker = await workerd(program, world);
  await register(worker, b.url);
  await (await ask(worker, "POST", "/messages", { id: "1", type: "thing.happened", priority: "CRITICAL" })).text();
  await until(() => b.heard.length === 2, "two attempts");
  await (await ask(worker, "POST", "/abort")).text();
  const [delivery] = (await (await ask(worker, "GET", "/messages?source=/test&id=1")).json()).deliveries;
  assertEquals([delivery.state, delivery.attempts >= 2], ["waiting", true]);
  await until(() => b.heard.length === 3, "the third attempt");
});

Deno.test("gateway() on workerd without an object says which lines of configuration are missing", async () => {
  await using worker = await workerd(program, { bindings: { TOKEN, SECRET } });
  const response = await ask(worker, "POST", "/messages", { id: "1", type: "thing.happened" });
  const problem = await response.json();
  assertEquals([response.status, problem.code], [501, "engine-required"]);
  assertStringIncludes(problem.detail, '"new_sqlite_classes": ["Bus"]');
});
