/**
 * Which engine is meant by what stands on the command line.
 *
 * @module
 */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { RetryEngine } from "./engine.ts";

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
 * @throws {Error} with what to do, if there is no such engine
 */
export function adapterUrl(specifier: string): string {
  const [, name, version] = /^(?:npm:)?(.+?)(?:@([\d.]+))?$/.exec(specifier) ?? ["", specifier];
  if (ENGINES.includes(name) && [undefined, PEERS[name]].includes(version)) {
    return new URL(`engines/${name.replaceAll("-", "_")}.ts`, import.meta.url).href;
  }
  if (ENGINES.includes(name)) throw new Error(`--engine ${specifier}: the bench pins ${name} ${PEERS[name]}`);
  if (specifier.startsWith("file:")) return specifier;
  if (/^\.{0,2}\/|\.[cm]?[jt]s$/.test(specifier)) return pathToFileURL(resolve(specifier)).href;
  const known = Object.keys(PEERS).map((one) => `npm:${one}`).join(", ");
  throw new Error(
    `--engine ${specifier}: the bench has no adapter for it. It knows ${known}; for any other write one ` +
      `(deno task bench:retry --init mine.ts) and give its path: --engine ./mine.ts`,
  );
}

/**
 * The engine that a module exports.
 *
 * @throws {Error} naming the field, if it is none
 */
export function engineOf(module: object, specifier: string): RetryEngine {
  const { engine } = module as { readonly engine?: RetryEngine };
  const fault = engine === undefined ? "exports no `engine`" : faultOf(engine);
  if (fault !== undefined) throw new Error(`${specifier} ${fault}; see bench/retry/engine.ts`);
  return engine!;
}

/** Loads an engine into this process. @throws {Error} with what to do */
export async function loadedEngine(specifier: string): Promise<RetryEngine> {
  const url = adapterUrl(specifier);
  let module: object;
  try {
    module = await import(url);
  } catch (error) {
    throw new Error(`${specifier} cannot be loaded: ${error instanceof Error ? error.message : error}`);
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
