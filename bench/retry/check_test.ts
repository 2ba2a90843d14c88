import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { checked, checkedHere, checkText, isTrue } from "./check.ts";
import { loadedEngine } from "./engines.ts";
import { writeAdapter } from "./init.ts";

/** Says that it does all, waits ten milliseconds too long, and knows nothing of clock, chance, signal and asked waits. */
const WRONG = `export const engine = {
  name: "wrong",
  version: "1.2.3",
  supports: { clock: true, random: true, jitters: ["none", "full"], cap: true, firstAtOnce: false, unlimited: true, signal: true, retryAfter: true },
  async run(op, { retries, baseMs, factor, capMs }, { clock }) {
    for (let retry = 0;; retry++) {
      try {
        return await op({});
      } catch (error) {
        if (retry >= retries) throw error;
        const waitMs = Math.min(capMs, baseMs * factor ** retry) + 10;
        await new Promise((wake) => clock.wakeAt(clock.nowMs() + waitMs, wake));
      }
    }
  },
};
`;

async function inFile<T>(text: string, use: (path: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/mine.ts`, text);
    return await use(`${folder}/mine.ts`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("checkedHere() sees of a wrong engine which claims are not true, and each wait that differs", async () => {
  const found = await inFile(WRONG, async (path) => checkedHere(await loadedEngine(path)));
  const untrue = found.claims.filter(({ said, seen }) => said && !seen).map(({ what }) => what);
  assertEquals(untrue, ["random", "jitter none", "jitter full", "cap", "signal", "retryAfter"]);
  assert(!isTrue(found));
  const row = found.waits.different.find(({ id }) => id === "delay-007");
  assertEquals([row?.seen, row?.wanted], ["1010 ms, 0 drawn", "1000 ms, 0 drawn"]);
  const text = checkText(found);
  assertMatch(text, /signal +yes +no +NOT TRUE/);
  assertStringIncludes(text, "delay-007 retry 2, none, 1000 x 2 to 300000: 1010 ms, 0 drawn; spec: 1000 ms, 0 drawn");
});

Deno.test("checkedHere() finds Bellhop's engine true, and unlike the rows only where its policy refuses them", async () => {
  const found = await checkedHere(await loadedEngine("bellhop"));
  assert(isTrue(found));
  assertEquals(found.waits.different.filter(({ seen }) => !/must be/.test(seen)), []);
  assertEquals([...found.waits.left.values()], [2]);
});

Deno.test("checkedHere() shows what an engine cannot express as rows not tried, and cockatiel's factor as waits", async () => {
  const { waits } = await checkedHere(await loadedEngine("npm:cockatiel"));
  assertEquals([...waits.left.keys()].filter((reason) => /not expressed/.test(reason)).length, 2);
  assertEquals(waits.different.find(({ id }) => id === "delay-041")?.seen, "16000 ms, 0 drawn");
});

Deno.test("checked() gives up with a reason when an engine loops without an end", async () => {
  const endless = WRONG.replace("return await op({});", "for (;;);");
  await inFile(endless, (path) => assertRejects(() => checked(path, 500), Error, "loop without an end"));
});

Deno.test("checked() tells the fault when the adapter cannot be loaded", async () => {
  await assertRejects(() => checked("./not_there.ts"), Error, "not_there.ts");
});

Deno.test("writeAdapter() writes an adapter that is true as it is, and overwrites none", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/my engine.ts`;
    await writeAdapter(path);
    const found = await checkedHere(await loadedEngine(path));
    assertEquals(found.name, "my-engine");
    assert(isTrue(found));
    await assertRejects(() => writeAdapter(path), Error, "it is not overwritten");
    await assertRejects(() => writeAdapter(`${folder}/none/mine.ts`), Error, "make the folder");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
