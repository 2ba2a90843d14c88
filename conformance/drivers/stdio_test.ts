import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { SubjectBroken } from "../failure.ts";
import { stdioSubject } from "./stdio.ts";

const REFERENCE = `'${Deno.execPath()}' run -A conformance/subjects/serve_stdio.ts`;

Deno.test("stdioSubject() speaks to a program over lines, and ends it", async () => {
  const lines: string[] = [];
  const subject = await stdioSubject(REFERENCE, { wire: (from, line) => lines.push(`${from} ${line}`) })();
  const hello = await subject.send(1, { do: "hello" });
  assertEquals(hello.ok?.name, "bellhop");
  const started = await subject.send(2, { do: "start", nowMs: 5_000, draws: [0.5], options: {} });
  assertEquals([started.seq, started.nowMs, started.ok], [2, 5_000, {}]);
  await subject.close();
  await subject.close();
  assertEquals(lines[0], `suite {"seq":1,"do":"hello"}`);
  assertEquals(lines.filter((line) => line.startsWith("subject")).length >= 2, true);
});

for (
  const [name, command, cause] of [
    ["ends", "exit 3", /ended with code 3/],
    ["crashes", "kill -9 $$", /ended with SIGKILL|ended with code/],
    ["complains and ends", "echo no such module >&2; exit 1", /no such module/],
    ["echoes", "cat", /without nowMs/],
    ["prints no JSON", "echo hello; sleep 30", /no JSON: hello/],
    ["answers another command", `read x; echo '{"seq":99,"nowMs":0,"events":[]}'; sleep 30`, /99 where 1/],
    ["speaks unasked", `echo '{"seq":1,"nowMs":0,"events":[]}'; sleep 30`, /nothing was asked|^$/],
    ["cannot be found", "no-such-program-here", /not found/],
  ] as const
) {
  Deno.test(`stdioSubject() says what is wrong with a program that ${name}`, async () => {
    const subject = await stdioSubject(command)();
    if (name === "speaks unasked") await new Promise((resolve) => setTimeout(resolve, 300));
    const error = await assertRejects(() => subject.send(1, { do: "hello" }), SubjectBroken);
    assertMatch(error.message, cause);
    await subject.close();
  });
}
