import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { verdictOf } from "./verdict.ts";

Deno.test("verdictOf() rules every status as the table says", () => {
  const verdicts: Record<string, number[]> = { ack: [], nak: [], term: [] };
  const [removed, blamed]: number[][] = [[], []];
  for (let status = 100; status < 600; status++) {
    const ruling = verdictOf(status);
    verdicts[ruling.verdict].push(status);
    if (ruling.removeEndpoint) removed.push(status);
    if (ruling.blame) blamed.push(status);
  }
  assertEquals(verdicts.term, [400, 409, 413, 415, 422, 431]);
  assertEquals([verdicts.ack.length, verdicts.ack[0], verdicts.ack[99]], [100, 200, 299]);
  assertEquals(removed, [410]);
  const unblamed = [400, 408, 409, 410, 413, 415, 422, 425, 429, 431];
  const all4xx = Array.from({ length: 100 }, (_, i) => 400 + i);
  assertEquals(blamed, all4xx.filter((status) => !unblamed.includes(status)));
});

Deno.test("verdictOf() lets the header decide outside 2xx alone, and ignores other words", () => {
  fc.assert(fc.property(fc.integer({ min: 100, max: 599 }), fc.constantFrom("ack", "nak", "term"), (status, word) => {
    const ok = status >= 200 && status < 300;
    assertEquals(verdictOf(status, word), { verdict: ok ? "ack" : word as "ack" });
  }));
  fc.assert(fc.property(fc.integer(), fc.string(), (status, text) => {
    fc.pre(!["ack", "nak", "term"].includes(text));
    assertEquals(verdictOf(status, text), verdictOf(status));
  }));
  for (const word of ["ACK", "constructor", "__proto__", null]) assertEquals(verdictOf(500, word), { verdict: "nak" });
});
