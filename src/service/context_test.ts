import { assert, assertEquals, assertFalse, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { Envelope } from "../core/envelope/mod.ts";
import { BellhopError } from "../core/error.ts";
import {
  type CallOptions,
  createReceiver,
  type Delivery,
  type HandlerContext,
  type Outlet,
  type PublishOptions,
  service,
  type ServiceOptions,
} from "./mod.ts";

const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/** Notes what is asked of it. */
function noting(): { readonly outlet: Outlet; readonly published: unknown[][]; readonly called: unknown[][] } {
  const published: unknown[][] = [];
  const called: unknown[][] = [];
  const outlet = {
    publish: (...args: unknown[]) => Promise.resolve(published.push(args)),
    call: (...args: unknown[]) => Promise.resolve(called.push(args)).then(() => new Response("7")),
  };
  return { outlet: outlet as unknown as Outlet, published, called };
}

/** The context of one delivery, as a handler gets it, and the service that it belongs to. */
async function contextOf(
  options: Partial<ServiceOptions> = {},
  event: Partial<Envelope> = {},
  delivery: Partial<Delivery> = {},
  nowMs: () => number = () => 1_000,
) {
  let given: HandlerContext | undefined;
  const users = service({ name: "users", version: "1", ...options }).on("user.*", (_event, context) => {
    given = context;
  });
  await createReceiver(users, { nowMs }).receive(
    { specversion: "1.0", id: "7", source: "/a", type: "user.created", ...event },
    { signal: new AbortController().signal, attempt: 1, deliveryId: "dlv_1", deadlineMs: Infinity, ...delivery },
  );
  return { context: given!, users };
}

Deno.test("ctx.publish() says what caused the message, unless the handler says otherwise", async () => {
  const text = fc.string({ minLength: 1, maxLength: 5 });
  const maybe = (value: fc.Arbitrary<string>) => fc.option(value, { nil: undefined });
  const attributes = fc.record({
    correlationid: maybe(text),
    traceparent: maybe(fc.constantFrom(TRACE, TRACE.replace("b7", "c8"))),
    tracestate: maybe(text),
  });
  const own = attributes.chain((base) => fc.record({ causationid: maybe(text) }).map((more) => ({ ...base, ...more })));
  const present = (from: object) => Object.fromEntries(Object.entries(from).filter(([, value]) => value !== undefined));
  await fc.assert(fc.asyncProperty(text, attributes, own, async (id, inherited, said) => {
    const { outlet, published } = noting();
    const options = { ...present(said), priority: "HIGH" } as PublishOptions;
    const { context } = await contextOf({ outlet: () => outlet }, { id, ...present(inherited) });
    await context.publish("mail.wanted", { a: 1 }, options);
    const ofTrace = said.traceparent === undefined && inherited.traceparent !== undefined;
    assertEquals(published, [["mail.wanted", { a: 1 }, {
      ...present({
        causationid: said.causationid ?? id,
        correlationid: said.correlationid ?? inherited.correlationid ?? id,
        traceparent: said.traceparent ?? inherited.traceparent,
        tracestate: said.tracestate ?? (ofTrace ? inherited.tracestate : undefined),
      }),
      priority: "HIGH",
    }]]);
  }));
});

Deno.test("ctx.call() takes no longer than what is left of the attempt", async () => {
  const leftMs = fc.oneof(fc.integer({ min: 1, max: 60_000 }), fc.constant(Infinity));
  const asked = fc.option(fc.integer({ min: 1, max: 60_000 }), { nil: undefined });
  await fc.assert(fc.asyncProperty(leftMs, asked, async (leftMs, deadlineMs) => {
    const { outlet, called } = noting();
    const { context } = await contextOf({ outlet: () => outlet }, {}, { deadlineMs: 1_000 + leftMs });
    await context.call("users", "GET /users/7", deadlineMs === undefined ? {} : { deadlineMs });
    assertEquals((called[0][2] as CallOptions).deadlineMs, Math.min(deadlineMs ?? 15_000, leftMs));
  }));
});

Deno.test("ctx.call() is refused when the attempt is over, and ends with its signal or the caller's", async () => {
  for (const delivery of [{ deadlineMs: 1_000 }, { signal: AbortSignal.abort() }]) {
    const { outlet, called } = noting();
    const { context } = await contextOf({ outlet: () => outlet }, {}, delivery);
    const error = await assertRejects(() => context.call("users", "GET /"), BellhopError);
    assertEquals([error.code, called.length], ["deadline-exceeded", 0]);
  }
  for (const which of [0, 1]) {
    const { outlet, called } = noting();
    const ends = [new AbortController(), new AbortController()];
    const { context } = await contextOf({ outlet: () => outlet }, {}, { signal: ends[0].signal });
    await context.call("users", "GET /", { signal: ends[1].signal });
    const { signal } = called[0][2] as CallOptions;
    assertFalse(signal?.aborted);
    ends[which].abort();
    assert(signal?.aborted);
  }
});

Deno.test("ctx.call() passes the trace on, unless the headers have one", async () => {
  const { outlet, called } = noting();
  const { context } = await contextOf({ outlet: () => outlet }, { traceparent: TRACE, tracestate: "a=1" });
  await context.call("users", "GET /", { headers: { accept: "text/plain" } });
  await context.call("users", "GET /", { headers: { traceparent: "another" } });
  const headers = called.map(([, , options]) => Object.fromEntries(new Headers((options as CallOptions).headers)));
  assertEquals(headers, [{ accept: "text/plain", traceparent: TRACE, tracestate: "a=1" }, { traceparent: "another" }]);
});

Deno.test("ctx.publish() and ctx.call() reject with not-connected where there is nothing to go through", async () => {
  const { context, users } = await contextOf();
  for (const attempt of [() => context.publish("a.b"), () => context.call("users", "GET /")]) {
    const error = await assertRejects(attempt, BellhopError);
    assertEquals([error.code, error.status], ["not-connected", 503]);
  }
  const { outlet, published } = noting();
  users.runtime.outlet = outlet;
  await context.publish("a.b");
  assertEquals(published.length, 1);
});

Deno.test("the outlet is made once, from the platform's bindings, when it is first needed, and again after a failure", async () => {
  const { outlet, published } = noting();
  const asked: unknown[] = [];
  const options: Partial<ServiceOptions> = {
    outlet: (env) => {
      asked.push(env);
      return asked.length === 1 ? Promise.reject(new BellhopError("unreachable")) : outlet;
    },
  };
  const { context } = await contextOf(options, {}, { env: { GATEWAY: "http://bus" } });
  assertEquals(asked, []);
  assertEquals((await assertRejects(() => context.publish("a.b"), BellhopError)).code, "unreachable");
  await Promise.all([context.publish("a.b"), context.publish("a.b")]);
  await context.publish("a.b");
  assertEquals([asked, published.length], [Array(2).fill({ GATEWAY: "http://bus" }), 3]);
});

Deno.test("ctx.waitUntil() keeps work until it ends, and drain() waits for handlers and for what they leave", async () => {
  const handler = Promise.withResolvers<void>();
  const work = Promise.withResolvers<void>();
  const users = service({ name: "users", version: "1" }).on("user.*", async (_event, { waitUntil }) => {
    await handler.promise;
    waitUntil(work.promise);
  });
  const signal = new AbortController().signal;
  const answer = createReceiver(users).receive(
    { specversion: "1.0", id: "1", source: "/a", type: "user.created" },
    { signal, attempt: 1, deliveryId: "", deadlineMs: Infinity },
  );
  const seen: string[] = [];
  const drained = users.runtime.drain().then(() => seen.push("drained"));
  handler.resolve();
  assertEquals((await answer).verdict, "ack");
  seen.push("answered");
  assertEquals(users.runtime.underWay, 1);
  work.resolve();
  await drained;
  assertEquals([seen, users.runtime.underWay], [["answered", "drained"], 0]);
});

Deno.test("ctx.waitUntil() gives work to the platform where it takes it, and its rejection to onError alone", async () => {
  const heard: unknown[] = [];
  const platform: Promise<unknown>[] = [];
  const onError = (error: unknown) => {
    heard.push(error);
    throw new Error("the log is full");
  };
  const error = new Error("broken");
  for (const waitUntil of [undefined, (work: Promise<unknown>) => void platform.push(work)]) {
    const { context, users } = await contextOf({ onError }, {}, waitUntil === undefined ? {} : { waitUntil });
    const before = platform.length;
    context.waitUntil(Promise.reject(error));
    assertEquals(platform.length - before, waitUntil === undefined ? 0 : 1);
    await users.runtime.drain();
  }
  assertEquals((await Promise.allSettled(platform)).map(({ status }) => status), ["fulfilled", "fulfilled"]);
  assertEquals(heard, [error, error]);
});

Deno.test("ctx.waitUntil() refuses more than 10,000 pieces of work at once", async () => {
  const { context, users } = await contextOf();
  const { promise, resolve } = Promise.withResolvers<void>();
  for (let n = 0; n < 10_000; n++) context.waitUntil(promise);
  assertEquals(assertThrows(() => context.waitUntil(promise), BellhopError).code, "queue-full");
  resolve();
  await users.runtime.drain();
  assertEquals(users.runtime.underWay, 0);
});

Deno.test("the context tells what arrived, and its log is one", async () => {
  const env = { NAME: "x" };
  const { signal } = new AbortController();
  const { context } = await contextOf({}, {}, { signal, attempt: 3, deliveryId: "dlv_9", deadlineMs: 9_000, env });
  const { attempt, deliveryId, deadlineMs } = context;
  assertEquals({ attempt, deliveryId, deadlineMs }, { attempt: 3, deliveryId: "dlv_9", deadlineMs: 9_000 });
  assertStrictEquals(context.signal, signal);
  assertStrictEquals(context.env, env);
  assertStrictEquals(context.log, context.log);
});
