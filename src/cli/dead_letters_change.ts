/**
 * `bellhop dead-letters redrive` and `discard`: another run, or an end, for some dead letters or for all.
 *
 * @module
 */
import process from "node:process";
import { type Given, text } from "./arguments.ts";
import { ask } from "./ask_gateway.ts";
import { type Command, JSON_OPTION } from "./command.ts";
import { confirmed } from "./confirm.ts";
import { deadLetterIds } from "./dead_letter_pages.ts";
import { RECEIVER_OPTION } from "./dead_letters.ts";
import { doEach } from "./do_each.ts";
import { EXIT, Stop } from "./exit_code.ts";
import { GATEWAY_OPTIONS, gatewayAddress } from "./gateway_address.ts";
import { print, tell } from "./output.ts";

const OPTIONS = {
  all: { help: "all that there are, instead of some by their ids" },
  receiver: { ...RECEIVER_OPTION.receiver, help: "with --all: those of this service alone" },
} as const;

export const REDRIVE: Command = {
  name: "dead-letters redrive",
  summary: "give dead letters another run",
  about: "Gives dead letters another run, with all attempts of their priority. It joins the end of the queue.",
  usage: "ID... | --all [options]",
  options: { ...OPTIONS, ...GATEWAY_OPTIONS, ...JSON_OPTION },
  examples: [
    "bellhop dead-letters redrive dlv_0a6b3f91d2c47e18a05d7c93f1b2",
    "bellhop dead-letters redrive --all --receiver search",
  ],
  run: (given) => change(given, "redrive", async () => await true),
};

export const DISCARD: Command = {
  name: "dead-letters discard",
  summary: "throw dead letters away",
  about: "Throws dead letters away for good, and their messages with them. On a terminal it asks first.",
  usage: "ID... | --all [options]",
  options: {
    ...OPTIONS,
    yes: { help: "do not ask; needed where nobody can be asked" },
    ...GATEWAY_OPTIONS,
    ...JSON_OPTION,
  },
  examples: [
    "bellhop dead-letters discard dlv_0a6b3f91d2c47e18a05d7c93f1b2",
    "bellhop dead-letters discard --all --receiver search --yes",
  ],
  run: (given) => change(given, "discard", (count) => mayDiscard(given, count)),
};

const DONE = { redrive: "redriven", discard: "discarded" } as const;

async function change(
  { values, positionals }: Given,
  action: "redrive" | "discard",
  may: (count: number) => Promise<boolean>,
): Promise<number> {
  const all = values.all === true;
  if (all === positionals.length > 0) throw new Stop(EXIT.usage, "wanted the ids of dead letters, or --all");
  if (!all && values.receiver !== undefined) throw new Stop(EXIT.usage, "--receiver goes with --all");
  const address = await gatewayAddress(values);
  const ids = all ? await deadLetterIds(address, text(values, "receiver", "")) : [...new Set(positionals)];
  if (ids.length > 0 && !await may(ids.length)) throw new Stop(EXIT.failed, "nothing was discarded");
  const { done, failures } = await doEach(ids, (id) => {
    const path = `/dead-letters/${encodeURIComponent(id)}`;
    return action === "redrive" ? ask(address, "POST", `${path}/redrive`) : ask(address, "DELETE", path);
  });
  if (values.json === true) {
    const failed = failures.map(({ item: id, code, detail }) => ({ id, code, detail }));
    print(JSON.stringify({ [DONE[action]]: done, failed }));
  } else {
    for (const { item, detail } of failures) tell(`${item}: ${detail}`);
    print(`${done.length} ${done.length === 1 ? "dead letter" : "dead letters"} ${DONE[action]}`);
  }
  return failures.length > 0 ? EXIT.failed : EXIT.done;
}

async function mayDiscard({ values }: Given, count: number): Promise<boolean> {
  if (values.yes === true) return true;
  if (process.stdin.isTTY !== true || process.stderr.isTTY !== true) {
    throw new Stop(EXIT.usage, "nobody can be asked here: say --yes to discard without a question");
  }
  const what = count === 1 ? "1 dead letter and its message" : `${count} dead letters and their messages`;
  return await confirmed(`Discard ${what} for good?`, process.stdin, process.stderr);
}
