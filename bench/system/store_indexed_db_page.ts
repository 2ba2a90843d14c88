/** What `store_indexed_db.ts` measures, in a page: each case by its name in `globalThis.cases`. */
import { indexeddb } from "@bellhop/bellhop/stores/indexeddb";
import { createStore, set, setMany } from "idb-keyval";

const PUBLISHERS = 50;
const value = JSON.stringify({ envelope: "x".repeat(586) });
const store = await indexeddb("bellhop")();
// One database each: the library makes no second store in one.
const [single, batch] = ["set", "set-many"].map((name) => createStore(name, "records"));
let n = 0;

Object.assign(globalThis, {
  cases: {
    set: (rounds: number) => publishers(rounds, () => set(key(), value, single)),
    setMany: async (rounds: number) => {
      for (let i = 0; i < rounds; i++) {
        await setMany(Array.from({ length: PUBLISHERS }, () => [key(), value] as [string, string]), batch);
      }
    },
    write: (rounds: number) => publishers(rounds, write),
  },
});

function write(): Promise<void> {
  return store.write([{ keyspace: "messages", key: key(), value }]);
}

async function publishers(rounds: number, publish: () => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: PUBLISHERS }, async () => {
    for (let i = 0; i < rounds; i++) await publish();
  }));
}

/** Far from the one before, as a hash would be. */
function key(): string {
  return `msg_${Math.imul(++n, 0x9e37_79b1) >>> 0}_${n}`;
}
