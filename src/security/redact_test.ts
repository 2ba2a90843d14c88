import { assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import { inspect } from "node:util";
import { revealed, Secret } from "./redact.ts";

Deno.test("Secret shows nothing of its text in whatever way it is written", () => {
  fc.assert(fc.property(fc.stringMatching(/^canary[A-Za-z0-9]{16,40}$/), (canary) => {
    const secret = new Secret(canary);
    const error = new Error(`cannot use ${secret}`, { cause: secret });
    const written = [
      String(secret),
      secret + "",
      JSON.stringify({ deep: [secret] }),
      Deno.inspect({ deep: [secret] }, { depth: 9, showHidden: true }),
      inspect({ deep: [secret] }, { depth: 9, showHidden: true }),
      inspect(error),
      Deno.inspect(error),
      JSON.stringify(structuredClone(secret)),
      JSON.stringify(Object.getOwnPropertyDescriptors(secret)),
      JSON.stringify({ ...secret }),
    ];
    for (const text of written) assertFalse(text.includes(canary), text);
  }));
});

Deno.test("revealed() gives the text, wrapped or not", () => {
  assertEquals([revealed("plain"), revealed(new Secret("wrapped"))], ["plain", "wrapped"]);
});
