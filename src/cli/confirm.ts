import { createInterface } from "node:readline";

/** Asks a question that only `y` or `yes` agrees to; the end of the input does not. */
export function confirmed(
  question: string,
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): Promise<boolean> {
  return new Promise((resolve) => {
    const dialogue = createInterface({ input, output });
    dialogue.once("close", () => resolve(false));
    dialogue.question(`${question} [y/N] `, (answer) => {
      resolve(/^y(es)?$/i.test(answer.trim()));
      dialogue.close();
    });
  });
}
