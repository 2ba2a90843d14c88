/**
 * The `real-input` task: real GitHub webhook payloads go from a file through a gateway to two services, each of the three
 * a process of its own, and must arrive once and unchanged at each. See `docs/real-input.md`.
 *
 * @module
 */
import { join } from "node:path";
import { digestOf } from "./_digest.ts";
import { type GithubEvent, githubEvents } from "./_github_events.ts";
import { print } from "./_print.ts";
import { type TalkingProcess, talkingProcess } from "./_talking_process.ts";

/** By id: how often it came, how often it was handled, and what it held. */
type Arrivals = Readonly<
  Record<string, { readonly count: number; readonly handled: number; readonly digest: string }>
>;

const DEFAULT_MAX_BYTES = 262_144;
const RECEIVERS = ["archive", "statistics"];

Deno.chdir(new URL("..", import.meta.url));
const folder = await Deno.makeTempDir({ prefix: "bellhop_real_input_" });
const processes: TalkingProcess[] = [];
let leaving: Promise<never> | undefined;
for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, () => void leave(130));
try {
  await leave(await send());
} catch (error) {
  print(`cannot go on: ${error instanceof Error ? error.message : error}`);
  await leave(2);
}

async function send(): Promise<number> {
  const events = githubEvents();
  const file = join(folder, "github.ndjson");
  const maxBytes = await write(file, events);

  const gateway = run("src/cli/main.ts", "gateway", "--port", "0", "--store", "memory", "--json", ...limit(maxBytes));
  const { url } = JSON.parse(await gateway.line());
  print(`gateway at ${url} (pid ${gateway.pid})`);
  const receivers = RECEIVERS.map((name) => run("scripts/_real_input_receiver.ts", name, url));
  for (const [place, receiver] of receivers.entries()) {
    await receiver.line();
    print(`service ${RECEIVERS[place]} subscribes to github.> (pid ${receiver.pid})`);
  }

  print("$ bellhop publish github.ndjson --wait 30");
  const published = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "src/cli/main.ts", "publish", file, "--gateway", url, "--wait", "30"],
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).output();
  if (published.code !== 0) print(`bellhop publish ended with code ${published.code}`);

  let whole = published.code === 0;
  for (const [place, receiver] of receivers.entries()) {
    await receiver.hangUp();
    const arrivals: Arrivals = JSON.parse(await receiver.line());
    whole = await check(RECEIVERS[place], events, arrivals) && whole;
  }
  return whole ? 0 : 1;
}

/** @returns the size of the largest envelope in bytes */
async function write(file: string, events: readonly GithubEvent[]): Promise<number> {
  const lines = events.map((event) => JSON.stringify(event));
  const sizes = lines.map((line) => new TextEncoder().encode(line).length);
  const largest = Math.max(...sizes);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  await Deno.writeTextFile(file, `${lines.join("\n")}\n`);
  const types = new Set(events.map(({ type }) => type)).size;
  print(
    `${events.length} payloads of ${types} types, ${
      (total / 1_048_576).toFixed(1)
    } MiB; the largest has ${largest} bytes`,
  );
  return largest;
}

/** Only a larger envelope than a gateway takes by default needs another limit. */
function limit(largestBytes: number): string[] {
  return largestBytes <= DEFAULT_MAX_BYTES ? [] : ["--max-bytes", String(largestBytes)];
}

async function check(name: string, events: readonly GithubEvent[], arrivals: Arrivals): Promise<boolean> {
  let [once, more, missing, changed] = [0, 0, 0, 0];
  for (const { id, data } of events) {
    const arrival = arrivals[id];
    if (arrival === undefined) missing++;
    else if (arrival.count > 1 || arrival.handled !== 1) more++;
    else once++;
    if (arrival !== undefined && arrival.digest !== await digestOf(data)) changed++;
  }
  const unknown = Object.keys(arrivals).length - (once + more);
  print(
    `${name}: ${once} arrived once, ${more} more than once, ${missing} missing, ${changed} changed, ${unknown} unknown`,
  );
  return once === events.length && changed === 0 && unknown === 0;
}

function run(file: string, ...args: readonly string[]): TalkingProcess {
  const process = talkingProcess(file, ...args);
  processes.push(process);
  return process;
}

/** Ends the processes and removes the folder; the first code counts. */
function leave(code: number): Promise<never> {
  return leaving ??= end(code);
}

async function end(code: number): Promise<never> {
  await Promise.all(processes.map((process) => process.stop("SIGTERM")));
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  Deno.exit(code);
}
