import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import fc from "fast-check";
import { Faults } from "./_faults.ts";
import { type AttemptRecord, History } from "./history.ts";

const told = (attempts: number, from = 0): AttemptRecord[] =>
  Array.from({ length: attempts }, (_, at) => ({
    attempt: at + 1,
    atMs: 1_000 + from + at * 7,
    ...(at % 3 === 0 ? {} : { instance: `i${(from + at) % 5}` }),
    reason: `status-${500 + (from + at) % 4}`,
  }));

const append = (history: History, head: number, { atMs, reason, instance }: AttemptRecord): number =>
  history.append(head, atMs - 1_000, reason, instance);

Deno.test("History keeps the first 2 and at least the last 12 attempts after any count of them", () => {
  const history = new History();
  let head = -1;
  const all = told(100);
  for (const [at, one] of all.entries()) {
    head = append(history, head, one);
    const kept = history.read(head, 1_000, at + 1);
    assertEquals(kept.slice(0, 2), all.slice(0, Math.min(2, at + 1)));
    assertEquals(kept.slice(-12), all.slice(Math.max(0, at - 11), at + 1));
    for (const record of kept) assertEquals(record, all[record.attempt - 1]);
    assertLessOrEqual(kept.length, 16);
    const { reason, instance = "" } = one;
    assertEquals(history.last(head), { reason, instance });
  }
});

Deno.test("History keeps tens of thousands of deliveries apart, and gives what is dropped to others", () => {
  const history = new History();
  const deliveries = 30_000;
  const heads = new Int32Array(deliveries).fill(-1);
  const countOf = (delivery: number) => 1 + delivery % 5;
  const fill = (delivery: number, from: number) => {
    for (const one of told(countOf(delivery), from)) heads[delivery] = append(history, heads[delivery], one);
  };
  const check = (delivery: number, from: number) =>
    assertEquals(history.read(heads[delivery], 1_000, countOf(delivery)), told(countOf(delivery), from));
  for (let delivery = 0; delivery < deliveries; delivery++) fill(delivery, delivery);
  const { used } = history as unknown as { used: number };
  assertEquals(used, deliveries / 5 * (1 + 1 + 2 + 2 + 3));
  for (let delivery = 0; delivery < deliveries; delivery += 2) {
    history.drop(heads[delivery]);
    heads[delivery] = -1;
  }
  for (let delivery = 0; delivery < deliveries; delivery += 2) fill(delivery, delivery + 1);
  for (let delivery = 0; delivery < deliveries; delivery++) check(delivery, delivery + 1 - delivery % 2);
  assertEquals((history as unknown as { used: number }).used, used);
  for (const head of heads) history.drop(head);
  const { uses } = (history as unknown as { faults: { uses: number[] } }).faults;
  assert(uses.every((use) => use < 2), "a reason that no history holds counts as used");
});

Deno.test("History.append() keeps whole milliseconds up to 2^32 - 2, and takes a clock set back for no time at all", () => {
  fc.assert(fc.property(fc.array(fc.double({ min: -10, max: 2 ** 33, noNaN: true }), { maxLength: 16 }), (times) => {
    const history = new History();
    let head = -1;
    for (const time of times) head = history.append(head, time, "timeout", undefined);
    assertEquals(
      history.read(head, 0, times.length).map(({ atMs }) => atMs),
      times.map((time) => Math.min(2 ** 32 - 2, Math.max(0, Math.floor(time)))),
    );
  }));
});

Deno.test("Faults knows the words of every number in use, makes room of those out of use, and past its bound says less", () => {
  const step = fc.record({
    reason: fc.constantFrom("a", "b", "other"),
    instance: fc.constantFrom("", "i", "j", "k"),
    release: fc.boolean(),
    pick: fc.nat(),
  });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 200, size: "max" }),
      fc.integer({ min: 1, max: 14 }),
      fc.nat({ max: 4 }),
      (steps, most, keptUnused) => {
        const faults = new Faults(most, keptUnused);
        const held: { fault: number; reason: string; instance: string }[] = [];
        for (const { reason, instance, release, pick } of steps) {
          if (release && held.length > 0) {
            faults.release(held.splice(pick % held.length, 1)[0].fault);
            continue;
          }
          const inUse = new Set(held.map(({ fault }) => fault).filter((fault) => fault !== 0));
          const known = held.find((one) => one.reason === reason && one.instance === instance);
          const fault = faults.claim(reason, instance);
          assert(fault < most);
          const read = { fault, reason: faults.reason(fault), instance: faults.instance(fault) };
          if (known !== undefined) assertEquals(read, known);
          else if (inUse.size < most - 1) assertEquals(read, { fault, reason, instance });
          else if (fault !== 0) assertEquals(read, { fault, reason, instance: "" });
          else assertEquals(read, { fault, reason: "other", instance: "" });
          held.push(read);
          for (const one of held) {
            assertEquals([faults.reason(one.fault), faults.instance(one.fault)], [one.reason, one.instance]);
          }
        }
      },
    ),
    { numRuns: 500 },
  );
});

Deno.test("Faults forgets the words of instances that have come and gone", () => {
  const faults = new Faults();
  for (let at = 0; at < 100_000; at++) faults.release(faults.claim("timeout", `instance-${at}`));
  const { reasons, byReason } = faults as unknown as { reasons: string[]; byReason: Map<string, Map<string, number>> };
  assertLessOrEqual(reasons.length, 1_026);
  assertEquals(byReason.get("timeout")!.size, reasons.length - 1);
});
