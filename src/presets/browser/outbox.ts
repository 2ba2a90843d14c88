/**
 * `outbox()` for pages and service workers: kept in IndexedDB, one for all tabs.
 *
 * @module
 */
import { indexeddb } from "../../adapters/stores/indexed_db.ts";
import { type Outbox, outbox as outboxOf, type OutboxOptions } from "../../client/outbox/outbox.ts";

/** As for `outbox()` of the entry `./outbox`, but that there is a store and that tabs share it. */
export interface BrowserOutboxOptions extends Omit<OutboxOptions, "sharedAs"> {
  /** Names the outbox among those of the origin, and its database; default `bellhop-outbox`. */
  readonly name?: string;
}

/**
 * Opens the outbox of this origin: all its pages and workers that say the same name share one, of which one sends.
 *
 * @throws {BellhopError} `argument-invalid`; `store-unavailable` (no IndexedDB or no Web Locks: the page needs https),
 * `store-version`, `store-failed`
 *
 * @example
 * ```ts ignore
 * import { outbox } from "@bellhop/bellhop/browser";
 * const box = await outbox({ gateway: "/bus", token });
 * await box.publish("user.created", { id: "43" }, { priority: "CRITICAL" });
 * ```
 */
export function outbox({ name = "bellhop-outbox", ...options }: BrowserOutboxOptions): Promise<Outbox> {
  return outboxOf({ store: indexeddb(name), ...options, sharedAs: name });
}
