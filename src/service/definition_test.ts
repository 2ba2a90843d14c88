import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import * as v from "npm:valibot@1.5.0";
import { BellhopError } from "../core/error.ts";
import { matches } from "../core/registry/pattern.ts";
import { defineEvent } from "../schema/mod.ts";
import { Nak, service, Term } from "./mod.ts";

const created = defineEvent("document.created", v.object({ id: v.string(), size: v.optional(v.number(), 0) }));

Deno.test("on() infers a handler's data, and refuses what the data has not", () => {
  const documents = service({ name: "documents", version: "1.2.0" })
    .on(created, (event, context) => {
      const id: string = event.data.id;
      const size: number = event.data.size;
      const type: "document.created" = event.type;
      const signal: AbortSignal = context.signal;
      // @ts-expect-error the schema has no such member
      void event.data.name;
      // @ts-expect-error an envelope is read only
      event.id = "other";
      void [id, size, type, signal];
    })
    .on("user.*", (event) => {
      // @ts-expect-error nothing is known of the data
      void event.data.id;
      return event.data ? undefined : new Term("no data");
    })
    .on("audit.>", () => Promise.resolve(new Nak({ delayMs: 5_000 })))
    // @ts-expect-error a number is no verdict
    .on("order.*", () => 7);
  assertEquals(documents.manifest().subscriptions, ["document.created", "user.*", "audit.>", "order.*"]);
});

Deno.test("on() gives the definition back", () => {
  const users = service({ name: "users", version: "1" });
  assertStrictEquals(users.on("user.*", () => {}), users);
});

Deno.test("subscriptionFor() gives the first pattern added that matches", () => {
  const token = fc.constantFrom("a", "b", "*");
  const pattern = fc.tuple(fc.array(token, { minLength: 1, maxLength: 3 }), fc.boolean())
    .map(([tokens, rest]) => [...tokens, ...(rest ? [">"] : [])].join("."));
  const type = fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 4 }).map((tokens) =>
    tokens.join(".")
  );
  fc.assert(fc.property(fc.uniqueArray(pattern, { maxLength: 8 }), type, (patterns, wanted) => {
    const users = service({ name: "users", version: "1" });
    for (const each of patterns) users.on(each, () => {});
    assertEquals(users.subscriptionFor(wanted)?.pattern, patterns.find((each) => matches(each, wanted)));
  }));
});

Deno.test("on() refuses a pattern twice, one that is none, and a 65th", () => {
  const users = service({ name: "users", version: "1" }).on("user.*", () => {});
  for (const pattern of ["user.*", "user..x", "user.>.x", ""]) {
    assertEquals(assertThrows(() => users.on(pattern, () => {}), BellhopError).code, "argument-invalid");
  }
  for (let i = 1; i < 64; i++) users.on(`user.${i}.*`, () => {});
  assertThrows(() => users.on("one.more", () => {}), BellhopError, "64");
  assertEquals(users.manifest().subscriptions.length, 64);
});

Deno.test("service() refuses options that no registration could have, with every fault", () => {
  const error = assertThrows(() => service({ name: "Users", version: "", leaseMs: 1 }), BellhopError);
  assertEquals(error.code, "registration-invalid");
  assertEquals(error.faults?.map(({ field }) => field), ["name", "version", "leaseMs"]);
});

Deno.test("manifest() asks for receipts if there is a handler for them, and does not subscribe to them", () => {
  const users = service({ name: "users", version: "1" }).on("message.failed", () => {}).on("user.*", () => {});
  assertEquals(users.manifest(), {
    name: "users",
    version: "1",
    subscriptions: ["user.*"],
    health: "health",
    receipts: true,
  });
});
