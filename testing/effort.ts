/**
 * How much a slow test does: crash, fuzz and demo tests run short in the `test` task and in full in `ci`.
 *
 * @module
 */

/** `short` when the environment says BELLHOP_SHORT=1, else `full`. */
export function effort<T>(short: T, full: T): T {
  return Deno.env.get("BELLHOP_SHORT") === "1" ? short : full;
}
