/**
 * `bellhop send`: one message, and what becomes of it.
 *
 * @module
 */
import process from "node:process";
import { connect } from "../client/mod.ts";
import { ERRORS, isErrorCode } from "../core/error.ts";
import { parseTimestamp } from "../core/timestamp.ts";
import { type Given, number, text } from "./arguments.ts";
import { type Command, JSON_OPTION } from "./command.ts";
import { duration } from "./duration.ts";
import { EXIT, Stop } from "./exit_code.ts";
import { findGateway } from "./find_gateway.ts";
import { GATEWAY_OPTIONS, gatewayAddress } from "./gateway_address.ts";
import { lines, MOST_CHARACTERS } from "./lines.ts";
import { print } from "./output.ts";
import { printable } from "./printable.ts";
import { priorityOf } from "./priority_of.ts";
import { send } from "./send.ts";
import type { Report } from "./tally.ts";

/** Who sends what is sent by hand. */
export const DEFAULT_SOURCE = "/cli";

export const SEND: Command = {
  name: "send",
  summary: "send one message",
  about: `Sends one message with the JSON as its data; "-" reads the data from standard input. With --wait it says how
each delivery ended, and the exit code tells: 0 delivered, 1 a dead letter or nobody subscribes, 4 not known yet.`,
  usage: "TYPE [JSON|-] [options]",
  options: {
    priority: { value: "P", help: "LOW, NORMAL, HIGH or CRITICAL (default NORMAL)" },
    target: { value: "NAME", help: "send it to this service alone" },
    source: { value: "URI", help: `who sends it (default ${DEFAULT_SOURCE})` },
    id: {
      value: "ID",
      help: "its id; sent again with the same data it counts as a duplicate (default one that is made up)",
    },
    key: { value: "KEY", help: "partitionkey: what has the same one is delivered in order" },
    delay: { value: "TIME", help: "have the gateway keep it so long first: 90s, 10m, 2h, up to 7d" },
    at: { value: "TIME", help: "have the gateway keep it until then: 2027-01-31T08:00:00+01:00" },
    wait: { value: "S", help: "wait up to S seconds for each delivery to end, 1 to 60" },
    timeout: { value: "S", help: "seconds to try to hand it over, 1 to 3600 (default 30)" },
    ...GATEWAY_OPTIONS,
    ...JSON_OPTION,
  },
  examples: [
    `bellhop send document.created '{"id":"42"}' --wait 10`,
    'bellhop send invoice.due \'{"id":"7"}\' --delay 10m --priority CRITICAL',
    "bellhop send audit.logged --priority CRITICAL --target audit < /dev/null",
    "jq '.order' order.json | bellhop send order.paid - --key customer-7 --json",
  ],
  run,
};

/** How it went, in one word. */
type Result = "accepted" | "delivered" | "dead-lettered" | "no-subscriber" | "unknown" | "refused";

const CODES: Readonly<Record<Result, number>> = {
  accepted: EXIT.done,
  delivered: EXIT.done,
  "dead-lettered": EXIT.failed,
  "no-subscriber": EXIT.failed,
  refused: EXIT.failed,
  unknown: EXIT.unknown,
};
const DENIED = ["unauthorized", "forbidden"];

async function run({ values, positionals }: Given): Promise<number> {
  const [type, json, ...others] = positionals;
  if (type === undefined) throw new Stop(EXIT.usage, "wanted the type of the message, as document.created");
  if (others.length > 0) {
    throw new Stop(EXIT.usage, `wanted the data as one argument, got ${others.length + 1}: put it between quotes`);
  }
  const priority = priorityOf(values);
  const waitMs = values.wait === undefined ? 0 : number(values, "wait", 0, 1, 60) * 1_000;
  const timeoutMs = number(values, "timeout", 30, 1, 3_600) * 1_000;
  const later = laterOf(values);
  const data = await dataOf(json);
  const address = await gatewayAddress(values);
  await findGateway(address);
  const value = { ...envelopeOfSend(type, data, values), ...later.attributes };
  const client = await connect({
    gateway: address.url,
    ...(address.token === undefined ? {} : { token: address.token }),
  });
  try {
    const target = typeof values.target === "string" ? { target: values.target } : {};
    const { signal } = new AbortController();
    const options = { ...(priority === undefined ? {} : { priority }), ...target, waitMs, timeoutMs, signal };
    const delay = later.delayMs === undefined ? {} : { delayMs: later.delayMs };
    const { line: _, ...report } = await send(client, { line: 1, value }, { ...options, ...delay });
    const result = resultOf(report);
    if (values.json === true) print(JSON.stringify({ ...report, result }));
    else for (const line of sentLines(report, result, later.said)) print(line);
    return DENIED.includes(report.code ?? "") ? EXIT.denied : CODES[result];
  } finally {
    await client.close({ deadlineMs: 0 });
  }
}

function envelopeOfSend(type: string, data: { readonly data?: unknown }, values: Given["values"]): object {
  const id = typeof values.id === "string" ? values.id : undefined;
  return {
    specversion: "1.0",
    id: id ?? crypto.randomUUID(),
    source: text(values, "source", DEFAULT_SOURCE),
    type,
    // With another time it would be another message under the same id.
    ...(id === undefined ? { time: new Date().toISOString() } : {}),
    ...(typeof values.key === "string" ? { partitionkey: values.key } : {}),
    ...data,
  };
}

/** The longest delay that the protocol knows; most gateways take less. */
const MOST_DELAY_MS = 1_728_000_000;

/** When it is to be delivered, as `--delay` or `--at` say. */
interface Later {
  readonly delayMs?: number;
  readonly attributes: { readonly deliverat?: string };
  /** For how long it is kept, or until when; empty for not at all. */
  readonly said: string;
}

function laterOf({ delay, at }: Given["values"]): Later {
  if (delay !== undefined && at !== undefined) throw new Stop(EXIT.usage, "wanted --delay or --at, got both");
  if (typeof delay === "string") {
    const delayMs = duration("delay", delay, MOST_DELAY_MS);
    return { delayMs, attributes: {}, said: delayMs === 0 ? "" : `for ${delay}` };
  }
  if (typeof at !== "string") return { attributes: {}, said: "" };
  const atMs = parseTimestamp(at);
  if (atMs === undefined) {
    throw new Stop(EXIT.usage, `--at: wanted a time as 2027-01-31T08:00:00Z, got ${JSON.stringify(at)}`);
  }
  return { attributes: { deliverat: at }, said: atMs <= Date.now() ? "" : `until ${at}` };
}

async function dataOf(json: string | undefined): Promise<{ readonly data?: unknown }> {
  if (json === undefined) return {};
  let given = json;
  if (json === "-") {
    given = "";
    for await (const { text } of lines(process.stdin)) {
      given += `${text}\n`;
      if (given.length > MOST_CHARACTERS) throw new Stop(EXIT.usage, "standard input is longer than 64 MiB");
    }
  }
  try {
    return { data: JSON.parse(given) };
  } catch (error) {
    const where = json === "-" ? "standard input" : "the data";
    const hint = json === "-" ? "" : `; a text goes as '"text"', with both quotes`;
    throw new Stop(EXIT.usage, `${where} is no JSON: ${printable((error as Error).message)}${hint}`);
  }
}

type Sent = Omit<Report, "line">;

function resultOf({ result, receivers, deliveries = [] }: Sent): Result {
  if (result === "accepted" || result === "refused") return result;
  if (result === "pending") return "unknown";
  if (receivers?.length === 0 || deliveries.every(({ receiver }) => receiver === "")) return "no-subscriber";
  return result === "failed" ? "dead-lettered" : "delivered";
}

/** @param later for how long it is kept, or until when; empty for not at all */
function sentLines(report: Sent, result: Result, later: string): string[] {
  const { source = "", id = "", durability = "", duplicate, receivers = [], deliveries = [], code, detail = "" } =
    report;
  const name = printable(`${source} ${id}`, 400);
  if (result === "refused") {
    const advice = isErrorCode(code) ? [ERRORS[code].fix] : [];
    return [`refused: ${code}: ${printable(detail, 1_000)}`, ...advice];
  }
  const known = duplicate === true ? ", known already" : "";
  const to = receivers.length === 0 ? "nobody: no service subscribes to it" : receivers.join(", ");
  const head = `${name} is accepted (${durability}${known}) for ${printable(to, 1_000)}`;
  // What was known already may have come meanwhile.
  if (later !== "" && duplicate !== true && receivers.length > 0 && (result === "accepted" || result === "unknown")) {
    const from = source === DEFAULT_SOURCE ? "" : ` --source ${printable(source, 400)}`;
    return [head, `it is kept ${later}; to call it back: bellhop delayed cancel ${printable(id, 400)}${from}`];
  }
  if (result === "accepted" || result === "no-subscriber") return [head];
  if (result === "unknown") return [head, "its deliveries have not ended in time: see `bellhop tail`, or wait longer"];
  const width = Math.max(...deliveries.map(({ receiver }) => receiver.length));
  const rows = deliveries.map(({ receiver, outcome, attempts, lastError }) => {
    const after = `after ${attempts} ${attempts === 1 ? "attempt" : "attempts"}`;
    const why = lastError === undefined ? "" : `: ${printable(lastError)}`;
    return `  ${receiver.padEnd(width)}  ${outcome} ${after}${why}`;
  });
  return [head, ...rows, ...(result === "dead-lettered" ? ["what failed is a dead letter: bellhop dead-letters"] : [])];
}
