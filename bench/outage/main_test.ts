import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { parseResult } from "../report/read_result.ts";

async function outage(...args: string[]) {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "bench/outage/main.ts", ...args],
    stdin: "null",
  });
  const { code, stdout, stderr } = await command.output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, out, err };
}

Deno.test("bench:outage prints a table, and writes a result that the reports can read", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const path = `${folder}/result.json`;
    const choice = "--clients 20 --outage 5s --engine bellhop,floor --rounds 2".split(" ");
    const { code, out, err } = await outage(...choice, "--json", path, `--html=${folder}/page.html`);
    assertEquals([code, err], [0, ""]);
    assertStringIncludes(out, "outage, 20 clients");
    assertStringIncludes(out, `floor: has no jitter "full": ran with "none".`);
    assertStringIncludes(Deno.readTextFileSync(`${folder}/page.html`), "<figure");
    const { command, subjects, measures, plots } = parseResult(Deno.readTextFileSync(path), path);
    assertEquals(command, `deno task bench:outage ${choice.join(" ")}`);
    assertEquals(subjects.slice(0, 2).map(({ name }) => name), ["bellhop", "floor"]);
    const wasted = measures.find(({ id }) => id === "outage/engines/outage/20/wasted/bellhop")!;
    assertEquals(wasted.value!.samples, 2);
    assertEquals(plots.map(({ id }) => id).slice(0, 2), [
      "outage/engines/outage/20/load",
      "outage/engines/outage/20/unfinished",
    ]);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("bench:outage ends with 2 and one line when it is told something wrong", async () => {
  const { code, out, err } = await outage("--engine", "nope");
  assertEquals([code, out, err.split("\n").length], [2, "", 2]);
  assertStringIncludes(err, "bench:outage: --engine nope");
});

Deno.test("bench:outage says of an engine that it throws, and measures all the same", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const engine = {
      name: "thrower",
      version: "",
      // deno-fmt-ignore
      supports: { clock: false, random: false, jitters: [], cap: false, firstAtOnce: false, unlimited: false, signal: false, retryAfter: false },
    };
    const run = `() => { throw new Error("not today"); }`;
    Deno.writeTextFileSync(`${folder}/mine.ts`, `export const engine = { ...${JSON.stringify(engine)}, run: ${run} };`);
    const choice = "--clients 10 --outage 5s --policy none --json".split(" ");
    const { code, out, err } = await outage(...choice, `${folder}/x.json`, "--engine", `${folder}/mine.ts`);
    assertEquals([code, err], [0, ""]);
    assertMatch(out, /thrower: threw \d+ times where it should reject, .* first: not today/);
    const { measures } = parseResult(Deno.readTextFileSync(`${folder}/x.json`), "x.json");
    assertEquals(measures.find(({ id }) => id.endsWith("/done/thrower"))!.value!.median, 0);
    assertEquals(measures.find(({ id }) => id.endsWith("/wasted/thrower"))!.value, undefined);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
