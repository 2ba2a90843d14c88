/**
 * fast-check with at most so many runs of each property as RUNS says, for every mutant makes them again, and without
 * shrinking: that a mutant is caught is all that is asked.
 *
 * @module
 */
import process from "node:process";
import whole, { type IRawProperty, type Parameters } from "npm:fast-check@4.10.2";

const MOST_RUNS = Number(process.env.RUNS);

function assert<Ts>(property: IRawProperty<Ts>, parameters: Parameters<Ts> = {}): Promise<void> | void {
  return whole.assert(property, {
    ...parameters,
    endOnFailure: true,
    numRuns: Math.min(MOST_RUNS, parameters.numRuns ?? MOST_RUNS),
  });
}

export * from "npm:fast-check@4.10.2";
export default { ...whole, assert };
