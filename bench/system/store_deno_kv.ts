/// <reference lib="deno.unstable" />
/**
 * The Deno KV store's group commit beside what Deno KV does by itself: 50 publishers at once, each awaiting its own write.
 * An atomic commit of 50 values is the least that it can do for so many; it is flushed by SQLite alone.
 */
import { denoKv } from "@bellhop/bellhop/stores/deno-kv";
import { rated } from "../harness.ts";
import { type Part, ratio } from "../part.ts";
import { runParts } from "../run_part.ts";
import { recordKey, VALUE } from "./record.ts";

const PUBLISHERS = 50;
const EACH = 4;

const bytes = new TextEncoder().encode(VALUE);
const text = "x".repeat(262_144);
const fifth = new Uint8Array(52_430);

export const part: Part = {
  url: import.meta.url,
  groups: [
    {
      id: "system/store/deno-kv",
      title: "Deno KV, 50 publishers at once; records a second",
      unit: "1/s",
      floor: "Deno KV set, 50 in flight",
      sampleMs: 120,
      cases: {
        "Deno KV set, 50 in flight": () =>
          withKv((kv) => rated(() => publishers(() => kv.set(["messages", recordKey()], bytes)), PER)),
        "Deno KV atomic commit of 50": () => withKv((kv) => rated(() => atomics(kv), PER)),
        "Bellhop denoKv()": () => withStore((write) => rated(() => publishers(() => write(VALUE)), PER)),
      },
      goals: { "Bellhop denoKv()": ratio(">=", 5) },
    },
    {
      id: "system/store/deno-kv-large",
      title: "Deno KV, one record of 256 KiB at a time; records a second",
      unit: "1/s",
      floor: "Deno KV, five sets, not atomic",
      cases: {
        "Deno KV, five sets, not atomic": () =>
          withKv((kv) => rated(() => Promise.all([0, 1, 2, 3, 4].map(() => kv.set([recordKey()], fifth))))),
        "Bellhop denoKv(), 256 KiB": () => withStore((write) => rated(() => write(text))),
      },
    },
  ],
};

const PER = { per: PUBLISHERS * EACH };

if (import.meta.main) await runParts("deno run -A bench/system/store_deno_kv.ts", [part]);

async function withKv(made: (kv: Deno.Kv) => ReturnType<typeof rated>) {
  const directory = await Deno.makeTempDir({ prefix: "bellhop-" });
  const kv = await Deno.openKv(`${directory}/raw.kv`);
  return {
    ...made(kv),
    async close() {
      kv.close();
      await Deno.remove(directory, { recursive: true });
    },
  };
}

async function withStore(made: (write: (value: string) => Promise<void>) => ReturnType<typeof rated>) {
  const directory = await Deno.makeTempDir({ prefix: "bellhop-" });
  const store = await denoKv(`${directory}/store.kv`)();
  return {
    ...made((value) => store.write([{ keyspace: "messages", key: recordKey(), value }])),
    async close() {
      await store.close();
      await Deno.remove(directory, { recursive: true });
    },
  };
}

async function publishers(write: () => Promise<unknown>): Promise<void> {
  await Promise.all(Array.from({ length: PUBLISHERS }, async () => {
    for (let i = 0; i < EACH; i++) await write();
  }));
}

async function atomics(kv: Deno.Kv): Promise<void> {
  for (let i = 0; i < EACH; i++) {
    const atomic = kv.atomic();
    for (let record = 0; record < PUBLISHERS; record++) atomic.set(["messages", recordKey()], bytes);
    await atomic.commit();
  }
}
