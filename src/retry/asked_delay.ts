/**
 * How long a `Retry-After` asks to wait, in few bytes: for pages.
 *
 * @module
 */

/**
 * Milliseconds that the header asks for, 0 if it says nothing that can be read.
 *
 * Not by the core's reader, which is exact about years of two digits and larger than all of `retry()`'s waiting.
 */
export function askedDelayMs(header: string | null, nowMs: number): number {
  const asked = header ?? "";
  if (/^\d+$/.test(asked)) return Number(asked) * 1_000;
  // All three forms of HTTP dates begin with a day; the one without a zone means GMT.
  const date = /^[SMTWF][a-z]+,? .*:\d\d/.test(asked) ? asked.replace(/ GMT$/, "") + " GMT" : "";
  return Math.max(0, Date.parse(date) - nowMs) || 0;
}
