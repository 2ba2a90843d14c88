import { assertEquals, assertLessOrEqual, assertMatch, assertObjectMatch, assertRejects } from "@std/assert";
import fc from "fast-check";
import * as v from "npm:valibot@1.5.0";
import { validate } from "../core/envelope/mod.ts";
import { BellhopError, type ErrorCode, ERRORS } from "../core/error.ts";
import { PRIORITY_POLICIES } from "../core/retry/policy.ts";
import { defineEvent } from "../schema/mod.ts";
import { ACCEPTED, clientOf, problem, through } from "./_client_of_test.ts";
import type { Priority } from "./mod.ts";

Deno.test("publish() sends what the protocol calls an envelope", async () => {
  const { client, asked } = await clientOf(() => Response.json(ACCEPTED, { status: 202 }), {
    source: "/documents",
    token: "secret",
  });
  const created = defineEvent("document.created", v.object({ id: v.string(), size: v.optional(v.number(), 0) }));
  const sent = await client.publish(created, { id: "42" }, {
    priority: "CRITICAL",
    target: "users",
    partitionkey: "p",
    correlationid: "c",
    expirytime: "2030-01-01T00:00:00Z",
    attributes: { tenant: "t", count: 3 },
  });
  const [{ method, path, headers, body }] = asked;
  assertEquals([method, path], ["POST", "messages"]);
  assertEquals(headers.get("content-type"), "application/cloudevents+json; charset=utf-8");
  assertEquals(headers.get("authorization"), "Bearer secret");
  assertEquals(validate(body), []);
  assertMatch(body.id, /^[0-9a-f]{32}$/);
  assertEquals({ ...body, id: "" }, {
    specversion: "1.0",
    id: "",
    source: "/documents",
    type: "document.created",
    time: "2026-01-01T00:00:00.000Z",
    data: { id: "42" },
    priority: "CRITICAL",
    target: "users",
    partitionkey: "p",
    correlationid: "c",
    expirytime: "2030-01-01T00:00:00Z",
    tenant: "t",
    count: 3,
  });
  assertEquals([sent.id, sent.source, sent.receivers, sent.duplicate], [body.id, "/documents", ["users"], false]);
  // @ts-expect-error the schema takes no number
  await assertRejects(() => client.publish(created, { id: 42 }), BellhopError, "data.id");
  assertEquals(asked.length, 1);
});

Deno.test("publish() tries by the priority's budget, with one id, and ends with the last error", async () => {
  const refusals = Object.keys(ERRORS) as ErrorCode[];
  const priority = fc.constantFrom<Priority>("LOW", "NORMAL", "HIGH", "CRITICAL");
  const refusal = fc.array(fc.constantFrom<ErrorCode | "network">("network", ...refusals), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(priority, refusal, async (priority, sequence) => {
      const { client, asked, clock } = await clientOf((_asked, count) => {
        const say = sequence[count - 1];
        if (say === undefined) return Response.json(ACCEPTED, { status: 202 });
        return say === "network" ? Promise.reject(new TypeError("no route")) : problem(say);
      });
      const { retries } = PRIORITY_POLICIES[priority];
      const tries = retries === "unlimited" ? Infinity : retries + 1;
      const final = sequence.findIndex((say) => say !== "network" && !ERRORS[say].retry);
      const end = Math.min(final < 0 ? sequence.length : final, tries - 1);
      const publishing = client.publish("a.b", 1, { priority, timeoutMs: 600_000 });
      publishing.catch(() => {});
      const settled = through(clock, publishing);
      if (end === sequence.length) assertEquals((await settled).receivers, ["users"]);
      else {
        const error = await assertRejects(() => settled, BellhopError);
        assertEquals(error.code, sequence[end] === "network" ? "unreachable" : sequence[end] as ErrorCode);
      }
      assertEquals(asked.length, end + 1);
      assertEquals(new Set(asked.map(({ body }) => body.id)).size, 1);
      assertEquals(clock.pending, 0);
    }),
    { numRuns: 60 },
  );
});

Deno.test("publish() waits as long as Retry-After asks", async () => {
  const times: number[] = [];
  const { client, clock } = await clientOf((_asked, count) => {
    times.push(clock.nowMs());
    return count < 3 ? problem("queue-full", { "retry-after": "7" }) : Response.json(ACCEPTED, { status: 202 });
  });
  await through(clock, client.publish("a.b", 1, { timeoutMs: 60_000 }), 100);
  assertEquals(times.map((ms) => ms - times[0]), [0, 7_000, 14_000]);
});

Deno.test("publish() gives up when its time is up, and says what went wrong last", async () => {
  const { client, clock } = await clientOf(() => new Promise(() => {}));
  const startMs = clock.nowMs();
  const error = await assertRejects(
    () => through(clock, client.publish("a.b", 1, { priority: "CRITICAL", timeoutMs: 30_000 }), 100),
    BellhopError,
  );
  assertEquals(error.code, "deadline-exceeded");
  assertLessOrEqual(clock.nowMs() - startMs, 30_100);
  assertEquals(clock.pending, 0);
});

Deno.test("publish() ends at once when the caller's signal aborts", async () => {
  const { client, clock } = await clientOf(() => new Promise(() => {}));
  const controller = new AbortController();
  const publishing = client.publish("a.b", 1, { signal: controller.signal });
  const reason = new Error("no more");
  controller.abort(reason);
  assertEquals(await assertRejects(() => publishing), reason);
  assertEquals(clock.pending, 0);
});

Deno.test("publish() takes strange answers for what they are", async () => {
  const answers: [Response, string][] = [
    [new Response("<html>", { status: 401 }), "argument-invalid"],
    [new Response("<html>", { status: 302 }), "argument-invalid"],
    [Response.json({ code: "toString", retry: false }, { status: 500 }), "argument-invalid"],
    [Response.json([1], { status: 502 }), "unreachable"],
    [new Response(new Uint8Array(4_194_305), { status: 202 }), "response-too-large"],
  ];
  for (const [answer, code] of answers) {
    const { client, clock } = await clientOf(() => answer.clone());
    const error = await assertRejects(() => through(clock, client.publish("a.b", 1)), BellhopError);
    assertEquals(error.code, code);
  }
});

Deno.test("publish() refuses options out of range before anything is sent", async () => {
  const { client, asked } = await clientOf(() => Response.json(ACCEPTED));
  const options = [{ timeoutMs: 0 }, { timeoutMs: NaN }, { waitMs: 60_001 }, { priority: "URGENT" as "HIGH" }];
  for (const each of options) {
    const error = await assertRejects(() => client.publish("a.b", 1, each), BellhopError);
    assertEquals([error.code, error.field], ["argument-invalid", Object.keys(each)[0]]);
  }
  assertEquals(asked.length, 0);
});

Deno.test("receipt() is there at once when the publish waited for the end", async () => {
  const deliveries = [{ receiver: "users", run: 1, state: "ended", outcome: "delivered", attempts: 2 }];
  const { client, asked } = await clientOf(() => Response.json({ ...ACCEPTED, status: { deliveries } }));
  const sent = await client.publish("a.b", 1, { waitMs: 4_500 });
  assertEquals(asked[0].headers.get("prefer"), "wait=5");
  assertEquals(await sent.receipt(), { outcome: "delivered", attempts: 2, deliveries } as unknown);
  assertEquals(asked.length, 1);
});

Deno.test("receipt() asks until every delivery has ended, through faults of the gateway", async () => {
  const ended = (outcome: string, attempts: number) => ({ state: "ended", outcome, attempts, receiver: "r", run: 1 });
  const waiting = { state: "waiting", attempts: 1, receiver: "r", run: 1 };
  const answers: (() => Response | Promise<Response>)[] = [
    () => Response.json(ACCEPTED, { status: 202 }),
    () => Response.json({ deliveries: [waiting, ended("delivered", 1)] }),
    () => Promise.reject(new TypeError("no route")),
    () => problem("closing"),
    () => Response.json({ deliveries: [ended("rejected", 3), ended("delivered", 1)] }),
  ];
  const { client, asked, clock } = await clientOf((_asked, count) => answers[count - 1]());
  const sent = await client.publish("a.b", 1, { source: "/a b", id: "x&y" });
  const receipt = await through(clock, sent.receipt({ timeoutMs: 30_000 }));
  assertObjectMatch(receipt, { outcome: "rejected", attempts: 3 });
  assertEquals(asked.at(-1)?.path, "messages?source=%2Fa%20b&id=x%26y");
  assertEquals(asked.length, 5);
  assertEquals(clock.pending, 0);
});

Deno.test("receipt() gives up after its time, and at once when the message is unknown", async () => {
  let unknown = false;
  const { client, clock } = await clientOf((_asked, count) => {
    if (count === 1) return Response.json(ACCEPTED, { status: 202 });
    return unknown ? problem("message-unknown") : Response.json({ deliveries: [{ state: "waiting", attempts: 1 }] });
  });
  const sent = await client.publish("a.b", 1);
  const late = await assertRejects(() => through(clock, sent.receipt({ timeoutMs: 3_000 })), BellhopError);
  assertEquals(late.code, "timeout");
  unknown = true;
  const error = await assertRejects(() => through(clock, sent.receipt()), BellhopError);
  assertEquals(error.code, "message-unknown");
});

Deno.test("close() waits for publishes under way, then refuses what comes", async () => {
  const { promise, resolve } = Promise.withResolvers<Response>();
  const { client, clock } = await clientOf(() => promise);
  const publishing = client.publish("a.b", 1);
  const closing = client.close();
  const error = await assertRejects(() => client.publish("a.b", 2), BellhopError);
  assertEquals(error.code, "closing");
  resolve(Response.json(ACCEPTED, { status: 202 }));
  assertEquals((await publishing).receivers, ["users"]);
  await closing;
  assertEquals(clock.pending, 0);
});

Deno.test("close() waits no longer than it may", async () => {
  const { client, clock } = await clientOf(() => new Promise(() => {}));
  const publishing = client.publish("a.b", 1);
  publishing.catch(() => {});
  await through(clock, client.close({ deadlineMs: 1_000 }), 100, 2_000);
  assertEquals((await assertRejects(() => publishing, BellhopError)).code, "closing");
  assertEquals(clock.pending, 0);
});
