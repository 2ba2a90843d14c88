/** What the bus must know of a publish besides the envelope. */
export interface Submission {
  /** Who pays for room on disk. */
  readonly principal: string;
  /** The service that gets the receipts, if it asked to. */
  readonly replyTo?: string | undefined;
  /** The instance of `replyTo` that published. */
  readonly replyInstance?: string | undefined;
  /** Milliseconds until it may be delivered, unless its `deliverat` says when. */
  readonly delayMs?: number | undefined;
}
