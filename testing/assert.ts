/**
 * The assertions of `@std/assert`, same names and signatures, over `node:assert/strict`.
 *
 * Tests import "@std/assert" through the import map, so that one line of deno.json switches to the real one.
 * Never published, never imported by library code.
 *
 * @module
 */
import nodeAssert from "node:assert/strict";

/** What every assertion here throws. */
export const AssertionError: typeof nodeAssert.AssertionError = nodeAssert.AssertionError;

// deno-lint-ignore no-explicit-any
type AbstractConstructor<T> = abstract new (...args: any[]) => T;
// deno-lint-ignore no-explicit-any
type ErrorClass<E extends Error> = new (...args: any[]) => E;
// deno-lint-ignore no-explicit-any
type AnyRecord = Record<PropertyKey, any>;

export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) raise(msg || "Expected a truthy value", expr, true);
}

export function assertFalse(expr: unknown, msg?: string): asserts expr is false | 0 | 0n | "" | null | undefined {
  if (expr) raise(`Expected a falsy value, got ${show(expr)}${because(msg)}`, expr, false);
}

export function fail(msg?: string): never {
  raise(`Failed assertion${because(msg) || "."}`);
}

export function unreachable(reason?: string): never {
  raise(`Unreachable${because(reason)}`);
}

export function unimplemented(msg?: string): never {
  raise(`Unimplemented${because(msg)}`);
}

/** Deep equality: Map, Set, Date, typed arrays, cycles; as in @std, a null prototype equals a plain object and 0 equals -0. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected)) return;
  raise(`Values are not equal${because(msg)}\n${difference(actual, expected)}`, actual, expected);
}

export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected)) raise(`Expected a value other than ${show(expected)}${because(msg)}`, actual, expected);
}

export function assertStrictEquals<T>(actual: unknown, expected: T, msg?: string): asserts actual is T {
  if (Object.is(actual, expected)) return;
  const reason = equal(actual, expected)
    ? `Values have the same structure but are not the same reference: ${show(actual)}`
    : `Values are not strictly equal\n${difference(actual, expected)}`;
  raise(`${reason}${because(msg)}`, actual, expected);
}

export function assertNotStrictEquals<T>(actual: T, expected: T, msg?: string): void {
  if (Object.is(actual, expected)) raise(`Expected not to be ${show(expected)}${because(msg)}`, actual, expected);
}

/** @param tolerance greatest difference allowed; a ten-millionth of `expected` unless given */
export function assertAlmostEquals(actual: number, expected: number, tolerance?: number, msg?: string): void {
  if (Object.is(actual, expected)) return;
  const allowed = tolerance ?? (Number.isFinite(expected) ? Math.abs(expected * 1e-7) : 1e-7);
  const delta = Math.abs(expected - actual);
  if (delta <= allowed) return;
  raise(`Expected ${actual} to be within ${allowed} of ${expected}, but it is ${delta} away${because(msg)}`);
}

export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual > expected)) raise(`Expected ${show(actual)} > ${show(expected)}${because(msg)}`, actual, expected);
}

export function assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual >= expected)) raise(`Expected ${show(actual)} >= ${show(expected)}${because(msg)}`, actual, expected);
}

export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual < expected)) raise(`Expected ${show(actual)} < ${show(expected)}${because(msg)}`, actual, expected);
}

export function assertLessOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual <= expected)) raise(`Expected ${show(actual)} <= ${show(expected)}${because(msg)}`, actual, expected);
}

export function assertExists<T>(actual: T, msg?: string): asserts actual is NonNullable<T> {
  if (actual === undefined || actual === null) {
    raise(`Expected a value that is not null or undefined, got ${actual}${because(msg)}`);
  }
}

export function assertInstanceOf<T extends AbstractConstructor<unknown>>(
  actual: unknown,
  expectedType: T,
  msg?: string,
): asserts actual is InstanceType<T> {
  if (actual instanceof expectedType) return;
  raise(`Expected an instance of ${expectedType.name}, got ${show(actual)}${because(msg)}`);
}

export function assertNotInstanceOf<A, T>(
  actual: A,
  unexpectedType: AbstractConstructor<T>,
  msg?: string,
): asserts actual is Exclude<A, T> {
  if (actual instanceof unexpectedType) raise(`Expected no instance of ${unexpectedType.name}${because(msg)}`);
}

export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  if (!matches(actual, expected)) raise(`Expected ${show(actual)} to match ${expected}${because(msg)}`);
}

export function assertNotMatch(actual: string, expected: RegExp, msg?: string): void {
  if (matches(actual, expected)) raise(`Expected ${show(actual)} not to match ${expected}${because(msg)}`);
}

export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  if (!actual.includes(expected)) raise(`Expected ${show(actual)} to contain ${show(expected)}${because(msg)}`);
}

export function assertArrayIncludes<T>(actual: ArrayLike<T>, expected: ArrayLike<T>, msg?: string): void {
  const missing = Array.from(expected).filter((want) => !Array.from(actual).some((have) => equal(want, have)));
  if (missing.length > 0) raise(`Expected ${show(actual)} to include ${show(missing)}${because(msg)}`);
}

/** Every property of `expected` is in `actual`, deeply; more properties and, as in @std, more elements may be there. */
export function assertObjectMatch(actual: AnyRecord, expected: Record<PropertyKey, unknown>, msg?: string): void {
  const subset = pick(actual, expected, new Map());
  if (equal(subset, expected)) return;
  raise(`Object does not match${because(msg)}\n${difference(subset, expected)}`, actual, expected);
}

export function assertIsError<E extends Error = Error>(
  error: unknown,
  ErrorClass?: AbstractConstructor<E>,
  msgMatches?: string | RegExp,
  msg?: string,
): asserts error is E {
  if (!(error instanceof Error)) raise(`Expected an Error, got ${show(error)}${because(msg)}`);
  if (ErrorClass !== undefined && !(error instanceof ErrorClass)) {
    raise(`Expected error to be ${ErrorClass.name}, got ${error.constructor.name}: ${error.message}${because(msg)}`);
  }
  if (msgMatches === undefined) return;
  const found = typeof msgMatches === "string"
    ? error.message.includes(msgMatches)
    : matches(error.message, msgMatches);
  if (!found) raise(`Expected error message to include ${show(msgMatches)}, got ${show(error.message)}${because(msg)}`);
}

/** @returns what was thrown */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: AbstractConstructor<E>,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows(
  fn: () => unknown,
  classOrMsg?: ErrorClass<Error> | AbstractConstructor<Error> | string,
  msgIncludes?: string,
  msg?: string,
): unknown {
  const wanted = expectation(classOrMsg, msgIncludes, msg);
  try {
    fn();
  } catch (error) {
    wanted.check(error);
    return error;
  }
  raise(`Expected function to throw${because(wanted.msg)}`);
}

/** @returns what the promise was rejected with */
export function assertRejects(fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: AbstractConstructor<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  classOrMsg?: AbstractConstructor<Error> | string,
  msgIncludes?: string,
  msg?: string,
): Promise<unknown> {
  const wanted = expectation(classOrMsg, msgIncludes, msg);
  let pending: PromiseLike<unknown>;
  try {
    pending = fn();
  } catch (error) {
    raise(`Function throws when expected to reject: ${show(error)}${because(wanted.msg)}`);
  }
  if (typeof pending?.then !== "function") raise(`Function did not return a promise${because(wanted.msg)}`);
  try {
    await pending;
  } catch (error) {
    wanted.check(error);
    return error;
  }
  raise(`Expected function to reject${because(wanted.msg)}`);
}

/** The equality by which {@linkcode assertEquals} judges. */
export function equal(actual: unknown, expected: unknown): boolean {
  return same(actual, expected, new Map());
}

interface Expectation {
  readonly msg: string | undefined;
  check(error: unknown): void;
}

function expectation(
  classOrMsg: AbstractConstructor<Error> | string | undefined,
  msgIncludes: string | undefined,
  msg: string | undefined,
): Expectation {
  if (typeof classOrMsg !== "function") return { msg: classOrMsg, check: () => {} };
  return { msg, check: (error) => assertIsError(error, classOrMsg, msgIncludes, msg) };
}

function same(a: unknown, b: unknown, seen: Map<object, object>): boolean {
  if (a === b || (a !== a && b !== b)) return true;
  if (typeof a === "function" || typeof b === "function") return false;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (family(a) !== family(b)) return false;
  if (seen.get(a) === b) return true;
  seen.set(a, b);

  if (a instanceof WeakMap || a instanceof WeakSet || a instanceof WeakRef || a instanceof Promise) return false;
  if (a instanceof Date) return Object.is(a.getTime(), (b as Date).getTime());
  if (a instanceof RegExp || a instanceof URL) return String(a) === String(b);
  if (a instanceof Number || a instanceof String || a instanceof Boolean) return Object.is(a.valueOf(), b.valueOf());
  if (a instanceof ArrayBuffer) return same(new Uint8Array(a), new Uint8Array(b as ArrayBuffer), seen);
  if (ArrayBuffer.isView(a)) {
    if (a instanceof DataView) return same(bytes(a), bytes(b as DataView), seen);
    const left = a as Uint8Array, right = b as Uint8Array;
    return left.length === right.length && left.every((value, i) => same(value, right[i], seen));
  }
  if (a instanceof Headers || a instanceof URLSearchParams) {
    return same([...a], [...b as Headers], seen);
  }
  if (a instanceof Error) {
    const other = b as Error;
    if (a.name !== other.name || a.message !== other.message || !same(a.cause, other.cause, seen)) return false;
  }
  if (a instanceof Set && !sameMembers([...a], [...b as Set<unknown>])) return false;
  if (a instanceof Map && !sameMembers([...a], [...b as Map<unknown, unknown>])) return false;
  if (Array.isArray(a) && a.length !== (b as unknown[]).length) return false;

  const keys = ownKeys(a);
  return keys.length === ownKeys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && same((a as AnyRecord)[key], (b as AnyRecord)[key], seen));
}

/** Members in any order; each member of the one side is matched once. */
function sameMembers(left: readonly unknown[], right: readonly unknown[]): boolean {
  if (left.length !== right.length) return false;
  const rest = [...right];
  return left.every((member) => {
    const at = rest.findIndex((other) => same(member, other, new Map()));
    if (at >= 0) rest.splice(at, 1);
    return at >= 0;
  });
}

function family(value: object): unknown {
  const proto = Object.getPrototypeOf(value);
  return proto === null ? Object.prototype : proto;
}

function ownKeys(value: object): PropertyKey[] {
  return Reflect.ownKeys(value).filter((key) => Object.prototype.propertyIsEnumerable.call(value, key));
}

function bytes(view: DataView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/** The part of `actual` that `expected` speaks of. */
function pick(actual: unknown, expected: unknown, seen: Map<object, unknown>): unknown {
  if (!isPlain(actual) || !isPlain(expected) || Array.isArray(actual) !== Array.isArray(expected)) return actual;
  if (seen.has(actual)) return seen.get(actual);
  const part: AnyRecord = Array.isArray(actual) ? [] : Object.create(family(actual) as object);
  seen.set(actual, part);
  for (const key of ownKeys(expected)) {
    if (key in actual) part[key] = pick((actual as AnyRecord)[key], (expected as AnyRecord)[key], seen);
  }
  // A subset may name the fields of an instance without being one.
  return Array.isArray(part) ? part : Object.setPrototypeOf(part, Object.getPrototypeOf(expected));
}

function isPlain(value: unknown): value is object {
  return typeof value === "object" && value !== null && !(value instanceof Date) && !(value instanceof RegExp) &&
    !(value instanceof Map) && !(value instanceof Set) && !(value instanceof URL) && !ArrayBuffer.isView(value);
}

function matches(text: string, pattern: RegExp): boolean {
  return new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, "")).test(text);
}

function difference(actual: unknown, expected: unknown): string {
  try {
    nodeAssert.deepStrictEqual(actual, expected);
  } catch (error) {
    return (error as Error).message;
  }
  return `actual: ${show(actual)}\nexpected: ${show(expected)}`;
}

function show(value: unknown): string {
  return Deno.inspect(value, { depth: 6, sorted: true, trailingComma: true });
}

function because(msg: string | undefined): string {
  return msg ? `: ${msg}` : "";
}

function raise(message: string, actual?: unknown, expected?: unknown): never {
  throw new AssertionError({ message, actual, expected, operator: "fail" });
}
