/**
 * `Prefer: wait=N` (RFC 7240, section 4.3).
 *
 * @module
 */

/** Longest wait that is granted, in seconds. */
export const MAX_WAIT_SECONDS = 60;

/** The seconds to wait, at most 60; `undefined` if none are asked for or they cannot be read. The first `wait` counts. */
export function preferredWait(prefer: string | undefined): number | undefined {
  if (prefer === undefined) return undefined;
  for (const preference of prefer.split(",")) {
    const [name, value = ""] = preference.split(";", 1)[0].split("=", 2).map((part) => part.trim());
    if (name.toLowerCase() !== "wait") continue;
    const seconds = value.length > 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
    return /^\d{1,15}$/.test(seconds) ? Math.min(Number(seconds), MAX_WAIT_SECONDS) : undefined;
  }
  return undefined;
}
