import { assertEquals, assertGreater } from "@std/assert";
import { ask, busWorld, register, until } from "../../../testing/workers/bus_world.ts";
import { receiver } from "../../../testing/workers/receiver.ts";
import { seededRandom } from "../../testing/seeded_random.ts";

const CYCLES = 20;
const PUBLISHERS = 8;

Deno.test("gatewayObject() delivers every acknowledged CRITICAL although workerd is killed, and invents none", async () => {
  const seed = Number(Deno.env.get("FC_SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0]);
  const random = seededRandom(seed);
  const folder = await Deno.makeTempDir({ prefix: "bellhop-" });
  await using b = receiver();
  const submitted = new Set<string>();
  const acknowledged = new Set<string>();
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    const worker = await busWorld(folder);
    if (cycle === 0) await register(worker, b.url);
    let killed = false;
    const publishing = Array.from({ length: PUBLISHERS }, async (_, publisher) => {
      for (let n = 0; !killed; n++) {
        const id = `${cycle}-${publisher}-${n}`;
        submitted.add(id);
        const event = { id, type: "thing.happened", priority: "CRITICAL" };
        // Whoever is cut off does not know; its message may be kept or lost.
        const status = await ask(worker, "POST", "/messages", event).then(
          async (response) => (await response.body?.cancel(), response.status),
          () => 0,
        );
        if (status === 202) acknowledged.add(id);
        else if (!killed) throw new Error(`${id} was answered ${status}`);
      }
    });
    const least = acknowledged.size + 1 + Math.floor(random() * 200);
    await until(() => acknowledged.size >= least, `${least} acknowledged`);
    killed = true;
    await worker.kill();
    await Promise.allSettled(publishing);
  }
  const delivered = () => new Set(b.heard.map((heard) => heard.split("#")[0]));
  await using _last = await busWorld(folder);
  await until(
    () => delivered().size >= acknowledged.size && [...acknowledged].every((id) => delivered().has(id)),
    "all",
  );
  assertGreater(acknowledged.size, CYCLES);
  assertEquals([...delivered()].filter((id) => !submitted.has(id)), [], "delivered, never submitted");
  Deno.stderr.writeSync(new TextEncoder().encode(
    `killed ${CYCLES} times: ${submitted.size} submitted, ${acknowledged.size} acknowledged, ${delivered().size} delivered; FC_SEED=${seed}\n`,
  ));
  await Deno.remove(folder, { recursive: true });
});
