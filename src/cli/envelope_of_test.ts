import { assertEquals, assertThrows } from "@std/assert";
import { BellhopError } from "../core/error.ts";
import { envelopeOf } from "./envelope_of.ts";

const ENVELOPE = { specversion: "1.0", id: "1", source: "/a", type: "b", data: { c: 1 } };

Deno.test("envelopeOf() leaves an envelope as it is, but for what the command line says", () => {
  assertEquals(envelopeOf({ ...ENVELOPE }, {}), ENVELOPE as never);
  const changed = envelopeOf({ ...ENVELOPE, priority: "LOW" }, { priority: "HIGH", target: "users", type: "other" });
  assertEquals(changed, { ...ENVELOPE, priority: "HIGH", target: "users" } as never);
});

Deno.test("envelopeOf() wraps data when it is given a type", () => {
  for (const value of [{ id: "42" }, [1], "text", null, 7]) {
    const { id, time, ...envelope } = envelopeOf(value, { type: "document.created" });
    assertEquals(envelope, { specversion: "1.0", source: "/cli", type: "document.created", data: value });
    assertEquals([typeof id, typeof time], ["string", "string"]);
  }
});

Deno.test("envelopeOf() refuses what is no envelope", () => {
  assertEquals(assertThrows(() => envelopeOf({ id: "42" }, {}), BellhopError).code, "envelope-malformed");
  assertEquals(assertThrows(() => envelopeOf([], {}), BellhopError).code, "envelope-malformed");
  const faults = assertThrows(() => envelopeOf({ ...ENVELOPE, id: "", type: "" }, {}), BellhopError).faults;
  assertEquals(faults?.map(({ field }) => field), ["id", "type"]);
});
