/**
 * What a browser's refusals mean to who runs the page (www.w3.org/TR/IndexedDB/#exceptions).
 *
 * @module
 */

import { BellhopError } from "../../core/error.ts";

/** One sentence for each exception that somebody can do something about. */
const sentences: Readonly<Record<string, string>> = {
  QuotaExceededError: "the browser's quota for this origin is used up, or the disk is full",
  UnknownError: "the browser could not read or write the database",
  InvalidStateError: "the browser closed the database",
  AbortError: "the browser ended the transaction",
};

/** A failure to open or to read, as a typed error. */
export function storeFailure(name: string, cause: unknown): BellhopError {
  if (cause instanceof BellhopError) return cause;
  if (nameOf(cause) === "VersionError") {
    return new BellhopError("store-version", `${name} was written by a newer version and was left as it is`, { cause });
  }
  if (nameOf(cause) === "SecurityError") {
    return new BellhopError("store-unavailable", `${name}: the browser keeps no data for this page`, { cause });
  }
  return new BellhopError("store-failed", `${name}: ${sentence(cause)}`, { cause });
}

/** A failure to flush, as a typed error. */
export function flushFailure(name: string, cause: unknown): BellhopError {
  return new BellhopError(
    "not-durable",
    `${name}: ${
      sentence(cause)
    }; nothing of this group was accepted, and the store takes no write until it is opened anew`,
    { cause },
  );
}

function sentence(cause: unknown): string {
  const known = sentences[nameOf(cause)];
  return known === undefined ? String(cause) : `${known} (${cause})`;
}

function nameOf(cause: unknown): string {
  return String((cause as { name?: unknown } | null)?.name);
}
