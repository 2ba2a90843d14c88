/**
 * Deadlines as values: epoch milliseconds by one's own clock, `Infinity` for none. Between machines only the time
 * that remains travels, for their clocks may differ.
 *
 * @module
 */

/** The header that carries the milliseconds that remain to the receiver. */
export const DEADLINE_HEADER = "bellhop-deadline-ms";

/** The longest time that a header may grant, in milliseconds: a day. */
export const MAX_DEADLINE_MS = 86_400_000;

/** Milliseconds left until the deadline, 0 once it has passed. */
export function remainingMs(deadlineMs: number, nowMs: number): number {
  return Math.max(0, deadlineMs - nowMs);
}

/** The earliest of some deadlines; those that are absent do not count, and none at all is `Infinity`. */
export function earliestDeadline(...deadlinesMs: readonly (number | null | undefined)[]): number {
  let earliest = Infinity;
  for (const deadlineMs of deadlinesMs) {
    if (deadlineMs !== null && deadlineMs !== undefined && deadlineMs < earliest) earliest = deadlineMs;
  }
  return earliest;
}

/**
 * The deadline as the value of {@linkcode DEADLINE_HEADER}: whole milliseconds that remain, rounded down so that the
 * receiver never has more time than the sender; `undefined` if there is no deadline.
 *
 * @example
 * ```ts
 * import { formatDeadline, parseDeadline } from "@bellhop/bellhop";
 * import { assertEquals } from "@std/assert";
 * assertEquals(formatDeadline(5_000, 1_000.5), "3999");
 * assertEquals(parseDeadline("3999", 70_000), 73_999);
 * ```
 */
export function formatDeadline(deadlineMs: number, nowMs: number): string | undefined {
  if (!(deadlineMs < Infinity)) return undefined;
  return String(Math.min(MAX_DEADLINE_MS, Math.floor(remainingMs(deadlineMs, nowMs))));
}

/**
 * The deadline, by our clock, of a header that came at `nowMs`; at most a day ahead. Never throws.
 *
 * @returns epoch milliseconds, or `undefined` if the value is missing or not 1 to 15 digits
 */
export function parseDeadline(value: string | null | undefined, nowMs: number): number | undefined {
  if (value === null || value === undefined || !/^\d{1,15}$/.test(value)) return undefined;
  return nowMs + Math.min(MAX_DEADLINE_MS, Number(value));
}
