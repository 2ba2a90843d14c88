/// <reference lib="deno.unstable" />
/**
 * The Deno KV store's group commit beside what Deno KV does by itself. Run: `deno run -A bench/store_deno_kv.ts [--json]`
 *
 * 50 publishers at once, each awaiting its own write of a CRITICAL-like record of 600 bytes under a key in no order,
 * against a plain `set` of the same bytes by each, 50 in flight. Goal: at least 5 times as fast (a ratio of 0.2). An
 * atomic commit of 50 such values is the least that Deno KV can do for so many; it is flushed by SQLite alone. Files
 * start empty and grow alike.
 */
import { denoKv } from "@bellhop/bellhop/stores/deno-kv";
import { interleave } from "./harness.ts";

const PUBLISHERS = 50;
const WRITES_EACH = 4;
const value = JSON.stringify({ envelope: "x".repeat(586) });
const bytes = new TextEncoder().encode(value);
const text = "x".repeat(262_144);
const part = new Uint8Array(52_430);

const directory = await Deno.makeTempDir({ prefix: "bellhop-" });
const store = await denoKv(`${directory}/store.kv`)();
const plain = await Deno.openKv(`${directory}/plain.kv`);
const batch = await Deno.openKv(`${directory}/batch.kv`);
let n = 0;

await interleave(`${PUBLISHERS} publishers, ${value.length} bytes each; per record`, {
  "plain set, 50 in flight": () => publishers(() => plain.set(["messages", key()], bytes)),
  "denoKv() group commit": () => publishers(() => store.write([{ keyspace: "messages", key: key(), value }])),
  "atomic commit of 50": atomics,
}, { per: PUBLISHERS * WRITES_EACH, cpuMs: 100, rounds: 7 });

await interleave("one record at a time", {
  "plain set": () => plain.set(["messages", key()], bytes),
  "denoKv() write": () => store.write([{ keyspace: "messages", key: key(), value }]),
}, { cpuMs: 100 });

await interleave("one record of 256 KiB at a time", {
  "five plain sets, not atomic": () => Promise.all([0, 1, 2, 3, 4].map(() => plain.set([key()], part))),
  "denoKv() write": () => store.write([{ keyspace: "messages", key: key(), value: text }]),
}, { cpuMs: 50, rounds: 5 });

await store.close();
plain.close();
batch.close();
await Deno.remove(directory, { recursive: true });

async function publishers(write: () => Promise<unknown>): Promise<void> {
  await Promise.all(Array.from({ length: PUBLISHERS }, async () => {
    for (let i = 0; i < WRITES_EACH; i++) await write();
  }));
}

async function atomics(): Promise<void> {
  for (let i = 0; i < WRITES_EACH; i++) {
    const atomic = batch.atomic();
    for (let record = 0; record < PUBLISHERS; record++) atomic.set(["messages", key()], bytes);
    await atomic.commit();
  }
}

/** A fresh key, far from the one before, as a hash would be. */
function key(): string {
  return `msg_${Math.imul(++n, 0x9e37_79b1) >>> 0}_${n}`;
}
