/**
 * One subject in a process of its own: `deno run … bench/subject.ts <address of the part> <group> <case>`.
 *
 * It answers each line of its input, a number of milliseconds, by a line with the number that it measured. Whatever else
 * a library prints is not an answer.
 *
 * @module
 */
import process from "node:process";
import { createInterface } from "node:readline";
import { ANSWER, type Answer } from "./answer.ts";
import type { Part } from "./part.ts";

if (import.meta.main) {
  const [url, id, name] = Deno.args;
  const { part } = await import(url) as { readonly part: Part };
  const group = part.groups.find((group) => group.id === id);
  try {
    const sampler = await group!.cases[name]();
    answer({ ready: true });
    for await (const line of createInterface({ input: process.stdin })) {
      answer({ value: await sampler.sample(Number(line)) });
    }
    await sampler.close?.();
  } catch (error) {
    answer({ why: error instanceof Error ? error.message : String(error) });
  }
  // What libraries leave behind, timers and sockets, must not keep it.
  Deno.exit();
}

function answer(said: Answer): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${ANSWER}${JSON.stringify(said)}\n`));
}
