/**
 * What the parts of the outbox speak of.
 *
 * @module
 */

/** Names a message. */
export interface MessageName {
  /** Who sent it. */
  readonly source: string;
  /** Names it together with `source`. */
  readonly id: string;
}

/** An envelope, ready to be stored. */
export interface Sealed extends MessageName {
  /** The envelope as JSON. */
  readonly json: string;
}

/** How an outbox is. */
export interface OutboxStatus {
  /** Messages without a final answer. */
  readonly waiting: number;
  /** Attempts under way. */
  readonly sending: number;
  /** CRITICAL messages that failed for good and are kept. */
  readonly deadLetters: number;
  /** Whether the last attempt had an answer. */
  readonly reachable: boolean;
}
