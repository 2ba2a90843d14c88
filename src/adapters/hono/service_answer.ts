/**
 * What a service answers to a delivery: its ruling as HTTP.
 *
 * @module
 */
import { BellhopError } from "../../core/error.ts";
import { VERDICT_HEADER } from "../../core/retry/verdict.ts";
import type { Ruling } from "../../service/receiver.ts";
import { PROBLEM_TYPE, problemOf } from "./_problem.ts";

/** Status of an ack, a nak, a term (spec HTTP, "Service"). */
const STATUS = { ack: 204, nak: 503, term: 422 } as const;

/**
 * A ruling as a response: the status and `bellhop-verdict` decide, the problem document explains.
 */
export function rulingResponse(ruling: Ruling): Response {
  if (ruling.verdict === "ack") return new Response(null, { status: STATUS.ack });
  const { verdict, error, reason, delayMs = error?.retryAfterMs } = ruling;
  const status = STATUS[verdict];
  const said = problemOf(error ?? new BellhopError(`handler-${verdict}`, reason));
  return respond({ ...said, status, retry: verdict === "nak" }, status, delayMs, { [VERDICT_HEADER]: verdict });
}

/** What could not be read, or asked for what is not served, as a problem document (RFC 9457). */
export function refusalResponse(error: unknown, headers: Readonly<Record<string, string>> = {}): Response {
  const members = problemOf(error);
  const delayMs = error instanceof BellhopError ? error.retryAfterMs : undefined;
  return respond(members, members.status, delayMs, headers);
}

function respond(
  members: object,
  status: number,
  delayMs: number | undefined,
  headers: Readonly<Record<string, string>>,
): Response {
  const delay = delayMs === undefined ? undefined : { "retry-after": String(Math.ceil(delayMs / 1_000)) };
  return new Response(JSON.stringify(members), {
    status,
    headers: { "content-type": PROBLEM_TYPE, ...delay, ...headers },
  });
}
