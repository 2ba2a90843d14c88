/**
 * Bellhop with a fault behind standard input and output, for tests: every draw above a half is halved, so that waits are
 * too short. Named as an argument, `crash` ends the process at the second command.
 *
 * @module
 */
import process from "node:process";
import { bellhop } from "../../conformance/subjects/bellhop.ts";
import { serveStdio } from "../../conformance/subjects/serve_stdio.ts";

if (import.meta.main) {
  await serveStdio(async () => {
    const subject = await bellhop()();
    let commands = 0;
    return {
      send(seq, command) {
        if (Deno.args[0] === "crash" && ++commands > 1) {
          process.stderr.write("segmentation fault\n");
          process.exit(3);
        }
        if (command.do !== "start") return subject.send(seq, command);
        return subject.send(seq, { ...command, draws: command.draws.map((u) => u > 0.5 ? u / 2 : u) });
      },
      close: () => subject.close(),
    };
  });
  process.exit(0);
}
