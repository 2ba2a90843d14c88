import { assertEquals, assertStringIncludes } from "@std/assert";
import type { BenchResult } from "./result.ts";
import { sampleResult } from "./testing/sample_result.ts";

Deno.test("bench:compare exits with 1 when something got worse, 0 when nothing did, 2 when it cannot tell", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const result = sampleResult();
    const slow = ({ measures, ...rest }: BenchResult): BenchResult => ({
      ...rest,
      measures: measures.map(({ ratio: _, ...measure }) => {
        const { value } = measure;
        if (value === undefined || measure.better === "higher") return measure;
        return { ...measure, value: { ...value, median: 3 * value.median, low: 3 * value.low, high: 3 * value.high } };
      }),
    });
    await Deno.writeTextFile(`${folder}/old.json`, JSON.stringify(result));
    await Deno.writeTextFile(`${folder}/slow.json`, JSON.stringify(slow(result)));
    await Deno.writeTextFile(`${folder}/broken.json`, "{}");
    const same = await compare(`${folder}/old.json`, `${folder}/old.json`);
    assertEquals(same.code, 0);
    assertStringIncludes(same.stdout, "0 worse, 0 better");
    const worse = await compare(`${folder}/old.json`, `${folder}/slow.json`);
    assertEquals(worse.code, 1);
    assertStringIncludes(worse.stdout, "retry/cost/success/deno/cockatiel");
    assertEquals((await compare(`${folder}/slow.json`, `${folder}/old.json`)).code, 0);
    const broken = await compare(`${folder}/old.json`, `${folder}/broken.json`);
    assertEquals(broken.code, 2);
    assertStringIncludes(broken.stderr, 'broken.json: must have a field "schema"');
    const missing = await compare(`${folder}/old.json`, `${folder}/nothing.json`);
    assertEquals(missing.code, 2);
    assertStringIncludes(missing.stderr, "does not exist");
    for (const args of [[], [`${folder}/old.json`], ["--help", "x"]]) {
      const usage = await compare(...args);
      assertEquals(usage.code, 2);
      assertStringIncludes(usage.stderr, "usage: deno task bench:compare");
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

async function compare(...paths: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const script = new URL("compare_command.ts", import.meta.url).href;
  const args = ["run", "-A", "--no-check", script, ...paths];
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, env: { NO_COLOR: "1" } }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, stdout: out, stderr: err };
}
