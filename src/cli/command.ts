import type { Given } from "./arguments.ts";
import type { Option } from "./option.ts";

/** A command: what it is called, what it takes, and what it does. Reading arguments and help both follow from it. */
export interface Command {
  /** One word, or two: `services add`. */
  readonly name: string;
  /** One line for the list of all commands. */
  readonly summary: string;
  /** What it does, in whole sentences. */
  readonly about: string;
  /** How it is called, without `bellhop` and its name. */
  readonly usage: string;
  readonly options: Readonly<Record<string, Option>>;
  readonly examples: readonly string[];
  /** @returns the exit code */
  run(given: Given): Promise<number>;
}

/** The switch that each command has. */
export const JSON_OPTION = { json: { help: "one JSON document instead of text" } } as const;

/** The same for what goes on and on. */
export const NDJSON_OPTION = { json: { help: "one line of JSON for each step instead of text" } } as const;
