import { assertEquals, assertThrows } from "@std/assert";
import type { Envelope } from "../envelope/mod.ts";
import { BellhopError } from "../error.ts";
import { type Bus, createBus } from "./bus.ts";
import { isDurable } from "./message.ts";
import type { BusSettings } from "./options.ts";
import { isTerminal } from "./status.ts";
import type { Keyspace, StoreOperation } from "./operation.ts";

const BY = { principal: "/a" };
const HEAD = { specversion: "1.0", source: "/a", type: "t", priority: "CRITICAL" } as const;

/** A bus, its disk, and each write as `+keyspace key` or `-keyspace key`. */
class Stage {
  readonly bus: Bus;
  readonly operations: string[] = [];
  private readonly waiting: { token: number; operations: readonly StoreOperation[] }[] = [];

  constructor(readonly disk = new Map<string, string>(), readonly nowMs = 0, settings: Partial<BusSettings> = {}) {
    this.bus = createBus({ startMs: nowMs, random: () => 0.5, source: "/bus", ...settings });
  }

  publish(id: string, receivers = ["r"], more: Partial<Envelope> = {}): void {
    this.bus.accept(this.nowMs, { ...HEAD, id, ...more }, receivers, BY);
  }

  /** Lets everything be written, or refused. @returns what was, in order */
  flush(works = true): string[] {
    for (;;) {
      for (const effect of this.bus.effects()) if (effect.kind === "write") this.waiting.push(effect);
      const next = this.waiting.shift();
      if (next === undefined) return this.operations.splice(0);
      for (const { keyspace, key, value } of next.operations) {
        this.operations.push(`${value === undefined ? "-" : "+"}${keyspace} ${key}`);
        if (!works) continue;
        if (value === undefined) this.disk.delete(`${keyspace} ${key}`);
        else this.disk.set(`${keyspace} ${key}`, value);
      }
      if (works) this.bus.flushed(this.nowMs, next.token);
      else this.bus.flushFailed(this.nowMs, next.token);
    }
  }

  settle(receiver: string, reason: string | undefined, verdict: "nak" | "term" = "term"): void {
    const { lease } = this.bus.take(this.nowMs, 1_000, receiver)!;
    this.bus.settle(this.nowMs, lease, reason === undefined ? { verdict: "ack" } : { verdict, reason });
  }

  restarted(nowMs = this.nowMs): Stage {
    const found = (keyspace: Keyspace) =>
      [...this.disk].filter(([key]) => key.startsWith(`${keyspace} `))
        .map(([key, value]) => ({ key: key.slice(keyspace.length + 1), value }));
    const after = new Stage(new Map(this.disk), nowMs);
    after.found = after.bus.recover(nowMs, {
      messages: found("messages"),
      deliveries: found("deliveries"),
      outcomes: found("outcomes"),
    });
    return after;
  }

  found: unknown;

  status(id: string): string[] {
    const message = this.bus.find("/a", id);
    if (message === undefined) return ["unknown"];
    return this.bus.status(message).deliveries.map(({ receiver, run, state, outcome, attempts }) =>
      `${receiver} ${run} ${outcome ?? state} ${attempts}`
    );
  }
}

const K1 = "00000000001";

Deno.test("a CRITICAL is written, then each wait of its, then its outcome, and nothing else", () => {
  const stage = new Stage();
  stage.publish("1");
  assertEquals(stage.status("1"), ["r 1 flushing 0"]);
  assertEquals(stage.flush(), [`+messages ${K1}`]);
  stage.settle("r", "status-503", "nak");
  assertEquals(stage.flush(), []); // retry 1 comes at once
  stage.settle("r", "status-503", "nak");
  assertEquals(stage.flush(), [`+deliveries ${K1}/r`]);
  assertEquals(stage.status("1"), ["r 1 waiting 2"]);
  stage.bus.wake(500);
  stage.settle("r", "status-422");
  assertEquals(stage.status("1"), ["r 1 settling 3"]);
  assertEquals(stage.flush(), [`+outcomes ${K1}/r`, `-deliveries ${K1}/r`, `-messages ${K1}`]);
  assertEquals([stage.status("1"), [...stage.disk.keys()]], [["r 1 rejected 3"], [`outcomes ${K1}/r`]]);
  const again = stage.restarted();
  assertEquals(again.found, { unfinished: 0, deadLetters: 1, unreadable: [] });
  const [letter] = again.bus.deadLetters(9);
  assertEquals(letter, stage.bus.deadLetters(9)[0]);
  again.bus.redrive(0, letter.id, []);
  assertEquals(again.status("1"), ["r 2 flushing 0"]);
  assertEquals(again.flush(), [`+messages ${K1}`, `-outcomes ${K1}/r`]);
  assertEquals(again.status("1"), ["r 2 queued 0"]);
  again.settle("r", undefined);
  again.flush();
  assertEquals(again.status("1"), ["r 2 delivered 1"]);
  assertEquals(isTerminal(again.bus.find("/a", "1")!), true);
});

Deno.test("a dead letter that is discarded within the horizon leaves its outcome, and after a restart as well", () => {
  const stage = new Stage();
  stage.publish("1");
  stage.flush();
  stage.settle("r", "status-422");
  stage.flush();
  assertEquals(stage.bus.discard(stage.bus.deadLetters(9)[0].id) > 0, true);
  assertEquals(stage.flush(), [`+outcomes ${K1}/r`]);
  const after = stage.restarted();
  assertEquals([after.found, after.status("1")], [{ unfinished: 0, deadLetters: 0, unreadable: [] }, [
    "r 1 rejected 1",
  ]]);
});

Deno.test("a write that fails refuses what was not acknowledged, and lets go on what was", () => {
  const stage = new Stage();
  stage.publish("1");
  stage.flush(false);
  assertEquals([stage.status("1"), stage.bus.counts().unfinished, stage.bus.counts().remembered], [["unknown"], 0, 0]);
  stage.publish("2");
  stage.flush();
  for (const _ of [1, 2]) stage.settle("r", "status-503", "nak");
  stage.flush(false);
  assertEquals([stage.status("2"), stage.bus.nextWakeMs()], [["r 1 waiting 2"], 500]);
  stage.bus.wake(500);
  stage.settle("r", "status-422");
  stage.flush(false);
  assertEquals([stage.status("2"), stage.bus.deadLetters(9).length], [["r 1 rejected 3"], 1]);
  stage.publish("3", []);
  stage.flush(false);
  assertEquals([stage.status("3"), stage.bus.deadLetters(9).length], [["unknown"], 1]);
});

Deno.test("a redrive that cannot be written puts the letter back where it lay, and the message as it was", () => {
  const stage = new Stage();
  for (const id of ["1", "2", "3"]) {
    stage.publish(id, ["r", "s"]);
    stage.flush();
    stage.settle("r", "status-422");
    stage.settle("s", undefined);
    stage.flush();
  }
  const before = stage.bus.deadLetters(9);
  assertEquals(before.map(({ envelope }) => envelope.id), ["1", "2", "3"]);
  const bytes = stage.bus.counts();
  stage.bus.redrive(0, before[1].id, []);
  assertEquals([stage.bus.deadLetters(9).length, stage.status("2")], [2, ["r 2 flushing 0", "s 1 delivered 1"]]);
  stage.flush(false);
  assertEquals([stage.bus.deadLetters(9), stage.status("2")], [before, ["r 1 rejected 1", "s 1 delivered 1"]]);
  assertEquals(stage.bus.counts(), bytes);
  assertEquals(stage.bus.take(0, 1_000), undefined);
  stage.bus.redrive(0, before[1].id, []);
  stage.flush();
  assertEquals(stage.status("2"), ["r 2 queued 0", "s 1 delivered 1"]);
  stage.publish("4", []);
  stage.flush();
  const unsubscribed = stage.bus.deadLetters(9).at(-1)!;
  stage.bus.redrive(0, unsubscribed.id, ["r"]);
  assertEquals(stage.status("4"), ["r 2 flushing 0"]);
  stage.flush(false);
  assertEquals([stage.status("4"), stage.bus.deadLetters(9).at(-1)], [[" 1 no-subscriber 0"], unsubscribed]);
  stage.bus.redrive(0, unsubscribed.id, ["r", "s"]);
  stage.flush();
  assertEquals(stage.status("4"), ["r 2 queued 0", "s 2 queued 0"]);
});

Deno.test("recover() takes up a redrive of which the letter was not taken away yet, and times as they were", () => {
  const stage = new Stage(new Map(), 1_000_000);
  stage.publish("1", ["r", "s"]);
  stage.flush();
  stage.settle("r", "status-422");
  stage.flush();
  const lain = [...stage.disk].filter(([key]) => key.startsWith("outcomes"));
  stage.bus.redrive(stage.nowMs, stage.bus.deadLetters(9)[0].id, []);
  stage.flush();
  for (const _ of [1, 2]) stage.settle("s", "status-503", "nak");
  stage.flush();
  for (const [key, value] of lain) stage.disk.set(key, value); // as if the crash had come between the two keys
  const after = stage.restarted(1_000_100);
  assertEquals(after.found, { unfinished: 1, deadLetters: 0, unreadable: [] });
  assertEquals(after.flush(), [`-outcomes ${K1}/r`]);
  assertEquals(after.status("1"), ["r 2 queued 0", "s 1 waiting 2"]);
  after.bus.wake(1_000_500);
  after.settle("s", "status-422");
  after.flush();
  const history = after.bus.deadLetters(9)[0].history.map(({ attempt, atMs }) => [attempt, atMs]);
  assertEquals(history, [[1, 1_000_000], [2, 1_000_000], [3, 1_000_100]]);
});

Deno.test("recover() tidies up what a crash left of a message whose outcomes are all there", () => {
  const stage = new Stage();
  stage.publish("1");
  stage.flush();
  for (const _ of [1, 2]) stage.settle("r", "status-503", "nak");
  stage.flush();
  const left = new Map(stage.disk);
  stage.bus.wake(500);
  stage.settle("r", "status-422");
  stage.flush();
  for (const [key, value] of left) stage.disk.set(key, value);
  const after = stage.restarted();
  assertEquals(after.found, { unfinished: 0, deadLetters: 1, unreadable: [] });
  assertEquals(after.flush().toSorted(), [`-deliveries ${K1}/r`, `-messages ${K1}`]);
  assertEquals([after.status("1"), after.bus.counts().unfinished], [["r 1 rejected 3"], 0]);
  after.publish("2");
  assertEquals(after.flush().filter((operation) => operation.endsWith(K1)), []); // a key of its own
});

Deno.test("recover() says what it cannot read, and leaves it where it lies", () => {
  const stage = new Stage();
  for (const keyspace of ["messages", "deliveries", "outcomes"]) stage.disk.set(`${keyspace} 0000000000z/r`, "{");
  const after = stage.restarted();
  const unreadable = ["outcomes", "deliveries", "messages"].map((keyspace) => ({ keyspace, key: "0000000000z/r" }));
  assertEquals([after.found, after.flush()], [{ unfinished: 0, deadLetters: 0, unreadable }, []]);
  after.publish("1");
  assertEquals(after.flush(), ["+messages 00000000010"]); // no key is used twice
});

Deno.test("cancel() of a CRITICAL in flight is written at once, and forgotten if the attempt succeeds", () => {
  for (const ok of [true, false]) {
    const stage = new Stage();
    stage.publish("1");
    stage.flush();
    const flight = stage.bus.take(0, 1_000)!;
    assertEquals(stage.bus.cancel(0, "/a", "1"), 1);
    assertEquals(stage.flush(), [`+deliveries ${K1}/r`]);
    const after = stage.restarted();
    assertEquals(after.status("1"), ["r 1 settling 1"]);
    after.flush();
    assertEquals(after.status("1"), ["r 1 cancelled 1"]);
    stage.bus.settle(0, flight.lease, ok ? { verdict: "ack" } : { verdict: "nak", reason: "timeout" });
    const operations = stage.flush();
    assertEquals(operations.includes(`-deliveries ${K1}/r`), true, operations.join());
    assertEquals(stage.status("1"), [ok ? "r 1 delivered 1" : "r 1 cancelled 1"]);
    assertEquals([...stage.disk.keys()].filter((key) => !key.startsWith("outcomes")), []);
  }
});

Deno.test("defer() of a delivery that was cancelled meanwhile ends it", () => {
  const stage = new Stage();
  for (const [id, priority] of [["1", "NORMAL"], ["2", "CRITICAL"]] as const) {
    stage.publish(id, ["r"], { priority });
    stage.flush();
    const { lease } = stage.bus.take(0, 1_000)!;
    stage.bus.cancel(0, "/a", id);
    assertEquals(stage.bus.defer(0, lease, 50, "breaker-open"), true);
    stage.flush();
    assertEquals(stage.status(id), ["r 1 cancelled 0"]);
  }
});

Deno.test("status() tells of a message without a subscriber as its priority promises", () => {
  const stage = new Stage();
  stage.publish("1", [], { priority: "HIGH" });
  stage.publish("2", []);
  assertEquals([stage.status("1"), stage.status("2")], [[], [" 1 no-subscriber 0"]]);
  assertEquals([stage.flush(), stage.bus.deadLetters(9).length], [["+outcomes 00000000001/"], 1]);
  stage.publish("3", ["r"]);
  assertEquals(isTerminal(stage.bus.find("/a", "3")!), false);
  const { code } = assertThrows(() => stage.bus.cancel(0, "/a", "3"), BellhopError);
  assertEquals(code, "message-unknown"); // not before it is written
});

Deno.test("a dead letter outlives the memory of its message, and takes its record along when it is discarded then", () => {
  const stage = new Stage(new Map(), 0, { durableHorizonMs: 1_000 });
  stage.publish("1", ["r", "s"]);
  assertEquals(isDurable(stage.bus.find("/a", "1")!), true);
  stage.flush();
  stage.settle("r", "status-422");
  stage.settle("s", undefined);
  stage.flush();
  for (let atMs = stage.bus.nextWakeMs(); atMs < 100_000; atMs = stage.bus.nextWakeMs()) {
    stage.bus.wake(atMs);
    const written = stage.flush();
    assertEquals(written.includes(`-outcomes ${K1}/r`), false, written.join());
  }
  assertEquals([stage.status("1"), stage.bus.deadLetters(9).length], [["unknown"], 1]);
  assertEquals(stage.restarted().found, { unfinished: 0, deadLetters: 1, unreadable: [] });
  stage.bus.discard(stage.bus.deadLetters(9)[0].id);
  assertEquals([stage.flush(), stage.bus.deadLetters(9)], [[`-outcomes ${K1}/r`], []]);
});

Deno.test("a redrive that cannot be written leaves the principal's room on disk as it was", () => {
  const room = (redrives: number): number => {
    // As much as one message and its letter take: found by trying.
    for (let maxDurableBytes = 100;; maxDurableBytes += 1) {
      const stage = new Stage(new Map(), 0, { maxDurableBytes });
      try {
        stage.publish("1");
        stage.flush();
        stage.settle("r", "status-422");
        stage.flush();
        for (let i = 0; i < redrives; i++) {
          stage.bus.redrive(0, stage.bus.deadLetters(9)[0].id, []);
          stage.flush(false);
        }
        stage.publish("2");
        return maxDurableBytes;
      } catch (error) {
        if (!(error instanceof BellhopError) || error.code !== "store-full") throw error;
      }
    }
  };
  const most = room(0);
  assertEquals([room(1), room(3)], [most, most]);
});
