import nodeAssert from "node:assert/strict";
import * as std from "@std/assert";

// The judge of these tests is node's assert alone: an assertion must not vouch for itself.
const { AssertionError } = std;

function passes(title: string, run: () => void): void {
  Deno.test(title, run);
}

function refuses(title: string, run: () => void, message?: RegExp): void {
  Deno.test(title, () => nodeAssert.throws(run, (error) => isRefusal(error, message)));
}

function isRefusal(error: unknown, message?: RegExp): boolean {
  return error instanceof AssertionError && (message === undefined || message.test(error.message));
}

class Point {
  constructor(readonly x: number) {}
}

const equalPairs: readonly [string, unknown, unknown][] = [
  ["NaN", NaN, NaN],
  ["zeros of both signs", 0, -0],
  ["nested arrays and objects", { a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }],
  ["a null prototype and a plain object", Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
  ["keys in another order", { a: 1, b: 2 }, { b: 2, a: 1 }],
  ["maps in another order", new Map([["a", 1], ["b", 2]]), new Map([["b", 2], ["a", 1]])],
  ["sets of objects", new Set([{ a: 1 }, { a: 2 }]), new Set([{ a: 2 }, { a: 1 }])],
  ["dates", new Date(5), new Date(5)],
  ["invalid dates", new Date(NaN), new Date(NaN)],
  ["bytes", new Uint8Array([1, 2]), new Uint8Array([1, 2])],
  ["buffers", new Uint8Array([1]).buffer, new Uint8Array([1]).buffer],
  ["errors of one class and message", new RangeError("x"), new RangeError("x")],
  ["expressions", /a/g, /a/g],
  ["URLs", new URL("http://a/b"), new URL("http://a/b")],
  ["headers", new Headers({ a: "1", b: "2" }), new Headers({ b: "2", a: "1" })],
  ["instances of one class", new Point(1), new Point(1)],
  ["symbol keys", { [Symbol.iterator]: 1 }, { [Symbol.iterator]: 1 }],
];

for (const [what, left, right] of equalPairs) {
  passes(`assertEquals() accepts ${what}`, () => std.assertEquals(left, right));
  refuses(`assertNotEquals() refuses ${what}`, () => std.assertNotEquals(left, right));
}

const unequalPairs: readonly [string, unknown, unknown][] = [
  ["a number and its text", 1, "1"],
  ["null and undefined", null, undefined],
  ["an absent and an undefined property", {}, { a: undefined }],
  ["arrays of other lengths", [1, 2], [1, 2, 3]],
  ["an array and an object", [], {}],
  ["a hole and undefined", new Array(1), [undefined]],
  ["maps of other values", new Map([["a", 1]]), new Map([["a", 2]])],
  ["sets of other members", new Set([1, 2]), new Set([1, 3])],
  ["sets where one member would match twice", new Set([{ a: 1 }, { a: 2 }]), new Set([{ a: 1 }, { a: 1 }])],
  ["dates", new Date(5), new Date(6)],
  ["bytes", new Uint8Array([1, 2]), new Uint8Array([1, 3])],
  ["typed arrays of other kinds", new Uint8Array([1]), new Int8Array([1])],
  ["errors of other messages", new Error("x"), new Error("y")],
  ["errors of other classes", new Error("x"), new RangeError("x")],
  ["errors of other causes", new Error("x", { cause: 1 }), new Error("x", { cause: 2 })],
  ["expressions of other flags", /a/g, /a/],
  ["headers", new Headers({ a: "1" }), new Headers({ a: "2" })],
  ["an instance and a plain object", new Point(1), { x: 1 }],
  ["functions that look alike", () => 1, () => 1],
  ["boxed numbers", Object(1), Object(2)],
];

for (const [what, left, right] of unequalPairs) {
  refuses(`assertEquals() refuses ${what}`, () => std.assertEquals(left, right), /not equal/);
  refuses(`assertEquals() refuses ${what}, the other way round`, () => std.assertEquals(right, left));
  passes(`assertNotEquals() accepts ${what}`, () => std.assertNotEquals(left, right));
}

function cycle(value: number): unknown {
  const node: Record<string, unknown> = { value };
  node.self = node;
  return node;
}

passes("assertEquals() ends on cycles", () => std.assertEquals(cycle(1), cycle(1)));
refuses("assertEquals() tells cycles apart", () => std.assertEquals(cycle(1), cycle(2)));
refuses("assertEquals() shows the message and the difference", () => {
  std.assertEquals({ a: 1 }, { a: 2 }, "why");
}, /why[\s\S]*a: 1[\s\S]*a: 2/);

passes("assertStrictEquals() accepts NaN", () => std.assertStrictEquals(NaN, NaN));
refuses("assertStrictEquals() refuses zeros of both signs", () => std.assertStrictEquals(0, -0));
refuses("assertStrictEquals() refuses a copy", () => std.assertStrictEquals({}, {}), /same structure/);
refuses("assertNotStrictEquals() refuses the same", () => std.assertNotStrictEquals(1, 1));
passes("assertNotStrictEquals() accepts a copy", () => std.assertNotStrictEquals({}, {}));

passes("assert() accepts truth", () => std.assert("a"));
refuses("assert() refuses what is falsy", () => std.assert(0, "why"), /why/);
passes("assertFalse() accepts what is falsy", () => std.assertFalse(""));
refuses("assertFalse() refuses truth", () => std.assertFalse([]));
refuses("fail() fails", () => std.fail("why"), /Failed assertion: why/);
refuses("unreachable() fails", () => std.unreachable(), /Unreachable/);
refuses("unimplemented() fails", () => std.unimplemented(), /Unimplemented/);

passes("assertExists() accepts zero", () => std.assertExists(0));
refuses("assertExists() refuses null", () => std.assertExists(null));
refuses("assertExists() refuses undefined", () => std.assertExists(undefined));
passes("assertInstanceOf() accepts a subclass", () => std.assertInstanceOf(new RangeError(), Error));
refuses("assertInstanceOf() refuses another class", () => std.assertInstanceOf(new Date(), Error));
refuses("assertNotInstanceOf() refuses a subclass", () => std.assertNotInstanceOf(new RangeError(), Error));

passes("assertMatch() forgets lastIndex", () => {
  const pattern = /a/g;
  std.assertMatch("a", pattern);
  std.assertMatch("a", pattern);
});
refuses("assertMatch() refuses", () => std.assertMatch("b", /a/));
refuses("assertNotMatch() refuses", () => std.assertNotMatch("a", /a/));
passes("assertStringIncludes() accepts a part", () => std.assertStringIncludes("abc", "b"));
refuses("assertStringIncludes() refuses", () => std.assertStringIncludes("abc", "d"));
passes("assertArrayIncludes() compares deeply", () => std.assertArrayIncludes([{ a: 1 }, { a: 2 }], [{ a: 2 }]));
refuses("assertArrayIncludes() names what is missing", () => std.assertArrayIncludes([1, 2], [1, 3]), /3/);

passes("assertAlmostEquals() allows a ten-millionth", () => std.assertAlmostEquals(1 + 9e-8, 1));
refuses("assertAlmostEquals() refuses more", () => std.assertAlmostEquals(1 + 2e-7, 1));
passes("assertAlmostEquals() takes a tolerance", () => std.assertAlmostEquals(1.4, 1, 0.5));
refuses("assertAlmostEquals() refuses NaN", () => std.assertAlmostEquals(NaN, 1));
passes("assertGreater() accepts", () => std.assertGreater(2, 1));
refuses("assertGreater() refuses equals", () => std.assertGreater(1, 1));
passes("assertGreaterOrEqual() accepts equals", () => std.assertGreaterOrEqual(1, 1));
refuses("assertGreaterOrEqual() refuses NaN", () => std.assertGreaterOrEqual(NaN, 1));
passes("assertLess() accepts", () => std.assertLess("a", "b"));
refuses("assertLess() refuses equals", () => std.assertLess(1, 1));
passes("assertLessOrEqual() accepts equals", () => std.assertLessOrEqual(1n, 1n));
refuses("assertLessOrEqual() refuses", () => std.assertLessOrEqual(2, 1));

passes("assertObjectMatch() accepts a subset, deeply", () => {
  std.assertObjectMatch({ a: 1, b: { c: 2, d: [{ e: 3, f: 4 }] } }, { b: { d: [{ e: 3 }] } });
});
passes("assertObjectMatch() accepts more elements", () => std.assertObjectMatch({ a: [1, 2] }, { a: [1] }));
passes("assertObjectMatch() reads an instance's fields", () => std.assertObjectMatch(new Point(1), { x: 1 }));
refuses("assertObjectMatch() refuses another value", () => std.assertObjectMatch({ a: { b: 1 } }, { a: { b: 2 } }));
refuses("assertObjectMatch() refuses what is absent", () => std.assertObjectMatch({ a: 1 }, { b: undefined }));
refuses("assertObjectMatch() refuses another Date", () => {
  std.assertObjectMatch({ a: new Date(1) }, { a: new Date(2) });
});
refuses("assertObjectMatch() refuses a missing element", () => std.assertObjectMatch({ a: [1] }, { a: [1, 2] }));

Deno.test("assertThrows() returns the error, typed", () => {
  const error: RangeError = std.assertThrows(
    () => {
      throw new RangeError("too far");
    },
    RangeError,
    "far",
  );
  nodeAssert.equal(error.message, "too far");
});
passes("assertThrows() takes anything thrown when no class is named", () => {
  nodeAssert.equal(
    std.assertThrows(() => {
      throw 7;
    }),
    7,
  );
});
refuses("assertThrows() refuses silence", () => std.assertThrows(() => {}, "why"), /Expected function to throw: why/);
refuses("assertThrows() refuses another class", () => {
  std.assertThrows(() => {
    throw new Error("x");
  }, RangeError);
}, /RangeError/);
refuses("assertThrows() refuses another message", () => {
  std.assertThrows(
    () => {
      throw new Error("x");
    },
    Error,
    "y",
  );
}, /include/);
refuses("assertThrows() refuses what is no Error when a class is named", () => {
  std.assertThrows(() => {
    throw "text";
  }, Error);
});

Deno.test("assertRejects() returns the error, typed", async () => {
  const error: RangeError = await std.assertRejects(() => Promise.reject(new RangeError("too far")), RangeError, "far");
  nodeAssert.equal(error.message, "too far");
});
const wrongRejections: readonly [string, () => Promise<unknown>, RegExp][] = [
  ["a promise kept", () => std.assertRejects(() => Promise.resolve(1)), /to reject/],
  ["another class", () => std.assertRejects(() => Promise.reject(new Error("x")), RangeError), /RangeError/],
  ["another message", () => std.assertRejects(() => Promise.reject(new Error("x")), Error, "y"), /include/],
  ["a function that throws", () =>
    std.assertRejects(() => {
      throw new Error("x");
    }), /when expected to reject/],
  ["no promise at all", () => std.assertRejects((() => 1) as unknown as () => Promise<number>), /did not return/],
];
for (const [what, run, message] of wrongRejections) {
  Deno.test(`assertRejects() refuses ${what}`, () => nodeAssert.rejects(run, (error) => isRefusal(error, message)));
}
