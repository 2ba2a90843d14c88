/**
 * A subject's process from the outside: started, asked for numbers, ended.
 *
 * Each case of each group has a process of its own. One library can slow another down tenfold in one process: by a
 * shared call site that it makes polymorphic, by a hook on promises, by a heap that is swept for both. Processes that
 * are not asked wait for their input and use no CPU.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { ANSWER, type Answer } from "./answer.ts";

/** A subject that is ready. */
export interface Apart {
  /** One number. @throws {Error} that says why there is none */
  sample(ms: number): Promise<number>;
  /** Ends the process, after it has tidied up. */
  close(): Promise<void>;
}

/** Memory for a million of anything, and `gc()` for what counts bytes. */
const FLAGS = ["run", "-A", "--v8-flags=--expose-gc,--max-old-space-size=8192"];
const SUBJECT = new URL("subject.ts", import.meta.url).href;

/** How long anything may take, besides the time that it was asked to measure. */
const PATIENCE_MS = 120_000;

/**
 * Starts the process of one case.
 *
 * @throws {Error} that says why the case cannot run
 */
export async function startApart(url: string, group: string, name: string): Promise<Apart> {
  const child = spawn(Deno.execPath(), [...FLAGS, SUBJECT, url, group, name], { stdio: ["pipe", "pipe", "pipe"] });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => complaint = (complaint + text).slice(-2_000));
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();

  async function answered(ms: number): Promise<Answer> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const overdue = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`gave no number within ${(ms + PATIENCE_MS) / 1_000} s`)),
        ms + PATIENCE_MS,
      );
    });
    try {
      return await Promise.race([nextAnswer(), overdue]);
    } finally {
      clearTimeout(timer);
    }
  }

  async function nextAnswer(): Promise<Answer> {
    for (;;) {
      const { value: line, done } = await answers.next();
      if (done) return { why: `its process ended: ${reasonIn(complaint)}` };
      if (line.startsWith(ANSWER)) return JSON.parse(line.slice(ANSWER.length));
    }
  }

  async function close(): Promise<void> {
    child.stdin.end();
    const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
    await ended;
    clearTimeout(timer);
  }

  async function orClose<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      child.kill("SIGKILL");
      await close();
      throw error;
    }
  }

  await orClose(async () => {
    const said = await answered(0);
    if (said.ready !== true) throw new Error(said.why);
  });
  return {
    sample: (ms) =>
      orClose(async () => {
        child.stdin.write(`${ms}\n`);
        const said = await answered(ms);
        if (said.value === undefined || !Number.isFinite(said.value)) throw new Error(said.why ?? "gave no number");
        return said.value;
      }),
    close,
  };
}

/** The line that tells most of what a process said before it ended. */
function reasonIn(complaint: string): string {
  const lines = complaint.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  return lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1) ?? "without a word";
}
