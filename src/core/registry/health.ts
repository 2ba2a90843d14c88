/**
 * The health of one instance: thresholds both ways, so that a single answer turns nothing.
 *
 * Two witnesses are counted apart. Health checks make unhealthy and heal. Verdicts charged to the instance (401, 404, …
 * on a delivery) make unhealthy only: an instance that refuses every delivery and passes every check is still no use, and
 * one that acks while its check fails, as when it drains, must still leave the choice.
 *
 * @module
 */

/** What a health check found (`application/health+json`); `warn` counts as passed. */
export type HealthStatus = "pass" | "warn" | "fail";

/** The health of one instance, as plain data. */
export interface Health {
  /** Whether it gets traffic before those that are not. */
  readonly healthy: boolean;
  /** Failed checks in a row, up to the threshold. */
  readonly fails: number;
  /** Passed checks in a row since it became unhealthy. */
  readonly passes: number;
  /** Charged verdicts in a row, up to the threshold. */
  readonly charges: number;
}

/** How many answers in a row turn the state. */
export interface HealthThresholds {
  /** Failures that make unhealthy; default 3. */
  readonly failures: number;
  /** Passed checks that heal; default 2. */
  readonly passes: number;
}

/** Three failures make unhealthy, two passed checks heal. */
export const HEALTH_THRESHOLDS: HealthThresholds = Object.freeze({ failures: 3, passes: 2 });

/** The state that every instance begins with. */
export const HEALTHY: Health = Object.freeze({ healthy: true, fails: 0, passes: 0, charges: 0 });

/**
 * The state after a check; the same object if nothing changed.
 *
 * @example
 * ```ts
 * import { afterCheck, HEALTHY } from "@bellhop/bellhop";
 * import { assertEquals } from "@std/assert";
 * let health = HEALTHY;
 * for (let i = 0; i < 3; i++) health = afterCheck(health, "fail");
 * assertEquals(health.healthy, false);
 * health = afterCheck(health, "pass");
 * assertEquals(health.healthy, false);
 * assertEquals(afterCheck(health, "pass"), HEALTHY);
 * ```
 */
export function afterCheck(
  health: Health,
  status: HealthStatus,
  thresholds: HealthThresholds = HEALTH_THRESHOLDS,
): Health {
  if (status === "fail") {
    if (!health.healthy) return health.passes === 0 ? health : { ...health, passes: 0 };
    const fails = health.fails + 1;
    return { ...health, fails, healthy: fails < thresholds.failures };
  }
  if (health.healthy) return health.fails === 0 ? health : { ...health, fails: 0 };
  const passes = health.passes + 1;
  return passes >= thresholds.passes ? HEALTHY : { ...health, passes };
}

/**
 * The state after the verdict on a delivery; the same object if nothing changed.
 *
 * @param charged whether the verdict is a fault of the instance, such as 401 or 404
 *
 * @example
 * ```ts
 * import { afterVerdict, HEALTHY } from "@bellhop/bellhop";
 * import { assertEquals } from "@std/assert";
 * let health = HEALTHY;
 * for (let i = 0; i < 3; i++) health = afterVerdict(health, true);
 * assertEquals(health.healthy, false);
 * assertEquals(afterVerdict(health, false), health); // heals by checks only
 * ```
 */
export function afterVerdict(
  health: Health,
  charged: boolean,
  thresholds: HealthThresholds = HEALTH_THRESHOLDS,
): Health {
  if (!health.healthy) return health;
  if (!charged) return health.charges === 0 ? health : { ...health, charges: 0 };
  const charges = health.charges + 1;
  return { ...health, charges, healthy: charges < thresholds.failures };
}
