import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Hono } from "hono";
import { type ErrorCode, ERRORS } from "../../core/error.ts";
import type { Engine } from "../../ports/engine.ts";
import { createCredentials } from "../../security/credentials.ts";
import { type ManualClock, manualClock } from "../../testing/manual_clock.ts";
import { embedded } from "../engines/embedded.ts";
import { memory } from "../stores/memory.ts";
import { memoryTransport } from "../transports/memory.ts";
import { gatewayRoutes, type GatewayRoutesOptions } from "./gateway.ts";

const LEASE_MS = 16_000;
const WORKER = "q3Tz8mKpW1xLr5Vn7BcY2dHf9GsJ4aEu6oQiX0tRwZk";
const READER = "k9Wd2fNq7RjY4uPz1LsX8cTb3HvM6gEa5oBiK0nQwJt";

interface World {
  readonly engine: Engine;
  readonly clock: ManualClock;
  readonly lease: string;
  ask(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  take(query?: string): Promise<Taken[]>;
  answer(...answers: object[]): Promise<boolean[]>;
  send(...ids: string[]): Promise<void>;
  close(): Promise<void>;
}

interface Taken {
  readonly ticket: string;
  readonly delivery: string;
  readonly attempt: number;
  readonly leaseMs: number;
  readonly envelope: { readonly id: string };
}

async function world(options: Partial<GatewayRoutesOptions> = {}, leaseMs = 3_600_000): Promise<World> {
  const clock = manualClock();
  let tokens = 0;
  const engine = await embedded({
    store: memory(),
    clock,
    transport: memoryTransport(new Map()),
    random: () => 0.5,
    token: () => `token-${++tokens}`,
    registry: { healthIntervalMs: 0 },
  });
  const mode = options.credentials === undefined ? { open: true as const } : {};
  const app = new Hono().route("/", gatewayRoutes({ engine, clock, peer: () => "127.0.0.1", ...mode, ...options }));
  const data = { name: "q", version: "1", subscriptions: ["t"], instance: "a", delivery: "pull", leaseMs };
  const { lease } = await engine.register(data);
  const world: World = {
    engine,
    clock,
    lease,
    async ask(method, path, body, headers = {}) {
      const type = body === undefined ? {} : { "content-type": "application/json" };
      const asked = app.request(path, {
        method,
        headers: { ...type, "bellhop-lease": lease, ...headers },
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      });
      await settled(clock);
      return await asked;
    },
    async take(query = "") {
      const response = await world.ask("GET", `/deliveries${query}`);
      assertEquals(response.status, 200, await response.clone().text());
      return (await response.json()).deliveries;
    },
    async answer(...answers) {
      const response = await world.ask("POST", "/deliveries", { answers });
      assertEquals(response.status, 200, await response.clone().text());
      return (await response.json()).results.map(({ held }: { held: boolean }) => held);
    },
    async send(...ids) {
      for (const id of ids) {
        await engine.publish({ specversion: "1.0", id, source: "/test", type: "t" }, { principal: "/test" });
      }
      await settled(clock);
    },
    close: () => engine.close({ deadlineMs: 0 }),
  };
  return world;
}

/** A stream takes turns of the platform. */
async function settled(clock: ManualClock, ms = 0): Promise<void> {
  await clock.settle(ms);
  for (let turn = 0; turn < 3; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 0));
    await clock.settle(0);
  }
}

interface Reading {
  /** All that has come. */
  readonly text: string;
  readonly done: boolean;
  events(): { readonly event: string; readonly data: Record<string, unknown> }[];
  cancel(): Promise<void>;
}

async function stream(world: World, query = ""): Promise<Reading> {
  const response = await world.ask("GET", `/deliveries${query}`, undefined, { accept: "text/event-stream" });
  assertEquals([response.status, response.headers.get("content-type")], [200, "text/event-stream"]);
  assertEquals(response.headers.get("cache-control"), "no-store");
  const reader = response.body!.getReader();
  const decoder = new TextDecoder();
  const reading = {
    text: "",
    done: false,
    events: () =>
      [...reading.text.matchAll(/event: (\w+)\ndata: (.*)\n\n/g)].map(([, event, data]) => ({
        event,
        data: JSON.parse(data),
      })),
    cancel: () => reader.cancel(),
  };
  (async () => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      reading.text += decoder.decode(value, { stream: true });
    }
    reading.done = true;
  })();
  await settled(world.clock);
  return reading;
}

const idsOf = (reading: Reading) => reading.events().map(({ data }) => (data as unknown as Taken).envelope.id);
const ticketOf = (reading: Reading, at: number) => String(reading.events()[at].data.ticket);

async function refused(response: Response, code: ErrorCode, field?: string): Promise<void> {
  const problem = await response.json();
  assertEquals([problem.code, problem.field], [code, field], JSON.stringify(problem));
  assertEquals(response.status, ERRORS[code].status);
}

Deno.test("GET /deliveries hands out envelopes with their tickets, and POST /deliveries answers them", async () => {
  const own = await world();
  assertEquals(await own.take(), []);
  await own.send("1", "2", "3");
  const [first] = await own.take("?max=1");
  assertEquals([first.envelope.id, first.attempt, first.leaseMs], ["1", 1, LEASE_MS]);
  assertMatch(first.delivery, /^dlv_/);
  const [second, third] = await own.take();
  const { ticket } = second;
  assertEquals(await own.answer({ ticket: first.ticket, verdict: "ack" }, { ticket, verdict: "working" }), [
    true,
    true,
  ]);
  const delayMs = 1_000;
  assertEquals(
    await own.answer(
      { ticket, verdict: "nak", delayMs },
      { ticket, verdict: "ack" },
      { ticket: "x", verdict: "term" },
      { ticket: third.ticket, verdict: "term" },
    ),
    [true, false, false, true],
  );
  const { deliveries: [status] } = await own.engine.status("/test", "2");
  assertEquals([status.state, status.lastError], ["waiting", "nak"]);
  assertEquals((await own.engine.status("/test", "3")).deliveries[0].outcome, "rejected");
  await settled(own.clock, delayMs);
  assertEquals((await own.take()).map(({ envelope, attempt }) => [envelope.id, attempt]), [["2", 2]]);
  await own.close();
});

Deno.test("GET /deliveries waits for the first as long as it is told, and whoever goes away leaves it to the next", async () => {
  const own = await world();
  let taken: Taken[] | undefined;
  const wait = async () => taken = (await (await own.ask("GET", "/deliveries?wait=5")).json()).deliveries;
  wait();
  await settled(own.clock);
  await settled(own.clock, 4_999);
  assertEquals(taken, undefined);
  await settled(own.clock, 1);
  assertEquals(taken, []);
  taken = undefined;
  wait();
  await settled(own.clock);
  await settled(own.clock, 3_000);
  await own.send("1");
  assertEquals(taken!.map(({ envelope }) => envelope.id), ["1"]);

  const leaver = await own.ask("GET", "/deliveries?wait=60");
  await settled(own.clock);
  await leaver.body!.cancel();
  await own.send("2");
  assertEquals((await own.take()).map(({ envelope, attempt }) => [envelope.id, attempt]), [["2", 1]]);
  await own.close();
  assertEquals(own.clock.pending, 0);
});

Deno.test("GET /deliveries takes nothing for HEAD", async () => {
  const own = await world();
  await own.send("1");
  for (const accept of ["application/json", "text/event-stream"]) {
    const head = await own.ask("HEAD", "/deliveries?wait=5", undefined, { accept });
    assertEquals([head.status, head.headers.get("content-type"), await head.text()], [200, accept, ""]);
  }
  assertEquals((await own.take())[0].attempt, 1);
  await own.close();
});

Deno.test("/deliveries refuses each bad request with its code and its field, and takes its twin", async () => {
  const own = await world();
  const bad: [string, string, unknown, ErrorCode, string | undefined][] = [
    ...["0", "101", "-1", "1.5", "", "x", "1e1"].map((max) =>
      ["GET", `/deliveries?max=${max}`, undefined, "argument-invalid", "max"] as [
        string,
        string,
        undefined,
        ErrorCode,
        string,
      ]
    ),
    ["GET", "/deliveries?wait=61", undefined, "argument-invalid", "wait"],
    ["GET", "/deliveries?wait=soon", undefined, "argument-invalid", "wait"],
    ["GET", "/deliveries?max=1&max=2", undefined, "argument-invalid", "max"],
    ["POST", "/deliveries", "{", "argument-invalid", "answers"],
    ["POST", "/deliveries", [], "argument-invalid", "answers"],
    ["POST", "/deliveries", { answers: [] }, "argument-invalid", "answers"],
    ["POST", "/deliveries", { answers: Array(101).fill({}) }, "argument-invalid", "answers"],
    ["POST", "/deliveries", { answers: [null] }, "argument-invalid", "answers[0].ticket"],
    ["POST", "/deliveries", { answers: [{ verdict: "ack" }] }, "argument-invalid", "answers[0].ticket"],
    ["POST", "/deliveries", { answers: [{ ticket: "x" }] }, "argument-invalid", "answers[0].verdict"],
    [
      "POST",
      "/deliveries",
      { answers: [{ ticket: "x".repeat(129), verdict: "ack" }] },
      "argument-invalid",
      "answers[0].ticket",
    ],
    ["POST", "/deliveries", { answers: [{ ticket: "x", verdict: "Ack" }] }, "argument-invalid", "answers[0].verdict"],
    [
      "POST",
      "/deliveries",
      { answers: [{ ticket: "x", verdict: "ack" }, { ticket: "x", verdict: "nak", delayMs: -1 }] },
      "argument-invalid",
      "answers[1].delayMs",
    ],
    [
      "POST",
      "/deliveries",
      { answers: [{ ticket: "x", verdict: "nak", delayMs: 86_400_001 }] },
      "argument-invalid",
      "answers[0].delayMs",
    ],
  ];
  for (const [method, path, body, code, field] of bad) {
    await refused(await own.ask(method, path, body), code, field);
  }
  for (const path of ["/deliveries?max=1", "/deliveries?max=100&wait=0"]) {
    assertEquals((await own.ask("GET", path)).status, 200);
  }
  assertEquals(
    await own.answer(
      { ticket: "x".repeat(128), verdict: "ack" },
      { ticket: "x", verdict: "nak", delayMs: 86_400_000, reason: "passed over" },
      { ticket: "x", verdict: "nak", delayMs: null },
    ),
    [false, false, false],
  );
  await refused(await own.ask("PUT", "/deliveries"), "method-unsupported");
  for (const method of ["GET", "POST"]) {
    const body = method === "GET" ? undefined : { answers: [{ ticket: "x", verdict: "ack" }] };
    await refused(await own.ask(method, "/deliveries", body, { "bellhop-lease": "none" }), "lease-unknown");
    await refused(
      await own.ask(method, "/deliveries", body, { "bellhop-lease": "" }),
      "argument-invalid",
      "bellhop-lease",
    );
  }
  const endpoint = "http://127.0.0.1:1";
  const pushed = await own.engine.register({ name: "p", version: "1", subscriptions: [], endpoint });
  for (const accept of ["application/json", "text/event-stream"]) {
    const headers = { "bellhop-lease": pushed.lease, accept };
    await refused(await own.ask("GET", "/deliveries", undefined, headers), "argument-invalid", "delivery");
  }
  await own.close();
  await refused(await own.ask("GET", "/deliveries"), "closing");
});

Deno.test("/deliveries renews the lease that it carries, also when it refuses", async () => {
  const own = await world({}, 3_000);
  for (
    const [method, path, body] of [["GET", "/deliveries?max=0"], ["POST", "/deliveries", {}], ["GET", "/deliveries"]]
  ) {
    await settled(own.clock, 2_900);
    await own.ask(String(method), String(path), body);
  }
  assertEquals((await own.engine.service("q")).instances[0].state, "live");
  await own.close();
});

Deno.test("GET /deliveries keeps the lease while it waits, and no longer", async () => {
  const own = await world({}, 3_000);
  const waiting = await own.ask("GET", "/deliveries?wait=60");
  const read = waiting.json();
  for (let second = 0; second < 59; second++) await settled(own.clock, 1_000);
  assertEquals((await own.engine.service("q")).instances[0].state, "live");
  await settled(own.clock, 1_000);
  assertEquals(await read, { deliveries: [] });
  await settled(own.clock, 3_000);
  assertEquals((await own.engine.service("q")).instances[0].state, "suspect");

  const left = await own.ask("GET", "/deliveries?wait=60");
  const reader = left.body!.getReader();
  const nothing = reader.read();
  await settled(own.clock);
  await reader.cancel();
  assertEquals((await nothing).done, true);
  for (let second = 0; second < 6; second++) await settled(own.clock, 1_000);
  assertEquals((await own.engine.service("q")).instances, [], "who has gone keeps no lease");
  await own.close();
  assertEquals(own.clock.pending, 0);
});

Deno.test("GET /deliveries is answered when its lease goes away while it waits", async () => {
  const own = await world();
  const read = (await own.ask("GET", "/deliveries?wait=60")).json();
  await own.engine.deregister(own.lease, false);
  await settled(own.clock);
  assertEquals(await read, { deliveries: [] });
  await own.close();
  assertEquals(own.clock.pending, 0);
});

Deno.test("/deliveries asks for the scope register, of whoever holds a lease", async () => {
  const credentials = createCredentials([
    { name: "worker", token: WORKER, scopes: ["register:q"] },
    { name: "reader", token: READER, scopes: ["observe"] },
  ] as never);
  const own = await world({ credentials });
  const as = (token: string) => ({ authorization: `Bearer ${token}` });
  const body = { answers: [{ ticket: "x", verdict: "ack" }] };
  await refused(await own.ask("GET", "/deliveries"), "unauthorized");
  await refused(await own.ask("GET", "/deliveries", undefined, as(READER)), "forbidden", undefined);
  await refused(await own.ask("POST", "/deliveries", body, as(READER)), "forbidden", undefined);
  assertEquals((await own.ask("POST", "/deliveries", body, as(WORKER))).status, 200);
  await own.close();
});

Deno.test("GET /deliveries lets in as many as may wait, and counts out who has gone", async () => {
  const own = await world({ limits: { maxPulls: 2 } });
  const events = await stream(own);
  const waiting = await own.ask("GET", "/deliveries?wait=60");
  await refused(await own.ask("GET", "/deliveries"), "too-many-streams");
  await waiting.body!.cancel();
  await settled(own.clock);
  assertEquals(await own.take(), []);
  await events.cancel();
  await settled(own.clock);
  const again = await stream(own);
  assertEquals(await own.take(), []);
  await again.cancel();
  await own.close();
  assertEquals(own.clock.pending, 0);
});

Deno.test("a stream of deliveries sends as many as may be out, and one more for each that is answered or lost", async () => {
  const own = await world();
  const events = await stream(own, "?max=2");
  await own.send("1", "2", "3", "4", "5");
  assertEquals(idsOf(events), ["1", "2"]);
  assertEquals(events.events().map(({ event }) => event), ["delivery", "delivery"]);
  assertEquals(await own.answer({ ticket: ticketOf(events, 0), verdict: "ack" }), [true]);
  await settled(own.clock);
  assertEquals(idsOf(events), ["1", "2", "3"]);
  await own.answer({ ticket: ticketOf(events, 1), verdict: "working" });
  await settled(own.clock);
  assertEquals(idsOf(events).length, 3, "who works on takes no more");
  await settled(own.clock, LEASE_MS);
  assertEquals(idsOf(events).slice(3, 5).length, 2, "what was lost makes room");
  assertEquals(idsOf(events).length, 5);
  await events.cancel();
  await own.close();
  assertEquals(own.clock.pending, 0);
});

Deno.test("a ticket of another instance frees no room in its stream", async () => {
  const own = await world();
  const other = await own.engine.register({
    name: "q",
    version: "1",
    subscriptions: ["t"],
    instance: "b",
    delivery: "pull",
  });
  const events = await stream(own, "?max=1");
  await own.send("1", "2");
  const body = { answers: [{ ticket: ticketOf(events, 0), verdict: "ack" }] };
  const answer = await own.ask("POST", "/deliveries", body, { "bellhop-lease": other.lease });
  assertEquals((await answer.json()).results[0].held, false);
  await settled(own.clock);
  assertEquals(idsOf(events), ["1"]);
  await events.cancel();
  await own.close();
});

Deno.test("a stream of deliveries carries comments and keeps the lease, idle and with nothing more to give", async () => {
  const own = await world({}, 9_000);
  const events = await stream(own, "?max=1");
  const comments = () => events.text.split("\n").filter((line) => line === ":").length;
  assertEquals(comments(), 1);
  for (let turn = 0; turn < 10; turn++) await settled(own.clock, 3_000);
  assertEquals(comments(), 11);
  await own.send("1");
  for (let turn = 0; turn < 5; turn++) await settled(own.clock, 3_000);
  assertEquals(idsOf(events), ["1"]);
  assert(comments() >= 15, `${comments()} comments`);
  assertEquals((await own.engine.service("q")).instances[0].state, "live");
  await events.cancel();
  await own.close();
});

Deno.test("a stream of deliveries ends with an event that says why: the lease is lost, or the gateway closes", async () => {
  const own = await world();
  const events = await stream(own);
  await own.engine.deregister(own.lease, false);
  await settled(own.clock);
  assertEquals(events.events(), [{ event: "ended", data: { code: "lease-unknown" } }]);
  assertEquals(events.done, true);
  const other = await world();
  const last = await stream(other);
  await other.close();
  await settled(other.clock);
  assertEquals([last.events(), last.done], [[{ event: "ended", data: { code: "closing" } }], true]);
  assertEquals(other.clock.pending, 0);
});

Deno.test("a stream of deliveries that nobody reads is given no more than fits, and its lease ends", async () => {
  const own = await world({}, 3_000);
  const response = await own.ask("GET", "/deliveries?max=1", undefined, { accept: "text/event-stream" });
  await settled(own.clock);
  await own.send("1", "2", "3", "4");
  for (let turn = 0; turn < 8; turn++) await settled(own.clock, LEASE_MS);
  const { deliveries } = await own.engine.status("/test", "4");
  assertEquals([deliveries[0].state, deliveries[0].attempts], ["queued", 0]);
  assertEquals((await own.engine.service("q")).instances, []);
  const reader = response.body!.getReader();
  let text = "";
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    text += new TextDecoder().decode(piece.value);
    await settled(own.clock);
  }
  assertStringIncludes(text, '{"code":"lease-unknown"}');
  await own.close();
});

Deno.test("a stream or a request that is hung up unread costs no attempt, and what it would have taken is there at once", async () => {
  for (const path of ["/deliveries?max=100", "/deliveries?wait=60"]) {
    const own = await world();
    const accept = path.includes("wait") ? "application/json" : "text/event-stream";
    const response = await own.ask("GET", path, undefined, { accept });
    await settled(own.clock);
    await own.send("1", "2", "3");
    await response.body!.cancel();
    assertEquals((await own.take()).map(({ envelope, attempt }) => [envelope.id, attempt]), [["1", 1], ["2", 1], [
      "3",
      1,
    ]]);
    await own.close();
    assertEquals(own.clock.pending, 0);
  }
});

Deno.test("a stream of deliveries that ends while one is on its way gives it back", async () => {
  const own = await world();
  const { engine } = own;
  const reader = { cancel: () => Promise.resolve() };
  let handed = 0;
  const late = new Hono().route(
    "/",
    gatewayRoutes({
      engine: {
        ...engine,
        async pull(lease, request) {
          const taken = await engine.pull(lease, request);
          handed += taken.length;
          if (taken.length > 0) await reader.cancel();
          return taken;
        },
      },
      clock: own.clock,
      open: true,
      peer: () => "127.0.0.1",
    }),
  );
  for (const path of ["/deliveries", "/deliveries?wait=60"]) {
    const accept = path.includes("wait") ? "application/json" : "text/event-stream";
    const asked = late.request(path, { headers: { "bellhop-lease": own.lease, accept } });
    await settled(own.clock);
    const response = await asked;
    const stream = response.body!.getReader();
    reader.cancel = () => stream.cancel();
    (async () => {
      while (!(await stream.read()).done);
    })();
    await settled(own.clock);
    await own.send(path);
    assertEquals((await engine.status("/test", path)).deliveries[0].attempts, 0);
    const [again] = await own.take();
    assertEquals([again.envelope.id, again.attempt], [path, 1]);
    await own.answer({ ticket: again.ticket, verdict: "ack" });
  }
  assertEquals(handed, 2);
  await own.close();
  assertEquals(own.clock.pending, 0);
});

Deno.test("a stream of deliveries ends with the gateway's signal", async () => {
  const stop = new AbortController();
  const own = await world({ signal: stop.signal });
  const events = await stream(own);
  let waited: unknown;
  own.ask("GET", "/deliveries?wait=60").then((response) => response.json()).then((body) => waited = body);
  await settled(own.clock);
  stop.abort();
  await settled(own.clock);
  assertEquals([events.done, waited], [true, { deliveries: [] }]);
  await own.close();
  assertEquals(own.clock.pending, 0);
});
