import { BellhopError } from "./mod.ts";

/** What a developer gets to know: the code, what is wrong and where, and what to do. */
export function told(error: unknown): string {
  if (!(error instanceof BellhopError)) throw error;
  const faults = (error.faults ?? []).map(({ field, reason }) => `\n  ${field}: ${reason}`).join("");
  return `${error.code}: ${error.message}${faults}\n${error.fix}`;
}

/** What was thrown, told. */
export async function refusal(work: () => unknown): Promise<string> {
  let result: unknown;
  try {
    result = await work();
  } catch (error) {
    return told(error);
  }
  throw new Error(`nothing was thrown, but given: ${JSON.stringify(result)}`);
}

/** A problem document as somebody reads it, in the order of what matters. */
export async function problemIn(answer: Response): Promise<string> {
  const { status, type, code, detail, fix } = await answer.json();
  return `${answer.status} ${answer.status === status ? code : `instead of ${status}`}: ${detail}\n${fix}\n${type}`;
}

/** Texts with addresses under names: they differ each time. */
export function named(text: string, names: Readonly<Record<string, string>>): string {
  return Object.entries(names).reduce((text, [name, url]) => text.replaceAll(url, name), text);
}

/** Runs the work, and gives the first lines of what it wrote to the console as errors. */
export async function console(work: () => Promise<unknown>): Promise<string> {
  const { console } = globalThis;
  const written: string[] = [];
  const original = console.error;
  console.error = (given: unknown) => {
    written.push(given instanceof Error ? `${given.name}: ${given.message}` : String(given));
  };
  try {
    await work();
  } finally {
    console.error = original;
  }
  return written.join("\n");
}

const MAIN = new URL("../../cli/main.ts", import.meta.url).pathname;
const UNSET = { BELLHOP_URL: "", BELLHOP_TOKEN: "", BELLHOP_DEV: "", NO_COLOR: "1" };

/** The real command, run to its end: what stands on the screen, and the exit code. */
export async function bellhop(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--unstable-no-legacy-abort", MAIN, ...args],
    env: UNSET,
  }).output();
  const shown = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes).trim()).filter((text) => text !== "");
  return `${shown.join("\n")}\nexit ${code}`;
}
