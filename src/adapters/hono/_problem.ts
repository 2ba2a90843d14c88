/**
 * Every refusal as a problem document (RFC 9457); what is unknown is a fault of the gateway and shows nothing of itself.
 *
 * @module
 */
import { CHALLENGE } from "../../security/credentials.ts";
import { BellhopError, type ErrorCode, ERRORS, type Fault } from "../../core/error.ts";

/** Content type of a problem document. */
export const PROBLEM_TYPE = "application/problem+json";

/** The members of a problem document (spec HTTP, "Problems"). */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly code: ErrorCode;
  readonly retry: boolean;
  readonly fix: string;
  readonly field?: string;
  readonly faults?: readonly Fault[];
}

/** The problem document that answers an error, explained on the page at `errorsUrl`. */
export function problem(
  error: unknown,
  errorsUrl: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const members = problemOf(error, errorsUrl);
  const retryAfterMs = error instanceof BellhopError ? error.retryAfterMs : undefined;
  return new Response(JSON.stringify(members), {
    status: members.status,
    headers: {
      "content-type": PROBLEM_TYPE,
      ...(retryAfterMs === undefined ? {} : { "retry-after": String(Math.ceil(retryAfterMs / 1_000)) }),
      ...(members.code === "unauthorized" ? { "www-authenticate": CHALLENGE } : {}),
      ...headers,
    },
  });
}

/**
 * The members of the problem, as the results of a batch carry them too.
 *
 * @param errorsUrl the page that explains it; without one, as in a service, whose problems a gateway alone reads, the
 * type is a name
 */
export function problemOf(error: unknown, errorsUrl?: string): Problem {
  const known = error instanceof BellhopError ? error : undefined;
  const code = known?.code ?? "internal";
  const { title, status, retry, fix } = ERRORS[code];
  return {
    type: errorsUrl === undefined ? `urn:bellhop:problem:${code}` : `${errorsUrl}#${code}`,
    title,
    status,
    ...(known !== undefined && known.message !== title ? { detail: known.message } : {}),
    code,
    retry,
    fix,
    ...(known?.field === undefined ? {} : { field: known.field }),
    ...(known?.faults === undefined ? {} : { faults: known.faults }),
  };
}
