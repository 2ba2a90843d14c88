import { assert, assertEquals } from "@std/assert";
import { COMMANDS } from "./commands.ts";
import { EXIT, EXIT_MEANINGS } from "./exit_code.ts";
import { commandHelp, mainHelp } from "./help.ts";

const DOCS = await Deno.readTextFile(new URL("../../docs/cli.md", import.meta.url));

Deno.test("docs/cli.md shows each command's help as it is", () => {
  const helps = [...DOCS.matchAll(/^## `bellhop ([^`]*)`\n[^]*?^```text\n([^]*?)\n```$/gm)].map(([, name, help]) => [
    name,
    help,
  ]);
  assertEquals(helps, COMMANDS.map((command) => [command.name, commandHelp(command, COMMANDS)]));
});

Deno.test("docs/cli.md and --help have one table of exit codes, and every code is in it", () => {
  const rows = [...DOCS.matchAll(/^\| `(\d+)` +\| (.*?) +\|$/gm)].map(([, code, meaning]) => [Number(code), meaning]);
  assertEquals(rows, EXIT_MEANINGS.map((row) => [...row]));
  assertEquals(EXIT_MEANINGS.map(([code]) => code), Object.values(EXIT));
  const help = mainHelp(COMMANDS);
  for (const [code, meaning] of EXIT_MEANINGS) assert(help.includes(`${String(code).padEnd(5)}${meaning}`), meaning);
});

Deno.test("docs/cli.md names each variable of the environment that --help names, and no other", () => {
  const environment = mainHelp(COMMANDS).split("Environment\n")[1].split("\n\n")[0];
  const named = [...environment.matchAll(/^ {2}([A-Z_]+) /gm)].map(([, name]) => name);
  assertEquals([...DOCS.matchAll(/^\| `([A-Z_]+)` /gm)].map(([, name]) => name), named);
});

Deno.test("each help has examples of that very command, and fits a terminal of 100 columns", () => {
  for (const command of COMMANDS) {
    assert(command.examples.length > 1, command.name);
    assert(command.examples.some((example) => example.includes(`bellhop ${command.name}`)), command.name);
    const wide = commandHelp(command, COMMANDS).split("\n").filter((line) => line.length > 100);
    assertEquals(wide, []);
  }
});
