/**
 * The query of a request, decoded once and strictly: `+` is a plus, as in any other part of a URL.
 *
 * @module
 */
import { BellhopError } from "../../core/error.ts";

/** Values of a query by name. */
export type Query = ReadonlyMap<string, string>;

const MAX_VALUE_LENGTH = 4_096;
const MAX_PAGE = 1_000;
const DEFAULT_PAGE = 100;

/**
 * Reads the query of a URL; names that nobody asks for are passed over.
 *
 * @throws {BellhopError} `argument-invalid` with the field, for one of `names` that stands twice, is too long or badly encoded
 */
export function readQuery(url: string, names: readonly string[]): Query {
  const found = new Map<string, string>();
  const from = url.indexOf("?");
  if (from === -1) return found;
  const hash = url.indexOf("#", from);
  for (const part of url.slice(from + 1, hash === -1 ? undefined : hash).split("&")) {
    const equals = part.indexOf("=");
    const name = equals === -1 ? part : part.slice(0, equals);
    if (!names.includes(name)) continue;
    if (found.has(name)) throw badField(name, `${name} stands twice in the query`);
    const raw = equals === -1 ? "" : part.slice(equals + 1);
    if (raw.length > 3 * MAX_VALUE_LENGTH) throw badField(name, `${name} is too long`);
    try {
      found.set(name, decodeURIComponent(raw));
    } catch {
      throw badField(name, `${name} is not percent-encoded UTF-8`);
    }
  }
  return found;
}

/** A value that must be there. @throws {BellhopError} `argument-invalid` with the field */
export function required(query: Query, name: string): string {
  const value = query.get(name);
  if (value === undefined || value === "") throw badField(name, `${name} is missing in the query`);
  return value;
}

/** `limit` and `after` of a list. @throws {BellhopError} `argument-invalid` with the field */
export function pageOf(query: Query): { readonly limit: number; readonly after: string | undefined } {
  const given = query.get("limit");
  const limit = given === undefined ? DEFAULT_PAGE : /^\d{1,4}$/.test(given) ? Number(given) : 0;
  if (limit < 1 || limit > MAX_PAGE) throw badField("limit", `limit must be a whole number from 1 to ${MAX_PAGE}`);
  const after = query.get("after");
  if (after === "" || (after !== undefined && after.length > 256)) {
    throw badField("after", "after must be what the page before said");
  }
  return { limit, after };
}

/** The error of an argument out of its range. */
export function badField(field: string, detail: string): BellhopError {
  return new BellhopError("argument-invalid", detail, { field });
}
