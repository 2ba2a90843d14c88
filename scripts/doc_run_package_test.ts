import { assert, assertEquals } from "@std/assert";
import { blocksOf, planOf, unsaid } from "./_doc_script.ts";
import { filesBelow } from "./_testing.ts";
import { installed } from "./package_fixture.ts";
import { TOOLS } from "./package_tools.ts";

/** Longer than any page takes, short enough to be noticed. */
const DEADLINE_MS = 25_000;

/** Blocks that cannot run here, each with its reason: a new one is to be added by hand. */
const LEFT: readonly string[] = [
  "README.md: by clone",
  "docs/guides/migrating-from-bullmq.md: code of bullmq",
  "docs/guides/migrating-from-moleculer.md: code of moleculer",
  "docs/guides/migrating-from-qstash.md: code of qstash",
  "docs/guides/ten-minutes.md: by clone",
];

const pages = ["README.md", ...filesBelow("docs/guides", (path) => path.endsWith(".md"))];

// They share the ports that they name, so that they take turns.
Deno.test("the code of the README and of each guide runs from the package and says what the page says", async (t) => {
  await using fixture = await installed();
  const left: string[] = [];
  for (const page of pages) {
    await t.step(page, async () => {
      const plan = planOf(await Deno.readTextFile(page));
      left.push(...plan.left.map((why) => `${page}: ${why.replace(/^line \d+: /, "")}`));
      const folder = `${fixture.folder}/${page.replaceAll("/", "-")}`;
      await Deno.mkdir(folder);
      for (const [name, text] of plan.files) await Deno.writeTextFile(`${folder}/${name}`, text);
      await play(plan.script, folder);
      for (const { line, log, text } of plan.expected) {
        const said = await Deno.readTextFile(`${folder}/${log}`);
        assertEquals(unsaid(text, said), [], `line ${line} of the page is not what was said:\n${said}`);
      }
    });
  }
  assertEquals([...new Set(left)].sort(), [...LEFT].sort());
});

Deno.test("every other fence of the README and of the guides is data or text, and says which", async () => {
  const known = new Set(["ts", "js", "sh", "text", "json", ""]);
  for (const page of pages) {
    const strange = blocksOf(await Deno.readTextFile(page)).filter(({ language }) => !known.has(language));
    assertEquals(strange, [], page);
  }
});

Deno.test("planOf() saves, starts, waits and leaves what the info strings say", () => {
  const { script, files, expected, left } = planOf(
    "```js file=a.mjs\n1;\n```\n```sh until=up\nnode a.mjs\n```\n```text said\nx…\n```\n```ts ignore before=bullmq\n```\n",
  );
  assertEquals([...files], [["a.mjs", "1;\n"]]);
  assert(script.includes("grep -q 'up' line_5.log"), script);
  assertEquals(expected, [{ line: 8, log: "line_5.log", text: "x…\n" }]);
  assertEquals(left, ["line 11: code of bullmq"]);
});

Deno.test("unsaid() finds lines that are missing or come too early", () => {
  assertEquals(unsaid("a…c\nd\n", "abc\nx\nd\n"), []);
  assertEquals(unsaid("d\na…c\n", "abc\nd\n"), ["a…c"]);
});

/** In a group of its own, all of which is gone afterwards: what a page starts it does not stop. */
async function play(script: string, folder: string): Promise<void> {
  const root = new URL("..", import.meta.url).pathname;
  const deno = Deno.execPath().replace(/\/[^/]*$/, "");
  const path = [`${root}${TOOLS}/node_modules/.bin`, deno, Deno.env.get("PATH")];
  const child = new Deno.Command("bash", {
    args: ["-c", script],
    cwd: folder,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
    detached: true,
    env: { PATH: path.join(":"), NO_COLOR: "1", npm_config_loglevel: "error" },
  }).spawn();
  const complaints = new Response(child.stderr).text();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    end(child.pid);
  }, DEADLINE_MS);
  const { success } = await child.status;
  clearTimeout(timer);
  end(child.pid);
  const said = await complaints;
  assert(success, `${late ? "it took too long, at the last line named\n" : ""}${said}`);
}

function end(leader: number): void {
  try {
    Deno.kill(-leader, "SIGKILL");
  } catch { /* nothing is left of it */ }
}
