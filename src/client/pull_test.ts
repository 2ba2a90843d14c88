import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Hono } from "hono";
import { systemClock } from "../adapters/clocks/system.ts";
import { embedded, type EmbeddedOptions } from "../adapters/engines/embedded.ts";
import { gatewayRoutes } from "../adapters/hono/gateway.ts";
import { memory } from "../adapters/stores/memory.ts";
import { memoryTransport } from "../adapters/transports/memory.ts";
import { BellhopError } from "../core/error.ts";
import type { Engine } from "../ports/engine.ts";
import type { OpenStore } from "../ports/store.ts";
import { type HandlerContext, Nak, service, Term } from "../service/mod.ts";
import { connect, type ConnectOptions } from "./mod.ts";
import { pull, type PullOptions } from "./pull.ts";
import { manualClock } from "../testing/manual_clock.ts";
import { until } from "../../testing/until.ts";

type Handle = (id: string, context: HandlerContext) => unknown;

/** A real gateway on loopback, which can go away and come back at the same port. */
class Gateway implements AsyncDisposable {
  engine!: Engine;
  port = 0;
  /** Requests for deliveries, as `GET stream`, `GET poll` or `POST`. */
  readonly asked: string[] = [];
  /** Answers in place of the gateway. */
  before: (request: Request) => Response | undefined = () => undefined;
  private server: Deno.HttpServer | undefined;
  private ended = new AbortController();

  constructor(private readonly store: OpenStore = memory(), private readonly bus: EmbeddedOptions["bus"] = undefined) {}

  async up(): Promise<this> {
    this.engine = await embedded({
      store: this.store,
      clock: systemClock(),
      transport: memoryTransport(new Map()),
      random: Math.random,
      token: () => crypto.randomUUID(),
      criticalInMemory: true,
      ...(this.bus === undefined ? {} : { bus: this.bus }),
    });
    this.ended = new AbortController();
    const options = { engine: this.engine, open: true, signal: this.ended.signal, peer: () => "127.0.0.1" } as const;
    const app = new Hono().route("/bus", gatewayRoutes(options));
    this.server = Deno.serve({ hostname: "127.0.0.1", port: this.port, onListen() {} }, (request) => {
      if (request.url.includes("/deliveries")) {
        const how = request.headers.get("accept")?.includes("event-stream") ? " stream" : " poll";
        this.asked.push(request.method + (request.method === "GET" ? how : ""));
      }
      return this.before(request) ?? app.fetch(request);
    });
    this.port = (this.server.addr as Deno.NetAddr).port;
    return this;
  }

  async down(): Promise<void> {
    await this.engine.close({ deadlineMs: 0 });
    this.ended.abort();
    await this.server?.shutdown();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down();
  }

  async send(...ids: string[]): Promise<void> {
    for (const id of ids) {
      const priority = "CRITICAL" as const;
      await this.engine.publish({ specversion: "1.0", id, source: "/t", type: "t", priority }, { principal: "/t" });
    }
  }

  async outcome(id: string): Promise<string> {
    const { deliveries: [{ state, outcome, attempts }] } = await this.engine.status("/t", id);
    return `${outcome ?? state} ${attempts}`;
  }
}

async function worker(
  gateway: Gateway,
  handle: Handle,
  options: PullOptions = {},
  more: Partial<ConnectOptions> = {},
) {
  const definition = service({ name: "worker", version: "1.0.0" }).on(
    "t",
    ({ id }, context) => handle(id, context) as never,
  );
  return await connect(definition, {
    gateway: `http://127.0.0.1:${gateway.port}/bus`,
    delivery: pull(options),
    ...more,
  });
}

const ended = (gateway: Gateway, id: string, wanted: string) =>
  until(async () => await gateway.outcome(id) === wanted, `${id} ${wanted}`);

Deno.test("pull() takes deliveries by a stream, and gives each verdict of a handler", async () => {
  await using gateway = await new Gateway().up();
  await using client = await worker(
    gateway,
    (id, { attempt }) => {
      if (id === "term") return new Term("never");
      if (id === "nak" && attempt === 1) return new Nak({ delayMs: 50 });
      if (id === "throws" && attempt === 1) throw new Error("once");
    },
    {},
    { onError: () => {} },
  );
  assert(client.instance !== undefined);
  await gateway.send("ack", "term", "nak", "throws");
  await ended(gateway, "ack", "delivered 1");
  await ended(gateway, "term", "rejected 1");
  await ended(gateway, "nak", "delivered 2");
  await ended(gateway, "throws", "delivered 2");
  assertEquals(gateway.asked.filter((one) => one.startsWith("GET")), ["GET stream"]);
});

Deno.test("pull() runs no more handlers at once than it may", async () => {
  await using gateway = await new Gateway().up();
  let running = 0;
  let most = 0;
  await using _client = await worker(gateway, async () => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 20));
    running--;
  }, { maxRunning: 3 });
  const ids = Array.from({ length: 20 }, (_, n) => `m${n}`);
  await gateway.send(...ids);
  for (const id of ids) await ended(gateway, id, "delivered 1");
  assertEquals(most, 3);
});

Deno.test("pull() asks by long poll where no stream comes through", async () => {
  await using gateway = await new Gateway().up();
  gateway.before = (request) =>
    request.headers.get("accept")?.includes("event-stream") ? new Response("<p>a proxy</p>") : undefined;
  const troubles: unknown[] = [];
  await using _client = await worker(gateway, () => {}, {}, { onError: (error) => troubles.push(error) });
  await gateway.send("1", "2");
  await ended(gateway, "1", "delivered 1");
  await ended(gateway, "2", "delivered 1");
  const gets = gateway.asked.filter((one) => one.startsWith("GET"));
  assertEquals(gets.slice(0, 2), ["GET stream", "GET poll"]);
  assert(!gets.slice(1).includes("GET stream"));
  assertEquals((troubles[0] as BellhopError).code, "unreachable");
});

Deno.test("pull() with stream: false asks by long poll alone, for what it has room for", async () => {
  await using gateway = await new Gateway().up();
  let running = 0;
  let most = 0;
  await using _client = await worker(gateway, async () => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 20));
    running--;
  }, { stream: false, maxRunning: 2 });
  await gateway.send("1", "2", "3", "4", "5");
  for (const id of ["1", "2", "3", "4", "5"]) await ended(gateway, id, "delivered 1");
  assert(most <= 2, String(most));
  assert(!gateway.asked.includes("GET stream"));
});

Deno.test("pull() keeps the lease of what takes long, up to the time that a handler may take", async () => {
  const policy = { attemptTimeoutMs: 1_000 };
  const policies = { LOW: policy, NORMAL: policy, HIGH: policy, CRITICAL: policy };
  await using gateway = await new Gateway(memory(), { policies, random: Math.random } as never).up();
  const aborted: string[] = [];
  await using _client = await worker(gateway, async (id, { signal, attempt }) => {
    if (id === "stuck" && attempt > 1) return;
    signal.addEventListener("abort", () => aborted.push(id));
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, id === "stuck" ? 60_000 : 3_500);
      signal.addEventListener("abort", () => (clearTimeout(timer), resolve()));
    });
  }, { handlerTimeoutMs: 4_500 });
  await gateway.send("long", "stuck");
  await ended(gateway, "long", "delivered 1");
  await ended(gateway, "stuck", "delivered 2");
  assertEquals(aborted, ["stuck"]);
});

Deno.test("pull() finds the gateway again after a restart, and what was out then", async () => {
  const store = memory();
  await using gateway = await new Gateway(store).up();
  const runs: string[] = [];
  let release = () => {};
  const troubles: string[] = [];
  await using client = await worker(
    gateway,
    async (id) => {
      runs.push(id);
      if (id === "out") await new Promise<void>((resolve) => release = resolve);
    },
    {},
    { onError: (error) => troubles.push((error as BellhopError).code) },
  );
  const { instance } = client;
  await gateway.send("before", "out");
  await ended(gateway, "before", "delivered 1");
  await until(() => runs.includes("out"), "out runs");
  await gateway.down();
  release();
  await new Promise((resolve) => setTimeout(resolve, 300));
  await gateway.up();
  await gateway.send("after");
  await ended(gateway, "after", "delivered 1");
  await ended(gateway, "out", "delivered 1");
  assertEquals(runs.filter((id) => id === "out"), ["out"], "what it had done it did not do again");
  assertEquals(client.instance, instance);
  assert(troubles.length > 0);
});

Deno.test("pull() registers again where the gateway has forgotten everything", async () => {
  const gateway = await new Gateway().up();
  const runs: string[] = [];
  await using _client = await worker(gateway, (id) => void runs.push(id), {}, { onError: () => {} });
  await gateway.down();
  const next = new Gateway();
  next.port = gateway.port;
  await using again = await next.up();
  await until(async () => (await again.engine.services()).length === 1, "registered");
  await again.send("1");
  await ended(again, "1", "delivered 1");
});

Deno.test("close() waits for the handlers of what was pulled, answers for them, and deregisters", async () => {
  await using gateway = await new Gateway().up();
  let begun = 0;
  const client = await worker(gateway, async () => {
    begun++;
    await new Promise((resolve) => setTimeout(resolve, 300));
  });
  await gateway.send("1", "2");
  await until(() => begun === 2, "both run");
  await client.close();
  assertEquals([await gateway.outcome("1"), await gateway.outcome("2")], ["delivered 1", "delivered 1"]);
  assertEquals((await gateway.engine.service("worker")).instances, []);
  await gateway.send("3");
  await new Promise((resolve) => setTimeout(resolve, 100));
  assertEquals([begun, await gateway.outcome("3")], [2, "queued 0"]);
});

Deno.test("close() gives back what still runs when its time is up", async () => {
  await using gateway = await new Gateway().up();
  let begun = 0;
  let stop = () => {};
  const client = await worker(gateway, async (_, { signal }) => {
    begun++;
    const timer = setTimeout(() => {}, 60_000);
    stop = () => clearTimeout(timer);
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    stop();
  });
  await gateway.send("1");
  await until(() => begun === 1, "it runs");
  await client.close({ deadlineMs: 200 });
  assertEquals(await gateway.outcome("1"), "queued 1");
});

Deno.test("connect() refuses an endpoint beside a delivery, and pull() bounds that are none", async () => {
  await using gateway = await new Gateway().up();
  const endpoint = "http://127.0.0.1:2";
  const error = await assertRejects(() => worker(gateway, () => {}, {}, { endpoint }), BellhopError);
  assertEquals([error.code, error.faults?.[0].field], ["registration-invalid", "endpoint"]);
  for (const [field, value] of [["maxRunning", 0], ["maxRunning", 101], ["handlerTimeoutMs", 999]] as const) {
    assertEquals(assertThrows(() => pull({ [field]: value }), BellhopError).field, field);
  }
  pull({ maxRunning: 100, handlerTimeoutMs: 1_000 });
});

Deno.test("whoever hangs up a long poll or a stream over a real connection takes nothing with it", async () => {
  await using gateway = await new Gateway().up();
  const data = { name: "worker", version: "1", subscriptions: ["t"], delivery: "pull" };
  const { lease } = await gateway.engine.register(data);
  const url = `http://127.0.0.1:${gateway.port}/bus/deliveries`;
  for (const [n, accept] of ["application/json", "text/event-stream"].entries()) {
    const leaving = new AbortController();
    const headers = { "bellhop-lease": lease, accept };
    const response = await fetch(`${url}?wait=60`, { headers, signal: leaving.signal });
    const body = response.text().catch(() => "");
    await new Promise((resolve) => setTimeout(resolve, 50));
    leaving.abort();
    await body;
    // The server hears of it a moment later.
    await new Promise((resolve) => setTimeout(resolve, 200));
    await gateway.send(`m${n}`);
    const taken = await (await fetch(url, { headers: { "bellhop-lease": lease } })).json();
    assertEquals(
      taken.deliveries.map(({ envelope, attempt }: { envelope: { id: string }; attempt: number }) => [
        envelope.id,
        attempt,
      ]),
      [[`m${n}`, 1]],
      accept,
    );
    const [{ ticket }] = taken.deliveries;
    const answers = JSON.stringify({ answers: [{ ticket, verdict: "ack" }] });
    await (await fetch(url, { method: "POST", headers: { "bellhop-lease": lease }, body: answers })).json();
  }
});

Deno.test("a verdict is sent at once, in whatever moment of another's sending its handler ends", async () => {
  const registered = {
    specversion: "1.0",
    id: "1",
    source: "/bellhop",
    type: "service.registered",
    data: { name: "worker", instance: "one", lease: "lse_1", leaseMs: 600_000, renewEveryMs: 300_000 },
  };
  const taken = ["1", "2"].map((id) => ({
    ticket: `t${id}`,
    delivery: `d${id}`,
    attempt: 1,
    leaseMs: 16_000,
    envelope: { specversion: "1.0", id, source: "/s", type: "t" },
  }));
  for (let turns = 0; turns < 24; turns++) {
    const clock = manualClock();
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const waits = service({ name: "worker", version: "1.0.0" }).on("t", ({ id }) => gates[Number(id) - 1].promise);
    const acked: string[] = [];
    let polls = 0;
    const client = await connect(waits, {
      gateway: "http://gateway/bus",
      clock,
      random: () => 0.5,
      delivery: pull({ stream: false }),
      async fetch(url, { method = "GET", body, signal }) {
        if (!url.includes("/deliveries")) return Response.json(registered);
        if (method === "GET") {
          if (polls++ === 0) return Response.json({ deliveries: taken });
          return await new Promise((_, reject) => signal!.addEventListener("abort", () => reject(signal!.reason)));
        }
        const { answers } = JSON.parse(body as string) as { answers: { ticket: string; verdict: string }[] };
        acked.push(...answers.filter(({ verdict }) => verdict === "ack").map(({ ticket }) => ticket));
        const text = new TextEncoder().encode(JSON.stringify({ results: answers.map(() => ({ held: true })) }));
        // The second handler ends, and so many turns later the answer to the first's verdict.
        const answer = new ReadableStream({
          async pull(sink) {
            gates[1].resolve();
            for (let turn = 0; turn < turns; turn++) await undefined;
            sink.enqueue(text);
            sink.close();
          },
        }, { highWaterMark: 0 });
        return new Response(answer);
      },
    });
    await clock.settle(100);
    gates[0].resolve();
    await clock.settle(1_000);
    assertEquals(acked, ["t1", "t2"], `${turns} turns between`);
    const closing = client.close({ deadlineMs: 0 });
    await clock.settle(1_000);
    await closing;
  }
});
