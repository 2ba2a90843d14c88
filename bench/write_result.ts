import type { BenchResult } from "./report/result.ts";

/** Writes a result with a line for each subject, measure and plot, so that a comparison shows what changed. */
export async function writeResult(path: string, result: BenchResult): Promise<void> {
  await Deno.writeTextFile(path, resultText(result));
}

/** The text of the file. */
export function resultText(result: BenchResult): string {
  const members = Object.entries(result).map(([name, value]) =>
    `${JSON.stringify(name)}: ${Array.isArray(value) ? listText(value) : JSON.stringify(value)}`
  );
  return `{\n${members.join(",\n")}\n}\n`;
}

function listText(list: readonly unknown[]): string {
  return list.length === 0 ? "[]" : `[\n${list.map((item) => `  ${JSON.stringify(item, rounded)}`).join(",\n")}\n]`;
}

/** Five digits: more would say something that no measure knows. */
function rounded(_name: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value;
}
