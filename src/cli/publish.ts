/**
 * `bellhop publish`: messages from a file or standard input to a gateway.
 *
 * @module
 */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import process from "node:process";
import { type Client, connect } from "../client/mod.ts";
import { type Given, number, whole } from "./arguments.ts";
import type { Command } from "./command.ts";
import { EXIT, Stop } from "./exit_code.ts";
import { findGateway } from "./find_gateway.ts";
import { GATEWAY_OPTIONS, gatewayAddress } from "./gateway_address.ts";
import { items } from "./items.ts";
import { lines } from "./lines.ts";
import { isWatched, print, tell } from "./output.ts";
import { pool } from "./pool.ts";
import { printable } from "./printable.ts";
import { priorityOf } from "./priority_of.ts";
import { progressBar, SILENT } from "./progress.ts";
import type { SendOptions } from "./send.ts";
import { type BatchTarget, sendBatch } from "./send_batch.ts";
import { type Report, summary, Tally } from "./tally.ts";

export const PUBLISH: Command = {
  name: "publish",
  summary: "send messages from a file or standard input",
  about:
    `Sends messages: one JSON envelope, one envelope a line (NDJSON), or a JSON array of envelopes. Which of the three it
is, is found out; NDJSON may be of any size, the others up to 64 MiB. Sending a file again is harmless: an envelope
with the same source and id counts as a duplicate.`,
  usage: "[FILE|-] [options]",
  options: {
    wait: { value: "S", help: "wait up to S seconds for every delivery of each message to end, 1 to 60" },
    priority: { value: "P", help: "LOW, NORMAL, HIGH or CRITICAL for every message" },
    target: { value: "NAME", help: "send every message to this service alone" },
    type: { value: "TYPE", help: "take JSON that is no envelope for the data of a message of this type" },
    source: { value: "URI", help: "source of messages made by --type (default /cli)" },
    concurrency: { value: "N", help: "requests under way at once, 1 to 256 (default 16)" },
    timeout: { value: "S", help: "seconds to try to hand over one message, 1 to 3600 (default 30)" },
    quiet: { help: "no progress bar and no list of what was refused" },
    ...GATEWAY_OPTIONS,
    json: { help: "one line of JSON for each message, and a last one for all" },
  },
  examples: [
    "bellhop publish events.ndjson --wait 30",
    `echo '{"id":"42"}' | bellhop publish --type document.created --priority CRITICAL --wait 10`,
    `bellhop publish batch.json --json | jq -r 'select(.code) | "\\(.line) \\(.code)"'`,
  ],
  run,
};

/** Refusals that are listed; all are counted. */
const LISTED = 20;
/** Messages of one request at most. */
const BATCH = 100;

interface Input {
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly total: number | undefined;
}

async function run({ values, positionals }: Given): Promise<number> {
  const interrupt = new AbortController();
  const options = sendOptions(values, interrupt.signal);
  const width = whole(values, "concurrency", 16, 1, 256);
  const json = values.json === true;
  const quiet = json || values.quiet === true;
  const input = await open(positionals);
  const address = await gatewayAddress(values);
  const target = { address, maxBatchBytes: await findGateway(address) };

  const { url, token } = address;
  const client = await connect({ gateway: url, ...(token === undefined ? {} : { token }) });
  const progress = !quiet && isWatched() ? progressBar(input.total) : SILENT;
  const tally = new Tally();
  const startedMs = performance.now();
  const stop = () => interrupt.abort(new Stop(EXIT.interrupted, "interrupted"));
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  const refused: Report[] = [];
  try {
    await sendAll(client, target, input, width, options, progress.read, (report) => {
      tally.add(report);
      progress.sent(report.result === "refused");
      if (json) print(JSON.stringify(report));
      if (report.result === "refused" && refused.length < LISTED) refused.push(report);
    });
  } finally {
    progress.stop();
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
    const totals = tally.totals();
    const seconds = (performance.now() - startedMs) / 1_000;
    if (!quiet) {
      for (const report of refused) tell(printable(`line ${report.line}: ${report.code}: ${report.detail}`, 1_000));
    }
    if (!quiet && totals.refused > refused.length) tell(`… and ${totals.refused - refused.length} more`);
    if (json) print(JSON.stringify({ totals, seconds: Number(seconds.toFixed(3)) }));
    else if (totals.messages > 0) { for (const line of summary(totals, seconds, options.waitMs > 0)) print(line); }
    await client.close({ deadlineMs: 0 });
  }
  const { refused: refusals, failed, pending } = tally.totals();
  if (refusals + failed > 0) return EXIT.failed;
  return pending > 0 ? EXIT.unknown : EXIT.done;
}

async function sendAll(
  client: Client,
  target: BatchTarget,
  input: Input,
  width: number,
  options: SendOptions,
  onBytes: (count: number) => void,
  onReport: (report: Report) => void,
): Promise<void> {
  const { signal, waitMs } = options;
  const interrupted = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  interrupted.catch(() => {});
  // Who waits for the deliveries asks for each message by itself.
  const size = { width, most: waitMs > 0 ? 1 : BATCH };
  const sent = pool(items(lines(input.bytes, onBytes)), size, async (batch) => {
    signal.throwIfAborted();
    await sendBatch(client, target, batch, options, onReport);
  });
  sent.catch(() => {});
  // Standard input may give nothing for ever: being interrupted does not wait for it.
  await Promise.race([sent, interrupted]);
}

function sendOptions(values: Given["values"], signal: AbortSignal): SendOptions {
  const { type, target, source } = values;
  const priority = priorityOf(values);
  return {
    ...(priority === undefined ? {} : { priority }),
    ...(typeof type === "string" ? { type } : {}),
    ...(typeof target === "string" ? { target } : {}),
    ...(typeof source === "string" ? { source } : {}),
    waitMs: values.wait === undefined ? 0 : number(values, "wait", 0, 1, 60) * 1_000,
    timeoutMs: number(values, "timeout", 30, 1, 3_600) * 1_000,
    signal,
  };
}

async function open(positionals: readonly string[]): Promise<Input> {
  if (positionals.length > 1) throw new Stop(EXIT.usage, `wanted one file, got ${positionals.length}`);
  const [file] = positionals;
  if (file === undefined || file === "-") {
    if (file === undefined && process.stdin.isTTY) {
      throw new Stop(EXIT.usage, "wanted a file, or messages on standard input; see bellhop publish --help");
    }
    return { bytes: process.stdin, total: undefined };
  }
  try {
    const found = await stat(file);
    if (found.isDirectory()) throw new Error("it is a directory");
    return { bytes: createReadStream(file), total: found.isFile() ? found.size : undefined };
  } catch (error) {
    throw new Stop(EXIT.usage, `cannot read ${file}: ${(error as Error).message}`);
  }
}
