import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { BellhopError } from "../../core/error.ts";
import type { Engine } from "../../ports/engine.ts";
import type { Consent, Delivery } from "../../ports/transport.ts";
import { type ManualClock, manualClock } from "../../testing/manual_clock.ts";
import { memory } from "../stores/memory.ts";
import { memoryTransport } from "../transports/memory.ts";
import { embedded } from "./embedded.ts";

const ENDPOINT = "http://127.0.0.1:1/users";
const USERS = { name: "users", version: "1", endpoint: ENDPOINT, subscriptions: ["user.*"], leaseMs: 3_600_000 };

interface World {
  readonly engine: Engine;
  readonly clock: ManualClock;
  readonly begun: { readonly delivery: Delivery; readonly atMs: number }[];
  readonly asked: string[];
}

async function world(consent: () => Promise<Consent>): Promise<World> {
  const clock = manualClock();
  const begun: World["begun"] = [];
  const asked: string[] = [];
  const handle = (delivery: Delivery) => void begun.push({ delivery, atMs: clock.nowMs() });
  const manifest = { name: "users", version: "1", subscriptions: ["user.*"] };
  const transport = {
    ...memoryTransport(new Map([[ENDPOINT, { handle, manifest }]])),
    consent(endpoint: string, service: string): Promise<Consent> {
      asked.push(`${service} ${endpoint}`);
      return consent();
    },
  };
  let tokens = 0;
  const token = () => `token-${++tokens}`;
  const registry = { healthIntervalMs: 0 };
  const engine = await embedded({ store: memory(), transport, clock, random: () => 0.5, token, registry });
  return { engine, clock, begun, asked };
}

function publish(engine: Engine, id: string): void {
  engine.publish({ specversion: "1.0", id, source: "/t", type: "user.made", priority: "LOW" }, { principal: "t" });
}

Deno.test("register() and discover() register nothing without consent", async () => {
  const refusal = new BellhopError("endpoint-refused", "no consent");
  const { engine, asked } = await world(() => Promise.reject(refusal));
  assertEquals(await assertRejects(() => engine.register(USERS)), refusal);
  assertEquals(await assertRejects(() => engine.discover(ENDPOINT)), refusal);
  assertEquals(asked, [`users ${ENDPOINT}`, `users ${ENDPOINT}`]);
  assertEquals(await engine.services(), []);
  await engine.close();
});

Deno.test("register() asks nobody about a registration that is invalid", async () => {
  const { engine, asked } = await world(() => Promise.resolve({}));
  const error = await assertRejects(() => engine.register({ ...USERS, name: "U" }), BellhopError);
  assertEquals([error.code, asked], ["registration-invalid", []]);
  for (const endpoint of ["", "nonsense", "ftp://127.0.0.1/", "http://user:secret@127.0.0.1:9/"]) {
    const error = await assertRejects(() => engine.register({ ...USERS, endpoint }), BellhopError);
    assertEquals([error.code, asked], ["registration-invalid", []], endpoint);
  }
  await engine.close();
});

Deno.test("register() asks so many endpoints at once and no more", async () => {
  const { promise, resolve } = Promise.withResolvers<Consent>();
  const { engine } = await world(() => promise);
  const asking = Array.from({ length: 256 }, (_, i) => engine.register({ ...USERS, instance: `i${i}` }));
  assertEquals((await assertRejects(() => engine.register(USERS), BellhopError)).code, "registry-full");
  resolve({});
  await Promise.all(asking);
  await engine.register(USERS);
  await engine.close();
});

Deno.test("no minute sees more deliveries begin than were granted, none is charged for waiting, all arrive", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 1, max: 30 }), async (rate, minutes) => {
      // Within the hour that a message is tried for.
      const count = Math.min(200, rate * minutes);
      const { engine, clock, begun } = await world(() => Promise.resolve({ ratePerMinute: rate }));
      await engine.register(USERS);
      for (let i = 0; i < count; i++) publish(engine, `${i}`);
      // The minutes that it takes at most: the rate but for a tenth of it that may begin at once.
      await clock.settle(Math.ceil(count / rate) * 75_000);
      assertEquals(begun.length, count);
      begun.forEach(({ delivery, atMs }, i) => {
        assertEquals(delivery.attempt, 1);
        if (i >= rate) assert(atMs - begun[i - rate].atMs >= 60_000);
      });
      await engine.close();
    }),
    { numRuns: 20 },
  );
});
