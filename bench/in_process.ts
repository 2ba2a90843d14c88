/**
 * A message through the whole bus inside one process, beside emitters that do none of it.
 * Run: `deno run -A bench/in_process.ts [--json]`
 *
 * Bellhop: envelope made and validated, checked for duplicates among a million, queued, delivered, acknowledged, its
 * outcome remembered; trace off. Moleculer's local broker and emittery only call the handlers. Goals: at most 0.8 of
 * Moleculer's emit; each further subscriber at most 2 bare awaits. And CRITICAL: 64 publishers at once, each awaiting the
 * flush of its own message, against what SQLite alone does: for 64 inserts, and for all that a message comes to on disk, its
 * record and later its outcome and its end, one statement each. Both in a file with the settings of the store.
 */
import { DatabaseSync } from "node:sqlite";
import { assertEnvelope } from "@bellhop/bellhop";
import { systemClock } from "@bellhop/bellhop/clocks/system";
import { embedded } from "@bellhop/bellhop/engines/embedded";
import type { OpenStore } from "@bellhop/bellhop/ports";
import { memory } from "@bellhop/bellhop/stores/memory";
import { sqlite } from "@bellhop/bellhop/stores/sqlite";
import { memoryTransport } from "@bellhop/bellhop/transports/memory";
import Emittery from "npm:emittery@1.2.0";
import moleculer from "npm:moleculer@0.15.2";
import { interleave } from "./harness.ts";

const PER = 200;
const ANYONE = { principal: "/bench" };
let ids = 0;
let calls = 0;

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

const one = await bus(1);
const eleven = await bus(11);
const broker = new moleculer.ServiceBroker({ logger: false });
broker.createService({ name: "documents", events: { "document.created": () => void calls++ } });
await broker.start();
const emittery = new Emittery();
emittery.on("document.created", () => void calls++);

const rows = await interleave("publish → handler → ack in process, one subscriber", {
  "Moleculer emit": () => repeat(() => broker.emit("document.created", { id: "42" })),
  "Bellhop publish": () => repeat(() => one.publish(envelope(), ANYONE)),
  "Bellhop publish, 11 subscribers": () => repeat(() => eleven.publish(envelope(), ANYONE)),
  "emittery emit": () => repeat(() => emittery.emit("document.created", { id: "42" })),
  "bare await": () => repeat(() => Promise.resolve(calls++)),
}, { per: PER, rounds: 11, cpuMs: 120 });
const [, single, many, , bare] = rows.map(({ ns }) => ns);
const further = [{ name: "one further subscriber, in bare awaits", ratio: (many - single) / 10 / bare }];
// deno-lint-ignore no-console
console.table(further);

const directory = await Deno.makeTempDir({ prefix: "bellhop-" });
const durable = await bus(1, sqlite(`${directory}/bus.db`));
const value = JSON.stringify(envelope("CRITICAL")).padEnd(900);
await interleave("64 publishers of CRITICAL, flushed; per message", {
  "raw batch of 64 inserts": rawBatch("inserts", false),
  "raw batch: insert, later outcome and delete": rawBatch("whole", true),
  "Bellhop publish": () =>
    Promise.all(Array.from({ length: 64 }, async () => {
      for (let i = 0; i < 8; i++) await durable.publish(envelope("CRITICAL"), ANYONE);
    })),
}, { per: 512, rounds: 9, cpuMs: 200 });

await Promise.all([one.close(), eleven.close(), durable.close(), broker.stop()]);
await Deno.remove(directory, { recursive: true });
Deno.exit();

async function repeat(once: () => unknown): Promise<void> {
  for (let i = 0; i < PER; i++) await once();
}

/** Eight batches of 64 by SQLite alone; `whole`: with the outcome and the end of the messages of the batch before. */
function rawBatch(name: string, whole: boolean): () => void {
  const raw = new DatabaseSync(`${directory}/${name}.db`);
  raw.exec(
    "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL; PRAGMA fullfsync = 1; PRAGMA journal_mode = WAL",
  );
  for (const table of ["messages", "outcomes"]) {
    raw.exec(`CREATE TABLE ${table} (key TEXT NOT NULL PRIMARY KEY, value)`);
  }
  const put = raw.prepare("INSERT INTO messages (key, value) VALUES (?, ?)");
  const note = raw.prepare("INSERT INTO outcomes (key, value) VALUES (?, ?)");
  const drop = raw.prepare("DELETE FROM messages WHERE key = ?");
  const outcome = "y".repeat(250);
  let before: string[] = [];
  return () => {
    for (let batch = 0; batch < 8; batch++) {
      raw.exec("BEGIN");
      for (const key of before) note.run(`${key}/s0`, outcome), drop.run(key);
      before = [];
      for (let i = 0; i < 64; i++) {
        const key = String(++ids).padStart(11, "0");
        put.run(key, value);
        if (whole) before.push(key);
      }
      raw.exec("COMMIT");
    }
  };
}
