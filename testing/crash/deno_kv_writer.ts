/**
 * The victim of the kill test of `denoKv()`: numbered records as fast as the store takes them, each number printed once
 * acknowledged.
 *
 * Arguments: the file, the first number, the last number (default: none). Record n is put in two keyspaces by one write,
 * which also deletes record n - WINDOW, so that the file stays small however often this is killed.
 *
 * @module
 */

import { denoKv } from "@bellhop/bellhop/stores/deno-kv";
import type { StoreOperation } from "@bellhop/bellhop/bus";
import { keyOf, valueOf } from "./numbered_record.ts";

/** Records kept at a time. */
export const WINDOW = 100;
const PUBLISHERS = 16;

/** What is written for record `n`, in this order. */
export function operationsOf(n: number): readonly StoreOperation[] {
  return [
    { keyspace: "messages", key: keyOf(n), value: longValueOf(n) },
    { keyspace: "deliveries", key: keyOf(n), value: valueOf(n) },
    { keyspace: "messages", key: keyOf(Math.max(0, n - WINDOW)), value: undefined },
    { keyspace: "deliveries", key: keyOf(Math.max(0, n - WINDOW)), value: undefined },
  ];
}

/** One in sixteen has several parts: 2 to 4. */
function longValueOf(n: number): string {
  return n % 16 === 0 ? valueOf(n).padEnd(70_000 + (n * 7_919) % 150_000, "long ") : valueOf(n);
}

if (import.meta.main) {
  const [path, from = "1", to = "Infinity"] = Deno.args;
  const store = await denoKv(path)();
  const encoder = new TextEncoder();
  let next = Number(from);

  const publish = async (): Promise<void> => {
    for (let n = next++; n <= Number(to); n = next++) {
      await store.write(operationsOf(n));
      // Synchronous: what was printed before the kill has left this process.
      Deno.stdout.writeSync(encoder.encode(`${n}\n`));
    }
  };
  await Promise.all(Array.from({ length: PUBLISHERS }, publish));
  await store.close();
}
