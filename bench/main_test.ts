import { assertEquals, assertStringIncludes } from "@std/assert";
import { FULL_RUN } from "./full_run.ts";
import { sampleResult } from "./report/testing/sample_result.ts";

Deno.test("bench --docs writes down no result that is less than a full run, unless it is told --partial", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/docs`);
    await Deno.writeTextFile(`${folder}/docs/benchmarks.notes.md`, "# Notes\n");
    const whole = { ...sampleResult(), command: FULL_RUN };
    const quick = { ...whole, command: `${FULL_RUN} --quick` };
    const lacking = { ...whole, missing: [{ what: "bun", why: "not there" }] };
    for (const [name, result] of Object.entries({ whole, quick, lacking })) {
      await Deno.writeTextFile(`${folder}/${name}.json`, JSON.stringify(result));
    }
    const docs = (...args: string[]) => bench(folder, "--docs", "--from", ...args);
    for (const [name, why] of [["quick", `made by \`${FULL_RUN} --quick\``], ["lacking", "bun was not measured"]]) {
      const { code, said } = await docs(`${name}.json`);
      assertEquals(code, 2, said);
      for (const text of [why, "--partial"]) assertStringIncludes(said, text);
    }
    assertEquals([...Deno.readDirSync(`${folder}/docs`)].length, 1, "nothing is written");
    assertEquals(await docs("whole.json"), { code: 0, said: "" });
    assertEquals(await docs("lacking.json", "--partial"), { code: 0, said: "" });
    assertStringIncludes(await Deno.readTextFile(`${folder}/docs/benchmarks.md`), "bun was not measured: not there");

    // What is written down is a page that --check finds as it should be, whatever it was made of.
    assertEquals(await bench(folder, "--docs", "--check"), { code: 0, said: "" });
    await Deno.writeTextFile(`${folder}/docs/benchmarks.md`, "old");
    const stale = await bench(folder, "--docs", "--check");
    assertEquals(stale.code, 1);
    assertStringIncludes(stale.said, "bench --docs --from docs/bench.json --partial");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

async function bench(cwd: string, ...args: string[]): Promise<{ code: number; said: string }> {
  const [config, main] = ["../deno.json", "main.ts"].map((path) => new URL(path, import.meta.url).pathname);
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--config", config, main, ...args],
    cwd,
    env: { NO_COLOR: "1" },
  }).output();
  return { code, said: [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("") };
}
