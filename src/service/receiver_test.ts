import { assertEquals, assertInstanceOf, assertLessOrEqual, assertObjectMatch, assertThrows } from "@std/assert";
import fc from "fast-check";
import * as v from "npm:valibot@1.5.0";
import type { Envelope } from "../core/envelope/mod.ts";
import { BellhopError } from "../core/error.ts";
import { defineEvent } from "../schema/mod.ts";
import { Ack, createReceiver, type Delivery, Nak, service, Term } from "./mod.ts";

function envelope(id: string, rest: Partial<Envelope> = {}): Envelope {
  return { specversion: "1.0", id, source: "/a", type: "user.created", ...rest };
}

function context(signal: AbortSignal = new AbortController().signal): Delivery {
  return { signal, attempt: 1, deliveryId: "dlv_1", deadlineMs: Infinity };
}

Deno.test("receive() runs the handler once for each message that it acked, whatever comes how often", async () => {
  const arrivals = fc.array(fc.record({
    id: fc.constantFrom("1", "2", "3"),
    source: fc.constantFrom("/a", "/b"),
    said: fc.constantFrom("ack", "nak", "term", "throw"),
  }));
  await fc.assert(fc.asyncProperty(arrivals, async (sequence) => {
    let say = "";
    let runs = 0;
    const receiver = createReceiver(
      service({ name: "users", version: "1" }).on("user.*", () => {
        runs++;
        if (say === "throw") throw new Error("broken");
        return say === "nak" ? new Nak() : say === "term" ? new Term() : undefined;
      }),
    );
    const acked = new Set<string>();
    let wanted = 0;
    for (const { id, source, said } of sequence) {
      say = said;
      const key = `${source} ${id}`;
      const known = acked.has(key);
      if (!known) wanted++;
      const ruling = await receiver.receive(envelope(id, { source }), context());
      if (known) assertEquals(ruling, { verdict: "ack", duplicate: true });
      else {
        assertEquals(ruling.verdict, said === "throw" ? "nak" : said);
        if (said === "ack") acked.add(key);
      }
      assertEquals(runs, wanted);
      assertEquals(receiver.running, 0);
    }
  }));
});

Deno.test("receive() answers in-progress while the same message is being handled, and acks it afterwards", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const receiver = createReceiver(service({ name: "users", version: "1" }).on("user.*", () => promise));
  const first = receiver.receive(envelope("1"), context());
  const second = await receiver.receive(envelope("1"), context());
  assertObjectMatch(second, { verdict: "nak", error: { code: "in-progress" } });
  resolve();
  assertEquals(await first, { verdict: "ack", duplicate: false });
  assertEquals(await receiver.receive(envelope("1"), context()), { verdict: "ack", duplicate: true });
});

Deno.test("receive() gives up when time is up, and remembers the ack that comes late", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const late = new AbortController();
  let signal: AbortSignal | undefined;
  const receiver = createReceiver(
    service({ name: "users", version: "1" }).on("user.*", (_event, told) => {
      signal = told.signal;
      return promise;
    }),
  );
  const first = receiver.receive(envelope("1"), context(late.signal));
  late.abort();
  assertObjectMatch(await first, { verdict: "nak", error: { code: "timeout" } });
  assertEquals(signal?.aborted, true);
  assertEquals(receiver.running, 1);
  resolve();
  await Promise.resolve().then(() => {}).then(() => {}).then(() => {});
  assertEquals(await receiver.receive(envelope("1"), context()), { verdict: "ack", duplicate: true });
});

Deno.test("receive() takes thrown verdicts as returned ones, and any other throw as a nak that tells the log alone", async () => {
  const thrown = [new Term("gone"), new Nak({ delayMs: 5_000 }), new Ack(), new Error("password=1234")];
  const heard: unknown[] = [];
  const log = (error: unknown) => {
    heard.push(error);
    throw new Error("the log is full");
  };
  const receiver = createReceiver(
    service({ name: "users", version: "1", onError: log }).on("user.*", (event) => {
      throw thrown[Number(event.id)];
    }),
  );
  const rulings = await Promise.all(thrown.map((_, index) => receiver.receive(envelope(String(index)), context())));
  assertEquals(rulings.slice(0, 3), [
    { verdict: "term", reason: "gone" },
    { verdict: "nak", reason: "", delayMs: 5_000 },
    { verdict: "ack", duplicate: false },
  ]);
  assertObjectMatch(rulings[3], { verdict: "nak", reason: "The handler threw", error: { code: "handler-failed" } });
  assertEquals(heard, [thrown[3]]);
});

Deno.test("receive() asks for the delay that a thrown error carries, up to an hour", async () => {
  const busy = new BellhopError("queue-full", "", { retryAfterMs: 7_200_000 });
  const receiver = createReceiver(service({ name: "users", version: "1" }).on("user.*", () => Promise.reject(busy)));
  assertObjectMatch(await receiver.receive(envelope("1"), context()), {
    verdict: "nak",
    error: { code: "handler-failed" },
    delayMs: 3_600_000,
  });
});

Deno.test("receive() terms data that does not fit, and gives the handler what the schema gave", async () => {
  const seen: unknown[] = [];
  const created = defineEvent("user.created", v.object({ id: v.string(), role: v.optional(v.string(), "guest") }));
  const receiver = createReceiver(
    service({ name: "users", version: "1" }).on(created, (event) => void seen.push(event.data)),
  );
  const refused = await receiver.receive(envelope("1", { data: { id: 7 } }), context());
  assertObjectMatch(refused, { verdict: "term", error: { code: "data-invalid", faults: [{ field: "data.id" }] } });
  await receiver.receive(envelope("2", { data: { id: "7" } }), context());
  assertEquals(seen, [{ id: "7", role: "guest" }]);
});

Deno.test("receive() terms a type that has no handler", async () => {
  const receiver = createReceiver(service({ name: "users", version: "1" }));
  const ruling = await receiver.receive(envelope("1"), context());
  assertObjectMatch(ruling, { verdict: "term", error: { code: "handler-missing" } });
});

Deno.test("receive() remembers at least as many acks as promised, and at most twice as many", async () => {
  let runs = 0;
  const users = service({ name: "users", version: "1" }).on("user.*", () => void runs++);
  const receiver = createReceiver(users, { remember: 10 });
  const send = (n: number) => receiver.receive(envelope(String(n)), context());
  for (let n = 0; n < 30; n++) await send(n);
  for (let n = 20; n < 30; n++) await send(n);
  assertEquals(runs, 30);
  for (let n = 0; n < 20; n++) await send(n);
  // Those of the second ten may or may not have been remembered; those of the first ten were not.
  assertLessOrEqual(40, runs);
});

Deno.test("receive() naks what comes beyond the handlers that may run at once", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const receiver = createReceiver(service({ name: "users", version: "1" }).on("user.*", () => promise), {
    maxRunning: 2,
  });
  const running = [receiver.receive(envelope("1"), context()), receiver.receive(envelope("2"), context())];
  assertObjectMatch(await receiver.receive(envelope("3"), context()), {
    verdict: "nak",
    error: { code: "queue-full" },
  });
  resolve();
  await Promise.all(running);
  assertEquals((await receiver.receive(envelope("3"), context())).verdict, "ack");
});

Deno.test("createReceiver() and Nak refuse what is out of range", () => {
  const users = service({ name: "users", version: "1" });
  for (
    const make of [
      () => createReceiver(users, { remember: 0 }),
      () => createReceiver(users, { maxRunning: 1.5 }),
      () => new Nak({ delayMs: -1 }),
      () => new Nak({ delayMs: NaN }),
      () => new Nak({ delayMs: 3_600_001 }),
    ]
  ) {
    const error = assertThrows(make);
    assertInstanceOf(error, BellhopError);
    assertEquals(error.code, "argument-invalid");
  }
});
