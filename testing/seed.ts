/**
 * One seed for all property tests of a run, so that a failure can be replayed: preloaded by every task that tests.
 *
 * FC_SEED chooses the seed. FC_NUM_RUNS replaces fast-check's default of 100 runs; a property that states its own
 * number keeps it, so state one through `effort(short, full)`.
 *
 * @module
 */
import fc from "fast-check";

const given = Deno.env.get("FC_SEED");
const seed = given === undefined ? crypto.getRandomValues(new Int32Array(1))[0] : Number(given);
if (!Number.isInteger(seed)) throw new Error(`FC_SEED must be an integer, got ${given}`);
if (given === undefined) {
  // Preloaded once per test file of one process: the first chooses for all.
  Deno.env.set("FC_SEED", String(seed));
  Deno.stderr.writeSync(new TextEncoder().encode(`properties: replay with FC_SEED=${seed}\n`));
}

const runs = Deno.env.get("FC_NUM_RUNS");
fc.configureGlobal({
  ...fc.readConfigureGlobal(),
  seed,
  // Else a list of up to 400 has 10 items at most, and few runs come to what lies further off.
  defaultSizeToMaxWhenMaxSpecified: true,
  ...(runs === undefined ? {} : { numRuns: Number(runs) }),
});
