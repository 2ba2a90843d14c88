import { assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { injections, tagsOf } from "./injection.ts";

const page = (said: string, script = "'a'") =>
  `<p title="x">${said}</p><style>a{b:c}</style><script id="data">${script}</script>`;

Deno.test("tagsOf() is the same for other words, and another for other tags and attributes", () => {
  const tags = ["<p title=>", "</p>", "<style>", "</style>", "<script id=>", "</script>"];
  assertEquals(tagsOf(page("a")), tags);
  assertEquals(tagsOf(page("b", "if (a < b && c > d) '<p>'")), tags);
  for (const said of ["<script>alert(1)</script>", "<style>*{display:none}</style>", "<b onclick=x>", "<!--"]) {
    assertNotEquals(tagsOf(page(said)), tags, said);
  }
  assertNotEquals(tagsOf(page("a", "'</script><script>alert(1)</script>'")), tags);
});

Deno.test("injections break a page that escapes nothing", () => {
  const broken = fc.sample(injections, 200).filter((said) => String(tagsOf(page(said))) !== String(tagsOf(page(""))));
  assertNotEquals(broken.length, 0);
});
