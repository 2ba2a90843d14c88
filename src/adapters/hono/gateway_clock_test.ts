import { assertEquals } from "@std/assert";
import { manualClock } from "../../testing/manual_clock.ts";
import { fakeEngine } from "./_fake_engine_test.ts";
import { gatewayRoutes } from "./gateway.ts";

Deno.test("gatewayRoutes() measures bodies, proxied requests and comments by the clock it is given", async () => {
  const clock = manualClock();
  const engine = fakeEngine();
  engine.endpoint = "http://127.0.0.1:9/users";
  const leaving = (init: RequestInit) =>
    new Promise<never>((_, reject) => init.signal!.addEventListener("abort", () => reject(init.signal!.reason)));
  const deadlines: (string | null)[] = [];
  const app = gatewayRoutes({
    engine,
    open: true,
    clock,
    peer: () => "127.0.0.1",
    fetch: (_, init) => {
      deadlines.push(new Headers(init.headers).get("bellhop-deadline-ms"));
      return leaving(init);
    },
  });
  const ask = (path: string, init: RequestInit = {}) =>
    Promise.resolve(app.fetch(new Request(`http://127.0.0.1${path}`, init)));
  const answers: string[] = [];
  const tell = (name: string, answer: Promise<Response>) =>
    answer.then((response) => response.json()).then(({ code }) =>
      answers.push(`${clock.nowMs() - startMs} ${name} ${code}`)
    );
  const startMs = clock.nowMs();
  const endless = new ReadableStream({ start: (stream) => stream.enqueue(new TextEncoder().encode("{")) });
  const headers = { "content-type": "application/cloudevents+json" };
  const told = [
    tell("body", ask("/messages", { method: "POST", headers, body: endless })),
    tell("call", ask("/services/users/x")),
    tell("short call", ask("/services/users/x", { headers: { "bellhop-deadline-ms": "2000" } })),
  ];
  const reader = (await ask("/trace")).body!.getReader();
  let comments = 0;
  const read = (): unknown => reader.read().then(({ done }) => done ? 0 : (comments++, read()), () => 0);
  read();
  for (let second = 0; second < 31; second++) {
    await clock.settle(1_000);
    // A stream takes turns of the platform.
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  await Promise.all(told);
  assertEquals(answers, ["2000 short call deadline-exceeded", "15000 call timeout", "30000 body timeout"]);
  assertEquals(deadlines, ["15000", "2000"]);
  assertEquals(comments, 3, "one at once, and one every 15 s");
  await reader.cancel();
  assertEquals(clock.pending, 0);
});
