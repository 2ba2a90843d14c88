/** By which ways a message leaves an outbox, what is written then, and what each refusal says. */
import { assertEquals, assertThrows } from "@std/assert";
import type { StoreOperation } from "../bus/operation.ts";
import { BellhopError } from "../error.ts";
import type { Priority } from "../priority/table.ts";
import { createOutboxMachine, type OutboxMachine } from "./machine.ts";
import type { OutboxAnswer, OutboxEntry, OutboxMessage } from "./message.ts";
import { endRecord, messageRecord, outboxKey, retriesRecord } from "./record.ts";

const START_MS = 1_767_225_600_000;
const HOUR_MS = 3_600_000;
const ACCEPTED: OutboxAnswer = { kind: "accepted" };
const SILENCE: OutboxAnswer = { kind: "silence", reason: "unreachable" };
const AGAIN: OutboxAnswer = { kind: "again", reason: "status-502" };
const REFUSED: OutboxAnswer = { kind: "refused", reason: "envelope-invalid" };

Deno.test("entries() tells how a message stands from its first moment on", () => {
  const machine = outboxOf();
  const message = put(machine, "a", "NORMAL", { flush: false });
  const entry = { message, state: "ready", attempts: 0, reason: "", acceptedMs: START_MS, dueMs: START_MS };
  assertEquals(pick(machine.entries()[0]), entry);
  const critical = put(machine, "c", "CRITICAL", { flush: false });
  assertEquals(pick(machine.entries()[1]), { ...entry, message: critical, state: "storing" });
});

Deno.test("settle() writes the end of what was stored: its letter first, the message last; of the rest nothing", () => {
  const machine = outboxOf();
  const stored = put(machine, "a", "CRITICAL");
  const ends = machine.settle(START_MS + 5, machine.take(START_MS)!, REFUSED);
  const end = {
    message: stored,
    outcome: "rejected",
    reason: "envelope-invalid",
    attempts: 1,
    acceptedMs: START_MS,
    endedMs: START_MS + 5,
  } as const;
  const key = outboxKey(1);
  assertEquals(ends, {
    operations: [
      { keyspace: "outcomes", key, value: endRecord(end) },
      { keyspace: "deliveries", key, value: undefined },
      { keyspace: "messages", key, value: undefined },
    ],
    ended: [end],
  });
  const message = put(machine, "b", "NORMAL");
  assertEquals(machine.settle(START_MS + 5, machine.take(START_MS)!, ACCEPTED), {
    operations: [],
    ended: [{ message, outcome: "accepted", reason: "", attempts: 0, acceptedMs: START_MS, endedMs: START_MS + 5 }],
  });
});

Deno.test("tick() ends at the very moment, with the last thing that was wrong, or with the limit that was reached", () => {
  for (const answer of [undefined, SILENCE]) {
    const reason = answer && "unreachable";
    const machine = outboxOf();
    put(machine, "short", "HIGH", { lifeMs: 100 });
    put(machine, "stored", "CRITICAL", { lifeMs: 100 });
    put(machine, "late", "HIGH", { flush: false });
    if (answer !== undefined) {
      // One answer, so that more than one may be under way.
      put(machine, "first", "CRITICAL");
      const stored = takeOf(machine, START_MS, "stored");
      machine.settle(START_MS, stored, AGAIN);
      machine.settle(START_MS, takeOf(machine, START_MS, "short"), answer);
      machine.network(START_MS, true);
      machine.settle(START_MS, takeOf(machine, START_MS, "first"), ACCEPTED);
      const flights = [1, 2, 3].map(() => machine.take(START_MS)!);
      for (const flight of flights) machine.settle(START_MS, flight, answer);
    }
    assertEquals(machine.tick(START_MS + 99), { operations: [], ended: [] });
    const turn = machine.tick(START_MS + 100);
    const told = turn.ended.map(({ message: { id }, outcome, reason, attempts }) => [id, outcome, reason, attempts]);
    assertEquals(told, [
      ["short", "expired", reason ?? "expired", 0],
      ["stored", "expired", reason ?? "expired", answer ? 1 : 0],
    ]);
    assertEquals(turn.operations.map(({ keyspace }) => keyspace), ["outcomes", "deliveries", "messages"]);
    assertEquals(machine.tick(START_MS + HOUR_MS - 1).ended, []);
    assertEquals(
      machine.tick(START_MS + HOUR_MS).ended.map(({ message: { id }, outcome, reason }) => [id, outcome, reason]),
      [["late", "exhausted", reason ?? "max-elapsed"]],
    );
  }
});

Deno.test("tick() leaves alone what is being stored or sent, and what is not due yet", () => {
  const machine = outboxOf();
  put(machine, "storing", "CRITICAL", { lifeMs: 100, flush: false });
  put(machine, "over", "NORMAL", { lifeMs: 100 });
  assertEquals(machine.tick(START_MS + 200).ended.map(({ message }) => message.id), ["over"]);
  const due = outboxOf({ maxInFlight: 2 });
  for (const id of ["a", "b"]) {
    put(due, id, "NORMAL");
    const ms = id === "a" ? 1_000 : 3_000;
    due.settle(START_MS, due.take(START_MS)!, { kind: "again", reason: "busy", retryAfterMs: ms });
  }
  assertEquals(due.nextMs(), START_MS + 1_000);
  due.tick(START_MS + 1_000);
  assertEquals([due.take(START_MS + 1_000)?.message.id, due.take(START_MS + 1_000)], ["a", undefined]);
});

Deno.test("a silence is followed by 500, 1,000, 2,000 … ms at a draw of one half, and by at most 30,000", () => {
  const machine = outboxOf();
  put(machine, "a", "CRITICAL");
  let nowMs = START_MS;
  const waits: number[] = [];
  for (let n = 0; n < 8; n++) {
    machine.settle(nowMs, machine.take(nowMs)!, SILENCE);
    const nextMs = machine.nextMs();
    waits.push(nextMs - nowMs);
    assertEquals(machine.take(nextMs - 1), undefined);
    nowMs = nextMs;
  }
  assertEquals(waits, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  // An answer makes up for all of them.
  machine.settle(nowMs, machine.take(nowMs)!, ACCEPTED);
  put(machine, "b", "CRITICAL");
  machine.settle(nowMs, machine.take(nowMs)!, SILENCE);
  assertEquals(machine.nextMs(), nowMs + 500);
});

Deno.test("those that fall silent beside one another are one silence", () => {
  const machine = outboxOf({ maxInFlight: 3 });
  for (const id of ["a", "b", "c", "d"]) put(machine, id, "NORMAL");
  machine.settle(START_MS, machine.take(START_MS)!, ACCEPTED);
  const flights = [machine.take(START_MS)!, machine.take(START_MS)!, machine.take(START_MS)!];
  assertEquals([machine.nextMs(), machine.figures().sending], [START_MS + HOUR_MS, 3]);
  for (const flight of flights) machine.settle(START_MS, flight, SILENCE);
  assertEquals(machine.figures(), { waiting: 3, sending: 0, deadLetters: 0, reachable: false });
  assertEquals(machine.nextMs(), START_MS + 500);
});

Deno.test("after five silences in a row each is tried in its turn", () => {
  const machine = outboxOf();
  for (const id of ["a", "b", "c"]) put(machine, id, "NORMAL");
  const tried: string[] = [];
  for (let n = 0, nowMs = START_MS; n < 9; n++, nowMs = machine.nextMs()) {
    const entry = machine.take(nowMs)!;
    tried.push(entry.message.id);
    machine.settle(nowMs, entry, SILENCE);
  }
  assertEquals(tried.join(""), "aaaaaa" + "abc");
});

Deno.test("one that had no answer twice, while others had, stands back for 10 s and then joins the tail", () => {
  const machine = outboxOf({ maxInFlight: 1 });
  for (const id of ["a", "b", "c"]) put(machine, id, "NORMAL");
  let nowMs = START_MS;
  const settle = (id: string, answer: OutboxAnswer) => machine.settle(nowMs, takeOf(machine, nowMs, id), answer);
  settle("a", SILENCE);
  nowMs = machine.nextMs();
  // It kept its place, is silent again, and nobody else was asked meanwhile: it may be the network.
  settle("a", SILENCE);
  machine.network(nowMs, true);
  assertEquals(machine.entries()[0].state, "ready");
  takeOf(machine, nowMs, "a");
  machine.settle(nowMs, machine.entries()[0], AGAIN);
  settle("b", ACCEPTED);
  settle("c", AGAIN);
  settle("a", SILENCE);
  assertEquals(pick(machine.entries()[0]).state, "waiting");
  assertEquals(machine.entries()[0].dueMs, nowMs + 10_000);
  put(machine, "d", "NORMAL");
  nowMs += 10_000;
  machine.tick(nowMs);
  settle("c", ACCEPTED);
  settle("d", ACCEPTED);
  settle("a", ACCEPTED);
});

Deno.test("a retry joins the tail of its class, whoever falls silent keeps its place", () => {
  for (const [answer, expected] of [[AGAIN, "b"], [SILENCE, "a"]] as const) {
    const machine = outboxOf();
    for (const id of ["a", "b"]) put(machine, id, "NORMAL");
    machine.settle(START_MS, machine.take(START_MS)!, answer);
    machine.network(START_MS, true);
    assertEquals(machine.take(START_MS)?.message.id, expected);
  }
});

Deno.test("settle() stores retries with the moment at which they are due", () => {
  const machine = outboxOf();
  put(machine, "a", "CRITICAL");
  const key = outboxKey(1);
  const turn = machine.settle(START_MS + 7, machine.take(START_MS + 7)!, AGAIN);
  const value = retriesRecord({ attempts: 1, dueMs: START_MS + 7, waitMs: 0, reason: "status-502" });
  assertEquals(turn, { operations: [{ keyspace: "deliveries", key, value }], ended: [] });
  const later = machine.settle(START_MS + 9, machine.take(START_MS + 9)!, AGAIN);
  const second = retriesRecord({ attempts: 2, dueMs: START_MS + 509, waitMs: 500, reason: "status-502" });
  assertEquals(later.operations, [{ keyspace: "deliveries", key, value: second }]);
});

Deno.test("network() that is gone is left alone for a while, and asked at once when it is back", () => {
  const machine = outboxOf();
  put(machine, "a", "NORMAL");
  machine.network(START_MS, false);
  assertEquals([machine.take(START_MS), machine.nextMs()], [undefined, START_MS + 500]);
  machine.network(START_MS, true);
  assertEquals(machine.take(START_MS)?.message.id, "a");
  // One is under way: nothing is to be done before it has an answer, or the hour is over.
  assertEquals(machine.nextMs(), START_MS + HOUR_MS);
});

Deno.test("cancel() takes out what waits, and nothing that is under way or unknown", () => {
  const machine = outboxOf();
  put(machine, "a", "CRITICAL");
  put(machine, "b", "CRITICAL", { flush: false });
  const entry = machine.take(START_MS)!;
  for (const id of ["a", "b"]) {
    assertEquals(faultOf(() => machine.cancel(START_MS, "/s", id)), ["in-progress", "it is under way"]);
  }
  const unknown = ["message-unknown", "no such message"];
  assertEquals(faultOf(() => machine.cancel(START_MS, "/s", "c")), unknown);
  machine.settle(START_MS, entry, AGAIN);
  const { operations, ended: [end] } = machine.cancel(START_MS, "/s", "a");
  assertEquals([end.outcome, end.reason, end.attempts], ["cancelled", "cancelled", 1]);
  assertEquals(operations.map(({ keyspace, value }) => [keyspace, value]), [
    ["deliveries", undefined],
    ["messages", undefined],
  ]);
  assertEquals(machine.deadLetters(), []);
});

Deno.test("a follower that is cancelled sends nobody else of its lane again; a head makes way for the next", () => {
  const machine = outboxOf();
  for (const id of ["a", "b", "c"]) put(machine, id, "NORMAL", { lane: "k" });
  put(machine, "x", "NORMAL", { lane: "l" });
  const head = machine.take(START_MS)!;
  machine.cancel(START_MS, "/s", "b");
  machine.network(START_MS, true);
  machine.settle(START_MS, takeAlso(machine, START_MS), ACCEPTED);
  assertEquals(machine.take(START_MS), undefined, "c follows a, which is under way");
  machine.settle(START_MS, head, ACCEPTED);
  assertEquals(machine.take(START_MS)?.message.id, "c");

  function takeAlso(machine: OutboxMachine, nowMs: number): OutboxEntry {
    // An answer opens the way for more than one at a time.
    put(machine, "other", "CRITICAL");
    machine.settle(nowMs, head, AGAIN);
    const other = takeOf(machine, nowMs, "other");
    machine.settle(nowMs, other, ACCEPTED);
    const again = takeOf(machine, nowMs, "x");
    takeOf(machine, nowMs, "a");
    return again;
  }
});

Deno.test("stored() and unstored() mean only what is being stored", () => {
  const machine = outboxOf();
  const a = put(machine, "a", "CRITICAL");
  machine.unstored(a);
  const flight = machine.take(START_MS)!;
  machine.stored(a);
  assertEquals([machine.figures().waiting, machine.take(START_MS)], [1, undefined]);
  assertEquals(flight.state, "sending");
  const unknown = { ...a, id: "nobody" };
  machine.stored(unknown);
  machine.unstored(unknown);
  assertEquals(machine.figures().waiting, 1);
});

Deno.test("recover() of a store that failed goes on with what is known, and takes what was refused and is there all the same", () => {
  const machine = outboxOf({ maxMessages: 3 });
  const [waiting, dead, refused] = ["w", "dead", "r"].map((id) => messageOf(id, "CRITICAL"));
  const records = [waiting, dead, refused].map((message, n) => {
    return { key: outboxKey(n + 1), value: messageRecord(message, START_MS) };
  });
  put(machine, "w", "CRITICAL");
  put(machine, "dead", "CRITICAL");
  put(machine, "n", "NORMAL");
  machine.settle(START_MS, takeOf(machine, START_MS, "w"), AGAIN);
  const { ended: [end] } = machine.settle(START_MS, takeOf(machine, START_MS, "dead"), REFUSED);
  const flight = takeOf(machine, START_MS, "w");
  machine.unstored(put(machine, "r", "CRITICAL", { flush: false }));
  const letters = [{ key: outboxKey(2), value: endRecord(end) }];
  assertEquals(machine.recover(START_MS, [records[0], records[2]], [], letters), []);
  const found = machine.entries().map(({ message: { id }, attempts, state }) => [id, attempts, state]);
  assertEquals(found, [["w", 1, "sending"], ["n", 0, "ready"], ["r", 0, "ready"]]);
  // Nothing is counted twice: three are the bound, and the fourth is refused.
  assertEquals(faultOf(() => machine.accept(START_MS, messageOf("x", "CRITICAL")))[0], "queue-full");
  assertEquals(machine.discard("/s", "dead").length, 1);
  put(machine, "x", "CRITICAL");
  assertEquals(machine.settle(START_MS, flight, ACCEPTED).ended[0].attempts, 1);
});

Deno.test("recover() finishes what a crash cut off, whichever write was the last", () => {
  const a = messageOf("a", "CRITICAL");
  const letter = endRecord({
    message: a,
    outcome: "rejected",
    reason: "x",
    attempts: 1,
    acceptedMs: START_MS,
    endedMs: START_MS,
  });
  const record = messageRecord(a, START_MS);
  const gone = (key: number): StoreOperation[] => [
    { keyspace: "deliveries", key: outboxKey(key), value: undefined },
    { keyspace: "messages", key: outboxKey(key), value: undefined },
  ];
  // Its end was written, its message was to go.
  const ended = outboxOf({ maxMessages: 1 });
  const at = (key: number, value: string) => [{ key: outboxKey(key), value }];
  assertEquals(ended.recover(START_MS, at(3, record), [], at(3, letter)), gone(3));
  assertEquals([ended.entries().length, ended.deadLetters().length], [0, 1]);
  assertEquals(faultOf(() => ended.accept(START_MS, messageOf("b", "CRITICAL")))[0], "queue-full");
  // It was redriven, its letter was to go.
  const redriven = outboxOf();
  assertEquals(redriven.recover(START_MS, at(4, record), [], at(3, letter)), [
    { keyspace: "outcomes", key: outboxKey(3), value: undefined },
  ]);
  assertEquals([redriven.entries().length, redriven.deadLetters().length], [1, 0]);
  // Its publisher was told no, and gave it once more.
  const twice = outboxOf();
  const [first, second] = [...at(1, record), ...at(2, record)];
  assertEquals(twice.recover(START_MS, [first, second], [], []), gone(2));
  assertEquals(twice.entries().length, 1);
});

Deno.test("recover() gives no key away twice, whether a message or a dead letter has it", () => {
  const record = messageRecord(messageOf("a", "CRITICAL"), START_MS);
  const [message, attempts, reason] = [messageOf("z", "CRITICAL"), 0, "x"];
  const letter = endRecord({ message, outcome: "rejected", reason, attempts, acceptedMs: 0, endedMs: 0 });
  for (const [live, dead] of [[3, 7], [7, 3]]) {
    const machine = outboxOf();
    machine.recover(START_MS, [{ key: outboxKey(live), value: record }], [], [{ key: outboxKey(dead), value: letter }]);
    assertEquals(machine.accept(START_MS, messageOf("b", "CRITICAL"))![0].key, outboxKey(8));
  }
});

Deno.test("recover() lets a lane's second follow, though it has retries of its own", () => {
  const machine = outboxOf();
  const records = ["a", "b"].map((id, at) => {
    return { key: outboxKey(at + 1), value: messageRecord(messageOf(id, "CRITICAL", "k"), START_MS) };
  });
  const retries = retriesRecord({ attempts: 2, dueMs: START_MS + 10, waitMs: 10, reason: "x" });
  machine.recover(START_MS, records, records.map(({ key }) => ({ key, value: retries })), []);
  assertEquals(machine.entries().map(({ state, attempts }) => [state, attempts]), [["waiting", 2], ["following", 2]]);
});

Deno.test("discard() and redrive() mean dead letters, and what has expired stays one", () => {
  const machine = outboxOf();
  const message = put(machine, "a", "CRITICAL", { lifeMs: 1_000 });
  const unknown = ["dead-letter-unknown", "no such dead letter"];
  assertEquals(faultOf(() => machine.discard("/s", "a")), unknown);
  assertEquals(faultOf(() => machine.redrive(START_MS, "/s", "a")), unknown);
  machine.settle(START_MS, machine.take(START_MS)!, REFUSED);
  // The same is known; another under its name is not taken for it.
  assertEquals(machine.accept(START_MS, message), undefined);
  const other = { ...message, json: "{}" };
  const refusal = ["id-conflict", "another message has that name", "id"];
  assertEquals(faultOf(() => machine.accept(START_MS, other)), refusal);
  const expired = ["message-expired", "its expirytime has passed"];
  assertEquals(faultOf(() => machine.redrive(START_MS + 1_000, "/s", "a")), expired);
  assertEquals(machine.deadLetters().length, 1);
  const redrive = () => machine.redrive(START_MS + 999, "/s", "a");
  const redriven = redrive();
  assertEquals(redriven, {
    message,
    operations: [
      { keyspace: "messages", key: outboxKey(2), value: messageRecord(message, START_MS + 999) },
      { keyspace: "outcomes", key: outboxKey(1), value: undefined },
    ],
  });
  // It is a dead letter until that is written, and only once.
  for (const twice of [redrive, () => machine.discard("/s", "a")]) {
    assertEquals(faultOf(twice), ["in-progress", "it is under way"]);
  }
  assertEquals([machine.deadLetters().length, machine.take(START_MS + 999)], [1, undefined]);
  machine.unstored(message);
  assertEquals([machine.deadLetters().length, machine.figures().waiting], [1, 0]);
  redrive();
  machine.stored(message);
  assertEquals(machine.deadLetters(), []);
  assertEquals(machine.take(START_MS + 999)?.attempts, 0);
});

Deno.test("accept() is full beyond its bounds and not at them, and counts characters that have gone no more", () => {
  const length = messageOf("a", "NORMAL").json.length;
  const machine = outboxOf({ maxLength: 2 * length });
  put(machine, "a", "NORMAL");
  put(machine, "b", "NORMAL");
  const text = `no room beside 2 messages, ${2 * length} characters`;
  assertEquals(faultOf(() => machine.accept(START_MS, messageOf("c", "LOW"))), ["queue-full", text]);
  machine.cancel(START_MS, "/s", "a");
  put(machine, "c", "NORMAL");
  const late = messageOf("d", "NORMAL", undefined, 0);
  assertEquals(faultOf(() => machine.accept(START_MS, late)), ["message-expired", "its expirytime has passed"]);
});

Deno.test("lanes of two priorities, or of two keys, do not wait for each other", () => {
  const machine = outboxOf();
  put(machine, "a", "NORMAL", { lane: "k" });
  put(machine, "b", "HIGH", { lane: "k" });
  put(machine, "c", "NORMAL", { lane: "l" });
  assertEquals(machine.entries().map(({ state }) => state), ["ready", "ready", "ready"]);
});

function outboxOf(options: { maxMessages?: number; maxLength?: number; maxInFlight?: number } = {}): OutboxMachine {
  return createOutboxMachine({ maxMessages: 9, maxLength: 9_000, maxInFlight: 4, random: () => 0.5, ...options });
}

function put(
  machine: OutboxMachine,
  id: string,
  priority: Priority,
  { lifeMs = Infinity, lane, flush = true }: { lifeMs?: number; lane?: string; flush?: boolean } = {},
): OutboxMessage {
  const message = messageOf(id, priority, lane, START_MS + lifeMs);
  if (machine.accept(START_MS, message)!.length > 0 && flush) machine.stored(message);
  return message;
}

/** Takes the one that is meant, which must be next. */
function takeOf(machine: OutboxMachine, nowMs: number, id: string): OutboxEntry {
  const entry = machine.take(nowMs);
  assertEquals(entry?.message.id, id);
  return entry!;
}

function pick({ message, state, attempts, reason, acceptedMs, dueMs }: OutboxEntry): OutboxEntry {
  return { message, state, attempts, reason, acceptedMs, dueMs };
}

function faultOf(act: () => unknown): string[] {
  const { code, message, field } = assertThrows(act, BellhopError);
  return [code, message, ...field === undefined ? [] : [field]];
}

function messageOf(id: string, priority: Priority, partitionkey?: string, expiresMs = Infinity): OutboxMessage {
  const envelope = { source: "/s", id, priority, partitionkey };
  return { ...envelope, expiresMs, json: JSON.stringify(envelope) };
}
