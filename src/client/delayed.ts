/**
 * Delayed messages: what a gateway keeps for later, looked at and cancelled by code.
 *
 * @module
 */
import type { MessageStatus } from "../core/bus/status.ts";
import type { Gateway } from "./_gateway.ts";
import { type AskOptions, askWithin } from "./ask_within.ts";

/** Which page. All may be left out. */
export interface DelayedQuery {
  /** How many, 1 to 1,000; default 100. */
  readonly limit?: number;
  /** Where the page before ended: its `after`. */
  readonly after?: string;
}

/** A page of delayed messages, in no order that means anything. */
export interface DelayedPage {
  /** Each as its status: a delivery that is `delayed` says when it is due as `nextAttemptMs`, epoch milliseconds. */
  readonly messages: readonly MessageStatus[];
  /** Asks for the next page; `null` on the last. */
  readonly after: string | null;
}

/**
 * What a gateway keeps for later. Listing wants the scope `observe`; cancelling a message wants that its `source` is
 * the credential's own, or the scope `admin`. Nothing is tried again by itself.
 */
export interface Delayed {
  /**
   * A page of them. One that comes or goes while pages are asked for may be missed.
   *
   * @throws {BellhopError} `argument-invalid`, `response-too-large`: ask for fewer, `timeout`, or as the gateway refuses
   */
  list(query?: DelayedQuery, options?: AskOptions): Promise<DelayedPage>;
  /**
   * Ends what is left of a message, also of one whose time has come already and that is still being tried: each of its
   * deliveries that has not ended becomes a dead letter with the outcome `cancelled`, and can be redriven.
   *
   * @param message what `publish` gave, or an entry of the list
   * @returns its status afterwards
   * @throws {BellhopError} `message-ended`, `message-unknown`, `timeout`, or as the gateway refuses
   */
  cancel(message: { readonly source: string; readonly id: string }, options?: AskOptions): Promise<MessageStatus>;
}

/** See `Client.delayed`. */
export function delayedOf(gateway: Gateway): Delayed {
  return {
    list: ({ limit = 100, after } = {}, options) =>
      askWithin(gateway, "GET", "messages", { state: "delayed", limit, after }, options),
    cancel: ({ source, id }, options) => askWithin(gateway, "DELETE", "messages", { source, id }, options),
  };
}
