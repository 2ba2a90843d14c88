import type { Check, Exchange, Report } from "../../conformance/mod.ts";
import { paintFor } from "./colour.ts";
import { reference } from "./conform_plug.ts";

type Suite = typeof import("../../conformance/mod.ts");

/** Most characters of a line of an exchange. */
const MAX_LINE = 4_000;

/** Tells the next requirement to work on, with one exchange that shows it. */
export async function tellNext(
  { nextStep, plainText, summaryOf, SPECIFICATION }: Suite,
  report: Report,
  checks: readonly Check[],
  say: (line: string) => void,
): Promise<void> {
  const { checks: counts } = summaryOf(report, SPECIFICATION.requirements);
  const ran = report.results.length - counts["not-applicable"];
  const paint = paintFor();
  const step = await nextStep(report, checks, await reference());
  say(`${counts.pass} of ${ran} checks of what is declared pass.`);
  if (step === undefined) {
    say(paint("green", "Everything is declared, and holds."));
    return;
  }
  const { requirement: { id, level, profile, chapter, section, sentence }, result, yours, reference: theirs } = step;
  say(result.failure === undefined ? "Next, not declared yet:" : "Next:");
  say("");
  say(`  ${paint("bold", id)} (${level}, ${profile}; docs/spec/${chapter}.md, "${section}")`);
  say(`  ${sentence}`);
  say("");
  say(`  check    ${result.check}: ${result.title}`);
  const why = result.failure?.message ?? result.reason;
  if (why !== undefined) say(`  because  ${plainText(why).split("\n").join("\n           ")}`);
  tellExchange(yours, theirs, (line) => say(plainText(line)));
  if (result.failure !== undefined) say(`  replay   ${result.failure.replay}`);
}

function tellExchange(yours: Exchange | undefined, theirs: Exchange | undefined, say: (line: string) => void): void {
  const command = yours?.command ?? theirs?.command;
  if (command === undefined) return;
  say(`  suite    ${lineOf(command)}`);
  if (yours !== undefined) say(`  yours    ${yours.answer === undefined ? "(nothing)" : lineOf(yours.answer)}`);
  if (theirs?.answer !== undefined) say(`  bellhop  ${lineOf(theirs.answer)}`);
}

function lineOf(message: unknown): string {
  const text = JSON.stringify(message);
  return text.length <= MAX_LINE ? text : `${text.slice(0, MAX_LINE)}…`;
}
