import { parseArgs } from "node:util";
import { EXIT, Stop } from "./exit_code.ts";
import type { Option } from "./option.ts";
import { suggestion } from "./suggest.ts";

/** What stood on the command line. */
export interface Given {
  readonly values: Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;
  readonly positionals: readonly string[];
}

/**
 * Reads the arguments of a command, `--help` included.
 *
 * @throws {Stop} `usage` for an option that is not known, with the one that may be meant, or that lacks its value
 */
export function given(args: readonly string[], options: Readonly<Record<string, Option>>): Given {
  const config = {
    args: [...args],
    options: {
      ...Object.fromEntries(
        Object.entries(options).map(([name, { value, many = false }]) => [
          name,
          { type: value === undefined ? "boolean" as const : "string" as const, multiple: many },
        ]),
      ),
      help: { type: "boolean" as const, short: "h" },
    },
    allowPositionals: true,
  };
  const { tokens } = parseArgs({ ...config, strict: false, tokens: true });
  for (const token of tokens) {
    // The strict parser refuses it as well, but knows of no option that may be meant.
    if (token.kind !== "option" || Object.hasOwn(config.options, token.name)) continue;
    const hint = token.rawName.startsWith("--") ? suggestion(token.name, Object.keys(config.options), "--") : "";
    throw new Stop(EXIT.usage, `there is no option ${token.rawName}${hint}`);
  }
  try {
    return parseArgs({ ...config, strict: true });
  } catch (error) {
    throw new Stop(EXIT.usage, (error as Error).message);
  }
}

/** The text of an option, or a default. */
export function text(values: Given["values"], name: string, otherwise: string): string {
  const value = values[name];
  return typeof value === "string" ? value : otherwise;
}

/** All texts of an option that may be repeated. */
export function texts(values: Given["values"], name: string): readonly string[] {
  const value = values[name];
  return Array.isArray(value) ? value as readonly string[] : [];
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

/**
 * A whole number within its range.
 *
 * @throws {Stop} `usage` for any other text
 */
export function whole(values: Given["values"], name: string, otherwise: number, least: number, most: number): number {
  const value = number(values, name, otherwise, least, most);
  if (Number.isInteger(value)) return value;
  throw new Stop(EXIT.usage, `--${name}: wanted a whole number, got ${JSON.stringify(values[name])}`);
}

/**
 * Makes sure that there is no argument beyond those that the command takes.
 *
 * @throws {Stop} `usage`
 */
export function atMost(positionals: readonly string[], most: number, wanted: string): void {
  if (positionals.length <= most) return;
  throw new Stop(EXIT.usage, `wanted ${wanted}, got ${JSON.stringify(positionals.slice(most).join(" "))} besides`);
}
