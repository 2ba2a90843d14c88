import { assertEquals } from "@std/assert";
import { PassThrough } from "node:stream";
import { confirmed } from "./confirm.ts";

Deno.test("confirmed() takes y or yes alone for a yes, and the end of the input for a no", async () => {
  for (
    const [typed, agreed] of [["y\n", true], ["YES\n", true], ["\n", false], ["n\n", false], ["yo\n", false]] as const
  ) {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const answer = confirmed("Discard?", input, output);
    input.write(typed);
    assertEquals(await answer, agreed, typed);
    assertEquals(String(output.read()).slice(0, 15), "Discard? [y/N] ");
  }
  const input = new PassThrough();
  const answer = confirmed("Discard?", input, new PassThrough());
  input.end();
  assertEquals(await answer, false);
});
