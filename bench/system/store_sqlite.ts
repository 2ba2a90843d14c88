/**
 * The disk store's group commit beside the raw batch: 64 publishers at once, each awaiting the flush of its own record of
 * 600 bytes under a key in no order. The least that SQLite can do for 64 such records is BEGIN, 64 inserts, COMMIT.
 */
import { memory } from "@bellhop/bellhop/stores/memory";
import { sqlite } from "@bellhop/bellhop/stores/sqlite";
import { rated } from "../harness.ts";
import { type Part, ratio } from "../part.ts";
import { runParts } from "../run_part.ts";
import { rawSqlite } from "./raw_sqlite.ts";
import { recordKey, VALUE } from "./record.ts";

const PUBLISHERS = 64;
const EACH = 8;
const PER = PUBLISHERS * EACH;

export const part: Part = {
  url: import.meta.url,
  groups: [
    {
      id: "system/store/sqlite",
      title: "SQLite, 64 publishers at once; records a second",
      unit: "1/s",
      floor: "SQLite, a raw batch of 64",
      sampleMs: 150,
      cases: {
        "SQLite, a raw batch of 64": () => rawBatches(PUBLISHERS),
        "SQLite, raw, one at a time": () => rawBatches(1),
        "Bellhop sqlite()": () => storeOf("sqlite", PUBLISHERS),
        "Bellhop sqlite(), one at a time": () => storeOf("sqlite", 1),
        "Bellhop memory()": () => storeOf("memory", PUBLISHERS),
      },
      goals: { "Bellhop sqlite()": ratio(">=", 0.8) },
      beside: [{
        name: "singles",
        title: "SQLite, 64 publishers at once, beside one at a time",
        floor: "SQLite, raw, one at a time",
        goals: { "Bellhop sqlite()": ratio(">=", 8), "Bellhop sqlite(), one at a time": undefined },
      }],
    },
  ],
};

if (import.meta.main) await runParts("deno run -A bench/system/store_sqlite.ts", [part]);

function rawBatches(size: number) {
  const raw = rawSqlite(["messages"]);
  const batches = () => {
    for (let at = 0; at < PER; at += size) {
      raw.begin();
      for (let i = 0; i < size; i++) raw.put("messages", recordKey(), VALUE);
      raw.commit();
    }
  };
  return { ...rated(batches, { per: PER }), close: raw.close };
}

async function storeOf(kind: "sqlite" | "memory", publishers: number) {
  const directory = await Deno.makeTempDir({ prefix: "bellhop-" });
  const store = await (kind === "memory" ? memory() : sqlite(`${directory}/store.db`))();
  const publish = async () => {
    for (let i = 0; i < EACH; i++) await store.write([{ keyspace: "messages", key: recordKey(), value: VALUE }]);
  };
  return {
    ...rated(() => Promise.all(Array.from({ length: publishers }, publish)), { per: publishers * EACH }),
    async close() {
      await store.close();
      await Deno.remove(directory, { recursive: true });
    },
  };
}
