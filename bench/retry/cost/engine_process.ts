/**
 * The other end of {@linkcode serveEngine}: a process in which one engine is alone.
 *
 * @module
 */
import { ANSWER } from "../../answer.ts";
import type { Answer, Question } from "./serve_engine.ts";

export interface EngineProcess extends AsyncDisposable {
  /** One question at a time. A process that ended, or that is ended since it takes too long, answers with the reason. */
  ask<T>(question: Question): Promise<Answer<T>>;
}

/** How much of what a process said last is kept, to tell why it ended. */
const LAST_WORDS = 400;
/** How long an answer may take, besides the time that was asked for: a million calls that wait take a minute. */
const PATIENCE_MS = 300_000;

/** Starts it. @param patienceMs for each answer */
export function engineProcess(command: readonly string[], patienceMs: number = PATIENCE_MS): EngineProcess {
  const child = new Deno.Command(command[0], {
    args: command.slice(1),
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const writer = child.stdin.getWriter();
  let said = "";
  let lastWords = "";
  const heard = (async () => {
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      lastWords = (lastWords + text).slice(-LAST_WORDS);
    }
  })();

  async function line(): Promise<string | undefined> {
    while (!said.includes("\n")) {
      const { value, done } = await lines.read();
      if (done) return undefined;
      said += value;
    }
    const end = said.indexOf("\n");
    const first = said.slice(0, end);
    said = said.slice(end + 1);
    return first;
  }

  /** What a library prints of its own is passed over. */
  async function answer(): Promise<string | undefined> {
    for (;;) {
      const one = await line();
      if (one === undefined) return undefined;
      if (one.startsWith(ANSWER)) return one.slice(ANSWER.length);
    }
  }

  return {
    async ask(question) {
      // Writing to a process that is gone fails; that it is gone is seen below.
      await writer.write(new TextEncoder().encode(`${JSON.stringify(question)}\n`)).catch(() => {});
      const limitMs = patienceMs + ("ms" in question ? question.ms : 0);
      let overdue = false;
      const timer = setTimeout(() => {
        overdue = true;
        child.kill("SIGKILL");
      }, limitMs);
      const given = await answer();
      clearTimeout(timer);
      if (given !== undefined) return JSON.parse(given);
      const { code, signal } = await child.status;
      await heard;
      if (overdue) return { why: `it gave no answer within ${limitMs / 1_000} s` };
      return { why: `its process ended with ${signal ?? `code ${code}`}: ${lastWords.trim()}` };
    },
    async [Symbol.asyncDispose]() {
      await writer.close().catch(() => {});
      await lines.cancel().catch(() => {});
      // It may be in the middle of something that never ends.
      try {
        child.kill("SIGKILL");
      } catch { /* it has ended */ }
      await child.status;
      await heard;
    },
  };
}
