import { assertEquals } from "@std/assert";
import { ERRORS } from "../src/core/error.ts";
import { errorsPage } from "./errors_page.ts";

Deno.test("docs/errors.md is what the list of errors says", async () => {
  assertEquals(await Deno.readTextFile("docs/errors.md"), errorsPage(), "run scripts/errors_page.ts");
});

Deno.test("errorsPage() gives each code one heading, whose anchor is the code, and one place in the index", () => {
  const page = errorsPage();
  const codes = Object.keys(ERRORS).sort();
  assertEquals([...page.matchAll(/^### (.+)$/gm)].map(([, code]) => code).sort(), codes);
  assertEquals([...page.matchAll(/\[`([a-z-]+)`\]\(#\1\)/g)].map(([, code]) => code).sort(), codes);
});

Deno.test("errorsPage() shows examples that fit their code", () => {
  const entries = errorsPage().split(/^### /m).slice(1);
  for (const entry of entries) {
    const code = entry.slice(0, entry.indexOf("\n")) as keyof typeof ERRORS;
    const shown = /```http\nHTTP\/1.1 (\d+)\n\n(.+)\n```/.exec(entry);
    if (shown === null) continue;
    assertEquals([Number(shown[1]), JSON.parse(shown[2]).code], [ERRORS[code].status, code]);
  }
});
