import { assertEquals } from "@std/assert";
import { FULL_RUN, whyPartial } from "./full_run.ts";

Deno.test("whyPartial() has nothing against a full run, and names each thing that is less", () => {
  assertEquals(whyPartial({ command: FULL_RUN, missing: [] }), []);
  for (const command of ["deno task bench --quick", "deno task bench --only retry", "deno task bench:retry", ""]) {
    assertEquals(whyPartial({ command }).length, 1, command);
  }
  const missing = [{ what: "node", why: "not there" }, { what: "bun", why: "not there" }];
  assertEquals(whyPartial({ command: FULL_RUN, missing }), [
    "node was not measured: not there",
    "bun was not measured: not there",
  ]);
});
