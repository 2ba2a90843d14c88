/**
 * Every rule of the envelope at once.
 *
 * @module
 */

import { BellhopError, type Fault } from "../error.ts";
import { checkDataKind, checkDataValue } from "./_data.ts";
import { isPlain } from "./_json_walk.ts";
import * as rules from "./_rules.ts";
import type { Envelope } from "./envelope.ts";
import { DEFAULT_ENVELOPE_LIMITS, type EnvelopeLimits } from "./limits.ts";

const KNOWN: ReadonlySet<string> = new Set([
  "specversion",
  "id",
  "source",
  "type",
  "time",
  "subject",
  "datacontenttype",
  "dataschema",
  "priority",
  "target",
  "replyto",
  "deliverat",
  "correlationid",
  "causationid",
  "expirytime",
  "partitionkey",
  "traceparent",
  "tracestate",
]);
const NONE: readonly Fault[] = Object.freeze([]);

/**
 * Tells everything that is wrong with a value as an {@linkcode Envelope}; it never throws.
 *
 * An attribute that is `null` or `undefined` counts as absent, as in the CloudEvents JSON format; data that is `null`
 * is the JSON value. Lengths are in UTF-16 code units. `data` that a program made must be plain JSON or a
 * `Uint8Array`, no deeper than `maxDepth`; whether the whole fits `maxBytes` is known when it is serialized.
 *
 * | code | what it says |
 * | --- | --- |
 * | `missing` | a required attribute is absent |
 * | `empty` | a string that must not be empty is |
 * | `wrong-type` | the value is of another type than the attribute, or data of another kind than `datacontenttype` |
 * | `too-long` | a string is longer than its bound |
 * | `too-many` | there are more than `maxAttributes` attributes; those beyond are not looked at |
 * | `too-deep` | data is nested deeper than `maxDepth` |
 * | `too-large` | data alone takes more than `maxBytes` |
 * | `name` | the name of an attribute is not made of 1 to 64 lower-case letters and digits |
 * | `character` | a string holds a control character, a lone surrogate or a noncharacter |
 * | `format` | the string is not what the attribute's grammar wants |
 * | `unknown-value` | `specversion` or `priority` is none of those allowed |
 * | `out-of-range` | a number is no integer of 32 bits |
 * | `conflict` | one thing is said twice: `data` beside `data_base64`, `ce-datacontenttype` beside `content-type` |
 * | `not-json` | data is nothing that JSON can say |
 * | `base64`, `utf8`, `percent`, `quoted` | an encoding is broken: of `data_base64`, of text, of a `ce-` header |
 * | `unreadable` | a getter or proxy threw when it was read |
 *
 * @returns the faults those of the four required attributes first; empty for an envelope
 *
 * @example
 * ```ts
 * import { validate } from "@bellhop/bellhop";
 * import { assertEquals } from "@std/assert";
 * const faults = validate({ specversion: "1.0", id: "", source: "/users", type: "user.created", priority: "URGENT" });
 * assertEquals(faults.map(({ field, code }) => [field, code]), [["id", "empty"], ["priority", "unknown-value"]]);
 * ```
 */
export function validate(value: unknown, limits: EnvelopeLimits = DEFAULT_ENVELOPE_LIMITS): readonly Fault[] {
  try {
    if (!isRecord(value)) return [rules.fault("", "wrong-type", `Wanted an object: got ${rules.show(value)}`)];
    const faults = validateAttributes(value, limits);
    const data = value.data;
    const bad = data === undefined || data === null ? undefined : checkDataValue(data, limits);
    return bad === undefined ? faults : [...faults, bad];
  } catch {
    return [rules.fault("", "unreadable", "Reading the value threw")];
  }
}

/**
 * Refuses what {@linkcode validate} finds fault with.
 *
 * @throws {BellhopError} `envelope-invalid` with every fault
 *
 * @example
 * ```ts
 * import { assertEnvelope } from "@bellhop/bellhop";
 * import { assertThrows } from "@std/assert";
 * assertThrows(() => assertEnvelope({ specversion: "1.0" }), Error, "id");
 * ```
 */
export function assertEnvelope(
  value: unknown,
  limits: EnvelopeLimits = DEFAULT_ENVELOPE_LIMITS,
): asserts value is Envelope {
  const faults = validate(value, limits);
  if (faults.length > 0) throw invalidEnvelope(faults);
}

/** The error that carries the faults of an envelope. */
export function invalidEnvelope(faults: readonly Fault[]): BellhopError {
  const first = faults.slice(0, 3).map(({ field, reason }) => field === "" ? reason : `${field}: ${reason}`).join("; ");
  const more = faults.length > 3 ? `; and ${faults.length - 3} more` : "";
  return new BellhopError("envelope-invalid", `The envelope is invalid: ${first}${more}`, {
    faults,
    ...(faults.length === 1 ? { field: faults[0].field } : {}),
  });
}

/** Whether the value is an object whose own members may be attributes. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && isPlain(value);
}

/**
 * All rules except those that walk through `data`, which the reader of a text answers for.
 *
 * Known attributes are read by name and counted, so that only an envelope with others pays for looking at names.
 *
 * @param named how many members the value has, where the caller has counted them
 */
export function validateAttributes(
  value: Record<string, unknown>,
  limits: EnvelopeLimits,
  named: number = countNames(value),
): readonly Fault[] {
  let faults = add(undefined, rules.checkSpecversion(value.specversion));
  faults = add(faults, rules.checkId(value.id));
  faults = add(faults, rules.checkSource(value.source));
  faults = add(faults, rules.checkType(value.type));
  let known = 4;
  const { time, subject, datacontenttype, dataschema, data, priority, target } = value;
  if (time !== undefined && ++known) faults = add(faults, rules.checkTime("time", time));
  if (subject !== undefined && ++known) faults = add(faults, rules.checkText("subject", subject, limits));
  if (datacontenttype !== undefined && ++known) faults = add(faults, rules.checkDatacontenttype(datacontenttype));
  if (dataschema !== undefined && ++known) faults = add(faults, rules.checkDataschema(dataschema));
  if (data !== undefined && ++known && data !== null) faults = add(faults, checkDataKind(data, datacontenttype));
  if (priority !== undefined && ++known) faults = add(faults, rules.checkPriority(priority));
  if (target !== undefined && ++known) faults = add(faults, rules.checkAddress("target", target));
  const { deliverat, replyto } = value;
  if (deliverat !== undefined && ++known) faults = add(faults, rules.checkTime("deliverat", deliverat));
  if (replyto !== undefined && ++known) faults = add(faults, rules.checkAddress("replyto", replyto));
  const { correlationid, causationid, expirytime, partitionkey, traceparent, tracestate } = value;
  if (correlationid !== undefined && ++known) {
    faults = add(faults, rules.checkText("correlationid", correlationid, limits));
  }
  if (causationid !== undefined && ++known) faults = add(faults, rules.checkText("causationid", causationid, limits));
  if (expirytime !== undefined && ++known) faults = add(faults, rules.checkTime("expirytime", expirytime));
  if (partitionkey !== undefined && ++known) {
    faults = add(faults, rules.checkText("partitionkey", partitionkey, limits));
  }
  if (traceparent !== undefined && ++known) faults = add(faults, rules.checkTraceparent(traceparent));
  if (tracestate !== undefined && ++known) faults = add(faults, rules.checkText("tracestate", tracestate, limits));
  // A required attribute that is missing is counted as well, and may hide another: every fault is to be named.
  if (named !== known || faults !== undefined || named > limits.maxAttributes) {
    faults = validateExtensions(value, limits, faults);
  }
  return faults ?? NONE;
}

function countNames(value: Record<string, unknown>): number {
  let names = 0;
  for (const _ in value) names++;
  return names;
}

function validateExtensions(
  value: Record<string, unknown>,
  limits: EnvelopeLimits,
  found: Fault[] | undefined,
): Fault[] | undefined {
  let faults = found;
  let count = 0;
  for (const name in value) {
    const attribute = value[name];
    if (attribute === undefined || name === "data") continue;
    if (++count > limits.maxAttributes) {
      return add(faults, rules.fault("", "too-many", `An envelope may have ${limits.maxAttributes} attributes`));
    }
    if (!KNOWN.has(name)) faults = add(faults, rules.checkName(name) ?? rules.checkExtension(name, attribute, limits));
  }
  return faults;
}

function add(faults: Fault[] | undefined, bad: Fault | undefined): Fault[] | undefined {
  if (bad === undefined) return faults;
  if (faults === undefined) return [bad];
  faults.push(bad);
  return faults;
}
