/**
 * A refusal as the gateway would say it, for routes of an app's own.
 *
 * @module
 */
import type { BellhopError } from "../../core/error.ts";
import { problem } from "./_problem.ts";

/**
 * The problem document (RFC 9457) of an error, with its status and, where it is known, `retry-after`.
 *
 * @param errorsUrl the page whose anchors are the codes, to which `type` points; default `/errors`
 *
 * @example
 * ```ts
 * import { BellhopError } from "@bellhop/bellhop";
 * import { problemResponse } from "@bellhop/bellhop/hono";
 * import { assertEquals } from "@std/assert";
 * const response = problemResponse(new BellhopError("closing"));
 * assertEquals([response.status, (await response.json()).code], [503, "closing"]);
 * ```
 */
export function problemResponse(error: BellhopError, errorsUrl = "/errors"): Response {
  return problem(error, errorsUrl);
}
