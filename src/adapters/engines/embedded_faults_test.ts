import { assert, assertEquals, assertGreater } from "@std/assert";
import fc from "fast-check";
import { effort } from "../../../testing/effort.ts";
import { KEYSPACES } from "../../core/bus/operation.ts";
import { BellhopError } from "../../core/error.ts";
import type { Engine } from "../../ports/engine.ts";
import type { MessageStore, OpenStore } from "../../ports/store.ts";
import type { Answer } from "../../ports/transport.ts";
import { type FaultyStore, faultyStore, type IoFault } from "../../testing/faulty_store.ts";
import { type ManualClock, manualClock } from "../../testing/manual_clock.ts";
import { memory } from "../stores/memory.ts";
import { memoryTransport } from "../transports/memory.ts";
import { embedded } from "./embedded.ts";

const ENDPOINT = "http://127.0.0.1:1/b";
const BUSY: Answer = { verdict: "nak", reason: "status-503", answered: true };
const NEVER: Answer = { verdict: "term", reason: "status-422", answered: true };

type Step =
  | { readonly kind: "publish"; readonly count: number }
  | { readonly kind: "pass"; readonly ms: number }
  | { readonly kind: "fault"; readonly fault: IoFault }
  | { readonly kind: "hold"; readonly passing: number }
  | { readonly kind: "release" | "heal" | "restart" }
  | { readonly kind: "crash"; readonly kept: number };

const fault: fc.Arbitrary<IoFault> = fc.record({
  at: fc.constantFrom("open", "scan", "write", "close"),
  nth: fc.integer({ min: 1, max: 6 }),
  times: fc.constantFrom(1, 1, 2, Infinity),
  error: fc.constantFrom("EIO", "ENOSPC"),
  applied: fc.constantFrom(false, true, 1, 2),
}, { requiredKeys: ["nth", "times", "error", "applied"] });

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("publish" as const), count: fc.integer({ min: 1, max: 4 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: fc.constantFrom(0, 0, 10, 1_000, 60_000) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("fault" as const), fault }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("hold" as const), passing: fc.nat(5) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom("release" as const, "heal" as const, "restart" as const) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("crash" as const), kept: fc.nat(4) }) },
);

/** One life after another of an engine on one disk that fails. */
class World {
  readonly faulty: FaultyStore = faultyStore(memory());
  readonly clock: ManualClock = manualClock();
  engine: Engine | undefined;
  readonly submitted = new Set<string>();
  readonly acknowledged = new Set<string>();
  readonly refused = new Map<string, string>();
  /** Published, and neither acknowledged nor refused: at most by a process that died. */
  readonly unanswered = new Set<string>();
  readonly delivered = new Set<string>();
  /** Codes with which it did not open. */
  readonly notOpened: string[] = [];
  private tokens = 0;
  private answers = 0;

  /** @param moods what the receiver answers, over and over */
  constructor(private moods: readonly ("ack" | "busy" | "never")[]) {}

  async open(): Promise<void> {
    try {
      this.engine = await embedded({
        store: this.faulty.open,
        clock: this.clock,
        transport: memoryTransport(new Map([[ENDPOINT, { handle: ({ envelope }) => this.receive(envelope.id) }]])),
        random: () => 0.5,
        token: () => `token-0123456789-${++this.tokens}`,
        registry: { healthIntervalMs: 0 },
        criticalInMemory: true,
      });
    } catch (error) {
      assert(error instanceof BellhopError, `opening failed with ${error}`);
      this.notOpened.push(error.code);
    }
  }

  /** From now on everything is taken. */
  content(): void {
    this.moods = ["ack"];
  }

  async register(): Promise<void> {
    const data = { name: "b", version: "1", endpoint: ENDPOINT, subscriptions: ["alarm"], leaseMs: 3_600_000 };
    await this.engine!.register(data);
  }

  publish(): void {
    const { engine } = this;
    if (engine === undefined) return;
    const id = `m${this.submitted.size}`;
    this.submitted.add(id);
    this.unanswered.add(id);
    const answered = (): unknown => this.unanswered.delete(id);
    (async () =>
      await engine.publish(
        { specversion: "1.0", id, source: "/test", type: "alarm", priority: "CRITICAL", data: { id } },
        { principal: "/test" },
      ))().then(({ duplicate, receivers }) => {
        answered();
        assertEquals([duplicate, receivers], [false, ["b"]]);
        this.acknowledged.add(id);
      }, (error) => {
        answered();
        this.refused.set(id, error instanceof BellhopError ? error.code : String(error));
      });
  }

  async close(deadlineMs: number): Promise<void> {
    if (this.engine === undefined) return;
    const closing = this.engine.close({ deadlineMs });
    const untilMs = this.clock.nowMs() + deadlineMs + 1_000;
    let closed = false;
    closing.then(() => closed = true, (error) => {
      assert(error instanceof BellhopError, `closing failed with ${error}`);
      closed = true;
    });
    for (await this.clock.settle(); !closed && this.clock.nowMs() < untilMs;) await this.clock.settle(100);
    assert(closed, "close() took longer than its deadline");
    this.engine = undefined;
    // Who was still waiting has heard.
    await this.clock.settle();
    assertEquals([...this.unanswered], [], "neither acknowledged nor refused");
  }

  /** What hangs is lost, and nobody hears of it. */
  async crash(kept: number): Promise<void> {
    await this.faulty.crash(kept);
    await this.clock.settle();
    await this.close(0);
  }

  private receive(id: string): Answer | void {
    const mood = this.moods[this.answers++ % this.moods.length];
    if (mood !== "ack") return mood === "busy" ? BUSY : NEVER;
    this.delivered.add(id);
  }
}

async function live(world: World, steps: readonly Step[]): Promise<void> {
  const { faulty, clock } = world;
  await world.open();
  await world.register();
  for (const step of steps) {
    switch (step.kind) {
      case "publish":
        for (let n = 0; n < step.count; n++) world.publish();
        await clock.settle();
        break;
      case "pass":
        await clock.settle(step.ms);
        break;
      case "fault":
        faulty.fail(step.fault);
        break;
      case "hold":
        faulty.hold(step.passing);
        break;
      case "release":
        faulty.release();
        await clock.settle();
        break;
      case "heal":
        faulty.heal();
        break;
      case "restart":
        await world.close(5_000);
        // A store that hangs keeps its owner until the process ends.
        await faulty.crash();
        await world.open();
        break;
      case "crash":
        await world.crash(step.kept);
        await world.open();
        break;
    }
  }
  faulty.heal();
  faulty.release();
  await world.close(0);
  await world.open();
  assert(world.engine !== undefined, `it does not open on a disk that is whole again: ${world.notOpened}`);
  world.content();
  await world.register();
  await clock.settle(3_000_000);
}

/** What an opening may fail with, where the disk fails. */
const OPENING = new Set(["store-failed"]);
/** What a publisher may hear, where the disk fails. */
const REFUSALS = new Set(["not-durable", "closing"]);

Deno.test("embedded() loses nothing acknowledged and invents nothing, whatever its disk does and whenever it dies", async () => {
  const seen = { acknowledged: 0, refused: 0, notOpened: 0, letters: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 20 }),
      fc.array(fc.constantFrom("ack" as const, "ack" as const, "busy" as const, "never" as const), {
        minLength: 1,
        maxLength: 5,
      }),
      async (steps, moods) => {
        const world = new World(moods);
        await live(world, steps);
        const letters = (await world.engine!.deadLetters(1_000)).entries.map(({ envelope }) => envelope.id);
        const ended = new Set([...world.delivered, ...letters]);
        assertEquals([...world.acknowledged].filter((id) => !ended.has(id)), [], "acknowledged, and lost");
        assertEquals([...ended].filter((id) => !world.submitted.has(id)), [], "invented");
        assertEquals([...world.refused].filter(([, code]) => !REFUSALS.has(code)), []);
        assertEquals(world.notOpened.filter((code) => !OPENING.has(code)), []);
        const { status, unfinished } = await world.engine!.health();
        assertEquals([status, unfinished], ["pass", 0]);
        await world.close(0);
        seen.acknowledged += world.acknowledged.size;
        seen.refused += world.refused.size;
        seen.notOpened += world.notOpened.length;
        seen.letters += letters.length;
      },
    ),
    { numRuns: effort(150, 600) },
  );
  for (const [what, count] of Object.entries(seen)) {
    assertGreater(count, 0, `nothing was ${what}: the test sees nothing`);
  }
});

Deno.test("embedded() opens, or says why not, whichever dealing with the disk fails while it recovers", async () => {
  for (const error of ["EIO", "ENOSPC"] as const) {
    for (const times of [1, Infinity]) {
      let met = true;
      for (let nth = 1; met; nth++) {
        const world = new World(["busy", "busy", "ack"]);
        await world.open();
        await world.register();
        for (let n = 0; n < 3; n++) world.publish();
        await world.clock.settle(20);
        assertEquals(world.acknowledged.size, 3);
        await world.crash(0);

        const before = world.faulty.points;
        world.faulty.fail({ nth, times, error, applied: nth % 2 === 0 });
        await world.open();
        met = world.faulty.points - before >= nth;
        await world.clock.settle(1_000);
        if (world.engine !== undefined) {
          world.publish();
          await world.clock.settle();
          assertEquals(world.unanswered.size, 0);
        } else assertEquals(world.notOpened, ["store-failed"]);
        await world.close(0);

        world.faulty.heal();
        await world.open();
        await world.clock.settle(3_000_000);
        assertEquals([...world.acknowledged].filter((id) => !world.delivered.has(id)), []);
        await world.close(0);
      }
    }
  }
});

Deno.test("close() ends by its deadline though the store hangs, and who waits for the store hears not-durable", async () => {
  for (const deadlineMs of [0, 5_000]) {
    const world = new World(["ack"]);
    await world.open();
    await world.register();
    world.faulty.hold();
    world.publish();
    const registered = world.register().then(() => "", (error) => error.code);
    await world.clock.settle();
    const beganMs = world.clock.nowMs();
    await world.close(deadlineMs);
    assertEquals(world.clock.nowMs() - beganMs, Math.max(1_000, deadlineMs));
    assertEquals([...world.refused.values()], ["not-durable"]);
    assertEquals(await registered, "not-durable");
    assertEquals(world.clock.pending, 0);
  }
});

Deno.test("embedded() tells which records its store could not read, leaves them there, and goes on with the others", async () => {
  const world = new World(["busy"]);
  await world.open();
  await world.register();
  for (let n = 0; n < 3; n++) world.publish();
  await world.clock.settle(20);
  await world.close(0);
  const disk = world.faulty.open;
  const before = await contents(disk);
  const key = [...before.keys()].find((key) => key.startsWith("messages "))!;
  const engine = await embedded({
    store: async () => {
      const store = await disk();
      const scan: MessageStore["scan"] = async (keyspace, after, limit) =>
        (await store.scan(keyspace, after, limit)).map((record) =>
          `${keyspace} ${record.key}` === key ? { key: record.key, value: "", damaged: "a bit turned over" } : record
        );
      return { ...store, scan };
    },
    clock: world.clock,
    transport: memoryTransport(new Map([[ENDPOINT, { handle: () => {} }]])),
    random: () => 0.5,
    token: () => "token-0123456789-again",
    criticalInMemory: true,
  });
  assertEquals(engine.unreadable(), [{ keyspace: "messages", key: key.slice(9), reason: "a bit turned over" }]);
  const { status, output, unfinished } = await engine.health();
  assertEquals([status, output, unfinished], ["warn", "1 records could not be read", 2]);
  const envelope = { specversion: "1.0", id: "new", source: "/test", type: "alarm", priority: "CRITICAL" } as const;
  await engine.publish(envelope, { principal: "/test" });
  await world.clock.settle(3_000_000);
  assertEquals((await engine.health()).unfinished, 0);
  await engine.close();
  const after = await contents(disk);
  assertEquals([...after.keys()].filter((key) => key.startsWith("messages ")), [key]);
  assertEquals(after.get(key), before.get(key));
});

async function contents(open: OpenStore): Promise<ReadonlyMap<string, string>> {
  const store = await open();
  const found = new Map<string, string>();
  for (const keyspace of KEYSPACES) {
    for (const { key, value } of await store.scan(keyspace, "", 1_000)) found.set(`${keyspace} ${key}`, value);
  }
  await store.close();
  return found;
}
