import { assertEquals } from "@std/assert";
import { CODES } from "./_codes.ts";

Deno.test("the codes that the suite knows are those of the specification's table", async () => {
  const text = await Deno.readTextFile(new URL("../../docs/spec/http.md", import.meta.url));
  const table = text.slice(text.indexOf("<!-- errors:begin -->"), text.indexOf("<!-- errors:end -->"));
  assertEquals(CODES, [...table.matchAll(/^\| `([a-z-]+)`/gm)].map(([, code]) => code));
});
