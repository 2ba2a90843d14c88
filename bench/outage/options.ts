/**
 * What the command line of the simulator asks for, checked.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { RESULT_HELP, RESULT_OPTIONS } from "../result_options.ts";
import { ENGINES } from "../retry/engines.ts";
import { POLICIES } from "./policies.ts";
import { type Scenario, scenarioFault } from "./scenario.ts";
import { namedScenario, SCENARIOS } from "./scenarios.ts";

export interface Options {
  readonly scenarios: readonly Scenario[];
  /** Names or paths. */
  readonly engines: readonly string[];
  /** Names of {@linkcode POLICIES}. */
  readonly policies: readonly string[];
  readonly seeds: readonly number[];
  /** What is simulated. */
  readonly parts: readonly ("outages" | "brooker" | "growth")[];
  readonly quick: boolean;
  readonly json: string | undefined;
  readonly html: string | undefined;
  /** A table for each measure, with quartiles. */
  readonly full: boolean;
  /** Of the largest simulation of `--growth`. */
  readonly maxClients: number;
}

export const HELP = `deno task bench:outage [options]

Without a choice of a part: three outages, the contention and the growth, in about 6 minutes; with --quick in 30 s.

  --clients N         clients, 10 to 1,000,000 (1,000; with --quick 100)
  --outage TIME       how long the trouble lasts, 1s to 1h (60s)
  --scenario NAME     ${SCENARIOS.map(({ name }) => name).join(", ")}, all, or file.json
  --engine NAME       ${ENGINES.join(", ")}, npm:NAME, ./mine.ts, all, none (all up to 10,000 clients)
  --policy NAME       ${POLICIES.map(({ name }) => JSON.stringify(name)).join(", ")}, all, none (all)
  --seed N            seed of the first round, 0 to 4,294,967,295 (1)
  --rounds N          seeds that follow one another, 1 to 100 (3; 1 above 10,000 clients and with --quick)
  --quick             less of all
  --full              a table for each measure, with quartiles
${RESULT_HELP}
  --brooker           only the contention of M. Brooker's article
  --growth            only the growth: 10 to --clients (1,000,000) clients, and the engines named

Names may be repeated or separated by commas. Any of the first five chooses outages only.`;

/** Wrong words on the command line; the message says what to do. */
export class UsageError extends Error {}

/** Without a choice. */
const FULL_SCENARIOS = ["outage", "silence", "herd"];
const QUICK_SCENARIOS = ["outage", "herd"];
const CHOICES = ["clients", "outage", "scenario", "engine", "policy"] as const;

/** @throws {UsageError} naming the option and what it may be */
export function optionsOf(args: readonly string[]): Options {
  const given = parsed(args);
  const quick = given.quick ?? false;
  const only = (["brooker", "growth"] as const).filter((part) => given[part]);
  const isChosen = only.length > 0 || CHOICES.some((choice) => given[choice] !== undefined);
  const sizes = {
    clients: whole("--clients", given.clients ?? (quick ? "100" : "1000"), 10, 1_000_000),
    outageMs: duration("--outage", given.outage ?? "60s"),
  };
  const seed = whole("--seed", given.seed ?? "1", 0, 0xffff_ffff);
  const rounds = whole("--rounds", given.rounds ?? (quick || sizes.clients > 10_000 ? "1" : "3"), 1, 100);
  const names = listed(given.scenario) ?? (isChosen ? ["outage"] : quick ? QUICK_SCENARIOS : FULL_SCENARIOS);
  const scenarios = (names.includes("all") ? SCENARIOS.map(({ name }) => name) : names).map((name) =>
    scenarioOf(name, sizes, given.clients !== undefined)
  );
  const largest = Math.max(...scenarios.map(({ clients }) => clients));
  return {
    scenarios,
    engines: chosen(listed(given.engine) ?? [only.length > 0 || largest > MOST_FOR_ALL ? "none" : "all"], ENGINES),
    policies: chosen(listed(given.policy) ?? ["all"], POLICIES.map(({ name }) => name), "--policy"),
    seeds: Array.from({ length: rounds }, (_, round) => seed + round),
    parts: only.length > 0 ? only : isChosen ? ["outages"] : ["outages", "brooker", "growth"],
    quick,
    json: given.json,
    html: given.html,
    full: given.full ?? false,
    maxClients: given.clients !== undefined ? sizes.clients : quick ? 10_000 : 1_000_000,
  };
}

/** Above so many clients all engines together take hours. */
const MOST_FOR_ALL = 10_000;

function parsed(args: readonly string[]) {
  const text = { type: "string" } as const;
  const list = { type: "string", multiple: true } as const;
  const flag = { type: "boolean" } as const;
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: false,
      options: {
        clients: text,
        outage: text,
        scenario: list,
        engine: list,
        policy: list,
        seed: text,
        rounds: text,
        ...RESULT_OPTIONS,
        quick: flag,
        full: flag,
        brooker: flag,
        growth: flag,
      },
    }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split(". ")[0]}; see --help`);
  }
}

function listed(values: readonly string[] | undefined): string[] | undefined {
  return values?.flatMap((value) => value.split(",")).map((value) => value.trim()).filter((value) => value !== "");
}

/** @param option absent: other names than the known are judged by whoever loads them */
function chosen(names: readonly string[], known: readonly string[], option?: string): readonly string[] {
  if (names.includes("none")) return [];
  if (names.includes("all")) return known;
  const unknown = option === undefined ? undefined : names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`${option} must be one of ${known.join(", ")}, all or none: ${JSON.stringify(unknown)}`);
  }
  return [...new Set(names)];
}

function whole(option: string, text: string, low: number, high: number): number {
  const value = /^\d[\d_]*$/.test(text) ? Number(text.replaceAll("_", "")) : NaN;
  if (value >= low && value <= high) return value;
  throw new UsageError(`${option} must be a whole number from ${low} to ${high}: ${JSON.stringify(text)}`);
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, min: 60_000, h: 3_600_000 };

function duration(option: string, text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|min|m|h)$/.exec(text) ?? [];
  const valueMs = Math.round(Number(number) * UNITS[unit ?? ""]);
  if (valueMs >= 1_000 && valueMs <= 3_600_000) return valueMs;
  throw new UsageError(`${option} must be a time from 1s to 1h, such as 90s or 5m: ${JSON.stringify(text)}`);
}

function scenarioOf(name: string, sizes: { clients: number; outageMs: number }, isGiven: boolean): Scenario {
  const named = namedScenario(name, sizes);
  if (named === undefined && !name.endsWith(".json")) {
    const names = SCENARIOS.map(({ name }) => name).join(", ");
    throw new UsageError(`--scenario must be one of ${names}, all, or a file.json: ${JSON.stringify(name)}`);
  }
  const read = named ?? fromFile(name);
  const scenario = isGiven && typeof read === "object" ? { ...read as Scenario, clients: sizes.clients } : read;
  const fault = scenarioFault(scenario);
  if (fault !== undefined) throw new UsageError(`--scenario ${name}: ${fault}`);
  return scenario as Scenario;
}

function fromFile(path: string): unknown {
  try {
    return JSON.parse(Deno.readTextFileSync(path));
  } catch (error) {
    throw new UsageError(`--scenario ${path} cannot be read: ${(error as Error).message}`);
  }
}
