/**
 * What a handler says of an event, as values to return or to throw.
 *
 * @module
 */
import { BellhopError } from "../core/error.ts";

/** What a handler may give: nothing (which acks), or one of the three. */
export type HandlerResult = void | undefined | Ack | Nak | Term;

/**
 * Handled. Returning nothing says the same.
 *
 * @example
 * ```ts
 * import { Ack, service } from "@bellhop/bellhop/service";
 * import { assertEquals } from "@std/assert";
 * const users = service({ name: "users", version: "1.0.0" }).on("user.*", () => new Ack());
 * assertEquals(users.manifest().subscriptions, ["user.*"]);
 * ```
 */
export class Ack {
  /** Tells the three apart. */
  readonly verdict = "ack";
}

/** What a nak may say besides. */
export interface NakOptions {
  /** Wait at least so many milliseconds, 0 to 3,600,000: it goes out as `Retry-After`, in seconds rounded up. */
  readonly delayMs?: number;
  /** A sentence for whoever reads the answer. */
  readonly reason?: string;
}

/**
 * Not now: the message is to be tried again, by the rules of its priority.
 *
 * @example
 * ```ts
 * import { Nak } from "@bellhop/bellhop/service";
 * import { assertEquals } from "@std/assert";
 * assertEquals(new Nak({ delayMs: 5_000, reason: "the index is being built" }).delayMs, 5_000);
 * ```
 */
export class Nak {
  /** Tells the three apart. */
  readonly verdict = "nak";
  /** Milliseconds to wait at least; `undefined` leaves it to the policy. */
  readonly delayMs: number | undefined;
  /** A sentence for whoever reads the answer. */
  readonly reason: string;

  /**
   * Says "not now".
   *
   * @throws {BellhopError} `argument-invalid` if the delay is out of range
   */
  constructor(options: NakOptions = {}) {
    const { delayMs, reason = "" } = options;
    if (delayMs !== undefined && !(delayMs >= 0 && delayMs <= 3_600_000)) {
      throw new BellhopError("argument-invalid", "delayMs: wanted 0 to 3,600,000", { field: "delayMs" });
    }
    this.delayMs = delayMs;
    this.reason = reason;
  }
}

/**
 * Never: the message becomes a dead letter, whatever budget it has left.
 *
 * @example
 * ```ts
 * import { Term } from "@bellhop/bellhop/service";
 * import { assertEquals } from "@std/assert";
 * assertEquals(new Term("no data").reason, "no data");
 * ```
 */
export class Term {
  /** Tells the three apart. */
  readonly verdict = "term";
  /** Why. */
  readonly reason: string;

  /**
   * Says "never".
   *
   * @param reason a sentence for whoever reads the answer
   */
  constructor(reason = "") {
    this.reason = reason;
  }
}
