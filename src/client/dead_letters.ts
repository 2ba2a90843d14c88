/**
 * Dead letters: what failed for good at a gateway, looked at and acted on by code.
 *
 * @module
 */
import type { DeadLetter } from "../core/bus/dead_letter.ts";
import type { Gateway } from "./_gateway.ts";
import { type AskOptions, askWithin } from "./ask_within.ts";

/** Which dead letters. All may be left out. */
export interface DeadLetterQuery {
  /** Those of this service alone. */
  readonly receiver?: string;
  /** How many, 1 to 1,000; default 10, for each carries its message, and an answer may have 4 MiB. */
  readonly limit?: number;
  /** Where the page before ended: its `after`. */
  readonly after?: string;
}

/** A page of dead letters, the oldest first. */
export interface DeadLetterPage {
  /** Each with its message, and when and why its attempts failed. */
  readonly deadLetters: readonly DeadLetter[];
  /** Asks for the next page; `null` on the last. */
  readonly after: string | null;
}

/** A new run. */
export interface Redriven {
  /** The message's `source`. */
  readonly source: string;
  /** The message's `id`. */
  readonly id: string;
  /** Which run it is: the first redrive makes it 2. */
  readonly run: number;
  /** Who is to get it. */
  readonly receivers: readonly string[];
}

/**
 * The dead letters of a gateway. Looking wants the scope `observe`, acting the scope `admin`. Nothing is tried again by
 * itself.
 */
export interface DeadLetters {
  /**
   * A page of them, the oldest first.
   *
   * @throws {BellhopError} `argument-invalid`, `response-too-large`: ask for fewer, `timeout`, or as the gateway refuses
   */
  list(query?: DeadLetterQuery, options?: AskOptions): Promise<DeadLetterPage>;
  /**
   * One of them, with its message, and when and why each attempt failed.
   *
   * @throws {BellhopError} `dead-letter-unknown`, `timeout`, or as the gateway refuses
   */
  get(id: string, options?: AskOptions): Promise<DeadLetter>;
  /**
   * Gives it another run with all attempts of its priority, at the end of the queue; it is a dead letter no more.
   *
   * @throws {BellhopError} `dead-letter-unknown`, `target-unknown`, `timeout`, or as the gateway refuses
   */
  redrive(id: string, options?: AskOptions): Promise<Redriven>;
  /**
   * Throws it away for good, and its message with it.
   *
   * @throws {BellhopError} `dead-letter-unknown`, `timeout`, or as the gateway refuses
   */
  discard(id: string, options?: AskOptions): Promise<void>;
}

/** See `Client.deadLetters`. */
export function deadLettersOf(gateway: Gateway): DeadLetters {
  const path = "dead-letters";
  const at = (id: string) => `${path}/${encodeURIComponent(id)}`;
  return {
    list: ({ limit = 10, receiver, after } = {}, options) =>
      askWithin(gateway, "GET", path, { limit, receiver, after }, options),
    get: (id, options) => askWithin(gateway, "GET", at(id), undefined, options),
    redrive: (id, options) => askWithin(gateway, "POST", `${at(id)}/redrive`, undefined, options),
    discard: async (id, options) => void await askWithin(gateway, "DELETE", at(id), undefined, options),
  };
}
