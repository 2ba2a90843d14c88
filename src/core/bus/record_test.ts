import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  deliveredHead,
  deliveredParty,
  deliveredRow,
  deliveryKey,
  isDeliveryRecord,
  isMessageRecord,
  isOutcomeRecord,
  isShared,
  messageKey,
  outcomeKey,
  readOutcomes,
  readRecord,
  sequenceOf,
  writeRecord,
} from "./record.ts";

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

const ATTEMPT = { attempt: 1, atMs: 2, reason: "timeout", instance: "a" };
const TEXT = [3, null, undefined, {}];
const NUMBER = ["1", null, undefined, {}];
const HISTORY = [undefined, null, {}, [null], [{ ...ATTEMPT, reason: 3 }], [{ ...ATTEMPT, atMs: "2" }], [
  ATTEMPT,
  { ...ATTEMPT, attempt: undefined },
]];

/** A good record of each kind, and what each of its fields must not be. */
const RECORDS: readonly (readonly [
  isRecord: (meta: Readonly<Record<string, unknown>>) => boolean,
  good: Record<string, unknown>,
  bad: Readonly<Record<string, readonly unknown[]>>,
])[] = [
  [isMessageRecord, {
    acceptedMs: 1,
    order: 2,
    fingerprint: 3,
    principal: "p",
    receivers: ["a", "b"],
    runs: [1, 2],
    notBeforeMs: 9,
  }, {
    acceptedMs: NUMBER,
    order: NUMBER,
    fingerprint: NUMBER,
    principal: TEXT,
    receivers: [undefined, "ab", ["a", 3], [null, "b"]],
    runs: [[1], [1, 2, 3], "12", null],
    notBeforeMs: ["9", null],
  }],
  [isDeliveryRecord, { run: 1, attempts: 2, dueMs: 3, waitMs: 4, history: [ATTEMPT, ATTEMPT] }, {
    run: NUMBER,
    attempts: NUMBER,
    dueMs: NUMBER,
    waitMs: NUMBER,
    history: HISTORY,
  }],
  [isOutcomeRecord, {
    source: "/a",
    id: "1",
    type: "t",
    receiver: "r",
    run: 1,
    outcome: "rejected",
    reason: "status-422",
    attempts: 1,
    acceptedMs: 2,
    endedMs: 3,
    fingerprint: 4,
    principal: "p",
    history: [ATTEMPT],
  }, {
    source: TEXT,
    id: TEXT,
    type: TEXT,
    receiver: TEXT,
    run: NUMBER,
    outcome: [...TEXT, "lost"],
    reason: TEXT,
    attempts: NUMBER,
    acceptedMs: NUMBER,
    endedMs: NUMBER,
    fingerprint: NUMBER,
    principal: TEXT,
    history: HISTORY.slice(1),
  }],
];

Deno.test("isMessageRecord() and its like take a good record, and none with one field of another kind", () => {
  for (const [isRecord, good, bad] of RECORDS) {
    assertEquals(isRecord(good), true);
    for (const [field, values] of Object.entries(bad)) {
      for (const value of values) {
        assertEquals(isRecord({ ...good, [field]: value }), false, `${field} ${String(value)}`);
      }
    }
  }
  const [[, { runs: _, notBeforeMs: __, ...message }], [, delivery], [, { history: ___, ...outcome }]] = RECORDS;
  assertEquals([isMessageRecord(message), isOutcomeRecord(outcome)], [true, true]);
  assertEquals(isMessageRecord({ ...message, receivers: [] }), true);
  assertEquals(isDeliveryRecord({ ...delivery, history: [] }), true);
});

Deno.test("readRecord() wants version 1 and what its judge wants, and readOutcomes() reads one outcome with its envelope", () => {
  const [, , [, meta]] = RECORDS;
  const envelope = { specversion: "1.0", id: "1", source: "/a", type: "t", data: "x\ny" } as const;
  const record = meta as unknown as Parameters<typeof writeRecord>[0];
  const key = outcomeKey(1_296, "r");
  assertEquals(readOutcomes({ key, value: writeRecord(record, envelope) }), [
    { sequence: 1_296, meta: { ...meta, v: 1 } as never, envelope },
  ]);
  assertEquals(readOutcomes({ key, value: writeRecord(record) })?.[0].envelope, undefined);
  assertEquals(readOutcomes({ key, value: JSON.stringify({ ...meta, v: 1, outcome: "lost" }) }), undefined);
  assertEquals(readRecord(JSON.stringify({ ...meta, v: 2 })), undefined);
  assertEquals(readRecord(writeRecord(record), () => false), undefined);
  assertEquals(readRecord(`${writeRecord(record)}\n{}`), undefined);
  assertEquals(isShared(writeRecord(record)), false);
});

Deno.test("messageKey() writes 11 digits of base 36, deliveryKey() and outcomeKey() the receiver behind them", () => {
  for (const sequence of [0, 1, 35, 36, 1_295, 1_296, 1_297, 1_679_615, 1_679_616, 2 ** 40, Number.MAX_SAFE_INTEGER]) {
    const key = sequence.toString(36).padStart(11, "0");
    assertEquals([messageKey(sequence), sequenceOf(messageKey(sequence))], [key, sequence]);
    assertEquals([deliveryKey(sequence, "a/b"), outcomeKey(sequence, "")], [`${key}/a/b`, `${key}/`]);
    assertEquals(sequenceOf(`${key}/zzz`), sequence);
  }
  assertEquals(sequenceOf("/"), NaN);
});
