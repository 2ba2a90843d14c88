/**
 * Serves a subject over standard input and output, as an adapter in another language does.
 *
 *     deno run -A conformance/subjects/serve_stdio.ts
 *
 * @module
 */
import { createInterface } from "node:readline";
import process from "node:process";
import type { OpenSubject } from "../control.ts";
import { bellhop } from "./bellhop.ts";

/** Answers every line until the input ends. */
export async function serveStdio(open: OpenSubject): Promise<void> {
  const subject = await open();
  for await (const line of createInterface({ input: process.stdin })) {
    const { seq, ...command } = JSON.parse(line);
    process.stdout.write(`${JSON.stringify(await subject.send(seq, command))}\n`);
    if (command.do === "stop") break;
  }
  await subject.close();
}

if (import.meta.main) {
  await serveStdio(bellhop());
  process.exit(0);
}
