/**
 * `bellhop publish`: messages from a file or standard input to a gateway.
 *
 * @module
 */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import process from "node:process";
import { type Client, connect } from "../client/mod.ts";
import { PRIORITIES, type Priority } from "../core/priority/table.ts";
import { type Given, given, number, text } from "./arguments.ts";
import { EXIT, Stop } from "./exit_code.ts";
import { findGateway } from "./find_gateway.ts";
import { items } from "./items.ts";
import { lines } from "./lines.ts";
import { isWatched, print, tell } from "./output.ts";
import { pool } from "./pool.ts";
import { progressBar, SILENT } from "./progress.ts";
import type { SendOptions } from "./send.ts";
import { type BatchTarget, sendBatch } from "./send_batch.ts";
import { type Report, summary, Tally } from "./tally.ts";
import { USAGE } from "./usage.ts";

const OPTIONS = {
  gateway: { type: "string" },
  wait: { type: "string" },
  priority: { type: "string" },
  target: { type: "string" },
  type: { type: "string" },
  source: { type: "string" },
  concurrency: { type: "string" },
  timeout: { type: "string" },
  json: { type: "boolean" },
  quiet: { type: "boolean" },
} as const;

/** Refusals that are listed; all are counted. */
const LISTED = 20;
/** Messages of one request at most. */
const BATCH = 100;

interface Input {
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly total: number | undefined;
}

/** Runs the command. @returns the exit code */
export async function publishCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = given(args, OPTIONS);
  if (values.help === true) return print(USAGE.publish), EXIT.done;
  const interrupt = new AbortController();
  const options = sendOptions(values, interrupt.signal);
  const width = number(values, "concurrency", 16, 1, 256);
  const json = values.json === true;
  const quiet = json || values.quiet === true;
  const input = await open(positionals);
  const gateway = text(values, "gateway", process.env.BELLHOP_GATEWAY ?? "http://127.0.0.1:8000").replace(/\/$/, "");
  const target = { url: gateway, maxBatchBytes: await findGateway(gateway) };

  const client = await connect({ gateway });
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
    if (!quiet) { for (const report of refused) tell(`line ${report.line}: ${report.code}: ${report.detail}`); }
    if (!quiet && totals.refused > refused.length) tell(`… and ${totals.refused - refused.length} more`);
    if (json) print(JSON.stringify({ totals, seconds: Number(seconds.toFixed(3)) }));
    else if (totals.messages > 0) { for (const line of summary(totals, seconds, options.waitMs > 0)) print(line); }
    await client.close({ deadlineMs: 0 });
  }
  const { refused: refusals, failed, pending } = tally.totals();
  return refusals + failed + pending > 0 ? EXIT.partly : EXIT.done;
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
  const { priority, type, target, source } = values;
  if (priority !== undefined && !PRIORITIES.includes(priority as Priority)) {
    throw new Stop(EXIT.usage, `--priority: wanted ${PRIORITIES.join(", ")}, got ${JSON.stringify(priority)}`);
  }
  return {
    ...(priority === undefined ? {} : { priority: priority as Priority }),
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
