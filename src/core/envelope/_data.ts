/**
 * What `data` may be.
 *
 * @module
 */

import type { Fault } from "../error.ts";
import { isWellFormed } from "./_characters.ts";
import { shortestJson, TOO_DEEP, TOO_LARGE } from "./_json_walk.ts";
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
    return data.length > limits.maxBytes ? dataFault(TOO_LARGE, limits) : undefined;
  }
  const length = shortestJson(data, limits.maxDepth, limits.maxBytes);
  if (length > limits.maxBytes) return dataFault(TOO_LARGE, limits);
  return length < 0 ? dataFault(length, limits) : undefined;
}

/** The fault of data whose walk ended early. */
export function dataFault(length: number, limits: EnvelopeLimits): Fault {
  if (length === TOO_DEEP) return fault("data", "too-deep", `Data may be nested ${limits.maxDepth} deep`);
  if (length === TOO_LARGE) return fault("data", "too-large", `Data may take ${limits.maxBytes} bytes`);
  return fault("data", "not-json", "Data must be JSON: null, booleans, finite numbers, strings, arrays, plain objects");
}
