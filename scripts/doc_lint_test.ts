import { assertEquals } from "@std/assert";
import { ownFaults } from "./doc_lint.ts";

Deno.test("ownFaults() keeps the faults in our files and leaves those of dependencies", () => {
  const fault = (path: string) => `error[missing-jsdoc]: exported symbol is missing\n  --> ${path}:1:1\n  |\n`;
  const report = `Checked\n${fault("/home/us/src/a.ts")}\n${
    fault("/cache/hono/hono.d.ts")
  }\nerror: Found 2 documentation lint errors.`;
  assertEquals(ownFaults(report, "/home/us/").length, 1);
  assertEquals(ownFaults(report, "/elsewhere/"), []);
});
