import { assert, assertEquals, assertExists, assertLess } from "@std/assert";
import { ciParts, readmeTestCommand } from "./ci_parts.ts";
import { add, tally, writeSteps } from "./_junit.ts";
import { run } from "./_process.ts";

Deno.test("readmeTestCommand() reads the line of a code block, without prompt and comment", () => {
  const readme =
    "Run `deno task test` now.\n```sh\nnpx --yes deno task demo\n$ npx --yes deno task test # 3 min\n```\n";
  assertEquals(readmeTestCommand(readme), "npx --yes deno task test");
});

Deno.test("readmeTestCommand() finds none in prose", () => {
  assertEquals(readmeTestCommand("```sh\nls\n```\nRun deno task test.\n"), undefined);
});

Deno.test("ciParts() runs the README's test command word for word", () => {
  const part = ciParts("```sh\nnpx x task test\n```\n").find(({ name }) => name === "test");
  assertEquals(part?.steps[0].command, ["bash", "-c", "npx x task test"]);
});

Deno.test("ciParts() fails the part when the README tells no test command", async () => {
  const part = ciParts("# Bellhop\n").find(({ name }) => name === "test");
  assertExists(part);
  const { code } = await run(["bash", "-c", `${part.steps[0].command[2]} 2>/dev/null`.replace(">&2", "")], 10);
  assertEquals(code, 1);
});

const REPORT = `<?xml version="1.0"?><testsuites><testsuite name="./a_test.ts">
  <testcase name="good &lt;failure&gt;" classname="./a_test.ts" time="0"></testcase>
  <testcase name="bad &quot;x&quot;" classname="./a_test.ts" time="0"><failure message="m">&lt;skipped/&gt;</failure></testcase>
  <testcase name="left out" classname="./a_test.ts" time="0"><skipped/></testcase>
</testsuite></testsuites>`;

Deno.test("tally() tells passed, failed and ignored tests apart", () => {
  assertEquals(tally(REPORT), {
    passed: 1,
    failed: ['./a_test.ts: bad "x"'],
    ignored: ["./a_test.ts: left out"],
  });
});

Deno.test("tally() reads what writeSteps() wrote", () => {
  const steps = [{ name: `a <b> & "c"`, seconds: 1 }, { name: "d", seconds: 2, failure: `<skipped/> "&quot;"` }];
  const { passed, failed, ignored } = tally(writeSteps("part", steps));
  assertEquals([passed, failed, ignored], [1, ["part: d"], []]);
});

Deno.test("add() sums", () => {
  assertEquals(add(tally(REPORT), tally(REPORT)).ignored.length, 2);
});

Deno.test("run() passes the exit code and the environment on", async () => {
  const { code, overtime } = await run(["bash", "-c", "exit $CODE"], 10, { CODE: "7" });
  assertEquals([code, overtime], [7, false]);
});

Deno.test("run() kills the command and its children when the time is up", async () => {
  const marker = await Deno.makeTempFile();
  try {
    const script = `sleep 300 & echo $! > '${marker}'; wait`;
    const { overtime, seconds } = await run(["bash", "-c", script], 0.5);
    assert(overtime);
    assertLess(seconds, 60);
    const child = (await Deno.readTextFile(marker)).trim();
    assert(/^\d+$/.test(child));
    // Killed: gone, or a zombie that nobody has collected yet. The signal needs a moment to arrive.
    let state = "";
    for (let tries = 0; tries < 500 && !/\) [XZ]/.test(state); tries++) {
      state = await Deno.readTextFile(`/proc/${child}/stat`).catch(() => ") X");
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert(/\) [XZ]/.test(state), state);
  } finally {
    await Deno.remove(marker);
  }
});

Deno.test("ciParts() runs files two at a time where they share nothing, and in the time that was promised", () => {
  const promised = { "packages, console, doc code": 150, docstrings: 60, runtimes: 180 };
  const parts = ciParts(undefined).filter(({ name }) => name in promised);
  assertEquals(Object.fromEntries(parts.map(({ name, limitSeconds }) => [name, limitSeconds])), promised);
  for (const { name, steps } of parts) {
    const { command, env } = steps[steps.length - 1];
    assertEquals([name, command[1], command.includes("--parallel"), env], [name, "test", true, { DENO_JOBS: "2" }]);
  }
});
