/**
 * `bellhop delayed`: what the gateway keeps for later.
 *
 * @module
 */
import type { MessageStatus } from "../core/bus/status.ts";
import { type Given, text, whole } from "./arguments.ts";
import { paintFor } from "./colour.ts";
import { type Command, JSON_OPTION } from "./command.ts";
import { delayedPage } from "./delayed_pages.ts";
import { EXIT, Stop } from "./exit_code.ts";
import { GATEWAY_OPTIONS, gatewayAddress } from "./gateway_address.ts";
import { print, tell } from "./output.ts";
import { printable } from "./printable.ts";
import { suggestion } from "./suggest.ts";
import { table } from "./table.ts";

export const DELAYED: Command = {
  name: "delayed",
  summary: "list what is kept for later",
  about: "Lists messages that are kept until the time that they were sent for, the soonest of a page first.",
  usage: "[options]",
  options: {
    limit: { value: "N", help: "how many, 1 to 1000 (default 50)" },
    after: { value: "CURSOR", help: "go on where a page ended; the page says with what" },
    ...GATEWAY_OPTIONS,
    ...JSON_OPTION,
  },
  examples: [
    "bellhop delayed",
    "bellhop delayed --json | jq -r '.messages[] | [.source, .id] | @tsv'",
  ],
  run,
};

async function run({ values, positionals: [word] }: Given): Promise<number> {
  if (word !== undefined) {
    const hint = suggestion(word, ["cancel"], "delayed ");
    throw new Stop(EXIT.usage, `delayed takes no argument, got ${JSON.stringify(word)}${hint}`);
  }
  const limit = whole(values, "limit", 50, 1, 1_000);
  const address = await gatewayAddress(values);
  const { messages, after } = await delayedPage(address, limit, text(values, "after", ""));
  if (values.json === true) {
    print(JSON.stringify({ messages, after }));
    return EXIT.done;
  }
  if (messages.length === 0) tell("nothing is kept for later");
  else {
    const soonest = messages.map((message) => ({ message, dueMs: dueMs(message) })).sort((a, b) => a.dueMs - b.dueMs);
    for (const line of table(HEADER, soonest.map(({ message, dueMs }) => row(message, dueMs)), paintFor())) print(line);
  }
  if (after !== null) {
    tell(`there are more: bellhop delayed${limit === 50 ? "" : ` --limit ${limit}`} --after ${printable(after)}`);
  }
  return EXIT.done;
}

const HEADER = ["DUE", "PRIORITY", "SOURCE", "ID", "TYPE", "RECEIVERS"];

function row({ source, id, type, priority, deliveries }: MessageStatus, dueMs: number): string[] {
  const due = Number.isFinite(dueMs) ? new Date(dueMs).toISOString().replace(/\.\d+Z$/, "Z") : "-";
  const receivers = deliveries.filter(({ state }) => state === "delayed").map(({ receiver }) => receiver).join(",");
  return [...[due, priority].map((cell) => printable(cell)), ...[source, id, type, receivers].map(cell)];
}

/** Whole, for an id that is cut cannot be cancelled. */
function cell(text: string): string {
  return printable(text, 256);
}

function dueMs({ deliveries }: MessageStatus): number {
  return Math.min(...deliveries.map(({ state, nextAttemptMs }) => state === "delayed" ? nextAttemptMs! : Infinity));
}
