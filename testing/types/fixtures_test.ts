import { assertEquals, assertGreater } from "@std/assert";

const HERE = new URL(".", import.meta.url);
const ROOT = new URL("../../", import.meta.url).pathname;
const EXPECTED = /^\s*\/\/ @ts-expect-error (TS\d+) \S/;

async function check(files: readonly string[]): Promise<string> {
  const { stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["check", "--quiet", `--config=${ROOT}deno.json`, "--no-lock", ...files],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  return new TextDecoder().decode(stderr);
}

/** Each error as file, line and code. */
function errorsOf(report: string): string[] {
  return report.split(/\n(?=TS\d+ \[ERROR\])/).flatMap((error) => {
    const code = /(TS\d+) \[ERROR\]/.exec(error)?.[1];
    const place = /at file:\/\/\S*\/([^/]+\.ts):(\d+):\d+/.exec(error);
    return code === undefined || place === null ? [] : [`${place[1]}:${place[2]} ${code}`];
  }).sort();
}

Deno.test("the fixtures are refused at the lines that they name, with the error that they name, and nowhere else", async () => {
  const files = [...Deno.readDirSync(HERE)].map(({ name }) => name).filter((name) => !name.endsWith("_test.ts")).sort();
  assertEquals(files, ["arktype.ts", "context.ts", "plain.ts", "valibot.ts", "zod.ts"]);
  const folder = await Deno.makeTempDir({ prefix: "bellhop-types-" });
  try {
    const expected: string[] = [];
    for (const name of files) {
      const lines = (await Deno.readTextFile(new URL(name, HERE))).split("\n");
      for (const [index, line] of lines.entries()) {
        const code = EXPECTED.exec(line)?.[1];
        assertEquals(line.includes("ts-expect-error"), code !== undefined, `${name}:${index + 1} names no error`);
        if (code === undefined) continue;
        // Emptied, so that the numbers stay.
        lines[index] = "";
        expected.push(`${name}:${index + 2} ${code}`);
      }
      await Deno.writeTextFile(`${folder}/${name}`, lines.join("\n"));
    }
    assertGreater(expected.length, 40);
    assertEquals(errorsOf(await check(files.map((name) => `${folder}/${name}`))), expected.sort());
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
