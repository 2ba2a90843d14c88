/**
 * Options that are given, or made of the environment.
 *
 * @module
 */
import { environment } from "./_environment.ts";

/** The environment, each variable by its name; `undefined` if it is empty, not set, or may not be read. */
export type Environment = Readonly<Record<string, string | undefined>>;

const ENVIRONMENT: Environment = new Proxy({}, {
  get: (_target, name) => typeof name === "string" ? environment(name) : undefined,
});

/** The options themselves. */
export function optionsOf<Options extends object>(given: Options | ((env: Environment) => Options)): Options {
  return typeof given === "function" ? given(ENVIRONMENT) : given;
}
