/**
 * What happened in the registry, for the trace and for subscribers of registry events.
 *
 * @module
 */

/** The kinds of registry events. */
export type RegistryEventKind =
  | "registered"
  | "renewed"
  | "suspect"
  | "removed"
  | "deregistered"
  | "unhealthy"
  | "healthy"
  | "service-gone";

/** One change in the registry. */
export interface RegistryEvent {
  /** Which of the shapes this is. */
  readonly kind: RegistryEventKind;
  /** Epoch milliseconds. */
  readonly atMs: number;
  /** The service's name. */
  readonly service: string;
  /** The instance's id; absent if the whole service is meant (`service-gone`). */
  readonly instance?: string;
  /**
   * Why: `new`, `replaced` (registered) · `request`, `verdict`, `health` (renewed) · `restored`, `lease-ended` (suspect) ·
   * `lease-ended`, `endpoint-gone`, `service-gone` (removed) · `request` (deregistered) · `checks`, `verdicts`
   * (unhealthy) · `checks` (healthy) · `deregistered`, `ephemeral`, `expired` (service-gone).
   */
  readonly reason: string;
}
