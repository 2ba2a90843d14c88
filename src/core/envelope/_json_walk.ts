/**
 * A bounded walk over a value that may be JSON: whether it is, how deep it nests, and how short it could be written.
 *
 * The length is what makes parsing cheap. A member that `JSON.parse` dropped, because another of its name followed,
 * was written all the same: so where the text is hardly longer than the shortest writing of the value, nothing was
 * dropped, and the text need not be scanned again.
 *
 * @module
 */

/** What {@linkcode shortestJson} returns for a value that JSON cannot say. */
export const NOT_JSON = -1;
/** What {@linkcode shortestJson} returns for a value nested too deep. */
export const TOO_DEEP = -2;
/** What {@linkcode shortestJson} may return for a value that takes more than its budget. */
export const TOO_LARGE = -3;

/**
 * Characters of the shortest writing of the value, or a little less; or a negative number that says what is wrong.
 *
 * It ends soon after the budget is spent, and so it ends on values that hang together in circles or share their parts,
 * which only a program can make.
 */
export function shortestJson(value: unknown, depthLeft: number, budget: number): number {
  if (typeof value === "string") return value.length + 2;
  if (typeof value === "number") return Number.isFinite(value) ? shortestNumber(value) : NOT_JSON;
  if (typeof value === "boolean" || value === null) return value === false ? 5 : 4;
  if (typeof value !== "object") return NOT_JSON;
  if (depthLeft <= 0) return TOO_DEEP;
  if (Array.isArray(value)) return shortestArray(value, depthLeft - 1, budget);
  return isPlain(value) ? shortestObject(value as Record<string, unknown>, depthLeft - 1, budget) : NOT_JSON;
}

/** Whether the prototype is that of an object literal, of this realm or another. */
export function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return true;
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, "hasOwnProperty");
}

/** Characters of the shortest JSON that reads as the number, or a little less. */
export function shortestNumber(value: number): number {
  if ((value | 0) === value) {
    const magnitude = Math.abs(value);
    const sign = value < 0 ? 1 : 0;
    if (magnitude < 10) return sign + 1;
    if (magnitude < 100) return sign + 2;
    // Trailing zeros may be written as an exponent.
    if (magnitude % 10 === 0) return sign + 3;
    let digits = 3;
    for (let bound = 1_000; bound <= magnitude; bound *= 10) digits++;
    return sign + digits;
  }
  const magnitude = Math.abs(value);
  // In this range the shortest writing is the one JavaScript chooses: its digits are as few as may be.
  if (magnitude >= 0.1 && magnitude < 1e15 && value % 10 !== 0) return String(value).length;
  return 3;
}

function shortestArray(items: readonly unknown[], depthLeft: number, budget: number): number {
  let total = items.length === 0 ? 2 : items.length + 1;
  for (let at = 0; at < items.length; at++) {
    if (total > budget) return TOO_LARGE;
    const item = items[at];
    const part = typeof item === "string" ? item.length + 2 : shortestJson(item, depthLeft, budget - total);
    if (part < 0) return part;
    total += part;
  }
  return total;
}

function shortestObject(value: Record<string, unknown>, depthLeft: number, budget: number): number {
  let total = 1;
  for (const name in value) {
    if (total > budget) return TOO_LARGE;
    const member = value[name];
    // JSON leaves out a member that is undefined, and so does every reader here.
    if (member === undefined) continue;
    // JSON.stringify would call it, and another value than the one looked at would travel.
    if (name === "toJSON" && typeof member === "function") return NOT_JSON;
    const part = typeof member === "string" ? member.length + 2 : shortestJson(member, depthLeft, budget - total);
    if (part < 0) return part;
    total += name.length + 4 + part;
  }
  return total === 1 ? 2 : total;
}
