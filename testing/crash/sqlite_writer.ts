/**
 * The victim of the kill test: numbered records as fast as the store takes them, each number printed once acknowledged.
 *
 * Arguments: the file, the first number, the last number (default: none). Record n is put in two keyspaces by one write, which also deletes record
 * n - WINDOW, so that the file stays small however often this is killed.
 *
 * @module
 */

import { sqlite } from "../../src/adapters/stores/sqlite.ts";
import { keyOf, valueOf, WINDOW } from "./numbered_record.ts";

export { keyOf, valueOf, WINDOW };

const PUBLISHERS = 16;

if (import.meta.main) {
  const [path, from = "1", to = "Infinity"] = Deno.args;
  const store = await sqlite(path)();
  const encoder = new TextEncoder();
  let next = Number(from);

  const publish = async (): Promise<void> => {
    for (let n = next++; n <= Number(to); n = next++) {
      await store.write([
        { keyspace: "messages", key: keyOf(n), value: valueOf(n) },
        { keyspace: "deliveries", key: keyOf(n), value: valueOf(n) },
        { keyspace: "messages", key: keyOf(Math.max(0, n - WINDOW)), value: undefined },
        { keyspace: "deliveries", key: keyOf(Math.max(0, n - WINDOW)), value: undefined },
      ]);
      // Synchronous: what was printed before the kill has left this process.
      Deno.stdout.writeSync(encoder.encode(`${n}\n`));
    }
  };
  await Promise.all(Array.from({ length: PUBLISHERS }, publish));
  await store.close();
}
