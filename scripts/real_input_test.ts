import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { githubEvents } from "./_github_events.ts";

Deno.test("real-input brings each of several hundred GitHub payloads once and unchanged to each of two services", async () => {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", new URL("real_input.ts", import.meta.url).pathname],
    stdin: "null",
    stderr: "null",
  }).output();
  const output = new TextDecoder().decode(stdout);
  assertEquals(code, 0, output);
  assertStringIncludes(output, "329 messages in");
  for (const name of ["archive", "statistics"]) {
    const counts = "329 arrived once, 0 more than once, 0 missing, 0 changed, 0 unknown";
    assertStringIncludes(output, `${name}: ${counts}`);
  }
});

Deno.test("githubEvents() gives every payload a name of its own, the same each time", () => {
  const events = githubEvents();
  assertEquals(events.length, 329);
  assertEquals(new Set(events.map(({ id }) => id)).size, events.length);
  assertEquals(githubEvents().map(({ id }) => id), events.map(({ id }) => id));
  assert(events.every(({ type }) => type.startsWith("github.")));
});
