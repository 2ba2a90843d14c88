/**
 * A subject that is a program of its own, in any language: one JSON object a line on its standard input and output.
 *
 * @module
 */
import { spawn } from "node:child_process";
import process from "node:process";
import type { Answer, Command, OpenSubject, Subject } from "../control.ts";
import { SubjectBroken } from "../failure.ts";

/** Longest line of a subject, in UTF-16 code units; a longer one breaks the session. */
const MAX_LINE = 64 * 1_024 * 1_024;
/** What is kept of standard error, to be shown when the subject breaks. */
const MAX_COMPLAINT = 4_000;
/** Milliseconds that a subject has to end by itself after `stop`. */
const GRACE_MS = 2_000;

/** How the program is started. */
export interface StdioOptions {
  /** Folder in which it runs; default the present one. */
  readonly cwd?: string;
  /** Called with every line in either direction, as it is on the wire. */
  readonly wire?: (from: "suite" | "subject", line: string) => void;
}

/**
 * A subject behind a command line, which the shell reads. The whole process group is ended with it.
 *
 * @example
 * ```ts
 * import { stdioSubject } from "@bellhop/bellhop/conformance/stdio";
 * import { assertEquals } from "@std/assert";
 * const deaf = `read command; echo '{"seq":0,"nowMs":0,"ok":{"control":1},"events":[]}'`;
 * const subject = await stdioSubject(deaf)();
 * assertEquals((await subject.send(0, { do: "hello" })).ok, { control: 1 });
 * await subject.close();
 * ```
 */
export function stdioSubject(command: string, { cwd, wire }: StdioOptions = {}): OpenSubject {
  return () =>
    new Promise((resolve, reject) => {
      // A group of its own, for the shell passes no signal on to what it runs.
      const child = spawn(command, {
        shell: true,
        stdio: "pipe",
        detached: true,
        ...(cwd === undefined ? {} : { cwd }),
      });
      let complaint = "";
      let rest: string[] = [];
      let restLength = 0;
      let ended: string | undefined;
      let waiting: { readonly seq: number; resolve(answer: Answer): void; reject(error: Error): void } | undefined;

      const fail = (message: string): void => {
        ended ??= `${message}${complaint === "" ? "" : `; it said on standard error:\n${complaint.trimEnd()}`}`;
        waiting?.reject(new SubjectBroken(ended));
        waiting = undefined;
      };
      const line = (text: string): void => {
        if (text.trim() === "") return;
        wire?.("subject", text);
        let answer: Answer;
        try {
          answer = JSON.parse(text);
        } catch {
          return fail(`a line that is no JSON: ${text.slice(0, 200)}`);
        }
        const fault = faultOf(answer, waiting?.seq);
        if (fault !== undefined) return fail(`${fault}: ${text.slice(0, 200)}`);
        const { resolve } = waiting!;
        waiting = undefined;
        resolve(answer);
      };

      child.stdout.setEncoding("utf8");
      child.stdout.on("data", (text: string) => {
        const parts = text.split("\n");
        for (let part = 0; part < parts.length - 1; part++) {
          const whole = rest.length === 0 ? parts[part] : rest.join("") + parts[part];
          rest = [];
          restLength = 0;
          line(whole);
        }
        const last = parts[parts.length - 1];
        if (last !== "") rest.push(last);
        restLength += last.length;
        if (restLength > MAX_LINE) fail(`a line of more than ${MAX_LINE} characters`);
      });
      child.stderr.setEncoding("utf8");
      child.stderr.on("data", (text: string) => complaint = (complaint + text).slice(-MAX_COMPLAINT));
      child.stdin.on("error", () => {}); // told by `close`
      child.on("error", (error) => reject(new SubjectBroken(`${command} would not start: ${error.message}`)));
      const closed = new Promise<void>((done) => {
        child.on("close", (code, signal) => {
          fail(`the subject ended with ${signal ?? `code ${code}`}`);
          done();
        });
      });

      const subject: Subject = {
        send: (seq: number, command: Command) =>
          new Promise((resolve, reject) => {
            if (ended !== undefined) return reject(new SubjectBroken(ended));
            if (waiting !== undefined) return reject(new SubjectBroken("a command is still being answered"));
            waiting = { seq, resolve, reject };
            const text = JSON.stringify({ seq, ...command });
            wire?.("suite", text);
            child.stdin.write(`${text}\n`);
          }),
        async close() {
          if (ended === undefined && waiting === undefined) {
            subject.send(-1, { do: "stop" }).catch(() => {});
            child.stdin.end();
          }
          const timer = setTimeout(() => kill(child.pid), ended === undefined && waiting === undefined ? GRACE_MS : 0);
          if (waiting !== undefined && waiting.seq !== -1) kill(child.pid);
          await closed;
          clearTimeout(timer);
          kill(child.pid);
        },
      };
      child.on("spawn", () => resolve(subject));
    });
}

function faultOf(answer: Answer, waitedFor: number | undefined): string | undefined {
  if (typeof answer !== "object" || answer === null || Array.isArray(answer)) return "an answer that is no object";
  if (waitedFor === undefined) return "a line that nothing was asked for";
  if (answer.seq !== waitedFor) return `the answer to command ${answer.seq} where ${waitedFor} was asked`;
  if (waitedFor === -1) return undefined;
  if (!Number.isFinite(answer.nowMs)) return "an answer without nowMs";
  if (!Array.isArray(answer.events)) return "an answer without events";
  return undefined;
}

/** Ends the group; one that has ended is none. */
function kill(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // it has gone
  }
}
