import { BellhopError, type ErrorDetails, type Fault, isErrorCode } from "../core/error.ts";
import { askedDelayMs } from "../retry/asked_delay.ts";

/**
 * Reads an RFC 9457 problem document of a gateway; tolerantly, for anything may stand between us. A code that is not
 * known here becomes one that agrees on whether to try again: `unreachable` or `argument-invalid`.
 *
 * @param url whom it is said of, where the answer is no problem of a gateway
 */
export function problemError(response: Response, body: string, nowMs: number, url = "the gateway"): BellhopError {
  const problem = readObject(body);
  const { code } = problem;
  const { status } = response;
  const text = problem.detail ?? problem.title;
  const detail = typeof text === "string" ? text.slice(0, 1_000) : undefined;
  const details = {
    field: typeof problem.field === "string" ? problem.field : undefined,
    faults: Array.isArray(problem.faults) ? problem.faults.slice(0, 100) as Fault[] : undefined,
    retryAfterMs: askedDelayMs(response.headers.get("retry-after"), nowMs) || undefined,
  } as ErrorDetails;
  if (isErrorCode(code)) return new BellhopError(code, detail, details);
  const transient = status >= 500 || status === 408 || status === 425 || status === 429;
  const retry = typeof problem.retry === "boolean" ? problem.retry : transient;
  const said = detail === undefined
    ? ", not as a gateway does: check the path that it is mounted at, and what stands before it"
    : `: ${detail}`;
  return new BellhopError(retry ? "unreachable" : "argument-invalid", `${url} answered ${status}${said}`, {
    field: "gateway",
    ...details,
  });
}

/** The JSON object in a text; an empty one if there is none. */
export function readObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch { /* no JSON */ }
  return {};
}
