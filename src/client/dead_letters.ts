/**
 * Dead letters: what failed for good at a gateway, looked at and acted on by code.
 *
 * @module
 */
import type { DeadLetter } from "../core/bus/dead_letter.ts";
import { BellhopError } from "../core/error.ts";
import { ask, type Gateway } from "./_gateway.ts";
import { inRange } from "./_in_range.ts";
import { timeLimit } from "./_time_limit.ts";

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

/** How long one request may take. */
export interface DeadLetterOptions {
  /** 1 to 3,600,000 ms; default 30,000. */
  readonly timeoutMs?: number;
  /** Ends the waiting; the gateway may have done it all the same. */
  readonly signal?: AbortSignal;
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
  list(query?: DeadLetterQuery, options?: DeadLetterOptions): Promise<DeadLetterPage>;
  /**
   * One of them, with its message, and when and why each attempt failed.
   *
   * @throws {BellhopError} `dead-letter-unknown`, `timeout`, or as the gateway refuses
   */
  get(id: string, options?: DeadLetterOptions): Promise<DeadLetter>;
  /**
   * Gives it another run with all attempts of its priority, at the end of the queue; it is a dead letter no more.
   *
   * @throws {BellhopError} `dead-letter-unknown`, `target-unknown`, `timeout`, or as the gateway refuses
   */
  redrive(id: string, options?: DeadLetterOptions): Promise<Redriven>;
  /**
   * Throws it away for good, and its message with it.
   *
   * @throws {BellhopError} `dead-letter-unknown`, `timeout`, or as the gateway refuses
   */
  discard(id: string, options?: DeadLetterOptions): Promise<void>;
}

/** See `Client.deadLetters`. */
export function deadLettersOf(gateway: Gateway): DeadLetters {
  async function asked<T>(
    method: string,
    path: string,
    { timeoutMs = 30_000, signal }: DeadLetterOptions = {},
  ): Promise<T> {
    inRange("timeoutMs", timeoutMs, 1, 3_600_000);
    const late = () => new BellhopError("timeout", `no answer within ${timeoutMs} ms`);
    const limit = timeLimit(gateway.clock, timeoutMs, late, gateway.closed, signal);
    try {
      return (await ask(gateway, method, `dead-letters${path}`, limit.signal)).body as T;
    } finally {
      limit.end();
    }
  }
  const at = (id: string) => `/${encodeURIComponent(id)}`;
  return {
    list({ receiver, limit = 10, after } = {}, options) {
      const query = new URLSearchParams({
        limit: `${limit}`,
        ...(receiver === undefined ? {} : { receiver }),
        ...(after === undefined ? {} : { after }),
      });
      return asked("GET", `?${query}`, options);
    },
    get: (id, options) => asked("GET", at(id), options),
    redrive: (id, options) => asked("POST", `${at(id)}/redrive`, options),
    discard: async (id, options) => void await asked("DELETE", at(id), options),
  };
}
