import { parseArgs, type ParseArgsConfig } from "node:util";
import { EXIT, Stop } from "./exit_code.ts";

type Options = NonNullable<ParseArgsConfig["options"]>;

/** What stood on the command line. */
export interface Given {
  readonly values: Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;
  readonly positionals: readonly string[];
}

/**
 * Reads the arguments of a command, `--help` included.
 *
 * @throws {Stop} `usage` for an option that is not known or lacks its value
 */
export function given(args: readonly string[], options: Options): Given {
  try {
    const config = { ...options, help: { type: "boolean", short: "h" } } as const;
    return parseArgs({ args: [...args], options: config, allowPositionals: true, strict: true });
  } catch (error) {
    throw new Stop(EXIT.usage, (error as Error).message);
  }
}

/** The text of an option, or a default. */
export function text(values: Given["values"], name: string, otherwise: string): string {
  const value = values[name];
  return typeof value === "string" ? value : otherwise;
}

/**
 * A number within its range.
 *
 * @throws {Stop} `usage` for any other text
 */
export function number(
  values: Given["values"],
  name: string,
  otherwise: number,
  least: number,
  most: number,
): number {
  const value = values[name];
  if (typeof value !== "string") return otherwise;
  const parsed = value.trim() === "" ? NaN : Number(value);
  if (parsed >= least && parsed <= most) return parsed;
  throw new Stop(EXIT.usage, `--${name}: wanted a number from ${least} to ${most}, got ${JSON.stringify(value)}`);
}
