/**
 * A whole session with the reference, line by line, as the page `docs/conformance/transcript.md` shows it.
 *
 *     deno run -A conformance/transcript/transcript.ts > docs/conformance/transcript.md
 *
 * @module
 */
import process from "node:process";
import type { Answer, Command, JsonObject } from "../control.ts";
import { bellhop } from "../subjects/bellhop.ts";

const START_MS = 1_767_225_600_000;
const STRUCTURED = { "content-type": "application/cloudevents+json" };

/** One step: what the suite says, and why. */
interface Step {
  readonly why: string;
  readonly command: Command;
}

const STEPS: readonly Step[] = [
  { why: "Who are you?", command: { do: "hello" } },
  {
    why: "Begin. Waits take 0.5, then 0.25, then 0.5 again.",
    command: { do: "start", nowMs: START_MS, draws: [0.5, 0.25], options: { healthIntervalMs: 0 } },
  },
  {
    why: "A question that needs no bus.",
    command: {
      do: "ask",
      about: "delay",
      input: { baseMs: 1_000, factor: 2, capMs: 300_000, jitter: "full", retry: 5, u: 0.5 },
    },
  },
  { why: "A service comes.", command: register() },
  { why: "A message is accepted, and its first attempt begins.", command: publish({ id: "m-1", priority: "HIGH" }) },
  { why: "The same again is a duplicate: nothing happens.", command: publish({ id: "m-1", priority: "HIGH" }) },
  { why: "Another content under the same id is refused.", command: publish({ id: "m-1", priority: "LOW" }) },
  {
    why: "The attempt fails: retry 1 comes at once and draws nothing.",
    command: { do: "settle", call: "c1", answer: { status: 503, headers: {}, body: "" } },
  },
  {
    why: "It fails too: a wait begins, of 0.5 · 1,000 ms.",
    command: { do: "settle", call: "c2", answer: { verdict: "nak" } },
  },
  { why: "Time passes, to the first event.", command: { do: "advance", toMs: START_MS + 60_000 } },
  { why: "Delivered.", command: { do: "settle", call: "c3", answer: { verdict: "ack" } } },
  { why: "How did it end?", command: { do: "status", source: "/suite", id: "m-1" } },
  { why: "A term ends a delivery at once…", command: publish({ id: "m-2" }) },
  { why: "…and makes a dead letter,", command: { do: "settle", call: "c4", answer: { verdict: "term" } } },
  { why: "which is listed,", command: { do: "list", what: "dead-letters" } },
  { why: "and with that the session ends.", command: { do: "stop" } },
];

/** One exchange as it is on the wire. */
export interface Exchange {
  readonly why: string;
  readonly said: string;
  readonly answered: string;
}

/** Plays the session. The same every time, to the byte. */
export async function playTranscript(): Promise<Exchange[]> {
  const subject = await bellhop()();
  const exchanges: Exchange[] = [];
  let seq = 0;
  for (const { why, command } of STEPS) {
    seq++;
    const answer: Answer = await subject.send(seq, command);
    exchanges.push({ why, said: JSON.stringify({ seq, ...command }), answered: JSON.stringify(answer) });
  }
  await subject.close();
  return exchanges;
}

/** The page. */
export function transcriptPage(exchanges: readonly Exchange[]): string {
  const blocks = exchanges.map(({ why, said, answered }) => `${why}\n\n\`\`\`jsonl\n${said}\n${answered}\n\`\`\`\n`);
  return `# A session, line by line

Each block holds one line from the suite and one from the subject, here the reference, just as they are on the wire ([what they mean](control.md)). CI plays the session and compares it with this page byte for byte. Another implementation gives other tokens and ids, may tell more, and may order members otherwise.

${blocks.join("\n")}`;
}

/** The exchanges of a page. */
export function readTranscript(page: string): { readonly said: string; readonly answered: string }[] {
  return [...page.matchAll(/^\`\`\`jsonl\n(.*)\n(.*)\n\`\`\`$/gm)].map(([, said, answered]) => ({ said, answered }));
}

function register(): Command {
  const data: JsonObject = {
    name: "b",
    version: "1.0.0",
    instance: "i1",
    endpoint: "http://127.0.0.1:9/b",
    subscriptions: ["thing.*"],
  };
  const envelope = { specversion: "1.0", id: "r-1", source: "/suite", type: "service.register", data };
  return { do: "registry", envelope };
}

function publish(fields: JsonObject): Command {
  const event = { specversion: "1.0", source: "/suite", type: "thing.happened", ...fields };
  return { do: "publish", headers: STRUCTURED, body: JSON.stringify(event) };
}

if (import.meta.main) process.stdout.write(transcriptPage(await playTranscript()));
