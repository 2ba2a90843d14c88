/**
 * `bellhop tail`: the live trace of a gateway that runs.
 *
 * @module
 */
import { atMost, type Given } from "./arguments.ts";
import { paintFor } from "./colour.ts";
import { type Command, NDJSON_OPTION } from "./command.ts";
import { EXIT } from "./exit_code.ts";
import { GATEWAY_OPTIONS, gatewayAddress } from "./gateway_address.ts";
import { print, tell } from "./output.ts";
import { untilStopped } from "./stop_signal.ts";
import { FILTER_OPTIONS, traceFilter } from "./trace_filter.ts";
import { traceLines } from "./trace_line.ts";
import { followTrace } from "./trace_stream.ts";

export const TAIL: Command = {
  name: "tail",
  summary: "show what happens at a gateway, live",
  about:
    `Shows each step of each message as it happens, until SIGINT or SIGTERM. A trace that breaks off is opened again;
what happened in between is not shown.`,
  usage: "[options]",
  options: { ...FILTER_OPTIONS, ...GATEWAY_OPTIONS, ...NDJSON_OPTION },
  examples: [
    "bellhop tail",
    "bellhop tail --service search --type 'document.*'",
    "bellhop tail --id 7d1f --gateway http://127.0.0.1:8000/bus",
    `bellhop tail --json | jq -c 'select(.kind == "failed") | [.receiver, .reason]'`,
  ],
  run,
};

async function run({ values, positionals }: Given): Promise<number> {
  atMost(positionals, 0, "no argument");
  const isWanted = traceFilter(values);
  const address = await gatewayAddress(values);
  const line = traceLines(paintFor());
  const ended = new AbortController();
  untilStopped().then(() => ended.abort());
  await followTrace(address, ended.signal, {
    onStep: (step) => isWanted(step) && print(values.json === true ? JSON.stringify(step) : line(step)),
    onOpen: (again) =>
      tell(again ? "connected again; what happened in between is not shown" : `following ${address.url}`),
    onLost: () => tell(`the trace of ${address.url} broke off; trying again`),
  });
  return EXIT.done;
}
