/**
 * The disk store's group commit beside the raw batch. Run: `deno run -A bench/store.ts [--json]`
 *
 * 64 publishers at once, each awaiting its own write of a CRITICAL-like record of 600 bytes under a key in no order,
 * against the least that SQLite can do for 64 such records on the same file settings: BEGIN, 64 inserts, COMMIT. Goal:
 * at least 0.8 times its speed. Singles show what the group saves. Tables start empty and grow alike.
 */
import { DatabaseSync } from "node:sqlite";
import { memory } from "../src/adapters/stores/memory.ts";
import { sqlite } from "../src/adapters/stores/sqlite.ts";
import { interleave } from "./harness.ts";

const PUBLISHERS = 64;
const WRITES_EACH = 8;
const value = JSON.stringify({ envelope: "x".repeat(586) });

const directory = await Deno.makeTempDir({ prefix: "bellhop-" });
const store = await sqlite(`${directory}/store.db`)();
const inMemory = await memory()();
const raw = new DatabaseSync(`${directory}/raw.db`);
raw.exec(`PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL; PRAGMA fullfsync = 1; PRAGMA cell_size_check = ON;
  CREATE TABLE messages (key TEXT NOT NULL PRIMARY KEY, value); PRAGMA journal_mode = WAL`);
const put = raw.prepare(
  "INSERT INTO messages (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
);
let n = 0;

await interleave(`${PUBLISHERS} publishers, ${value.length} bytes each; per record`, {
  "raw batch of 64": rawBatches,
  "sqlite() group commit": () => publishers((operations) => store.write(operations)),
  "memory()": () => publishers((operations) => inMemory.write(operations)),
}, { per: PUBLISHERS * WRITES_EACH, cpuMs: 150, rounds: 9 });

await interleave("one record at a time", {
  "raw transaction": () => rawBatch(1),
  "sqlite() write": () => store.write([record()]),
}, { cpuMs: 100 });

await store.close();
await inMemory.close();
raw.close();
await Deno.remove(directory, { recursive: true });

async function publishers(write: (operations: ReturnType<typeof record>[]) => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: PUBLISHERS }, async () => {
    for (let i = 0; i < WRITES_EACH; i++) await write([record()]);
  }));
}

function rawBatches(): void {
  for (let i = 0; i < WRITES_EACH; i++) rawBatch(PUBLISHERS);
}

function rawBatch(size: number): void {
  raw.exec("BEGIN");
  for (let i = 0; i < size; i++) {
    const { key, value } = record();
    put.run(key, value);
  }
  raw.exec("COMMIT");
}

/** A fresh key, far from the one before, as a hash would be. */
function record(): { keyspace: "messages"; key: string; value: string } {
  return { keyspace: "messages", key: `msg_${Math.imul(++n, 0x9e37_79b1) >>> 0}_${n}`, value };
}
