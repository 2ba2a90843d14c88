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
    const [old, slower, broken, nothing] = ["old", "slow", "broken", "nothing"].map((name) => `${folder}/${name}.json`);
    const cases: [paths: string[], code: number, said: string][] = [
      [[old, old], 0, "0 worse, 0 better"],
      [[old, slower], 1, "retry/cost/success/deno/cockatiel"],
      [[slower, old], 0, "better"],
      [[old, broken], 2, 'broken.json: must have a field "schema"'],
      [[old, nothing], 2, "does not exist"],
      [[old], 2, "usage: deno task bench:compare"],
      [["--help", old], 2, "usage: deno task bench:compare"],
    ];
    await Promise.all(cases.map(async ([paths, code, said]) => {
      const ended = await compare(...paths);
      assertEquals(ended.code, code, `${paths}: ${ended.said}`);
      assertStringIncludes(ended.said, said);
    }));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

async function compare(...paths: string[]): Promise<{ code: number; said: string }> {
  const script = new URL("compare_command.ts", import.meta.url).href;
  const args = ["run", "-A", "--no-check", script, ...paths];
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, env: { NO_COLOR: "1" } }).output();
  return { code, said: [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("") };
}
