import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import * as v from "npm:valibot@1.5.0";
import { validate } from "../core/envelope/mod.ts";
import { BellhopError } from "../core/error.ts";
import { checkData, defineEvent, type EventDefinition } from "./mod.ts";

const document = v.object({ id: v.string(), tags: v.optional(v.array(v.string()), []) });

Deno.test("defineEvent() takes exactly the types that an envelope may have", () => {
  const nearlyType = fc.array(fc.constantFrom("a", "Z", "9", ".", "-", "*", ">", " ", "é", "\t", "~"), {
    maxLength: 12,
  });
  fc.assert(fc.property(fc.oneof(fc.string(), nearlyType.map((parts) => parts.join(""))), (type) => {
    const faults = validate({ specversion: "1.0", id: "1", source: "/a", type });
    if (faults.length === 0) assertEquals(defineEvent(type).type, type);
    else {
      const error = assertThrows(() => defineEvent(type), BellhopError);
      assertEquals([error.code, error.field], ["argument-invalid", "type"]);
    }
  }));
  assertEquals(defineEvent("t".repeat(256)).type.length, 256);
  assertThrows(() => defineEvent("t".repeat(257)), BellhopError);
});

Deno.test("defineEvent() infers type, input and output from the schema", () => {
  const created = defineEvent("document.created", document);
  const same: EventDefinition<
    "document.created",
    { id: string; tags?: string[] | undefined },
    { id: string; tags: string[] }
  > = created;
  assertStrictEquals(same.schema, document as typeof same.schema);
  const anything: EventDefinition<"user.created", unknown, unknown> = defineEvent("user.created");
  assertEquals(anything.schema, undefined);
  // @ts-expect-error the type is another
  const other: EventDefinition<"document.deleted"> = created;
  assertEquals(other.type as string, "document.created");
});

Deno.test("checkData() gives what the schema gives", () => {
  assertEquals(checkData(document, { id: "42" }), { id: "42", tags: [] });
});

Deno.test("checkData() refuses with a fault for each issue, by its path", () => {
  const error = assertThrows(() => checkData(document, { id: 7, tags: ["a", 7] }), BellhopError);
  assertEquals(error.code, "data-invalid");
  assertEquals(error.faults?.map(({ field, code }) => [field, code]), [["data.id", "schema"], [
    "data.tags[1]",
    "schema",
  ]]);
  assertEquals(assertThrows(() => checkData(document, { id: 7 }), BellhopError).field, "data.id");
});

Deno.test("checkData() waits for a schema that takes its time", async () => {
  const slow = v.pipeAsync(v.string(), v.checkAsync((text) => Promise.resolve(text !== "no"), "not no"));
  const given = checkData(slow, "yes");
  assert(given instanceof Promise);
  assertEquals(await given, "yes");
  const error = await assertRejects(async () => await checkData(slow, "no"), BellhopError, "not no");
  assertEquals(error.code, "data-invalid");
});

Deno.test("checkData() bounds what a stranger's data can make it say", () => {
  const data = Array.from({ length: 1_000 }, () => 7);
  assertEquals(assertThrows(() => checkData(v.array(v.string()), data), BellhopError).faults?.length, 32);
});
