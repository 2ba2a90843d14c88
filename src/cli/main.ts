#!/usr/bin/env node
/**
 * The `bellhop` command.
 *
 * @module
 */
import process from "node:process";
import { given } from "./arguments.ts";
import type { Command } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { EXIT, Stop } from "./exit_code.ts";
import { commandHelp, mainHelp } from "./help.ts";
import { print, tell, written } from "./output.ts";
import { suggestion } from "./suggest.ts";
import { VERSION } from "./version.ts";

async function main(words: readonly string[]): Promise<number> {
  const [first, ...others] = words;
  if (first === undefined) {
    tell(mainHelp(COMMANDS));
    return EXIT.usage;
  }
  if (first === "--version" || first === "-v") {
    print(VERSION);
    return EXIT.done;
  }
  if (["help", "--help", "-h"].includes(first)) {
    print(others.length === 0 ? mainHelp(COMMANDS) : commandHelp(commandOf(others).command, COMMANDS));
    return EXIT.done;
  }
  const { command, args } = commandOf(words);
  const read = given(args, command.options);
  if (read.values.help === true) {
    print(commandHelp(command, COMMANDS));
    return EXIT.done;
  }
  return await command.run(read);
}

/** The command of the longest name that the words begin with. */
function commandOf(words: readonly string[]): { command: Command; args: readonly string[] } {
  for (const length of [2, 1]) {
    const name = words.slice(0, length).join(" ");
    const command = COMMANDS.find((one) => one.name === name);
    if (command !== undefined) return { command, args: words.slice(length) };
  }
  const hint = suggestion(words[0], COMMANDS.map(({ name }) => name).filter((name) => !name.includes(" ")), "bellhop ");
  throw new Stop(EXIT.usage, `there is no command ${JSON.stringify(words[0])}${hint || "; see bellhop --help"}`);
}

// A reader that has seen enough, such as `head`, is no fault.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(EXIT.done);
  throw error;
});

let code: number;
try {
  code = await main(process.argv.slice(2));
} catch (error) {
  tell(`bellhop: ${error instanceof Error ? error.message : String(error)}`);
  code = error instanceof Stop ? error.exitCode : EXIT.failed;
}
await written();
// What may still tick, such as standard input that nobody ends, must not hold the command up.
process.exit(code);
