/**
 * `bellhop dead-letters`: what failed for good.
 *
 * @module
 */
import type { DeadLetter } from "../core/bus/dead_letter.ts";
import { type Given, text, whole } from "./arguments.ts";
import { ask } from "./ask_gateway.ts";
import { paintFor } from "./colour.ts";
import { type Command, JSON_OPTION } from "./command.ts";
import { deadLetterPage } from "./dead_letter_pages.ts";
import { EXIT, Stop } from "./exit_code.ts";
import { GATEWAY_OPTIONS, gatewayAddress } from "./gateway_address.ts";
import { print, tell } from "./output.ts";
import { printable } from "./printable.ts";
import { suggestion } from "./suggest.ts";
import { table } from "./table.ts";

/** The option that restricts to one receiver. */
export const RECEIVER_OPTION = { receiver: { value: "NAME", help: "those of this service alone" } } as const;

export const DEAD_LETTERS: Command = {
  name: "dead-letters",
  summary: "list what failed for good, oldest first",
  about:
    "Lists dead letters, the oldest first: deliveries that failed for good, kept to be understood and tried again.",
  usage: "[ID] [options]",
  options: {
    ...RECEIVER_OPTION,
    limit: { value: "N", help: "how many, 1 to 1000 (default 50)" },
    after: { value: "CURSOR", help: "go on where a page ended; the page says with what" },
    ...GATEWAY_OPTIONS,
    ...JSON_OPTION,
  },
  examples: [
    "bellhop dead-letters --receiver search",
    "bellhop dead-letters dlv_0a6b3f91d2c47e18a05d7c93f1b2",
    "bellhop dead-letters --json | jq -r '.deadLetters[] | [.id, .reason] | @tsv'",
  ],
  run,
};

async function run({ values, positionals }: Given): Promise<number> {
  if (positionals.length > 0) return await show(positionals, values);
  const limit = whole(values, "limit", 50, 1, 1_000);
  const receiver = text(values, "receiver", "");
  const address = await gatewayAddress(values);
  const { deadLetters, after } = await deadLetterPage(address, limit, receiver, text(values, "after", ""));
  if (values.json === true) {
    print(JSON.stringify({ deadLetters, after }));
    return EXIT.done;
  }
  if (deadLetters.length === 0) tell(receiver === "" ? "no dead letters" : `no dead letters of ${printable(receiver)}`);
  else for (const line of table(HEADER, deadLetters.map(row), paintFor())) print(line);
  if (after !== null) {
    const same = [receiver === "" ? "" : ` --receiver ${receiver}`, limit === 50 ? "" : ` --limit ${limit}`].join("");
    tell(`there are more: bellhop dead-letters${same} --after ${printable(after)}`);
  }
  return EXIT.done;
}

/** One dead letter whole, message and failed attempts included. */
async function show([id, ...others]: readonly string[], values: Given["values"]): Promise<number> {
  const hint = suggestion(id, ["redrive", "discard"], "dead-letters ");
  if (others.length > 0 || hint !== "") {
    throw new Stop(EXIT.usage, `dead-letters takes one id, got ${JSON.stringify([id, ...others].join(" "))}${hint}`);
  }
  const letter = await ask(await gatewayAddress(values), "GET", `/dead-letters/${encodeURIComponent(id)}`);
  // JSON writes every control character of a message as an escape.
  print(values.json === true ? JSON.stringify(letter) : JSON.stringify(letter, null, 2));
  return EXIT.done;
}

const HEADER = ["ID", "ENDED", "RECEIVER", "OUTCOME", "REASON", "ATTEMPTS", "TYPE", "MESSAGE"];

function row({ id, endedMs, receiver, outcome, reason, attempts, envelope }: DeadLetter): string[] {
  const ended = new Date(endedMs).toISOString().replace(/\.\d+Z$/, "Z");
  const cells = [id, ended, receiver || "-", outcome, reason, String(attempts), envelope.type, envelope.id];
  return cells.map((cell) => printable(cell, 48));
}
