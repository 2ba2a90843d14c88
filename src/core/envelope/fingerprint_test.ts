import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import * as generate from "./_generators_test.ts";
import { type Envelope, fingerprint, fromHttp, parse, serialize, toBinary } from "./mod.ts";

Deno.test("fingerprint() is an integer of 32 bits and says whether two envelopes mean the same", () => {
  fc.assert(
    fc.property(generate.envelope, generate.envelope, (one, other) => {
      const print = fingerprint(one);
      assert((print | 0) === print);
      const same = meaning(one) === meaning(other);
      assertEquals(print === fingerprint(other), same);
    }),
    { numRuns: 300 },
  );
});

Deno.test("fingerprint() is the same after any mode, and in any order of members", () => {
  fc.assert(
    fc.property(generate.envelope, (envelope) => {
      const print = fingerprint(envelope);
      assertEquals(fingerprint(parse(serialize(envelope))), print);
      assertEquals(fingerprint(reversed(envelope) as Envelope), print);
      const { headers, body } = toBinary(envelope);
      const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body ?? new Uint8Array();
      const content = fromHttp(new Headers(headers), bytes);
      assert(content.mode !== "batched");
      assertEquals(fingerprint(content.envelope), print);
    }),
    { numRuns: 300 },
  );
});

/** What the fingerprint counts of an envelope, as text. */
function meaning(envelope: Envelope): string {
  return JSON.stringify(generate.meaning({ ...envelope, id: "1", source: "/" }));
}

const UNCOUNTED = new Set(["id", "source", "specversion"]);

Deno.test("fingerprint() leaves out what names the message", () => {
  fc.assert(fc.property(generate.envelope, fc.constantFrom("id", "source"), (envelope, name) => {
    assertEquals(fingerprint({ ...envelope, [name]: `${envelope[name]}x` }), fingerprint(envelope));
  }));
});

Deno.test("fingerprint() changes with any one other attribute, and with any value within the data", () => {
  fc.assert(fc.property(generate.envelope, generate.json, generate.json, fc.nat(), (envelope, before, after, pick) => {
    const names = Object.keys(envelope).filter((name) => name !== "data" && !UNCOUNTED.has(name));
    const name = names[pick % names.length];
    assertNotEquals(fingerprint({ ...envelope, [name]: `${envelope[name]}x` }), fingerprint(envelope));
    const { datacontenttype: _, ...untyped } = envelope;
    const same =
      generate.meaning({ ...untyped, data: before }).json === generate.meaning({ ...untyped, data: after }).json;
    assertEquals(
      fingerprint({ ...untyped, data: { a: [before] } }) === fingerprint({ ...untyped, data: { a: [after] } }),
      same,
    );
  }));
});

Deno.test("fingerprint() tells apart what is easily confused", () => {
  const of = (data: unknown) => fingerprint({ specversion: "1.0", id: "1", source: "/a", type: "b", data });
  const values = [
    undefined,
    null,
    false,
    true,
    0,
    1,
    -1,
    0.5,
    2 ** 40,
    "",
    "0",
    "1",
    "a",
    "b",
    "aa",
    "null",
    [],
    [[]],
    [null],
    {},
    [{}],
    { a: 1 },
    { a: "1" },
    { b: 1 },
    { a: { b: 1 } },
    { a: 1, b: 1 },
    { a: {}, b: 1 },
    [1, 2],
    [2, 1],
    [[1], 2],
    [1, [2]],
    ["ab", "c"],
    ["a", "bc"],
    [{ a: 1 }, { b: 2 }],
    [{ a: 1, b: 2 }, {}],
    new Uint8Array([0]),
    new Uint8Array([0, 0]),
  ];
  assertEquals(new Set(values.map(of)).size, values.length);
  assertEquals(of(-0), of(0));
});

Deno.test("fingerprint() gives the numbers that records on disk hold", () => {
  const plain = { specversion: "1.0", id: "1", source: "/a", type: "b" } as const;
  const envelopes: readonly (readonly [Record<string, unknown>, number])[] = [
    [{}, -286_769_523],
    [{ subject: "odd", time: "2026-01-01T00:00:00.000Z" }, -1_043_530_518],
    [{ myint: -7, myyes: true, myno: false, empty: "" }, 1_793_940_255],
    [{ data: null }, 418_116_813],
    [{ data: [true, false, null, 0, -1, 2_147_483_648, 0.1, "", "a", "€😀"] }, -1_139_894_844],
    [{ data: { a: { b: [[], {}] }, gone: undefined } }, 1_830_869_916],
    [{ data: new Uint8Array([0, 127, 255]) }, -956_103_776],
    [{ data: "text", datacontenttype: "text/plain" }, 1_731_639_561],
    [{ data: { a: 1 }, datacontenttype: "a/b+json" }, -567_214_134],
  ];
  for (const [more, print] of envelopes) {
    assertEquals(fingerprint({ ...plain, ...more } as Envelope), print, JSON.stringify(more));
  }
});

Deno.test("fingerprint() does not count an attribute that is null or undefined", () => {
  const plain = { specversion: "1.0", id: "1", source: "/a", type: "b" } as const;
  for (const none of [null, undefined]) {
    const more = { subject: none, datacontenttype: none, my: none } as unknown as Partial<Envelope>;
    assertEquals(fingerprint({ ...plain, ...more }), fingerprint(plain));
  }
});

Deno.test("fingerprint() says the same when its memory of names was full", () => {
  const plain = { specversion: "1.0", id: "1", source: "/a", data: { name: 1 } } as const;
  const before = fingerprint({ ...plain, type: "b" });
  for (let at = 0; at < 1_200; at++) fingerprint({ ...plain, type: `type${at}` });
  assertEquals(fingerprint({ ...plain, type: "b" }), before);
});

Deno.test("fingerprint() counts what lies a thousand deep, and nothing deeper", () => {
  const nested = (depth: number, innermost: unknown) => {
    let data = innermost;
    for (let at = 0; at < depth; at++) data = at % 2 ? [data] : { a: data };
    return fingerprint({ specversion: "1.0", id: "1", source: "/a", type: "b", data });
  };
  assertNotEquals(nested(1_000, 1), nested(1_000, 2));
  assertEquals(nested(1_001, [1]), nested(1_001, [2]));
});

Deno.test("fingerprint() meets no collision among three thousand near neighbours", () => {
  const prints = new Set<number>();
  for (let id = 0; id < 3_000; id++) {
    prints.add(fingerprint({ specversion: "1.0", id: String(id), source: "/a", type: "b", data: { n: id, m: -id } }));
  }
  assertEquals(prints.size, 3_000);
});

Deno.test("fingerprint() ends on values nested without end", () => {
  const circle: unknown[] = [];
  circle.push(circle);
  assert(Number.isSafeInteger(fingerprint({ specversion: "1.0", id: "1", source: "/a", type: "b", data: circle })));
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(Object.entries(value).reverse().map(([name, member]) => [name, reversed(member)]));
}
