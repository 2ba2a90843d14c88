import { assert, assertEquals } from "@std/assert";
import { dirname } from "node:path";
import { blocksOf, planOf, unsaid } from "./_doc_script.ts";
import { filesBelow } from "./_testing.ts";
import { readmeTestCommand } from "./ci_parts.ts";
import { installed, output } from "./package_fixture.ts";
import { TOOLS } from "./package_tools.ts";

/** Longer than any page takes, short enough to be noticed. */
const DEADLINE_MS = 60_000;

const LAST_WORDS_MS = 2_000;

const root = new URL("..", import.meta.url).pathname;
/** The pages that somebody follows from their top to their end. */
const pages = [
  "README.md",
  "docs/cli.md",
  "docs/conformance/README.md",
  "docs/real-input.md",
  // The others need a page, an object, or a driver that is installed.
  "docs/stores/deno-kv.md",
  "docs/stores/memory.md",
  "docs/stores/sqlite.md",
  ...filesBelow("docs/guides", isPage),
];

// They share the ports that they name, so that they take turns.
Deno.test("the code of the README and of each guide runs as the page says, and prints what it says", async (t) => {
  await using fixture = await installed();
  const ciRuns = readmeTestCommand(await Deno.readTextFile("README.md")) ?? "";
  const clone = `${fixture.folder}/clones/bellhop`;
  await copySources(clone);
  const left: string[] = [];
  for (const page of pages) {
    await t.step(page, async () => {
      const plan = planOf(await Deno.readTextFile(page), [ciRuns]);
      left.push(...plan.left);
      const folder = `${fixture.folder}/${page.replaceAll("/", "-")}`;
      const texts = `${folder}/page`;
      await Deno.mkdir(texts, { recursive: true });
      for (const [name, text] of plan.files) await Deno.writeTextFile(`${texts}/${name}`, text);
      const said = (log: string) => Deno.readTextFile(`${texts}/${log}`);
      await play(plan.script, folder, { PAGE: texts, CLONE: clone }, async () => {
        for (const { log, text } of plan.expected) if (unsaid(text, await said(log)).length > 0) return false;
        return true;
      });
      for (const { line, log, text } of plan.expected) {
        const all = await said(log);
        assertEquals(unsaid(text, all), [], `line ${line} of the page is not what was said:\n${all}`);
      }
    });
  }
  assertEquals(left, [ciRuns]);
});

Deno.test("the code that the guides show of other libraries is what their compilers take", async () => {
  const folder = await Deno.makeTempDir({ prefix: "bellhop-before-" });
  try {
    await Deno.symlink(`${root}${TOOLS}/node_modules`, `${folder}/node_modules`);
    const peers = new Set<string>();
    for (const page of pages) {
      for (const { peer, language, text } of planOf(await Deno.readTextFile(page)).before) {
        peers.add(peer);
        await Deno.writeTextFile(`${folder}/${peer}.${language === "js" ? "cjs" : "mts"}`, text);
      }
    }
    assertEquals([...peers].sort(), ["bullmq", "moleculer", "qstash"]);
    const files = [...Deno.readDirSync(folder)].filter(({ isFile }) => isFile).map(({ name }) => name);
    // Of theirs the types alone are needed: what their declarations lack is not ours.
    const flags = "--noEmit --strict --allowJs --checkJs --skipLibCheck --module nodenext --target es2024 --types node";
    assertEquals(await output("tsc", [...flags.split(" "), ...files], folder), "");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("every other fence of these pages is data or text, and says which; what is code is played", async () => {
  const known = new Set(["ts", "js", "sh", "text", "json", "ndjson", ""]);
  for (const page of filesBelow("", isPage)) {
    const blocks = blocksOf(await Deno.readTextFile(page));
    if (pages.includes(page)) {
      assertEquals(blocks.filter(({ language }) => !known.has(language)), [], page);
    } else {
      // The TypeScript elsewhere is checked by `deno check --doc-only`.
      assertEquals(blocks.filter(({ language }) => ["sh", "bash", "js"].includes(language)), [], page);
    }
  }
});

Deno.test("planOf() saves, starts, waits, goes to the clone and leaves what the info strings say", () => {
  const { script, files, expected, before, left } = planOf(
    "```js file=a.mjs\n1;\n```\n```sh until=up\nnode a.mjs\n```\n```text said\nx…\n```\n" +
      "```ts ignore before=bullmq\n2;\n```\n```sh in=clone\na b\nc d\n```\n```text said=up\ny\n```\n",
    ["c d"],
  );
  assertEquals([...files], [["a.mjs", "1;\n"]]);
  assert(script.includes(`cp "$PAGE/a.mjs" .\n`), script);
  assert(script.includes(`grep -q 'up' "$PAGE/line_5.log"`), script);
  assert(script.includes(`cd "$CLONE"\n{\na b\n}`), script);
  assertEquals(expected, [{ line: 8, log: "line_5.log", text: "x…\n" }, { line: 18, log: "line_5.log", text: "y\n" }]);
  assertEquals(before.map(({ peer, text }) => [peer, text]), [["bullmq", "2;\n"]]);
  assertEquals(left, ["c d"]);
});

Deno.test("planOf() takes the comment behind a console.log() for what it prints", () => {
  const page = "```ts\nconsole.log(a, b); // 1 2\nf(); // no\n  console.log(c); // …\n```\n";
  assertEquals(planOf(page).expected, [{ line: 2, log: "line_2.log", text: "1 2\n…\n" }]);
});

Deno.test("unsaid() finds lines that are missing or come too early", () => {
  assertEquals(unsaid("a…c\nd\n", "abc\nx\nd\n"), []);
  assertEquals(unsaid("d\na…c\n", "abc\nd\n"), ["a…c"]);
});

function isPage(path: string): boolean {
  // Templates for other languages are run by the suite itself.
  return path.endsWith(".md") && !path.startsWith("conformance/init/");
}

/** What a clone holds, with changes that are not committed yet. */
async function copySources(folder: string): Promise<void> {
  for (const path of filesBelow("", () => true)) {
    await Deno.mkdir(dirname(`${folder}/${path}`), { recursive: true });
    await Deno.copyFile(path, `${folder}/${path}`);
  }
}

/** Where the test is killed, as for overtime, nobody else ends the group: its ports would stay taken. */
const ENDS_WITH_TEST =
  `( while kill -0 "$TEST_PID" 2> /dev/null; do sleep 0.5; done; kill -KILL -$$ ) > /dev/null 2>&1 &`;

/**
 * In a group of its own, all of which is gone afterwards: what a page starts it does not stop. What goes on may need a
 * moment to say the last of what is heard.
 */
async function play(
  script: string,
  folder: string,
  env: Readonly<Record<string, string>>,
  isHeard: () => Promise<boolean>,
): Promise<void> {
  const deno = Deno.execPath().replace(/\/[^/]*$/, "");
  const path = [`${root}${TOOLS}/node_modules/.bin`, deno, Deno.env.get("PATH")];
  const child = new Deno.Command("bash", {
    args: ["-c", `${ENDS_WITH_TEST}\n${script}`],
    cwd: folder,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
    detached: true,
    env: { ...env, TEST_PID: String(Deno.pid), PATH: path.join(":"), NO_COLOR: "1", npm_config_loglevel: "error" },
  }).spawn();
  const complaints = new Response(child.stderr).text();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    end(child.pid);
  }, DEADLINE_MS);
  const { success } = await child.status;
  clearTimeout(timer);
  for (const lastMs = Date.now() + LAST_WORDS_MS; success && Date.now() < lastMs && !(await isHeard());) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  end(child.pid);
  const said = await complaints;
  assert(success, `${late ? "it took too long, at the last line named\n" : ""}${said}`);
}

function end(leader: number): void {
  try {
    Deno.kill(-leader, "SIGKILL");
  } catch { /* nothing is left of it */ }
}
