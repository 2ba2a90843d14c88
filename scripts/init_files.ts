/**
 * Carries the templates of `conformance/init/<language>/` into `conformance/init/_files.ts`, for a command that is
 * installed has no files beside it; `--check` only compares.
 *
 *     deno run -A scripts/init_files.ts [--check]
 *
 * @module
 */
import { print } from "./_print.ts";
import { filesBelow } from "./_testing.ts";

/** The templates, and the module made of them, relative to the repository. */
export const TEMPLATES = "conformance/init";
export const MODULE = `${TEMPLATES}/_files.ts`;

/** What is ours: languages leave what they built beside it. */
const OURS = /\.(md|py|ts|go|mod|rs|toml)$/;
const BUILT = /\/(target|__pycache__)\//;

/** The module, as it has to be. */
export function renderInitFiles(): string {
  const languages = [...Deno.readDirSync(TEMPLATES)].filter(({ isDirectory }) => isDirectory).map(({ name }) => name);
  const rows = languages.sort().map((language) => {
    const folder = `${TEMPLATES}/${language}`;
    const files = filesBelow(folder, (path) => OURS.test(path) && !BUILT.test(path));
    // One line of text is one line here, so that a change can be read.
    const texts = files.map((path) => {
      const lines = Deno.readTextFileSync(path).split("\n").map((line) => `      ${JSON.stringify(line)},\n`);
      return `    ${JSON.stringify(path.slice(folder.length + 1))}: [\n${lines.join("")}    ],\n`;
    });
    return `  ${language}: {\n${texts.join("")}  },\n`;
  });
  return `// deno-fmt-ignore-file
/** Made by scripts/init_files.ts: the lines of each file, by language and path. */
export const FILES: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
${rows.join("")}};
`;
}

if (import.meta.main) {
  Deno.chdir(new URL("..", import.meta.url));
  const rendered = renderInitFiles();
  if (!Deno.args.includes("--check")) await Deno.writeTextFile(MODULE, rendered);
  else if (await Deno.readTextFile(MODULE).catch(() => "") !== rendered) {
    print(`${MODULE} is not current: run scripts/init_files.ts`);
    Deno.exit(1);
  }
}
