import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { BenchResult } from "../report/result.ts";

const MAIN = new URL("main.ts", import.meta.url).pathname;

async function bench(cwd: string, ...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--config", new URL("../../deno.json", import.meta.url).pathname, MAIN, ...args],
    cwd,
    env: { NO_COLOR: "1" },
  }).output();
  return { code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
}

Deno.test("bench:retry writes an adapter, checks it, and measures it in a process of its own", async () => {
  const cwd = await Deno.makeTempDir();
  try {
    assertEquals((await bench(cwd, "--init", "mine.ts")).code, 0);
    const check = await bench(cwd, "--check", "mine.ts");
    assertEquals(check.code, 0, check.err);
    assertStringIncludes(check.out, "waits beside docs/spec/retry.md, 74 rows");
    const run = await bench(
      cwd,
      "--engine",
      "./mine.ts",
      "--quick",
      "--rounds",
      "2",
      "--ms",
      "1",
      "--json",
      "mine.json",
    );
    assertEquals(run.code, 0, run.err);
    const result: BenchResult = JSON.parse(await Deno.readTextFile(`${cwd}/mine.json`));
    assertEquals(result.subjects.map(({ name }) => name), ["floor", "bellhop", "mine"]);
    assert(result.subjects[2].notes.some((note) => note.includes("faked timers")));
    assert(result.measures.every(({ value, why }) => value !== undefined || why !== undefined));
    const row = (id: string) => result.measures.find((measure) => measure.id === `retry/cost/${id}/deno/mine`)!;
    assert(row("success").value!.median > 0);
    assertEquals([row("success").value!.samples, row("success").ratio!.to], [2, "floor"]);
    assertEquals([row("cancel").value, row("cancel").why], [undefined, "an abort does not end its wait"]);
    assert(row("heap-1000").value!.median > 100);
    assertEquals(row("timers-waiting").value!.median, 1);
    assertStringIncludes(run.out, "Success at once, on Deno");
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
});

const WRONG: readonly [string[], string][] = [
  [["--engine", "npm:unknown-to-all"], "write an adapter: `deno task bench:retry --init mine.ts`"],
  [["--engine", "npm:p-retry", "--engine", "./engines/p_retry.ts"], "there is a p-retry already"],
  [["--runtime", "workerd"], "there are deno, node, bun"],
  [["--rounds", "0"], "a whole number from 1"],
  [["--init", "main.ts"], "not overwritten"],
];

Deno.test("bench:retry says what to do when it is called wrongly, and ends with code 2", async () => {
  const cwd = new URL(".", import.meta.url).pathname;
  const runs = await Promise.all(WRONG.map(([args]) => bench(cwd, ...args)));
  runs.forEach(({ code, err }, i) => {
    assertEquals(code, 2, err);
    assertStringIncludes(err, WRONG[i][1]);
  });
});
