/**
 * Plugs this implementation into the conformance suite: one JSON object a line on standard input and output.
 *
 * docs/conformance/control.md says what each command means.
 */
import { createInterface } from "node:readline";
import process from "node:process";
import { type Envelope, readEnvelope, readRequest, Refused, STRUCTURED, writeEnvelope } from "./envelope.ts";

const HELLO = {
  control: 1,
  name: "my-bus",
  version: "0.1.0",
  spec: "0.1",
  profiles: ["core.envelope"],
  clock: "virtual",
  asks: ["parse", "write"],
  can: [],
};

interface Command {
  readonly seq: number;
  readonly do: string;
  readonly about?: string;
  // deno-lint-ignore no-explicit-any
  readonly [member: string]: any;
}

/** A command, or a question, that this implementation does not know yet. */
class Unsupported extends Error {}

let nowMs = 0;

/** What is `ok`, as text: data stays the JSON that it came as. */
function run(command: Command): string {
  switch (command.do === "ask" ? `ask ${command.about}` : command.do) {
    case "hello":
      return JSON.stringify(HELLO);
    case "start":
      nowMs = command.nowMs;
      return "{}";
    case "advance":
      nowMs = command.toMs;
      return "{}";
    case "stop":
      return "{}";
    case "ask parse":
      return parse(command.input);
    case "ask write":
      return write(command.input);
    default:
      throw new Unsupported(`the command ${command.do} is not there yet`);
  }
}

function answer(command: Command): string {
  // A line feed in JSON is white space; here it would end the line.
  const told = outcome(command).replaceAll("\n", " ");
  // `events` is where deliveries and steps will be told.
  return `{"seq":${command.seq},${told},"nowMs":${nowMs},"events":[]}\n`;
}

function outcome(command: Command): string {
  try {
    return `"ok":${run(command)}`;
  } catch (error) {
    if (error instanceof Refused) return `"refused":${refusal(error)}`;
    if (error instanceof Unsupported) return `"unsupported":${JSON.stringify(error.message)}`;
    throw error;
  }
}

interface Request {
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly bodyBase64?: string;
}

/** Reads a request. */
function parse({ headers, body = "", bodyBase64 }: Request): string {
  const bytes = bodyBase64 === undefined
    ? new TextEncoder().encode(body)
    : Uint8Array.from(atob(bodyBase64), (letter) => letter.charCodeAt(0));
  const read = readRequest(headers, bytes);
  return Array.isArray(read) ? `{"batch":[${read.map(result).join(",")}]}` : result(read);
}

/** One item of a batch, which is judged alone. */
function result(item: Envelope | Refused): string {
  return item instanceof Refused ? `{"refused":${refusal(item)}}` : `{"envelope":${writeEnvelope(item)}}`;
}

function refusal({ code, faults }: Refused): string {
  return JSON.stringify({ code, faults });
}

/** Writes an envelope as a request. */
function write({ envelope, mode }: { readonly envelope: unknown; readonly mode: string }): string {
  if (mode !== "structured") throw new Unsupported("binary mode is not there yet");
  const body = writeEnvelope(readEnvelope(JSON.stringify(envelope)));
  return JSON.stringify({ headers: { "content-type": STRUCTURED }, body });
}

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  process.stdout.write(answer(command));
  if (command.do === "stop") break;
}
process.stdin.destroy();
