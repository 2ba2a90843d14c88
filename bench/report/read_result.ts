/**
 * Reads what a bench has written, and says of a file that is broken which field is wrong.
 *
 * @module
 */
import { Ajv2020, type ErrorObject } from "npm:ajv@8.20.0/dist/2020.js";
import type { BenchResult, Spread } from "./result.ts";
import schema from "./result.schema.json" with { type: "json" };

/** A file that is no result. Its message names the file, the field and what to do. */
export class ResultError extends Error {
  override readonly name = "ResultError";

  /** @param field where it is wrong, `measures[3].value.median`; empty for the whole file */
  constructor(readonly path: string, readonly field: string, what: string) {
    super(`${path}: ${field === "" ? "" : `${field} `}${what}`);
  }
}

/** Largest file that is read. */
export const MAX_RESULT_BYTES = 64_000_000;

/** @throws {ResultError} what is wrong with the file, or that there is none */
export async function readResult(path: string): Promise<BenchResult> {
  return parseResult(await readText(path), path);
}

/**
 * The result in a text of JSON, checked against `result.schema.json` and within itself: no id twice, no measure of a
 * subject that is not listed, quartiles around their median, points in the order of x.
 *
 * @param path how messages call it
 * @throws {ResultError}
 */
export function parseResult(text: string, path: string): BenchResult {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch (error) {
    throw new ResultError(path, "", `is not JSON: ${(error as Error).message}. Was it cut off? Run the bench again`);
  }
  if (typeof found === "object" && found !== null && "schema" in found && found.schema !== 1) {
    const version = JSON.stringify(found.schema);
    throw new ResultError(path, "schema", `is ${version}, and this reads 1. Take the reports of the same release`);
  }
  if (!isResult(found)) {
    const [error] = isResult.errors!;
    throw new ResultError(path, fieldOf(error.instancePath), `${wanted(error)}${got(found, error)}`);
  }
  const fault = faultWithin(found);
  if (fault !== undefined) throw new ResultError(path, ...fault);
  return found;
}

// By default it stops at the first fault, and so does not collect a million of them.
const isResult = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false }).compile<BenchResult>(schema);

async function readText(path: string): Promise<string> {
  try {
    const { size } = await Deno.stat(path);
    if (size > MAX_RESULT_BYTES) {
      throw new ResultError(path, "", `has ${size} bytes, more than ${MAX_RESULT_BYTES}. Write fewer points a line`);
    }
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof ResultError) throw error;
    const what = error instanceof Deno.errors.NotFound
      ? "does not exist"
      : `cannot be read: ${(error as Error).message}`;
    throw new ResultError(path, "", `${what}. A bench writes it with --json <file>`);
  }
}

/** `/measures/3/value` as one writes it in code. */
function fieldOf(pointer: string): string {
  return pointer.split("/").slice(1).map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce((field, part) => /^\d+$/.test(part) ? `${field}[${part}]` : field === "" ? part : `${field}.${part}`, "");
}

function wanted({ keyword, params, message = "is wrong" }: ErrorObject): string {
  if (keyword === "required") return `must have a field ${JSON.stringify(params.missingProperty)}`;
  if (keyword === "enum") return `must be one of ${params.allowedValues.join(", ")}`;
  return message;
}

function got(result: unknown, { instancePath, keyword }: ErrorObject): string {
  if (keyword === "required") return "";
  const value = instancePath.split("/").slice(1).reduce<unknown>(
    (part, key) => (part as Record<string, unknown>)[key.replaceAll("~1", "/").replaceAll("~0", "~")],
    result,
  );
  return `, got ${JSON.stringify(value).slice(0, 80)}`;
}

type Fault = [field: string, what: string];

function faultWithin({ subjects, measures, plots }: BenchResult): Fault | undefined {
  const names = new Set(subjects.map(({ name }) => name));
  const ids = new Set<string>();
  for (const [index, { id, subject, value, ratio }] of measures.entries()) {
    const field = `measures[${index}]`;
    if (ids.has(id)) return [`${field}.id`, `${JSON.stringify(id)} stands twice; an id is unique in its file`];
    ids.add(id);
    if (!names.has(subject)) return [`${field}.subject`, `${JSON.stringify(subject)} is not one of subjects`];
    if (isTurned(value)) return [`${field}.value`, "must have low <= median <= high"];
    if (isTurned(ratio)) return [`${field}.ratio`, "must have low <= median <= high"];
  }
  const plotIds = new Set<string>();
  for (const [index, { id, lines }] of plots.entries()) {
    if (plotIds.has(id)) {
      return [`plots[${index}].id`, `${JSON.stringify(id)} stands twice; an id is unique in its file`];
    }
    plotIds.add(id);
    for (const [place, { points }] of lines.entries()) {
      const back = points.findIndex(([x], at) => at > 0 && x < points[at - 1][0]);
      if (back >= 0) {
        return [`plots[${index}].lines[${place}].points[${back}]`, "goes back; points are in the order of x"];
      }
    }
  }
}

function isTurned(spread: Spread | undefined): boolean {
  return spread !== undefined && !(spread.low <= spread.median && spread.median <= spread.high);
}
