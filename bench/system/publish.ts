/**
 * A message through the whole bus inside one process, beside emitters that do none of it.
 *
 * Bellhop: envelope made and checked, looked for among a million ids, queued, delivered, acknowledged, its outcome
 * remembered; trace off. Moleculer's local broker and emittery only call the handlers, the deque hands over the data.
 */
import { assertEnvelope } from "@bellhop/bellhop";
import { systemClock } from "@bellhop/bellhop/clocks/system";
import { embedded } from "@bellhop/bellhop/engines/embedded";
import type { OpenStore } from "@bellhop/bellhop/ports";
import { memory } from "@bellhop/bellhop/stores/memory";
import { sqlite } from "@bellhop/bellhop/stores/sqlite";
import { memoryTransport } from "@bellhop/bellhop/transports/memory";
import { rated, timed } from "../harness.ts";
import { type Part, ratio } from "../part.ts";
import { runParts } from "../run_part.ts";
import { rawSqlite } from "./raw_sqlite.ts";

const PER = 200;
const PUBLISHERS = 64;
const EACH = 8;
const ANYONE = { principal: "/bench" };
let ids = 0;
let calls = 0;

export const part: Part = {
  url: import.meta.url,
  versions: { "Moleculer": "0.15.2", "emittery": "2.2.0", "denque": "2.1.0" },
  groups: [
    {
      id: "system/publish/one",
      title: "Publish, handle, acknowledge in one process, one subscriber",
      unit: "ns",
      floor: "denque push, shift, call",
      sampleMs: 120,
      cases: {
        "denque push, shift, call": deque,
        "emittery emit": emittery,
        "Moleculer emit": moleculer,
        "Bellhop publish": async () => {
          const engine = await bus(1);
          return timed(() => repeat(() => engine.publish(envelope(), ANYONE)), { per: PER });
        },
      },
      beside: [{
        name: "moleculer",
        title: "Publish, handle, acknowledge, beside Moleculer",
        floor: "Moleculer emit",
        goals: { "Bellhop publish": ratio("<=", 0.8) },
      }],
    },
    {
      id: "system/publish/further",
      title: "Each further subscriber of a publish",
      unit: "ns",
      floor: "bare await",
      sampleMs: 120,
      cases: { "bare await": bareAwait, "Bellhop, a further subscriber": furtherSubscriber },
      goals: { "Bellhop, a further subscriber": ratio("<=", 2) },
    },
    {
      id: "system/publish/critical",
      title: "CRITICAL through the whole bus, flushed, 64 publishers at once; messages a second",
      unit: "1/s",
      floor: "SQLite, a batch of all its puts and deletes",
      sampleMs: 200,
      cases: {
        "SQLite, a batch of one insert each": () => rawBatch(false),
        "SQLite, a batch of all its puts and deletes": () => rawBatch(true),
        "Bellhop publish, CRITICAL": critical,
      },
      goals: { "Bellhop publish, CRITICAL": ratio(">=", 0.8) },
      beside: [{
        name: "inserts",
        title: "CRITICAL through the whole bus, beside one insert each",
        floor: "SQLite, a batch of one insert each",
        goals: { "Bellhop publish, CRITICAL": ratio(">=", 0.8) },
      }],
    },
  ],
};

if (import.meta.main) await runParts("deno run -A bench/system/publish.ts", [part]);

async function bus(subscribers: number, store: OpenStore = memory()) {
  const endpoint = "http://127.0.0.1:1/handler";
  const transport = memoryTransport(new Map([[endpoint, { handle: () => void calls++ }]]));
  const token = () => crypto.randomUUID();
  const bounds = { capacity: 1_000_000, maxDurableBytes: 1_073_741_824 };
  const engine = await embedded({ store, transport, clock: systemClock(), random: Math.random, token, bus: bounds });
  for (let i = 0; i < subscribers; i++) {
    await engine.register({ name: `s${i}`, version: "1", endpoint, subscriptions: ["document.created"] });
  }
  return engine;
}

function envelope(priority?: "CRITICAL") {
  const made = { specversion: "1.0", id: `m${++ids}`, source: "/bench", type: "document.created", data: { id: "42" } };
  const full = priority === undefined ? made : { ...made, priority, data: { filling: "x".repeat(480) } };
  assertEnvelope(full);
  return full;
}

async function deque() {
  const { default: Denque } = await import("npm:denque@2.1.0");
  const line = new Denque<{ id: string }>();
  const handle = (data: { id: string } | undefined) => void (data !== undefined && calls++);
  return timed(() =>
    repeat(() => {
      line.push({ id: "42" });
      return handle(line.shift());
    }), { per: PER });
}

async function emittery() {
  const { default: Emittery } = await import("npm:emittery@2.2.0");
  const emitter = new Emittery();
  emitter.on("document.created", () => void calls++);
  return timed(() => repeat(() => emitter.emit("document.created", { id: "42" })), { per: PER });
}

async function moleculer() {
  const { default: library } = await import("npm:moleculer@0.15.2");
  const broker = new library.ServiceBroker({ logger: false });
  broker.createService({ name: "documents", events: { "document.created": () => void calls++ } });
  await broker.start();
  return timed(() => repeat(() => broker.emit("document.created", { id: "42" })), { per: PER });
}

function bareAwait() {
  return timed(() => repeat(() => Promise.resolve(calls++)), { per: PER });
}

/** A tenth of what ten more cost. */
async function furtherSubscriber() {
  const samplers = [];
  for (const subscribers of [1, 11]) {
    const engine = await bus(subscribers);
    samplers.push(timed(() => repeat(() => engine.publish(envelope(), ANYONE)), { per: PER }));
  }
  const [one, eleven] = samplers;
  return { sample: async (ms: number) => (await eleven.sample(ms / 2) - await one.sample(ms / 2)) / 10 };
}

async function critical() {
  const directory = await Deno.makeTempDir({ prefix: "bellhop-" });
  const engine = await bus(1, sqlite(`${directory}/bus.db`));
  const publish = async () => {
    for (let i = 0; i < EACH; i++) await engine.publish(envelope("CRITICAL"), ANYONE);
  };
  return {
    ...rated(() => Promise.all(Array.from({ length: PUBLISHERS }, publish)), { per: PUBLISHERS * EACH }),
    async close() {
      await engine.close();
      await Deno.remove(directory, { recursive: true });
    },
  };
}

/** Batches of 64 by SQLite alone; `whole`: with the outcome and the end of the messages of the batch before. */
function rawBatch(whole: boolean) {
  const raw = rawSqlite(["messages", "outcomes"]);
  const drop = raw.prepare("DELETE FROM messages WHERE key = ?");
  const value = JSON.stringify(envelope("CRITICAL")).padEnd(900);
  const outcome = "y".repeat(250);
  let before: string[] = [];
  const batch = () => {
    raw.begin();
    for (const key of before) raw.put("outcomes", `${key}/s0`, outcome), drop(key);
    before = [];
    for (let i = 0; i < PUBLISHERS; i++) {
      const key = String(++ids).padStart(11, "0");
      raw.put("messages", key, value);
      if (whole) before.push(key);
    }
    raw.commit();
  };
  const batches = () => {
    for (let i = 0; i < EACH; i++) batch();
  };
  return { ...rated(batches, { per: PUBLISHERS * EACH }), close: raw.close };
}

async function repeat(once: () => unknown): Promise<void> {
  for (let i = 0; i < PER; i++) await once();
}
