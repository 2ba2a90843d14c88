import { assertEquals, assertStringIncludes } from "@std/assert";
import { readResult } from "./report/read_result.ts";
import { sampleResult } from "./report/testing/sample_result.ts";
import { slower } from "./report/testing/slower.ts";
import { measuringArgs, writeWhereAsked } from "./result_options.ts";

const BENCHES = ["main.ts", "retry/main.ts", "outage/main.ts", "system/main.ts"];

Deno.test("every bench compares two results with --compare, and ends with 1 when something got worse", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const [old, slow] = [`${folder}/old.json`, `${folder}/slow.json`];
    await writeWhereAsked(sampleResult(), { json: old });
    await writeWhereAsked(slower(sampleResult()), { json: slow });
    await Promise.all(BENCHES.map(async (bench) => {
      const worse = await run(bench, "--compare", old, slow);
      assertEquals(worse.code, 1, `${bench}: ${worse.said}`);
      assertStringIncludes(worse.said, "retry/cost/success/deno/cockatiel");
      const wrong = await run(bench, "--quick", "--compare", old, slow);
      assertEquals(wrong.code, 2, bench);
      assertStringIncludes(wrong.said, "usage");
    }));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("every bench tells of --json, --html and --compare in its help", async () => {
  const helps = await Promise.all(BENCHES.map((bench) => run(bench, "--help")));
  for (const { code, said } of helps) {
    assertEquals(code, 0, said);
    for (const option of ["--json", "--html", "--compare"]) assertStringIncludes(said, `  ${option}`);
  }
});

Deno.test("runParts() prints, writes a result and a page, and refuses a choice of nothing", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const files = ["--json", `${folder}/x.json`, "--html", `${folder}/x.html`];
    const [made, none, wrong] = await Promise.all([
      run("testing/one_case.ts", "--quick", "--only", "one", ...files),
      run("testing/one_case.ts", "--only", "two"),
      run("testing/one_case.ts", "--quickly"),
    ]);
    assertEquals(made.code, 0, made.said);
    assertStringIncludes(made.said, "One case");
    const { command, measures } = await readResult(`${folder}/x.json`);
    assertEquals(command, "deno run -A bench/testing/one_case.ts --quick --only one");
    assertStringIncludes(await Deno.readTextFile(`${folder}/x.html`), measures[0].title);
    assertEquals([none.code, wrong.code], [2, 2]);
    assertStringIncludes(none.said, "--only two: no group has this in its id. There are test/one");
    assertStringIncludes(wrong.said, "--quickly");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("measuringArgs() leaves out where a result is written to", () => {
  assertEquals(measuringArgs(["--json", "a.json", "--quick", "--html=b.html", "--only", "x"]), [
    "--quick",
    "--only",
    "x",
  ]);
});

async function run(bench: string, ...args: string[]): Promise<{ code: number; said: string }> {
  const script = new URL(bench, import.meta.url).pathname;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", script, ...args],
    env: { NO_COLOR: "1" },
  }).output();
  return { code, said: [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("") };
}
