/**
 * Files of vectors, their short notation written out.
 *
 * @module
 */

/** What one vector says; `input` and `expect` are those of its kind (see README.md). */
export interface Vector {
  readonly id: string;
  readonly requirements: readonly string[];
  readonly title: string;
  readonly twin?: string;
  readonly parts?: readonly string[];
  // deno-lint-ignore no-explicit-any
  readonly input: any;
  // deno-lint-ignore no-explicit-any
  readonly expect: any;
}

/** One file: every vector of a kind. */
export interface VectorFile {
  readonly spec: string;
  readonly about: string;
  readonly vectors: readonly Vector[];
}

/** The value with each `{"$repeat": [[part, times], …]}` replaced by its parts, joined: a text or a list. */
export function expand(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(expand);
  if (typeof value !== "object" || value === null) return value;
  const parts = (value as { $repeat?: readonly (readonly [string | unknown[], number])[] }).$repeat;
  if (parts === undefined) return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, expand(one)]));
  if (typeof parts[0][0] === "string") return parts.map(([text, times]) => (text as string).repeat(times)).join("");
  return parts.flatMap(([items, times]) => Array.from({ length: times }, () => expand(items)).flat());
}

/** Reads the text of a file of vectors. */
export function readVectors(text: string): VectorFile {
  return expand(JSON.parse(text)) as VectorFile;
}

/** The body of an input or an expectation, as bytes. */
export function bodyBytes(of: { readonly body?: string; readonly bodyBase64?: string }): Uint8Array<ArrayBuffer> {
  if (of.body !== undefined) return new TextEncoder().encode(of.body);
  return Uint8Array.from(atob(of.bodyBase64 ?? ""), (letter) => letter.charCodeAt(0));
}
