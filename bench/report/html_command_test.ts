import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { sampleResult } from "./testing/sample_result.ts";

Deno.test("bench:html writes one page of one or more results, and says what is wrong with one", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const [one, page] = [`${folder}/one.json`, `${folder}/page.html`];
    await Deno.writeTextFile(one, JSON.stringify(sampleResult()));
    await Deno.writeTextFile(`${folder}/broken.json`, "{");
    const [made, broken, nowhere, usage] = await Promise.all([
      run(one, one, "-o", page),
      run(`${folder}/broken.json`, "-o", `${folder}/none.html`),
      run(one, "-o", `${folder}/nowhere/page.html`),
      run(),
    ]);
    assertEquals(made.code, 0, made.said);
    assertMatch(made.said, /page\.html: \d+ kB/);
    const text = await Deno.readTextFile(page);
    assertStringIncludes(text, "4 of 12 goals missed");
    assertEquals([broken.code, nowhere.code, usage.code], [2, 2, 2]);
    assertStringIncludes(broken.said, "broken.json: is not JSON");
    assertStringIncludes(nowhere.said, "nowhere");
    assertStringIncludes(usage.said, "usage: deno task bench:html");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

async function run(...args: string[]): Promise<{ code: number; said: string }> {
  const script = new URL("html_command.ts", import.meta.url).href;
  const command = new Deno.Command(Deno.execPath(), { args: ["run", "-A", "--no-check", script, ...args] });
  const { code, stdout, stderr } = await command.output();
  return { code, said: [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("") };
}
