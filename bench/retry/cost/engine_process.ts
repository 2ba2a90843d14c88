/**
 * The other end of {@linkcode serveEngine}: a process in which one engine is alone.
 *
 * @module
 */
import type { Answer, Question } from "./serve_engine.ts";

export interface EngineProcess extends AsyncDisposable {
  /** One question at a time. A process that ended answers with the reason. */
  ask<T>(question: Question): Promise<Answer<T>>;
}

/** How much of what a process said last is kept, to tell why it ended. */
const LAST_WORDS = 400;

export function engineProcess(command: readonly string[]): EngineProcess {
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

  return {
    async ask(question) {
      // Writing to a process that is gone fails; that it is gone is seen below.
      await writer.write(new TextEncoder().encode(`${JSON.stringify(question)}\n`)).catch(() => {});
      const answer = await line();
      if (answer !== undefined) return JSON.parse(answer);
      const { code, signal } = await child.status;
      await heard;
      return { why: `its process ended with ${signal ?? `code ${code}`}: ${lastWords.trim()}` };
    },
    async [Symbol.asyncDispose]() {
      await writer.close().catch(() => {});
      await lines.cancel().catch(() => {});
      await child.status;
      await heard;
    },
  };
}
