/**
 * `bellhop dead-letters redrive` and `discard`: another run, or an end, for some dead letters or for all.
 *
 * @module
 */
import process from "node:process";
import { type Given, text } from "./arguments.ts";
import { ask, Refusal } from "./ask_gateway.ts";
import { type Command, JSON_OPTION } from "./command.ts";
import { confirmed } from "./confirm.ts";
import { deadLetterIds } from "./dead_letter_pages.ts";
import { RECEIVER_OPTION } from "./dead_letters.ts";
import { EXIT, Stop } from "./exit_code.ts";
import { GATEWAY_OPTIONS, type GatewayAddress, gatewayAddress } from "./gateway_address.ts";
import { print, tell } from "./output.ts";
import { pool } from "./pool.ts";

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

/** Requests under way at once. */
const WIDTH = 8;
const DONE = { redrive: "redriven", discard: "discarded" } as const;

interface Failure {
  readonly id: string;
  readonly code: string;
  readonly detail: string;
}

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
  const { done, failures } = await changeEach(address, ids, action);
  if (values.json === true) print(JSON.stringify({ [DONE[action]]: done, failed: failures }));
  else {
    for (const { id, detail } of failures) tell(`${id}: ${detail}`);
    print(`${done.length} ${done.length === 1 ? "dead letter" : "dead letters"} ${DONE[action]}`);
  }
  return failures.length > 0 ? EXIT.failed : EXIT.done;
}

async function changeEach(
  address: GatewayAddress,
  ids: readonly string[],
  action: "redrive" | "discard",
): Promise<{ done: readonly string[]; failures: readonly Failure[] }> {
  const done: string[] = [];
  const failures: Failure[] = [];
  await pool(each(ids), { width: WIDTH, most: 1 }, async ([id]) => {
    const path = `/dead-letters/${encodeURIComponent(id)}`;
    try {
      await (action === "redrive" ? ask(address, "POST", `${path}/redrive`) : ask(address, "DELETE", path));
      done.push(id);
    } catch (error) {
      // What one of them is refused for may not concern the others; a credential does.
      if (!(error instanceof Refusal) || error.exitCode === EXIT.denied) throw error;
      failures.push({ id, code: error.code, detail: error.message });
    }
  });
  return { done, failures };
}

async function* each(ids: readonly string[]): AsyncGenerator<string> {
  yield* ids;
}

async function mayDiscard({ values }: Given, count: number): Promise<boolean> {
  if (values.yes === true) return true;
  if (process.stdin.isTTY !== true || process.stderr.isTTY !== true) {
    throw new Stop(EXIT.usage, "nobody can be asked here: say --yes to discard without a question");
  }
  const what = count === 1 ? "1 dead letter and its message" : `${count} dead letters and their messages`;
  return await confirmed(`Discard ${what} for good?`, process.stdin, process.stderr);
}
