import { assertEquals, assertStringIncludes } from "@std/assert";
import { engineProcess } from "./engine_process.ts";
import type { Time } from "./serve_engine.ts";

const engine = (program: string, patienceMs?: number) => engineProcess([Deno.execPath(), "eval", program], patienceMs);

Deno.test("engineProcess() passes over what a library prints, and takes the answer", async () => {
  await using one = engine(`console.log("retry!"); console.log('bench: {"ns":7}'); setTimeout(() => {}, 60_000);`);
  assertEquals(await one.ask<Time>({ do: "time", name: "success", ms: 1 }), { ns: 7 });
});

Deno.test("engineProcess() ends a process that does not answer, and says so", async () => {
  await using one = engine(`setTimeout(() => {}, 3_600_000);`, 100);
  assertEquals(await one.ask({ do: "time", name: "retry", ms: 100 }), { why: "it gave no answer within 0.2 s" });
  const { why } = await one.ask({ do: "hello" });
  assertStringIncludes(why!, "SIGKILL");
});

Deno.test("engineProcess() tells the last words of a process that ended", async () => {
  await using one = engine(`throw new Error("no such engine")`);
  assertStringIncludes((await one.ask({ do: "hello" })).why!, "no such engine");
});
