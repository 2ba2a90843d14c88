import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { initFiles } from "../../conformance/init/init.ts";
import { Stop } from "./exit_code.ts";
import { initInto } from "./init_into.ts";

async function inFolder(act: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "bellhop-" });
  try {
    await act(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("initInto() writes the files of a language into a folder that it makes", () =>
  inFolder(async (folder) => {
    const files = initFiles("python");
    assertEquals(await initInto(`${folder}/a/b`, "python"), Object.keys(files));
    for (const [path, text] of Object.entries(files)) {
      assertEquals(await Deno.readTextFile(`${folder}/a/b/${path}`), text);
    }
  }));

Deno.test("initInto() writes nothing when one of the files is there already", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/other.txt`, "mine");
    await Deno.writeTextFile(`${folder}/grammar.ts`, "mine");
    const refused = await assertRejects(() => initInto(folder, "ts"), Stop);
    assertStringIncludes(refused.message, "grammar.ts is there already");
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), ["grammar.ts", "other.txt"]);
    assertEquals(await Deno.readTextFile(`${folder}/grammar.ts`), "mine");
    await Deno.remove(`${folder}/grammar.ts`);
    await initInto(folder, "ts");
    assertEquals(await Deno.readTextFile(`${folder}/other.txt`), "mine");
  }));

Deno.test("initInto() leaves nothing behind when a file cannot be written", () =>
  inFolder(async (folder) => {
    // A link that leads nowhere is no file yet, and cannot be made one.
    await Deno.symlink(`${folder}/no/where`, `${folder}/json_text.ts`);
    const refused = await assertRejects(() => initInto(folder, "ts"), Stop);
    assertStringIncludes(refused.message, "cannot write the adapter");
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["json_text.ts"]);
  }));
