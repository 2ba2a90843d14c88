/**
 * Reads in an answer whether the server wants to be asked again.
 *
 * @module
 */

/**
 * For `retryOn`: a response that says "later" (408, 425, 429, 500, 502, 503, 504) is retried, after at least what its
 * `Retry-After` asks, up to an hour. Bodies are left unread. When the retries are spent, the last response is the
 * result.
 *
 * @param nowMs epoch milliseconds, for `Retry-After` with a date; the platform's clock if left out
 * @returns milliseconds to wait at least, or `false` if the response is final
 *
 * @example
 * ```ts
 * import { busyResponse, retry } from "@bellhop/bellhop/retry";
 * import { assertEquals } from "@std/assert";
 * const answers = [new Response(null, { status: 503 }), new Response("hello")];
 * const response = await retry(() => answers.shift()!, { baseMs: 1 }, { retryOn: busyResponse });
 * assertEquals(await response.text(), "hello");
 * assertEquals(busyResponse(new Response(null, { status: 429, headers: { "retry-after": "2" } })), 2_000);
 * ```
 */
export function busyResponse(response: Response, _attempt?: number, nowMs: number = Date.now()): number | false {
  if (![408, 425, 429, 500, 502, 503, 504].includes(response.status)) return false;
  const asked = response.headers.get("retry-after") ?? "";
  if (/^\d+$/.test(asked)) return Number(asked) * 1_000;
  // Not by the core's reader, which is exact about years of two digits and larger than all of `retry()`'s waiting.
  // All three forms of HTTP dates begin with a day; the one without a zone means GMT.
  const date = /^[SMTWF][a-z]+,? .*:\d\d/.test(asked) ? asked.replace(/ GMT$/, "") + " GMT" : "";
  return Math.max(0, Date.parse(date) - nowMs) || 0;
}
