import { assertEquals, assertStringIncludes } from "@std/assert";
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
    const choice = "--clients 20 --outage 5s --engine bellhop,floor --rounds 2 --json".split(" ");
    const { code, out, err } = await outage(...choice, path);
    assertEquals([code, err], [0, ""]);
    assertStringIncludes(out, "outage, 20 clients");
    assertStringIncludes(out, `floor: has no jitter "full": ran with "none".`);
    const { subjects, measures, plots } = parseResult(Deno.readTextFileSync(path), path);
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
