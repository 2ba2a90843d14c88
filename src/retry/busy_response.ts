/**
 * Reads in an answer whether the server wants to be asked again.
 *
 * @module
 */
import { askedDelayMs } from "./asked_delay.ts";

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
  return askedDelayMs(response.headers.get("retry-after"), nowMs);
}
