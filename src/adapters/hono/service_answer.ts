/**
 * What a service answers to a delivery: its ruling as HTTP.
 *
 * @module
 */
import { VERDICT_HEADER } from "../../core/retry/verdict.ts";
import type { Ruling } from "../../service/receiver.ts";
import { PROBLEM_TYPE, problemOf } from "./_problem.ts";

/** Status of an ack, a nak, a term (spec HTTP, "Service"). */
const STATUS = { ack: 204, nak: 503, term: 422 } as const;

/**
 * A ruling as a response: the status and `bellhop-verdict` decide, the problem document explains. What the handler itself
 * said has the code `nak` or `term`, as the reason of the failed attempt has.
 */
export function rulingResponse(ruling: Ruling): Response {
  if (ruling.verdict === "ack") return new Response(null, { status: STATUS.ack });
  const { verdict, error, reason, delayMs = error?.retryAfterMs } = ruling;
  const status = STATUS[verdict];
  const retry = verdict === "nak";
  const members = error === undefined
    ? { type: "about:blank", title: `The handler said ${verdict}`, status, detail: reason, code: verdict, retry }
    : { ...problemOf(error), status, retry };
  const headers = new Headers({ "content-type": PROBLEM_TYPE, [VERDICT_HEADER]: verdict });
  if (delayMs !== undefined) headers.set("retry-after", String(Math.ceil(delayMs / 1_000)));
  return new Response(JSON.stringify(members), { status, headers });
}
