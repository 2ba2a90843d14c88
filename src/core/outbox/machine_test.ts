import { assert, assertEquals, assertGreaterOrEqual, assertLessOrEqual, assertThrows } from "@std/assert";
import fc from "fast-check";
import { BellhopError } from "../error.ts";
import type { StoreOperation } from "../bus/operation.ts";
import { PRIORITIES, type Priority, PRIORITY_TABLE } from "../priority/table.ts";
import { PRIORITY_POLICIES } from "../retry/policy.ts";
import { createOutboxMachine, type OutboxMachine, type OutboxTurn } from "./machine.ts";
import type { OutboxAnswer, OutboxEnd, OutboxEntry, OutboxMessage } from "./message.ts";

const START_MS = 1_767_225_600_000;
const HOUR_MS = 3_600_000;

type Step =
  | { readonly do: "accept"; readonly priority: Priority; readonly lane?: string | undefined; readonly lifeMs: number }
  | { readonly do: "flush" | "crash"; readonly count: number }
  | { readonly do: "send" }
  | { readonly do: "answer"; readonly which: number; readonly answer: OutboxAnswer }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "cancel" | "redrive"; readonly which: number }
  | { readonly do: "network"; readonly online: boolean };

const answers = fc.oneof(
  { weight: 3, arbitrary: fc.constant<OutboxAnswer>({ kind: "accepted" }) },
  { weight: 1, arbitrary: fc.constant<OutboxAnswer>({ kind: "refused", reason: "envelope-invalid" }) },
  {
    weight: 4,
    arbitrary: fc.option(fc.nat(20_000), { nil: undefined }).map((retryAfterMs): OutboxAnswer => {
      return { kind: "again", reason: "queue-full", retryAfterMs };
    }),
  },
  { weight: 4, arbitrary: fc.constant<OutboxAnswer>({ kind: "silence", reason: "unreachable" }) },
);

const steps = fc.array(
  fc.oneof<fc.WeightedArbitrary<Step>[]>(
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant("accept" as const),
        priority: fc.constantFrom(...PRIORITIES, "CRITICAL" as const),
        lane: fc.constantFrom(undefined, "a", "b"),
        lifeMs: fc.constantFrom(Infinity, Infinity, 500, 30_000),
      }),
    },
    { weight: 4, arbitrary: fc.record({ do: fc.constant("flush" as const), count: fc.nat(6) }) },
    { weight: 6, arbitrary: fc.constant<Step>({ do: "send" }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constant("answer" as const), which: fc.nat(3), answer: answers }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(1, 900, 61_000) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("crash" as const), count: fc.nat(6) }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constantFrom("cancel" as const, "redrive" as const), which: fc.nat(5) }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("network" as const), online: fc.boolean() }) },
  ),
  { maxLength: 80 },
);

/** The model: what publishers were told, and what the gateway said. It knows nothing of queues or keys. */
class World {
  nowMs = START_MS;
  machine = this.fresh();
  readonly records = new Map<string, string>();
  /** Asked for, not flushed; what follows each. */
  pending: { readonly operation: StoreOperation; readonly then?: () => void }[] = [];
  flights: OutboxEntry[] = [];
  readonly acknowledged = new Map<string, OutboxMessage>();
  /** Final answers that were heard in this life. */
  over = new Set<string>();
  /** Final answers whose consequence lies in the store. */
  readonly overForGood = new Set<string>();
  readonly takenByGateway = new Set<string>();
  readonly cancelled = new Set<string>();
  charged = new Map<string, number>();
  order = new Map<string, string[]>();
  count = 0;

  fresh(): OutboxMachine {
    return createOutboxMachine({ maxMessages: 20, maxLength: 10_000, maxInFlight: 3, random: () => 0.5 });
  }

  write(operations: readonly StoreOperation[], then?: () => void): void {
    operations.forEach((operation, at) => {
      const last = at === operations.length - 1 && then !== undefined;
      this.pending.push(last ? { operation, then } : { operation });
    });
  }

  flush(count: number): void {
    for (const { operation, then } of this.pending.splice(0, count)) {
      this.put(operation);
      then?.();
    }
  }

  put({ keyspace, key, value }: StoreOperation): void {
    if (value === undefined) this.records.delete(`${keyspace}/${key}`);
    else this.records.set(`${keyspace}/${key}`, value);
  }

  apply({ operations, ended }: OutboxTurn): void {
    this.write(operations, () => ended.forEach(({ message }) => this.overForGood.add(message.id)));
    for (const end of ended) {
      this.over.add(end.message.id);
      this.judge(end);
    }
  }

  judge({ message: { id, priority, expiresMs }, outcome, attempts, acceptedMs, reason }: OutboxEnd): void {
    const { retries } = PRIORITY_TABLE[priority];
    if (outcome === "exhausted" && reason !== "max-elapsed" && this.nowMs - acceptedMs < HOUR_MS) {
      assertEquals(attempts, (retries as number) + 1);
    }
    if (outcome === "exhausted") assert(priority !== "CRITICAL");
    if (outcome === "expired") assertGreaterOrEqual(this.nowMs, expiresMs);
    // What had no answer was not charged.
    assertEquals(attempts, this.charged.get(id) ?? 0, `${id} ${outcome}`);
    if (outcome === "cancelled") this.cancelled.add(id);
  }

  crash(kept: number): void {
    this.pending.slice(0, kept).forEach(({ operation, then }) => {
      this.put(operation);
      // The end lies in the store, though nobody heard of the flush.
      if (operation.keyspace === "messages" && operation.value === undefined) then?.();
    });
    this.pending = [];
    this.flights = [];
    this.over = new Set();
    this.order = new Map();
    this.machine = this.fresh();
    const scan = (keyspace: string) =>
      [...this.records].filter(([key]) => key.startsWith(`${keyspace}/`))
        .map(([key, value]) => ({ key: key.slice(keyspace.length + 1), value }))
        .sort((a, b) => a.key < b.key ? -1 : 1);
    this.write(this.machine.recover(this.nowMs, scan("messages"), scan("deliveries"), scan("outcomes")));
    const here = new Map(this.machine.entries().map((entry) => [entry.message.id, entry]));
    const dead = new Set(this.machine.deadLetters().map(({ message }) => message.id));
    for (const id of this.acknowledged.keys()) {
      assert(here.has(id) || dead.has(id) || this.overForGood.has(id), `${id} was acknowledged and is gone`);
    }
    // What waits was either acknowledged or at least submitted as CRITICAL; retries resume where they were stored.
    for (const [id, { attempts, message }] of here) {
      assertEquals(message.priority, "CRITICAL");
      assertLessOrEqual(attempts, this.charged.get(id) ?? 0);
      this.charged.set(id, attempts);
      this.order.set(laneOf(message), [...this.order.get(laneOf(message)) ?? [], id]);
    }
    for (const { message, attempts } of this.machine.deadLetters()) this.charged.set(message.id, attempts);
  }

  run(step: Step): void {
    switch (step.do) {
      case "accept": {
        const id = `m${this.count++}`;
        const { priority, lane, lifeMs } = step;
        const message = messageOf(id, priority, lane, this.nowMs + lifeMs);
        const accepted = () => this.order.set(laneOf(message), [...this.order.get(laneOf(message)) ?? [], id]);
        try {
          const operations = this.machine.accept(this.nowMs, message)!;
          assertEquals(operations.length > 0, priority === "CRITICAL");
          if (operations.length === 0) return void accepted();
          const { machine } = this;
          this.write(operations, () => {
            // After a crash nobody is there to be told.
            if (machine !== this.machine) return;
            machine.stored(message);
            this.acknowledged.set(id, message);
            accepted();
          });
        } catch (error) {
          assertEquals((error as BellhopError).code, "queue-full");
        }
        return;
      }
      case "flush":
        return this.flush(step.count);
      case "crash":
        return this.crash(step.count);
      case "send": {
        this.apply(this.machine.tick(this.nowMs));
        const entry = this.machine.take(this.nowMs);
        if (entry === undefined) return;
        const { message } = entry;
        assert(!this.over.has(message.id) && !this.overForGood.has(message.id), `${message.id} was sent after its end`);
        assert(message.priority !== "CRITICAL" || this.records.size > 0, "sent before it was stored");
        assertLessOrEqual(this.nowMs, message.expiresMs);
        if (message.partitionkey !== undefined) {
          assert(!this.flights.some((other) => laneOf(other.message) === laneOf(message)), "two of one lane at once");
          const first = this.order.get(laneOf(message))!.find((id) => !this.over.has(id));
          assertEquals(message.id, first, "out of its lane's order");
        }
        this.flights.push(entry);
        assertLessOrEqual(this.flights.length, 3);
        return;
      }
      case "answer": {
        const [entry] = this.flights.splice(step.which % Math.max(1, this.flights.length), 1);
        if (entry === undefined) return;
        const { id } = entry.message;
        const { kind } = step.answer;
        if (kind === "again" || kind === "refused") this.charged.set(id, (this.charged.get(id) ?? 0) + 1);
        if (kind === "accepted") this.takenByGateway.add(id);
        this.apply(this.machine.settle(this.nowMs, entry, step.answer));
        return;
      }
      case "wait":
        this.nowMs += step.ms;
        return;
      case "cancel": {
        const entries = this.machine.entries();
        const entry = entries[step.which % Math.max(1, entries.length)];
        if (entry === undefined) return;
        if (entry.state === "sending" || entry.state === "storing") {
          assertThrows(() => this.machine.cancel(this.nowMs, "/a", entry.message.id), BellhopError, "under way");
        } else this.apply(this.machine.cancel(this.nowMs, "/a", entry.message.id));
        return;
      }
      case "redrive": {
        const letters = this.machine.deadLetters();
        const letter = letters[step.which % Math.max(1, letters.length)];
        if (letter === undefined || this.nowMs >= letter.message.expiresMs) return;
        const { id } = letter.message;
        if (this.machine.entries().some(({ message }) => message.id === id)) {
          assertThrows(() => this.machine.redrive(this.nowMs, "/a", id), BellhopError, "under way");
          return;
        }
        const { message, operations } = this.machine.redrive(this.nowMs, "/a", id);
        // What comes before is written: a flush tells of what was, and the test would take it for what is.
        this.flush(Infinity);
        const { machine } = this;
        this.write(operations, () => {
          if (machine === this.machine) machine.stored(message);
        });
        this.over.delete(id);
        this.overForGood.delete(id);
        this.charged.set(id, 0);
        const lane = this.order.get(laneOf(message)) ?? [];
        this.order.set(laneOf(message), [...lane.filter((other) => other !== id), id]);
        return;
      }
      case "network":
        return this.machine.network(this.nowMs, step.online);
    }
  }

  /** The gateway is there and takes everything. */
  drain(): void {
    for (let rounds = 0; this.machine.entries().length > 0; rounds++) {
      assertLessOrEqual(rounds, 2_000, "it never ends");
      this.flush(Infinity);
      this.run({ do: "send" });
      if (this.flights.length > 0) this.run({ do: "answer", which: 0, answer: { kind: "accepted" } });
      else {
        const nextMs = this.machine.nextMs();
        // Nothing waits for ever: there is a wake-up, or something to be done now.
        if (this.machine.entries().length > 0) assert(nextMs < Infinity, "no wake-up");
        if (nextMs < Infinity) this.nowMs = Math.max(this.nowMs, nextMs);
      }
    }
    this.flush(Infinity);
  }
}

Deno.test("createOutboxMachine() loses nothing acknowledged over crashes at any write, keeps order and budgets, and sends nothing after its end", () => {
  fc.assert(
    fc.property(steps, fc.nat(8), (script, kept) => {
      const world = new World();
      script.forEach((step) => world.run(step));
      world.crash(kept);
      world.drain();
      const dead = new Map(world.machine.deadLetters().map((end) => [end.message.id, end]));
      for (const id of world.acknowledged.keys()) {
        assert(world.takenByGateway.has(id) || dead.has(id) || world.cancelled.has(id), `${id} came to nothing`);
      }
      for (const { outcome } of dead.values()) assert(outcome === "rejected" || outcome === "expired");
      // Of what has ended well nothing is left behind.
      assertEquals([...world.records.keys()].filter((key) => !key.startsWith("outcomes/")), []);
      assertEquals(world.records.size, dead.size);
      assertEquals(world.machine.figures(), {
        waiting: 0,
        sending: 0,
        deadLetters: dead.size,
        reachable: world.machine.figures().reachable,
      });
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("take() serves the classes by the round: higher first, and LOW within 15", () => {
  const machine = createOutboxMachine({ maxMessages: 100, maxLength: 100_000, maxInFlight: 64, random: () => 0.5 });
  for (const priority of PRIORITIES) {
    for (let n = 0; n < 15; n++) {
      const message = messageOf(`${priority[0]}${n}`, priority);
      if (machine.accept(START_MS, message)!.length > 0) machine.stored(message);
    }
  }
  machine.settle(START_MS, machine.take(START_MS)!, { kind: "accepted" });
  const order = Array.from({ length: 14 }, () => machine.take(START_MS)!.message.id);
  assertEquals(["C0", ...order].map((id) => id[0]).join(" "), "C H C N C H C L C H C N C H C");
  assertEquals(order.filter((id) => id.startsWith("H")), ["H0", "H1", "H2", "H3"]);
});

Deno.test("a silence costs no message its place: what waited is sent by the round, each class in order of acceptance", () => {
  const machine = createOutboxMachine({ maxMessages: 100, maxLength: 100_000, maxInFlight: 4, random: () => 0.5 });
  const ids = ["N0", "L0", "C0", "H0", "N1", "C1", "H1", "L1"];
  for (const id of ids) {
    const message = messageOf(id, PRIORITIES.find((priority) => priority[0] === id[0])!);
    if (machine.accept(START_MS, message)!.length > 0) machine.stored(message);
  }
  let nowMs = START_MS;
  for (let silences = 0; silences < 4; silences++) {
    nowMs = Math.max(nowMs, machine.nextMs());
    machine.settle(nowMs, machine.take(nowMs)!, { kind: "silence", reason: "unreachable" });
  }
  machine.network(nowMs, true);
  const sent: string[] = [];
  for (let entry = machine.take(nowMs); entry !== undefined; entry = machine.take(nowMs)) {
    sent.push(entry.message.id);
    machine.settle(nowMs, entry, { kind: "accepted" });
  }
  assertEquals(sent, ["C0", "H0", "C1", "N0", "H1", "N1", "L0", "L1"]);
});

Deno.test("a message that nobody ever answers keeps no other from being sent for long", () => {
  for (const priority of PRIORITIES) {
    const machine = createOutboxMachine({ maxMessages: 100, maxLength: 100_000, maxInFlight: 4, random: () => 0.5 });
    for (let n = 0; n < 20; n++) {
      const message = messageOf(`${n}`, n === 0 ? "CRITICAL" : priority);
      if (machine.accept(START_MS, message)!.length > 0) machine.stored(message);
    }
    let nowMs = START_MS;
    while (machine.figures().waiting > 1) {
      assertLessOrEqual(nowMs, START_MS + 120_000, "the others wait");
      const entry = machine.take(nowMs);
      if (entry === undefined) nowMs = Math.max(nowMs + 1, machine.nextMs());
      // What hangs up when it sees that message.
      else {machine.settle(
          nowMs,
          entry,
          entry.message.id === "0" ? { kind: "silence", reason: "x" } : { kind: "accepted" },
        );}
    }
    assertEquals(machine.entries().map(({ message, attempts }) => [message.id, attempts]), [["0", 0]]);
  }
});

Deno.test("settle() charges answers alone: a week offline costs a message nothing but its time", () => {
  const machine = createOutboxMachine({ maxMessages: 10, maxLength: 10_000, maxInFlight: 4, random: () => 0.99 });
  const message = messageOf("c", "CRITICAL");
  machine.accept(START_MS, message);
  machine.stored(message);
  machine.accept(START_MS, messageOf("n", "NORMAL"));
  const ended: OutboxEnd[] = [];
  let nowMs = START_MS;
  let probes = 0;
  for (; nowMs < START_MS + 168 * HOUR_MS; nowMs = Math.max(nowMs + 1, machine.nextMs())) {
    ended.push(...machine.tick(nowMs).ended);
    const entry = machine.take(nowMs);
    assertEquals(machine.take(nowMs), undefined, "one alone while nothing is known of the network");
    if (entry === undefined) continue;
    probes++;
    ended.push(...machine.settle(nowMs, entry, { kind: "silence", reason: "unreachable" }).ended);
  }
  assertEquals(ended.map(({ message, outcome, attempts }) => [message.id, outcome, attempts]), [["n", "exhausted", 0]]);
  assertEquals(machine.entries().map(({ attempts }) => attempts), [0]);
  assertGreaterOrEqual(probes, 168 * 60);
  assertLessOrEqual(probes, 168 * 62);
  machine.network(nowMs, true);
  assertEquals(machine.take(nowMs)?.message.id, "c");
});

Deno.test("settle() retries by the table: the first at once, then after the backoff or what was asked for", () => {
  for (const priority of PRIORITIES) {
    const { retries } = PRIORITY_POLICIES[priority];
    const machine = createOutboxMachine({ maxMessages: 10, maxLength: 10_000, maxInFlight: 4, random: () => 0.5 });
    const message = messageOf("a", priority);
    if (machine.accept(START_MS, message)!.length > 0) machine.stored(message);
    let nowMs = START_MS;
    const waits: number[] = [];
    let ended: readonly OutboxEnd[] = [];
    for (let n = 1; n <= 12 && ended.length === 0; n++) {
      const entry = machine.take(nowMs)!;
      const retryAfterMs = n === 3 ? 5_000_000 : undefined;
      ({ ended } = machine.settle(nowMs, entry, { kind: "again", reason: "status-502", retryAfterMs }));
      if (ended.length > 0) break;
      waits.push(Math.max(0, machine.entries()[0].dueMs - nowMs));
      nowMs += waits[waits.length - 1];
      // One that could wait beyond its hour has ended there.
      ended = machine.tick(nowMs).ended;
    }
    const expected = [0, 500, HOUR_MS, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 150_000, 150_000];
    const within = priority === "CRITICAL" ? 12 : Math.min(retries as number, 3);
    assertEquals(waits, expected.slice(0, within));
    assertEquals(ended.map(({ outcome }) => outcome), priority === "CRITICAL" ? [] : ["exhausted"]);
  }
});

Deno.test("accept() knows what it holds, refuses another under its name, and is bounded in both parts", () => {
  const machine = createOutboxMachine({ maxMessages: 2, maxLength: 400, maxInFlight: 4, random: () => 0.5 });
  const first = messageOf("a", "NORMAL");
  assertEquals(machine.accept(START_MS, first), []);
  assertEquals(machine.accept(START_MS, { ...first, json: first.json.replace("00:00Z", "00:01Z") }), undefined);
  const other = { ...first, json: first.json.replace(`"x"`, `"y"`) };
  assertThrows(() => machine.accept(START_MS, other), BellhopError, "another message");
  machine.accept(START_MS, messageOf("b", "LOW"));
  assertThrows(() => machine.accept(START_MS, messageOf("c", "HIGH")), BellhopError, "no room");
  // The rest never keeps a CRITICAL out.
  assertEquals(machine.accept(START_MS, messageOf("d", "CRITICAL"))!.length, 1);
  const large = { ...messageOf("e", "CRITICAL"), json: `"${"x".repeat(400)}"` };
  assertThrows(() => machine.accept(START_MS, large), BellhopError, "no room");
  assertThrows(() => machine.accept(START_MS, messageOf("f", "LOW", undefined, START_MS)), BellhopError, "passed");
  // What could not be stored leaves room.
  machine.unstored(messageOf("d", "CRITICAL"));
  assertEquals(machine.figures().waiting, 2);
});

Deno.test("recover() resumes retries where they were stored, and waits no longer than then though the clock was set back", () => {
  const first = createOutboxMachine({ maxMessages: 9, maxLength: 4_000, maxInFlight: 4, random: () => 0.5 });
  const message = messageOf("a", "CRITICAL");
  const [{ key, value }] = first.accept(START_MS, message)!;
  first.stored(message);
  const answer = { kind: "again", reason: "status-502", retryAfterMs: 60_000 } as const;
  const entry = first.take(START_MS)!;
  const [state] = first.settle(START_MS, entry, answer).operations;
  // An answer that came twice is one.
  assertEquals(first.settle(START_MS, entry, answer).operations, []);
  assertEquals(first.figures().sending, 0);
  for (const [nowMs, dueMs] of [[START_MS + 1_000, START_MS + 60_000], [START_MS - 9_000, START_MS + 51_000]]) {
    const machine = createOutboxMachine({ maxMessages: 9, maxLength: 4_000, maxInFlight: 4, random: () => 0.5 });
    machine.recover(nowMs, [{ key, value: value! }], [{ key, value: state.value! }], []);
    const [{ attempts, reason, state: where, dueMs: due }] = machine.entries();
    assertEquals([attempts, reason, where, due], [1, "status-502", "waiting", dueMs]);
    assertEquals([machine.nextMs(), machine.take(dueMs - 1)], [dueMs, undefined]);
    machine.tick(dueMs);
    assertEquals(machine.take(dueMs)?.message.id, "a");
  }
});

Deno.test("settle() ends what ran out of time under way, unless the gateway took it", () => {
  for (const kind of ["accepted", "again", "silence"] as const) {
    const machine = createOutboxMachine({ maxMessages: 9, maxLength: 4_000, maxInFlight: 4, random: () => 0.5 });
    machine.accept(START_MS, messageOf("a", "LOW", undefined, START_MS + 100));
    const entry = machine.take(START_MS)!;
    assertEquals(machine.tick(START_MS + 100).ended, []);
    const [end] = machine.settle(START_MS + 100, entry, { kind, reason: "status-502" }).ended;
    assertEquals(end.outcome, kind === "accepted" ? "accepted" : "expired");
  }
});

Deno.test("dead letters count as CRITICAL messages do, until they are discarded", () => {
  const machine = createOutboxMachine({ maxMessages: 1, maxLength: 4_000, maxInFlight: 4, random: () => 0.5 });
  const message = messageOf("a", "CRITICAL");
  machine.accept(START_MS, message);
  machine.stored(message);
  const { ended } = machine.settle(START_MS, machine.take(START_MS)!, { kind: "refused", reason: "unauthorized" });
  assertEquals(ended.map(({ outcome, reason }) => [outcome, reason]), [["rejected", "unauthorized"]]);
  assertEquals(machine.deadLetters(), ended);
  assertThrows(() => machine.accept(START_MS, messageOf("b", "CRITICAL")), BellhopError, "no room");
  assertEquals(machine.discard("/a", "a").map(({ value }) => value), [undefined]);
  assertEquals(machine.accept(START_MS, messageOf("b", "CRITICAL"))!.length, 1);
  assertThrows(() => machine.discard("/a", "a"), BellhopError, "no such");
});

Deno.test("recover() refuses what another version wrote, and what is damaged", () => {
  const machine = createOutboxMachine({ maxMessages: 2, maxLength: 400, maxInFlight: 4, random: () => 0.5 });
  const codeOf = (value: string) =>
    assertThrows(() => machine.recover(START_MS, [{ key: "1", value }], [], []), BellhopError).code;
  assertEquals(codeOf("[2,0,null,{}]"), "store-version");
  assertEquals(codeOf("[1,0,nu"), "store-failed");
  assertEquals(codeOf("{}"), "store-failed");
});

function messageOf(id: string, priority: Priority, partitionkey?: string, expiresMs = Infinity): OutboxMessage {
  const envelope = { id, source: "/a", type: "t", time: "2026-01-01T00:00:00Z", priority, partitionkey, data: "x" };
  return { source: "/a", id, priority, partitionkey, expiresMs, json: JSON.stringify(envelope) };
}

function laneOf({ priority, partitionkey, id }: OutboxMessage): string {
  return partitionkey === undefined ? id : `${priority} ${partitionkey}`;
}
