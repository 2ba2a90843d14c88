/**
 * What the sender learns of the end of a message.
 *
 * @module
 */
import type { Outcome } from "../core/bus/outcome.ts";
import type { DeliveryStatus } from "../core/bus/status.ts";

/** What a receipt says: how the deliveries ended. */
export interface Receipt {
  /**
   * Of one receiver: its outcome. Of several: `delivered` if it was to all, otherwise the first other outcome. Of none:
   * `no-subscriber`.
   */
  readonly outcome: Outcome;
  /** The most attempts that any receiver took. */
  readonly attempts: number;
  /** Each receiver's outcome and attempts, and its last error. */
  readonly deliveries: readonly DeliveryStatus[];
}
