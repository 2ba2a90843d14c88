/**
 * The place where an implementer starts: an adapter that declares `core.envelope` alone and passes it.
 *
 * @module
 */
import { BellhopError } from "@bellhop/bellhop";
import { FILES } from "./_files.ts";

/** How the adapter of each language is run, in its folder. */
export const ADAPTERS = {
  python: "python3 adapter.py",
  ts: "deno run adapter.ts",
  go: "go run .",
  rust: "cargo run --quiet --release",
} as const;

/** One of the keys of {@linkcode ADAPTERS}. */
export type Language = keyof typeof ADAPTERS;

/**
 * The text of each file, by its path with forward slashes.
 *
 * @throws {BellhopError} `argument-invalid` for a language of which there is none
 */
export function initFiles(language: Language): Readonly<Record<string, string>> {
  if (!Object.hasOwn(ADAPTERS, language)) {
    const known = Object.keys(ADAPTERS).join(", ");
    throw new BellhopError(
      "argument-invalid",
      `The language must be one of ${known}: got ${JSON.stringify(language)}`,
      {
        field: "language",
      },
    );
  }
  return Object.fromEntries(Object.entries(FILES[language]).map(([path, lines]) => [path, lines.join("\n")]));
}
