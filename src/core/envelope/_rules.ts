/**
 * The rule of each attribute: a fault, or `undefined` where the value is as it must be.
 *
 * @module
 */

import type { Fault } from "../error.ts";
import { PRIORITIES } from "../priority/mod.ts";
import { parseTimestamp } from "../timestamp.ts";
import {
  allIn,
  ATTRIBUTE_NAME,
  INSTANCE_NAME,
  invalidAt,
  LOWER_HEX,
  REFUSED,
  SERVICE_NAME,
  TOKEN_END,
  TYPE,
} from "./_characters.ts";
import { remembering } from "./_memo.ts";
import { parseMediaType } from "./_media_type.ts";
import { isAbsoluteUri, isUriReference } from "./_uri.ts";
import { type EnvelopeLimits, MAX_ATTRIBUTE_NAME_LENGTH, MAX_NAME_LENGTH, MAX_URI_LENGTH } from "./limits.ts";

type Verdict = Fault | undefined;

const isSource = remembering(isUriReference);
const isTypeName = remembering(isType);
/** Makes a fault whose field is safe to print. */
export function fault(field: string, code: string, reason: string): Fault {
  return { field: printable(field), code, reason };
}

/** What a field lacks that must be there. */
function missing(field: string): Fault {
  return fault(field, "missing", `The attribute ${field} is required`);
}

/** Whether the text may name an attribute: 1 to 64 lower-case letters and digits, other than `data`. */
export function isAttributeName(name: string): boolean {
  return name.length > 0 && name.length <= MAX_ATTRIBUTE_NAME_LENGTH && allIn(ATTRIBUTE_NAME, name, 0, name.length) &&
    name !== "data";
}

export function checkName(name: string): Verdict {
  if (isAttributeName(name)) return undefined;
  const wanted = `Names of attributes are 1 to ${MAX_ATTRIBUTE_NAME_LENGTH} lower-case letters and digits`;
  return fault(name, "name", `${wanted}: got ${show(name)}`);
}

export function checkSpecversion(value: unknown): Verdict {
  if (value === "1.0") return undefined;
  if (value === undefined || value === null) return missing("specversion");
  if (typeof value !== "string") return wrongType("specversion", "a string", value);
  return fault("specversion", "unknown-value", `Wanted "1.0": got ${show(value)}`);
}

export function checkId(value: unknown): Verdict {
  if (value === undefined || value === null) return missing("id");
  return checkLength("id", value, MAX_NAME_LENGTH) ?? checkCharacters("id", value as string);
}

/** A CloudEvents String that is not empty. */
export function checkText(name: string, value: unknown, limits: EnvelopeLimits): Verdict {
  if (value === null) return undefined;
  return checkLength(name, value, limits.maxAttributeLength) ?? checkCharacters(name, value as string);
}

export function checkSource(value: unknown): Verdict {
  if (value === undefined || value === null) return missing("source");
  return checkLength("source", value, MAX_URI_LENGTH) ??
    (isSource(value as string) ? undefined : format("source", "a URI reference (RFC 3986)", value));
}

export function checkDataschema(value: unknown): Verdict {
  if (value === null) return undefined;
  return checkLength("dataschema", value, MAX_URI_LENGTH) ??
    (isAbsoluteUri(value as string) ? undefined : format("dataschema", "an absolute URI (RFC 3986)", value));
}

export function checkType(value: unknown): Verdict {
  if (value === undefined || value === null) return missing("type");
  const bad = checkLength("type", value, MAX_NAME_LENGTH);
  if (bad !== undefined) return bad;
  return isTypeName(value as string)
    ? undefined
    : format("type", "dot-separated tokens of printable ASCII without space, * and >", value);
}

export function checkTime(name: string, value: unknown): Verdict {
  if (value === null) return undefined;
  return checkLength(name, value, 64) ??
    (parseTimestamp(value as string) === undefined ? format(name, "an RFC 3339 timestamp", value) : undefined);
}

export function checkDatacontenttype(value: unknown): Verdict {
  if (value === null) return undefined;
  return checkLength("datacontenttype", value, MAX_NAME_LENGTH) ??
    (parseMediaType(value as string) === undefined ? format("datacontenttype", "a media type", value) : undefined);
}

export function checkPriority(value: unknown): Verdict {
  if (value === null) return undefined;
  if (typeof value !== "string") return wrongType("priority", "a string", value);
  if ((PRIORITIES as readonly string[]).includes(value)) return undefined;
  return fault("priority", "unknown-value", `Wanted ${PRIORITIES.join(", ")}: got ${show(value)}`);
}

/** `name`, or `name@instance`; the instance must be there in `replyto`. */
export function checkAddress(field: "target" | "replyto", value: unknown): Verdict {
  if (value === null) return undefined;
  if (typeof value !== "string") return wrongType(field, "a string", value);
  if (value.length === 0) return empty(field);
  const at = value.indexOf("@");
  const nameEnd = at < 0 ? value.length : at;
  if (nameEnd > 63 || value.length - nameEnd > 129) {
    return fault(field, "too-long", "A name has at most 63 characters, and an instance 128");
  }
  const named = nameEnd > 0 && value[0] !== "-" && allIn(SERVICE_NAME, value, 0, nameEnd);
  const instance = (at < 0 && field === "target") ||
    (at >= 0 && at + 1 < value.length && allIn(INSTANCE_NAME, value, at + 1, value.length));
  if (named && instance) return undefined;
  return format(field, field === "target" ? "a service's name, or name@instance" : "name@instance", value);
}

export function checkTraceparent(value: unknown): Verdict {
  if (value === null) return undefined;
  return checkLength("traceparent", value, MAX_NAME_LENGTH) ??
    (isTraceparent(value as string) ? undefined : format("traceparent", "a W3C traceparent", value));
}

/** An attribute that is not known: a string (it may be empty), an integer of 32 bits, or a boolean. */
export function checkExtension(name: string, value: unknown, limits: EnvelopeLimits): Verdict {
  if (typeof value === "boolean" || value === null) return undefined;
  if (typeof value === "string") {
    const maxLength = limits.maxAttributeLength;
    return value.length > maxLength ? tooLong(name, maxLength, value) : checkCharacters(name, value);
  }
  if (typeof value !== "number") return wrongType(name, "a string, an integer or a boolean", value);
  if ((value | 0) === value) return undefined;
  return fault(name, "out-of-range", `Wanted an integer from -2147483648 to 2147483647: got ${show(value)}`);
}

/** The value as a reader may see it: short, and without control characters. */
export function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? value.slice(0, 40) + "…" : value);
  if (typeof value === "number" || typeof value === "boolean" || value === null) return String(value);
  return Array.isArray(value) ? "an array" : `a value of type ${typeof value}`;
}

export function wrongType(name: string, wanted: string, value: unknown): Fault {
  return fault(name, "wrong-type", `Wanted ${wanted}: got ${show(value)}`);
}

function checkLength(name: string, value: unknown, maxLength: number): Verdict {
  if (typeof value !== "string") return wrongType(name, "a string", value);
  if (value.length === 0) return empty(name);
  return value.length > maxLength ? tooLong(name, maxLength, value) : undefined;
}

function checkCharacters(name: string, value: string): Verdict {
  const at = invalidAt(value);
  if (at < 0) return undefined;
  const code = value.charCodeAt(at).toString(16).padStart(4, "0");
  return fault(
    name,
    "character",
    `Control characters, lone surrogates and noncharacters are refused: \\u${code} at ${at}`,
  );
}

function isType(text: string): boolean {
  let all = 0;
  let emptyToken = 0;
  let before = TOKEN_END;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const kind = code > 127 ? REFUSED : TYPE[code];
    all |= kind;
    emptyToken |= kind & before;
    before = kind;
  }
  return (all & REFUSED) === 0 && ((emptyToken | before) & TOKEN_END) === 0;
}

function isTraceparent(text: string): boolean {
  if (text.length < 55 || text[2] !== "-" || text[35] !== "-" || text[52] !== "-") return false;
  if (!hex(text, 0, 2) || !hex(text, 3, 35) || !hex(text, 36, 52) || !hex(text, 53, 55)) return false;
  if (text.startsWith("ff") || zeros(text, 3, 35) || zeros(text, 36, 52)) return false;
  // Later versions may add fields, after another dash.
  return text.length === 55 || (!text.startsWith("00") && text[55] === "-" && invalidAt(text) < 0);
}

function hex(text: string, start: number, end: number): boolean {
  return allIn(LOWER_HEX, text, start, end);
}

function zeros(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (text[at] !== "0") return false;
  return true;
}

function empty(name: string): Fault {
  return fault(name, "empty", `The attribute ${name} must not be empty`);
}

function tooLong(name: string, maxLength: number, value: string): Fault {
  return fault(name, "too-long", `Wanted at most ${maxLength} UTF-16 code units: got ${value.length}`);
}

function format(name: string, wanted: string, value: unknown): Fault {
  return fault(name, "format", `Wanted ${wanted}: got ${show(value)}`);
}

function printable(name: string): string {
  const short = name.length > MAX_ATTRIBUTE_NAME_LENGTH ? name.slice(0, MAX_ATTRIBUTE_NAME_LENGTH) + "…" : name;
  return invalidAt(short) < 0 ? short : JSON.stringify(short);
}
