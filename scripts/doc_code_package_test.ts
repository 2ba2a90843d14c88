import { assertEquals, assertGreater } from "@std/assert";
import { filesBelow } from "./_testing.ts";

Deno.test("the TypeScript of the documents fits the public entries", async () => {
  const pages: string[] = [];
  for (const page of filesBelow("", (path) => path.endsWith(".md"))) {
    if (/^```ts\b/m.test(await Deno.readTextFile(page))) pages.push(page);
  }
  assertGreater(pages.length, 0);
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["check", "--doc-only", ...pages],
    env: { NO_COLOR: "1" },
  }).output();
  assertEquals(success ? "" : new TextDecoder().decode(stderr), "");
});

Deno.test("the README lists every entry of the library, and no other", async () => {
  const { exports } = JSON.parse(await Deno.readTextFile("deno.json"));
  const readme = await Deno.readTextFile("README.md");
  const cells = [...readme.matchAll(/^\| (`\.[^|]*)\|/gm)].map(([, cell]) => cell);
  const entries = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, entry]) => entry));
  assertEquals(entries.toSorted(), Object.keys(exports).sort());
});
