/**
 * `bellhop delayed cancel`: messages that are kept for later, called back.
 *
 * @module
 */
import { type Given, text } from "./arguments.ts";
import { ask } from "./ask_gateway.ts";
import { type Command, JSON_OPTION } from "./command.ts";
import { allDelayed } from "./delayed_pages.ts";
import { doEach } from "./do_each.ts";
import { EXIT, Stop } from "./exit_code.ts";
import { GATEWAY_OPTIONS, type GatewayAddress, gatewayAddress } from "./gateway_address.ts";
import { print, tell } from "./output.ts";
import { printable } from "./printable.ts";
import { DEFAULT_SOURCE } from "./send_one.ts";

export const DELAYED_CANCEL: Command = {
  name: "delayed cancel",
  summary: "call back what is kept for later",
  about: `Cancels messages before they are delivered. Each becomes a dead letter with the outcome "cancelled", which can
be redriven. Of one whose time has come already, what has not been delivered yet is cancelled.`,
  usage: "ID... | --all [options]",
  options: {
    source: { value: "URI", help: `who sent them (default ${DEFAULT_SOURCE}; with --all everybody)` },
    all: { help: "all that are kept for later, instead of some by their ids" },
    ...GATEWAY_OPTIONS,
    ...JSON_OPTION,
  },
  examples: [
    "bellhop delayed cancel 0b9e2c1a-7d7f-4a52-9f0e-2f3c5d9a1b44",
    "bellhop delayed cancel invoice-7 invoice-8 --source /services/invoices",
    "bellhop delayed cancel --all --source /services/invoices",
  ],
  run,
};

interface Message {
  readonly source: string;
  readonly id: string;
}

async function run({ values, positionals }: Given): Promise<number> {
  const all = values.all === true;
  if (all === positionals.length > 0) throw new Stop(EXIT.usage, "wanted the ids of messages, or --all");
  const address = await gatewayAddress(values);
  const source = text(values, "source", all ? "" : DEFAULT_SOURCE);
  const messages = all ? await kept(address, source) : [...new Set(positionals)].map((id) => ({ source, id }));
  const { done, failures } = await doEach(messages, ({ source, id }) => {
    const name = `source=${encodeURIComponent(source)}&id=${encodeURIComponent(id)}`;
    return ask(address, "DELETE", `/messages?${name}`);
  });
  if (values.json === true) {
    const failed = failures.map(({ item, code, detail }) => ({ ...item, code, detail }));
    print(JSON.stringify({ cancelled: done, failed }));
  } else {
    for (const { item, detail } of failures) tell(`${printable(`${item.source} ${item.id}`, 400)}: ${detail}`);
    print(`${done.length} ${done.length === 1 ? "message" : "messages"} cancelled`);
  }
  return failures.length > 0 ? EXIT.failed : EXIT.done;
}

/** What is kept for later, of one source if it is given. */
async function kept(address: GatewayAddress, of: string): Promise<readonly Message[]> {
  const messages = await allDelayed(address);
  return messages.filter(({ source }) => of === "" || source === of).map(({ source, id }) => ({ source, id }));
}
