/**
 * Draws the states of a delivery in `docs/spec/bus.md` from the table that the bus runs by; `--check` only compares.
 *
 *     deno run -A scripts/state_diagram.ts [--check]
 *
 * Exit code 1 if the page has no markers, or with `--check` if what stands between them is stale.
 *
 * @module
 */
import { type Transition, TRANSITIONS } from "../src/core/bus/transitions.ts";

const PAGE = new URL("../docs/spec/bus.md", import.meta.url);
const BEGIN = "<!-- states:begin -->";
const END = "<!-- states:end -->";
const STORAGE = { memory: "memory", disk: "`CRITICAL`", any: "all" } as const;

/** What belongs between the markers: a Mermaid diagram and the same as a table, the way `deno fmt` would write it. */
export function drawn(transitions: readonly Transition[]): string {
  return `${BEGIN}\n\n${diagram(transitions)}\n\n${table(transitions)}\n\n${END}`;
}

/** The page with its block made anew; `undefined` if it has no place for one. */
export function renewed(page: string, transitions: readonly Transition[]): string | undefined {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin === -1 || end < begin) return undefined;
  return page.slice(0, begin) + drawn(transitions) + page.slice(end + END.length);
}

function diagram(transitions: readonly Transition[]): string {
  const lines = ["```mermaid", "stateDiagram-v2", "  [*] --> new"];
  const states = new Set(transitions.flatMap(({ from, to }) => [from, to]));
  for (const state of states) if (state.includes("-")) lines.push(`  state "${state}" as ${name(state)}`);
  const arrows = new Map<string, string[]>();
  for (const { from, event, storage, to } of transitions) {
    const arrow = `  ${name(from)} --> ${name(to)}`;
    const label = storage === "disk" ? `${event} (CRITICAL)` : event;
    arrows.set(arrow, [...(arrows.get(arrow) ?? []), label]);
  }
  for (const [arrow, labels] of arrows) lines.push(`${arrow}: ${[...new Set(labels)].join(", ")}`);
  for (const state of states) if (transitions.every(({ from }) => from !== state)) lines.push(`  ${state} --> [*]`);
  return [...lines, "```"].join("\n");
}

function table(transitions: readonly Transition[]): string {
  const rows = transitions.map(({ from, event, storage, to, note }) => [
    `\`${from}\``,
    event,
    STORAGE[storage],
    `\`${to}\``,
    note,
  ]);
  rows.unshift(["State", "Event", "For", "Next state", "Why"]);
  const widths = rows[0].map((_, at) => Math.max(...rows.map((row) => row[at].length)));
  const lines = rows.map((row) => `| ${row.map((cell, at) => cell.padEnd(widths[at])).join(" | ")} |`);
  lines.splice(1, 0, `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`);
  return lines.join("\n");
}

function name(state: string): string {
  return state.replaceAll("-", "_");
}

function main(check: boolean): number {
  const page = Deno.readTextFileSync(PAGE);
  const next = renewed(page, TRANSITIONS);
  if (next === undefined) return fault(`no ${BEGIN} … ${END}`);
  if (next === page) return 0;
  if (check) return fault("the state diagram is stale: run scripts/state_diagram.ts");
  Deno.writeTextFileSync(PAGE, next);
  return 0;
}

function fault(detail: string): number {
  Deno.stdout.writeSync(new TextEncoder().encode(`docs/spec/bus.md: ${detail}\n`));
  return 1;
}

if (import.meta.main) Deno.exit(main(Deno.args.includes("--check")));
