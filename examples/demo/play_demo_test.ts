import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { compare } from "./compare.ts";
import { figure, readDiagram } from "./read_diagram.ts";

const FIGURES = Deno.readTextFileSync(new URL("../../docs/spec/figures.md", import.meta.url));

async function play(...args: string[]): Promise<{ code: number; output: string; seconds: number }> {
  const startedMs = performance.now();
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", new URL("main.ts", import.meta.url).pathname, ...args],
    env: { NO_COLOR: "1" },
    stdin: "null",
    stderr: "null",
  }).output();
  return { code, output: new TextDecoder().decode(stdout), seconds: (performance.now() - startedMs) / 1_000 };
}

/** The lines of each diagram in the output. */
function diagrams(output: string): string[][] {
  const lines = output.split("\n");
  const tops = lines.flatMap((line, at) => /^\+-+\+ +\+-/.test(line) && /^\+-/.test(lines[at + 2]) ? [at] : []);
  return tops.map((top) => {
    const end = lines.findIndex((line, at) => at > top && line.trim() === "");
    return lines.slice(top, end === -1 ? undefined : end).filter((line) => /^[ +|·]/.test(line));
  });
}

Deno.test("demo prints every arrow of the seeds' figures, in their order and under 20 s", async () => {
  const { code, output, seconds } = await play();
  assertEquals(code, 0, output);
  assert(seconds < 20, `the demo took ${seconds} s`);
  const wanted = ["Message flow", "Error handling flow", "Error handling flow"];
  const drawn = diagrams(output);
  assertEquals(drawn.length, wanted.length, output);
  for (const [scene, heading] of wanted.entries()) {
    const { titles, strokes } = figure(FIGURES, heading);
    const found = readDiagram(drawn[scene]);
    assertEquals(found.titles, titles);
    assertEquals(compare(strokes, found.strokes, titles).missing, [], `scene ${scene + 1}: ${output}`);
  }
  assertStringIncludes(output, "Gateway killed (SIGKILL");
});

Deno.test("demo without flushing draws no Store Message, names it, and ends with a code that is not zero", async () => {
  const { code, output } = await play("--no-flush");
  assertEquals(code, 1, output);
  assertStringIncludes(output, "missing arrow: Message Bus: Store Message (If Critical)");
  const { strokes } = readDiagram(diagrams(output)[1]);
  assertNotEquals(strokes.length, 0);
  assertEquals(strokes.filter(({ label }) => label.startsWith("Store")), []);
});

Deno.test("demo has the words of its arrows in labels.ts and nowhere else", () => {
  const { strokes } = figure(FIGURES, "Error handling flow");
  const flow = figure(FIGURES, "Message flow").strokes;
  const folder = new URL("./", import.meta.url);
  for (const { name } of Deno.readDirSync(folder)) {
    if (name === "labels.ts" || name.endsWith("_test.ts")) continue;
    // As code sees them: on one line, whatever the line breaks.
    const text = Deno.readTextFileSync(new URL(name, folder)).replaceAll(/\\n|\s+/g, " ");
    for (const { label } of [...strokes, ...flow]) {
      if (/^[a-z.]+$/.test(label)) continue; // The types of messages: the services must name them.
      assert(!text.includes(label), `${name} says ${JSON.stringify(label)}`);
    }
  }
});
