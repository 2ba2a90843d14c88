import { assertEquals } from "@std/assert";
import { requirementsPage } from "./requirements_page.ts";

Deno.test("docs/conformance/requirements.md counts the checks and mutants that there are", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/conformance/requirements.md", import.meta.url));
  assertEquals(page, requirementsPage());
});
