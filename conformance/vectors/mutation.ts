/**
 * What was changed between an accepted input and a refused one.
 *
 * @module
 */
import { bodyBytes } from "./expand.ts";

/** The longest stretch of bytes that counts as one mutation, taken out and put in. */
export const LONGEST_SPAN = 16;

type Input = Readonly<Record<string, unknown>>;

/**
 * The mutations that lead from `from` to `to`, each as a text that is equal for equal mutations.
 *
 * One mutation is one of these: a header or another field of the input that came, went or changed; in a body that is
 * JSON, one member or one item, at any depth; else one stretch of at most 16 bytes; the whole body left out.
 */
export function mutations(from: Input, to: Input): string[] {
  const found: string[] = [];
  for (const field of new Set([...Object.keys(from), ...Object.keys(to)])) {
    if (field !== "body" && field !== "bodyBase64") compare(`/${field}`, from[field], to[field], found);
  }
  return [...found, ...bodyMutations(bodyBytes(from), bodyBytes(to))];
}

function bodyMutations(from: Uint8Array, to: Uint8Array): string[] {
  if (equalBytes(from, to)) return [];
  if (to.length === 0) return ["the body is left out"];
  const [before, after] = [readJson(from), readJson(to)];
  if (before !== undefined && after !== undefined) {
    const found: string[] = [];
    compare("body", before.value, after.value, found);
    // None: JSON.parse hides what was changed, such as a member that stands twice.
    if (found.length > 0) return found;
  }
  let start = 0;
  while (start < Math.min(from.length, to.length) && from[start] === to[start]) start++;
  let end = 0;
  while (end < Math.min(from.length, to.length) - start && from.at(-1 - end) === to.at(-1 - end)) end++;
  const [out, into] = [from.length - start - end, to.length - start - end];
  const span = `${out} bytes at ${start} to ${to.slice(start, start + into)}`;
  return Math.max(out, into) <= LONGEST_SPAN ? [span] : [span, `a stretch of more than ${LONGEST_SPAN} bytes`];
}

function compare(path: string, from: unknown, to: unknown, found: string[]): void {
  if (isObject(from) && isObject(to)) {
    const [before, after] = [new Map(Object.entries(from)), new Map(Object.entries(to))];
    if (!Array.isArray(from) && !Array.isArray(to)) {
      for (const name of new Set([...before.keys(), ...after.keys()])) {
        compare(`${path}/${JSON.stringify(name)}`, before.get(name), after.get(name), found);
      }
      return;
    }
    if (Array.isArray(from) && Array.isArray(to) && from.length > 0 && to.length > 0) {
      for (let i = 0; i < Math.max(from.length, to.length); i++) compare(`${path}/${i}`, from[i], to[i], found);
      return;
    }
  }
  if (!Object.is(from, to) && written(from) !== written(to)) found.push(`${path} = ${written(to)}`);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function written(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "gone";
  } catch {
    return "too deep to be written";
  }
}

function readJson(bytes: Uint8Array): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)) };
  } catch {
    return undefined;
  }
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
