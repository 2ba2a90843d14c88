/**
 * A bounded walk over a value that may be JSON: whether it is, how deep it nests, and how short it could be written.
 *
 * The length is what makes parsing cheap. A member that `JSON.parse` dropped, because another of its name followed,
 * was written all the same: so where the text is hardly longer than the shortest writing of the value, nothing was
 * dropped, and the text need not be scanned again.
 *
 * @module
 */

/** The walk's account: what is left of the characters allowed, and what was wrong. */
export interface Walk {
  left: number;
  code: "" | "not-json" | "too-deep" | "too-large";
}

/**
 * Takes the shortest writing of the value off the account. It ends as soon as something is wrong, and so it ends on
 * values that hang together in circles or share their parts, which only a program can make.
 */
export function walkJson(value: unknown, depthLeft: number, walk: Walk): void {
  if (typeof value === "string") walk.left -= value.length + 2;
  else if (typeof value === "number") {
    if ((value | 0) === value || Number.isFinite(value)) walk.left -= shortestNumber(value);
    else walk.code = "not-json";
  } else if (typeof value === "boolean") walk.left -= value ? 4 : 5;
  else if (value === null) walk.left -= 4;
  else if (typeof value !== "object") walk.code = "not-json";
  else if (depthLeft <= 0) walk.code = "too-deep";
  else if (Array.isArray(value)) {
    walk.left -= value.length === 0 ? 2 : value.length + 1;
    for (let at = 0; at < value.length && walk.code === ""; at++) walkJson(value[at], depthLeft - 1, walk);
  } else if (isPlain(value)) walkMembers(value as Record<string, unknown>, depthLeft, walk);
  else walk.code = "not-json";
  if (walk.left < 0 && walk.code === "") walk.code = "too-large";
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

function walkMembers(value: Record<string, unknown>, depthLeft: number, walk: Walk): void {
  let members = 0;
  for (const name in value) {
    const member = value[name];
    // JSON leaves out a member that is undefined, and so does every reader here.
    if (member === undefined) continue;
    // JSON.stringify would call it, and another value than the one looked at would travel.
    if (name === "toJSON" && typeof member === "function") walk.code = "not-json";
    else walkJson(member, depthLeft - 1, walk);
    if (walk.code !== "") return;
    walk.left -= name.length + 4;
    members++;
  }
  walk.left -= members === 0 ? 2 : 1;
}
