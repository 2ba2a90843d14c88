/**
 * Which engine is meant by what stands on the command line.
 *
 * @module
 */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { RetryEngine } from "./engine.ts";
import { EngineError } from "./engine_error.ts";

/** The packages that are pinned here; their adapters say the same. */
const PEERS: Readonly<Record<string, string>> = {
  "cockatiel": "4.0.0",
  "p-retry": "9.0.0",
  "async-retry": "1.3.3",
  "exponential-backoff": "3.1.3",
  "ts-retry-promise": "0.8.1",
  "effect": "4.1.0",
};

/** The engines whose adapters lie here, by name; the floor is the first. */
export const ENGINES: readonly string[] = ["floor", "bellhop", ...Object.keys(PEERS)];

/**
 * Where the adapter lies: `./mine.ts`, or `npm:p-retry`, or a name of {@linkcode ENGINES}.
 *
 * @throws {EngineError} for a package without an adapter, and for another version than is pinned: no package says
 * which of its options mean a policy, so nothing is guessed
 */
export function adapterUrl(specifier: string): string {
  const [, name, version] = /^(?:npm:)?(.+?)(?:@([^@/]+))?$/.exec(specifier) ?? ["", specifier];
  if (ENGINES.includes(name) && [undefined, PEERS[name]].includes(version)) {
    return new URL(`engines/${name.replaceAll("-", "_")}.ts`, import.meta.url).href;
  }
  if (ENGINES.includes(name)) {
    throw new EngineError(specifier, `: the bench pins ${name} ${PEERS[name]}. Take npm:${name}, or ${HOW_TO_ADAPT}`);
  }
  if (specifier.startsWith("file:")) return specifier;
  const isPath = /^\.{0,2}\/|\.[cm]?[jt]s$/.test(specifier) && !ADDRESS.test(specifier);
  if (isPath) return pathToFileURL(resolve(specifier)).href;
  const known = Object.keys(PEERS).map((one) => `npm:${one}`).join(", ");
  throw new EngineError(
    specifier,
    `: the bench has no adapter for it, and guesses none. Take one of ${known}, or ${HOW_TO_ADAPT}`,
  );
}

/** `npm:`, `jsr:`, `https:`; a drive of Windows has one letter. */
const ADDRESS = /^[a-z][a-z\d+.-]+:/i;

const HOW_TO_ADAPT = "write an adapter: `deno task bench:retry --init mine.ts`, import the package in it, see what " +
  "`--check mine.ts` says of it, and give its path, `--engine ./mine.ts`; docs/guides/retry-engines.md shows one";

/**
 * The engine that a module exports.
 *
 * @throws {EngineError} naming the field, if it is none
 */
export function engineOf(module: object, specifier: string): RetryEngine {
  const { engine } = module as { readonly engine?: RetryEngine };
  const fault = engine === undefined ? "exports no `engine`" : faultOf(engine);
  if (fault !== undefined) throw new EngineError(specifier, ` ${fault}; see bench/retry/engine.ts`);
  return engine!;
}

/** Loads an engine into this process. @throws {EngineError} with what to do */
export async function loadedEngine(specifier: string): Promise<RetryEngine> {
  const url = adapterUrl(specifier);
  let module: object;
  try {
    module = await import(url);
  } catch (error) {
    throw new EngineError(specifier, ` cannot be loaded: ${error instanceof Error ? error.message : error}`);
  }
  return engineOf(module, specifier);
}

const FLAGS = ["clock", "random", "cap", "firstAtOnce", "unlimited", "signal", "retryAfter"] as const;

function faultOf({ name, version, supports, run, prepare }: RetryEngine): string | undefined {
  if (typeof name !== "string" || !/^[\w.@-]+$/.test(name)) return "has no engine.name of letters, digits, . @ _ or -";
  if (typeof version !== "string") return "has no engine.version: a text, empty if it is not published";
  if (typeof supports !== "object" || supports === null) return "has no engine.supports";
  const flag = FLAGS.find((one) => typeof supports[one] !== "boolean");
  if (flag !== undefined) return `has no engine.supports.${flag}: true or false`;
  if (!Array.isArray(supports.jitters)) return "has no engine.supports.jitters: a list, empty if it has none";
  if (typeof run !== "function") return "has no function engine.run";
  if (prepare !== undefined && typeof prepare !== "function") return "has an engine.prepare that is no function";
}
