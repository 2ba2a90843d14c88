import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { CHECKS } from "../checks/mod.ts";
import type { Json } from "../control.ts";
import { Session } from "../session.ts";
import { bellhop } from "../subjects/bellhop.ts";
import { durationText, sequenceOf } from "./sequence.ts";

Deno.test("sequenceOf() tells publish, attempts, answers and waits of a real run in their order", async () => {
  const subject = await bellhop()();
  const hello = (await subject.send(0, { do: "hello" })).ok as never;
  const session: Session = new Session(subject, hello);
  await CHECKS.find(({ id }) => id === "retry/first-retry-waits-0")!.run(session, { seed: 1, runs: 1 });
  await subject.close();
  const { lanes, steps, startMs } = sequenceOf(session.log);
  assertEquals(lanes.map(({ title }) => title), ["publisher", "bus", "b"]);
  const told = steps.map((step) =>
    step.kind === "message"
      ? `${lanes[step.from].title} -> ${lanes[step.to].title}: ${step.label.replaceAll(/m-\d+/g, "m")}`
      : step.kind === "note"
      ? `(${step.label})`
      : step.kind === "wait"
      ? `${step.ms} ms`
      : "…"
  );
  assertEquals(told, [
    "b -> bus: service.register i1",
    "bus -> b: service.registered",
    "publisher -> bus: publish thing.happened m HIGH",
    "bus -> publisher: accepted for b",
    "bus -> b: attempt 1: thing.happened m",
    "b -> bus: nak",
    "bus -> b: attempt 2: thing.happened m",
    "b -> bus: nak",
    "(waits 250 ms before retry 2)",
    "250 ms",
    "bus -> b: attempt 3: thing.happened m",
  ]);
  const last = steps[steps.length - 1];
  assertEquals(last.kind === "message" && last.atMs - startMs, 250);
});

Deno.test("sequenceOf() draws a request from the holder of its lease, with what it asked and what it was handed", () => {
  let seq = 0;
  const asked = (message: { [name: string]: Json }, answer: { [name: string]: Json }) => {
    seq++;
    const base = { seq, nowMs: 0, events: [] };
    return [
      { from: "suite" as const, message: { ...message, seq } },
      { from: "subject" as const, message: { ...base, ...answer } },
    ];
  };
  const headers = { "Bellhop-Lease": "t1" };
  const get = { do: "request", method: "GET", headers };
  const delivery = { ticket: "x", attempt: 2, envelope: { id: "m-1" } };
  const event = `event: delivery\ndata: ${JSON.stringify(delivery)}\n\n`;
  const ended = 'event: ended\ndata: {"code":"closing"}\n\n';
  const { lanes, steps } = sequenceOf([
    ...asked({ do: "registry", envelope: { type: "service.register", data: { name: "b", instance: "i2" } } }, {
      ok: { type: "service.registered", data: { name: "b", instance: "i2", lease: "t1" } },
    }),
    ...asked({ ...get, path: "/deliveries?wait=9" }, { pending: true }),
    ...asked({ ...get, path: "/deliveries?max=0" }, {
      ok: { status: 400, body: JSON.stringify({ code: "argument-invalid", field: "max" }) },
    }),
    ...asked({ do: "request", method: "POST", path: "/deliveries", headers, body: '{"answers":[]}' }, {
      ok: {
        status: 200,
        body: JSON.stringify({ results: [{ ticket: "x", held: true }, { ticket: "y", held: false }] }),
      },
      events: [{
        kind: "answer",
        to: 2,
        ok: { status: 200, body: JSON.stringify({ deliveries: [delivery, { ...delivery, attempt: 1 }] }) },
      }],
    }),
    ...asked({ ...get, path: "/deliveries", headers: { ...headers, accept: "text/event-stream" }, stream: true }, {
      ok: { status: 200, body: "" },
    }),
    ...asked({ do: "read", to: 5 }, { ok: { text: `:\n\n${event}${ended}`, ended: true } }),
    ...asked({ do: "request", method: "POST", path: "/messages", body: '{"specversion":"1.0","id":"m","type":"t"}' }, {
      ok: { closed: true },
    }),
  ]);
  assertEquals(
    steps.map((step) =>
      step.kind === "message" ? `${lanes[step.from].title} -> ${lanes[step.to].title}: ${step.label}` : step.kind
    ),
    [
      "b -> bus: service.register i2",
      "bus -> b: service.registered",
      "b -> bus: i2: GET /deliveries?wait=9",
      "bus -> b: pending",
      "b -> bus: i2: GET /deliveries?max=0",
      "bus -> b: 400 argument-invalid (max)",
      'b -> bus: i2: POST /deliveries {"answers":[]}',
      "bus -> b: 200: held, not held",
      "bus -> b: GET /deliveries?wait=9: 200: m-1 attempt 2, m-1 attempt 1",
      "b -> bus: i2: GET /deliveries as a stream",
      "bus -> b: 200",
      "b -> bus: i2: read",
      'bus -> b: came: a comment, m-1 attempt 2, ended {"code":"closing"}, the end',
      "publisher -> bus: POST /messages t m",
      "bus -> publisher: closed",
    ],
  );
});

Deno.test("sequenceOf() begins at the last start and leaves the middle of a long log out", () => {
  const start = { from: "suite" as const, message: { seq: 1, do: "start", nowMs: 5 } };
  const status = { from: "suite" as const, message: { seq: 2, do: "status", id: "m" } };
  assertEquals(sequenceOf([start, status, status, start, status]).steps.length, 1);
  const { steps } = sequenceOf([start, ...Array.from({ length: 50 }, () => status)], 10);
  assertEquals(steps.length, 10);
  assertEquals(steps.find(({ kind }) => kind === "gap"), { kind: "gap", steps: 41 });
});

Deno.test("sequenceOf() reads whatever a subject says, within its bounds", () => {
  const from = fc.constantFrom("suite" as const, "subject" as const);
  const known = fc.record({
    seq: fc.nat(3),
    do: fc.constantFrom("publish", "settle", "registry", "start", "advance", "request", "status", "store"),
    ok: fc.jsonValue(),
    events: fc.array(fc.oneof(
      fc.record({ kind: fc.constantFrom("call", "trace", "answer"), event: fc.jsonValue(), receiver: fc.jsonValue() }),
      fc.jsonValue(),
    )),
    refused: fc.jsonValue(),
    envelope: fc.jsonValue(),
    answer: fc.jsonValue(),
  }, { requiredKeys: [] });
  const message = fc.oneof(known, fc.dictionary(fc.string(), fc.jsonValue()));
  fc.assert(fc.property(fc.array(fc.record({ from, message })), (log) => {
    const { lanes, steps } = sequenceOf(log as unknown as { from: "suite"; message: { [name: string]: Json } }[], 20);
    assertEquals(lanes.length <= 8 && steps.length <= 20, true);
    for (const step of steps) {
      if (step.kind === "message") assertEquals(step.from < lanes.length && step.to < lanes.length, true);
      if (step.kind === "message" || step.kind === "note") assertEquals(step.label.length <= 160, true);
    }
  }));
});

Deno.test("durationText() takes the largest unit that fits", () => {
  assertEquals([0, 250, 2_500, 600_000, 10_800_000, 2_592_000_000].map(durationText), [
    "0 ms",
    "250 ms",
    "2.5 s",
    "10 min",
    "3 h",
    "30 d",
  ]);
});
