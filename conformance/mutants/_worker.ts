/** Runs the reference, or what a mutant made of it, in a thread of its own: one that hangs can be ended. */
import type { Command } from "../control.ts";
import { bellhop } from "../subjects/bellhop.ts";

const subject = await bellhop()();
const scope = globalThis as unknown as {
  onmessage: (message: { data: { seq: number; command: Command } }) => void;
  postMessage(message: unknown): void;
};
scope.onmessage = ({ data: { seq, command } }) => {
  subject.send(seq, command).then(
    (answer) => scope.postMessage({ answer: JSON.stringify(answer) }),
    (error) => scope.postMessage({ error: String(error?.stack ?? error) }),
  );
};
scope.postMessage({ ready: true });
