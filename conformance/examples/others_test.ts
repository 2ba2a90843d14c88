import { assertEquals } from "@std/assert";
import { othersPage } from "./others.ts";

Deno.test("docs/conformance/others.md says what the suite says today", async () => {
  // The formatter aligns the columns.
  const rows = (text: string) =>
    text.split("\n").filter((line) => !/^\| ?-/.test(line)).map((line) => line.replaceAll(/\s+/g, " "));
  const page = Deno.readTextFileSync(new URL("../../docs/conformance/others.md", import.meta.url));
  assertEquals(rows(page), rows(await othersPage()));
});
