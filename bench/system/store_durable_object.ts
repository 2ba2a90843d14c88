/**
 * The Durable Object store's group commit in workerd, beside what the object's SQLite does raw: 50 publishers at once in
 * one object. Timed from outside, for within an object time stands still between I/O.
 */
import { bundled, workerd } from "../../testing/workers/workerd.ts";
import type { Sampler } from "../harness.ts";
import type { Part } from "../part.ts";
import { runParts } from "../run_part.ts";

const PUBLISHERS = 50;

export const part: Part = {
  url: import.meta.url,
  versions: { "workerd": "miniflare 4.20260730.0" },
  groups: [
    {
      id: "system/store/durable-object",
      title: "Durable Object storage in workerd, 50 publishers at once; records a second",
      unit: "1/s",
      floor: "workerd, a transaction of 50 inserts",
      sampleMs: 400,
      cases: {
        "workerd, a transaction of 50 inserts": () => objectOf("batch", 20),
        "workerd, 50 inserts, each with sync()": () => objectOf("single", 2),
        "Bellhop durableObject()": () => objectOf("store", 20),
      },
    },
  ],
};

if (import.meta.main) await runParts("deno run -A bench/system/store_durable_object.ts", [part]);

async function objectOf(way: "batch" | "single" | "store", turns: number): Promise<Sampler> {
  const folder = await Deno.makeTempDir({ prefix: "bellhop-" });
  const program = await bundled("testing/workers/store_bench_worker.ts");
  const worker = await workerd(program, { objects: { BENCH: "Bench" }, folder });
  return {
    async sample(ms) {
      const beganMs = performance.now();
      let records = 0;
      do {
        const answer = await fetch(`${worker.url}?way=${way}&turns=${turns}`);
        await answer.text();
        if (!answer.ok) throw new Error(`the object answered ${answer.status}`);
        records += turns * PUBLISHERS;
      } while (performance.now() - beganMs < ms);
      return records / (performance.now() - beganMs) * 1_000;
    },
    async close() {
      await worker.kill();
      await Deno.remove(folder, { recursive: true });
    },
  };
}
