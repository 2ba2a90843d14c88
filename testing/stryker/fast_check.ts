/**
 * fast-check with at most 100 runs of each property: those that ask for more would run so often for every mutant.
 *
 * @module
 */
import whole, { type IRawProperty, type Parameters } from "npm:fast-check@4.10.2";

const MOST_RUNS = 100;

function assert<Ts>(property: IRawProperty<Ts>, parameters: Parameters<Ts> = {}): Promise<void> | void {
  return whole.assert(property, { ...parameters, numRuns: Math.min(MOST_RUNS, parameters.numRuns ?? MOST_RUNS) });
}

export * from "npm:fast-check@4.10.2";
export default { ...whole, assert };
