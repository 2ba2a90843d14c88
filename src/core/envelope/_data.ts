/**
 * What `data` may be.
 *
 * @module
 */

import type { Fault } from "../error.ts";
import { isWellFormed } from "./_characters.ts";
import { type Walk, walkJson } from "./_json_walk.ts";
import { isJsonType } from "./_media_type.ts";
import { fault, show } from "./_rules.ts";
import type { EnvelopeLimits } from "./limits.ts";

/**
 * Whether the data fits the content type: any JSON value where that is JSON or absent, bytes where it is not JSON,
 * text where it is neither JSON nor absent.
 */
export function checkDataKind(data: unknown, contentType: unknown): Fault | undefined {
  const json = isJsonType(contentType);
  if (json === undefined) return undefined; // a fault of the content type itself
  if (data instanceof Uint8Array) {
    if (contentType === undefined || contentType === null || !json) return undefined;
    return fault("data", "wrong-type", "Data of a JSON type must be a JSON value: got bytes");
  }
  if (json) return undefined;
  if (typeof data !== "string") {
    return fault("data", "wrong-type", `Data of a type other than JSON must be a string or bytes: got ${show(data)}`);
  }
  return isWellFormed(data)
    ? undefined
    : fault("data", "character", "Text with a lone surrogate has no UTF-8 encoding");
}

/** Whether data made by a program is JSON through and through, or bytes, and within the limits. */
export function checkDataValue(data: unknown, limits: EnvelopeLimits): Fault | undefined {
  if (data instanceof Uint8Array) {
    return data.length > limits.maxBytes ? dataFault("too-large", limits) : undefined;
  }
  const walk: Walk = { left: limits.maxBytes, code: "" };
  walkJson(data, limits.maxDepth, walk);
  return walk.code === "" ? undefined : dataFault(walk.code, limits);
}

/** The fault that a walk over the data ended with. */
export function dataFault(code: Exclude<Walk["code"], "">, limits: EnvelopeLimits): Fault {
  switch (code) {
    case "too-deep":
      return fault("data", code, `Data may be nested ${limits.maxDepth} deep`);
    case "too-large":
      return fault("data", code, `Data may take ${limits.maxBytes} bytes`);
    case "not-json":
      return fault("data", code, "Data must be JSON: null, booleans, finite numbers, strings, arrays, plain objects");
  }
}
