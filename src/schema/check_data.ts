/**
 * Data against the schema of its event.
 *
 * @module
 */
import { BellhopError, type Fault } from "../core/error.ts";
import type { StandardIssue, StandardResult, StandardSchema } from "./standard_schema.ts";

/** Most faults that one refusal names: what a stranger sent decides how many there are. */
const MAX_FAULTS = 32;

/**
 * What the schema makes of the data, at once if the schema answers at once.
 *
 * @throws {BellhopError} `data-invalid` with a fault for each issue, at most 32; the promise rejects with it where the
 * schema takes its time. What the schema itself throws is passed on.
 *
 * @example
 * ```ts
 * import { checkData } from "@bellhop/bellhop/schema";
 * import { assertEquals, assertThrows } from "@std/assert";
 * const anyText = {
 *   "~standard": {
 *     version: 1 as const,
 *     vendor: "none",
 *     validate: (value: unknown) =>
 *       typeof value === "string" ? { value } : { issues: [{ message: "wanted a text" }] },
 *   },
 * };
 * assertEquals(checkData(anyText, "hello"), "hello");
 * assertThrows(() => checkData(anyText, 7), Error, "wanted a text");
 * ```
 */
export function checkData<Output>(schema: StandardSchema<unknown, Output>, data: unknown): Output | Promise<Output> {
  const result = schema["~standard"].validate(data);
  return isPromise(result) ? result.then(valueOf) : valueOf(result);
}

function valueOf<Output>(result: StandardResult<Output>): Output {
  if (result.issues === undefined) return result.value;
  const faults = result.issues.slice(0, MAX_FAULTS).map(faultOf);
  const first = faults[0];
  throw new BellhopError(
    "data-invalid",
    first === undefined ? "The schema refused the data" : `${first.field}: ${first.reason}`,
    { faults, ...(faults.length === 1 ? { field: first.field } : {}) },
  );
}

function faultOf(issue: StandardIssue): Fault {
  let field = "data";
  for (const step of issue.path ?? []) {
    const key = typeof step === "object" ? step.key : step;
    field += typeof key === "number" ? `[${key}]` : `.${String(key)}`;
  }
  return { field: field.slice(0, 256), code: "schema", reason: String(issue.message).slice(0, 512) };
}

function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as { then?: unknown } | null)?.then === "function";
}
