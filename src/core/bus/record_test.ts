import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { deliveredHead, deliveredParty, deliveredRow, isShared, readOutcomes } from "./record.ts";

const text = fc.string({ unit: "binary" });
const party = fc.record({ receiver: text, source: text, type: text, principal: text });
const row = fc.record({
  sequence: fc.nat(),
  id: text,
  run: fc.integer({ min: 1, max: 9 }),
  attempts: fc.nat(),
  acceptedMs: fc.double({ min: 0, max: 8e15, noNaN: true }),
  endedMs: fc.nat(),
  fingerprint: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
});

Deno.test("readOutcomes() reads back what deliveredHead(), deliveredParty() and deliveredRow() have written", () => {
  fc.assert(fc.property(fc.array(fc.tuple(party, fc.array(row)), { minLength: 1 }), (groups) => {
    let value = deliveredHead();
    for (const [about, rows] of groups) {
      value += deliveredParty(about);
      for (const one of rows) value += deliveredRow(one, one.run, one.attempts, one.endedMs);
    }
    assertEquals(isShared(value), true);
    const expected = groups.flatMap(([about, rows]) =>
      rows.map(({ sequence, ...rest }) => ({
        sequence,
        meta: { ...about, ...rest, outcome: "delivered" as const, reason: "" },
        envelope: undefined,
      }))
    );
    assertEquals(readOutcomes({ key: "00000000001/a", value }), expected.length === 0 ? undefined : expected);
  }));
});

Deno.test("readOutcomes() takes nothing of a record of many that is damaged anywhere", () => {
  const message = { sequence: 7, id: "1", acceptedMs: 1, fingerprint: 2 };
  const whole = deliveredHead() + deliveredParty({ receiver: "a", source: "/s", type: "t", principal: "p" }) +
    deliveredRow(message, 1, 1, 3);
  const key = "00000000007/a";
  assertEquals(readOutcomes({ key, value: whole })?.length, 1);
  for (const more of ["\n", "\n{}", "\n[", "\n[1]", "\n[1,1,1,1,1,1,1]", '\n["7",1,1,1,3,2,"1"]', "\nnull"]) {
    assertEquals(readOutcomes({ key, value: whole + more }), undefined, more);
  }
  for (let length = deliveredHead().length; length < whole.length; length++) {
    assertEquals(readOutcomes({ key, value: whole.slice(0, length) }), undefined, `${length} characters`);
  }
});
