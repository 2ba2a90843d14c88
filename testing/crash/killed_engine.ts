/**
 * The engine on a store on disk, killed again and again at full speed, and judged by what its receiver got.
 *
 * @module
 */
import { assert, assertEquals, assertGreater } from "@std/assert";
import { seededRandom } from "@bellhop/bellhop/testing";
import { effort } from "../effort.ts";
import type { KilledStore } from "./engine_writer.ts";

const CYCLES = effort(4, 200);
const DEADLINE_MS = 60_000;

/** Asserts that every acknowledged CRITICAL is delivered, and none that nobody published. */
export async function assertSurvivesKills(store: KilledStore): Promise<void> {
  const seed = Number(Deno.env.get("FC_SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0]);
  print(`kill test of ${store}(): ${CYCLES} cycles, replay the instants with FC_SEED=${seed}`);
  const random = seededRandom(seed);
  const directory = await Deno.makeTempDir({ prefix: "bellhop-" });
  const path = `${directory}/bus`;
  const submitted = new Set<string>();
  const acknowledged = new Set<string>();
  const delivered = new Set<string>();
  const note = (output: string) => {
    for (const line of output.split("\n").slice(0, -1)) {
      const [kind, id] = line.split(" ");
      (kind === "s" ? submitted : kind === "a" ? acknowledged : delivered).add(id);
    }
  };
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    note(await run([store, path, `c${cycle}`], { lines: 10 + Math.floor(random() * 500), extraMs: random() * 20 }));
  }
  const last = await run([store, path, "last", "drain"]);
  assert(last.endsWith("letters 0\n"), last.slice(-200));
  note(last.slice(0, -"letters 0\n".length));
  await Deno.remove(directory, { recursive: true });

  assertGreater(acknowledged.size, CYCLES);
  assertEquals([...acknowledged].filter((id) => !delivered.has(id)), [], "acknowledged, not delivered");
  assertEquals([...delivered].filter((id) => !submitted.has(id)), [], "delivered, never submitted");
  print(
    `kill test of ${store}(): ${submitted.size} submitted, ${acknowledged.size} acknowledged, ${delivered.size} delivered`,
  );
}

/** Runs the writer to its end, or kills it `extraMs` after it has printed so many lines; returns all that it printed. */
async function run(args: string[], kill?: { readonly lines: number; readonly extraMs: number }): Promise<string> {
  const writer = new URL("engine_writer.ts", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", writer, ...args],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const timers = [setTimeout(() => child.kill("SIGKILL"), DEADLINE_MS)];
  let output = "";
  let lines = 0;
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    output += text;
    lines += text.split("\n").length - 1;
    if (kill !== undefined && timers.length === 1 && lines >= kill.lines) {
      timers.push(setTimeout(() => child.kill("SIGKILL"), kill.extraMs));
    }
  }
  const { signal, success } = await child.status;
  timers.forEach(clearTimeout);
  if (kill === undefined) assert(success, "the last life did not end well");
  else assert(signal === "SIGKILL" && timers.length === 2, `the writer printed ${lines} lines in ${DEADLINE_MS} ms`);
  return output;
}

function print(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
}
