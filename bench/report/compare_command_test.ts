import { assertEquals, assertStringIncludes } from "@std/assert";
import { sampleResult } from "./testing/sample_result.ts";
import { slower } from "./testing/slower.ts";

Deno.test("bench:compare exits with 1 when something got worse, 0 when nothing did, 2 when it cannot tell", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const result = sampleResult();
    await Deno.writeTextFile(`${folder}/old.json`, JSON.stringify(result));
    await Deno.writeTextFile(`${folder}/slow.json`, JSON.stringify(slower(result)));
    await Deno.writeTextFile(`${folder}/broken.json`, "{}");
    const [old, slow, broken, nothing] = ["old", "slow", "broken", "nothing"].map((name) => `${folder}/${name}.json`);
    const cases: [paths: string[], code: number, said: string][] = [
      [[old, old], 0, "0 worse, 0 better"],
      [[old, slow], 1, "retry/cost/success/deno/cockatiel"],
      [[slow, old], 0, "better"],
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
