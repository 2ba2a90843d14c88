/**
 * The `bellhop` command.
 *
 * @module
 */
import process from "node:process";
import { EXIT, Stop } from "./exit_code.ts";
import { gatewayCommand } from "./gateway.ts";
import { print, tell } from "./output.ts";
import { publishCommand } from "./publish.ts";
import { USAGE } from "./usage.ts";
import { VERSION } from "./version.ts";

const COMMANDS: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  gateway: gatewayCommand,
  publish: publishCommand,
};

async function main([command, ...args]: readonly string[]): Promise<number> {
  switch (command) {
    case undefined:
      tell(USAGE.main);
      return EXIT.usage;
    case "help":
    case "--help":
    case "-h":
      print(USAGE.main);
      return EXIT.done;
    case "--version":
      print(VERSION);
      return EXIT.done;
  }
  if (!Object.hasOwn(COMMANDS, command)) {
    throw new Stop(EXIT.usage, `no command ${JSON.stringify(command)}: wanted ${Object.keys(COMMANDS).join(" or ")}`);
  }
  return await COMMANDS[command](args);
}

// A reader that has seen enough, such as `head`, is no fault.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(EXIT.done);
  throw error;
});

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  tell(`bellhop: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = error instanceof Stop ? error.exitCode : EXIT.partly;
}
// What may still tick, such as standard input that nobody ends, must not hold the command up.
process.exit();
