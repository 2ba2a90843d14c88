/**
 * The victim of the engine's kill test: CRITICAL messages as fast as the engine takes them.
 *
 * It prints `s <id>` before each publish, `a <id>` when it is acknowledged and `d <id>` when the receiver acknowledges it, each
 * synchronously: what was printed before the kill has left this process. Arguments: the store's kind, its file, the name
 * of this life, and `drain` to publish nothing, end when nothing is unfinished, and print what it found.
 *
 * @module
 */
import { PRIORITY_POLICIES, resolvePolicy } from "@bellhop/bellhop";
import { embedded } from "@bellhop/bellhop/engines/embedded";
import { systemClock } from "@bellhop/bellhop/clocks/system";
import { denoKv } from "@bellhop/bellhop/stores/deno-kv";
import { sqlite } from "@bellhop/bellhop/stores/sqlite";
import { memoryTransport } from "@bellhop/bellhop/transports/memory";

/** The stores on disk that an engine is killed on. */
const STORES = { sqlite, denoKv };

/** The name of one of them. */
export type KilledStore = keyof typeof STORES;

const PUBLISHERS = 16;
const ENDPOINT = "http://127.0.0.1:1/receiver";

const CRITICAL = resolvePolicy({ baseMs: 20, capMs: 200 }, PRIORITY_POLICIES.CRITICAL);

const [kind, path, life, mode] = Deno.args;
const encoder = new TextEncoder();
const say = (line: string): number => Deno.stdout.writeSync(encoder.encode(`${line}\n`));

let calls = 0;
const endpoints = new Map([[ENDPOINT, {
  handle(delivery: { readonly envelope: { readonly id: string } }) {
    // Every third attempt fails, so that retry states lie on disk too.
    if (mode !== "drain" && ++calls % 3 === 0) return { verdict: "nak", reason: "status-503", answered: true } as const;
    say(`d ${delivery.envelope.id}`);
  },
}]]);

const engine = await embedded({
  store: STORES[kind as KilledStore](path),
  clock: systemClock(),
  transport: memoryTransport(endpoints),
  random: Math.random,
  token: () => crypto.randomUUID(),
  // Short waits: what fails in one life after the other must not make the last one wait for minutes.
  bus: { maxDurableBytes: 1_073_741_824, capacity: 1_000_000, policies: { ...PRIORITY_POLICIES, CRITICAL } },
});
await engine.register({
  name: "receiver",
  version: "1",
  instance: "one",
  endpoint: ENDPOINT,
  subscriptions: ["numbered"],
});

if (mode === "drain") {
  while ((await engine.health()).unfinished > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  say(`letters ${(await engine.deadLetters(1_000)).entries.length}`);
  await engine.close();
} else {
  let next = 0;
  const publish = async (): Promise<void> => {
    while (true) {
      const id = `${life}-${next++}`;
      say(`s ${id}`);
      const data = { filling: "x".repeat((next * 7_919) % 900) };
      const event = {
        specversion: "1.0",
        id,
        source: "/writer",
        type: "numbered",
        priority: "CRITICAL",
        data,
      } as const;
      await engine.publish(event, { principal: "/writer" });
      say(`a ${id}`);
    }
  };
  await Promise.all(Array.from({ length: PUBLISHERS }, publish));
}
