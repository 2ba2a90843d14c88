import { assertEquals, assertFalse, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { inspect } from "node:util";
import { BellhopError } from "../core/error.ts";
import { createCredentials, type CredentialOptions } from "./credentials.ts";
import { Secret } from "./redact.ts";
import { hashToken, newToken } from "./token.ts";

const scopes = ["observe"];

Deno.test("verify() knows each token by its owner, however it was configured, and no other", async () => {
  const form = fc.constantFrom("token", "secret", "sha256", "two", "mixed");
  await fc.assert(
    fc.asyncProperty(fc.array(form, { minLength: 1, maxLength: 20 }), async (forms) => {
      const owners: [string, string][] = [];
      const options = await Promise.all(forms.map(async (form, i): Promise<CredentialOptions> => {
        const [name, a, b] = [`c${i}`, newToken(), newToken()];
        owners.push([a, name]);
        if (form === "two" || form === "mixed") owners.push([b, name]);
        if (form === "token") return { name, scopes, token: a };
        if (form === "secret") return { name, scopes, token: new Secret(a) };
        if (form === "sha256") return { name, scopes, sha256: (await hashToken(a)).toUpperCase() };
        if (form === "two") return { name, scopes, token: [a, b] };
        return { name, scopes, token: [a], sha256: [await hashToken(b)] };
      }));
      const credentials = createCredentials(options);
      for (const [token, name] of owners) {
        assertEquals((await credentials.verify(`Bearer ${token}`))?.name, name);
        const changed = token.slice(0, -1) + (token.endsWith("A") ? "B" : "A");
        assertEquals(await credentials.verify(`Bearer ${changed}`), undefined);
        assertEquals(await credentials.verify(`Bearer ${token}A`), undefined);
        assertEquals(await credentials.verify(`Basic ${token}`), undefined);
        assertEquals(await credentials.verify(token), undefined);
      }
      assertEquals(await credentials.verify(`Bearer ${await hashToken(owners[0][0])}`), undefined);
    }),
    { numRuns: 30 },
  );
});

Deno.test("verify() gives one principal for both tokens of a credential, so that the old can go", async () => {
  const [old, fresh] = [newToken(), newToken()];
  const credentials = createCredentials([{ name: "orders", token: [old, fresh], scopes }]);
  const principal = await credentials.verify(`Bearer ${old}`);
  assertStrictEquals(await credentials.verify(`Bearer ${fresh}`), principal);
  assertEquals(principal, {
    name: "orders",
    grants: { admin: false, observe: true, critical: false, publish: [], register: [], call: [] },
    sources: [],
  });
});

Deno.test("verify() gives a token to nobody that is configured for two, in plain and hashed", async () => {
  const token = newToken();
  const credentials = createCredentials([
    { name: "a", token, scopes: ["admin"] },
    { name: "b", sha256: await hashToken(token), scopes },
  ]);
  assertEquals(await credentials.verify(`Bearer ${token}`), undefined);
});

Deno.test("authenticate() tells a missing header from a wrong one, and shows neither", async () => {
  const credentials = createCredentials([{ name: "a", token: newToken(), scopes }]);
  const refused = async (header?: string | null) => {
    const error = await assertRejects(() => credentials.authenticate(header), BellhopError);
    assertEquals([error.code, error.status], ["unauthorized", 401]);
    return error.message;
  };
  for (const header of [undefined, null, ""]) {
    assertEquals(await refused(header), "The request has no authorization header");
  }
  assertEquals(await refused(`Bearer canary${newToken()}`), "The authorization header holds no token that is known");
});

Deno.test("createCredentials() shows no token: not in itself, in a principal, or in an error", async () => {
  const canary = "canary0-ABCDEFGH-ijklmnop-0123456789";
  const credentials = createCredentials([{ name: "a", token: canary, scopes: ["admin"] }]);
  const principal = await credentials.authenticate(`Bearer ${canary}`);
  const digest = await hashToken(canary);
  const written = [credentials, principal].flatMap((value) => [
    JSON.stringify(value),
    inspect(value, { depth: 9, showHidden: true }),
    Deno.inspect(value, { depth: 9, showHidden: true }),
  ]);
  const faulty = [`${canary} `, `${canary}\n`, `${canary}ü`, "canary0"];
  const errors = faulty.map((token) =>
    inspect(assertThrows(() => createCredentials([{ name: "a", token, scopes }]), BellhopError))
  );
  const twice = [{ name: "a", token: canary, scopes }, { name: "b", token: canary, scopes }];
  errors.push(inspect(assertThrows(() => createCredentials(twice), BellhopError)));
  // A stack names this file's functions and lines, never its values.
  for (const text of [...written, ...errors]) {
    assertFalse(text.includes("canary0"), text);
    assertFalse(text.includes(digest), text);
  }
});

Deno.test("createCredentials() refuses what cannot be meant, with the field", () => {
  const token = newToken();
  const good: CredentialOptions = { name: "a", token, scopes };
  const publisher = { ...good, scopes: ["publish:>"] };
  const faulty: [unknown, string][] = [
    [[], "credentials"],
    [Array.from({ length: 1_001 }, () => good), "credentials"],
    [[good, { ...good, token: newToken() }], "credentials[1].name"],
    [[good, { ...good, name: "b" }], "credentials[1].token"],
    [[{ ...good, name: "" }], "credentials[0].name"],
    [[{ ...good, name: "a b" }], "credentials[0].name"],
    [[{ ...good, name: "a".repeat(65) }], "credentials[0].name"],
    [[{ name: "a", scopes }], "credentials[0].token"],
    [[{ ...good, token: [newToken(), newToken(), newToken()] }], "credentials[0].token"],
    [[{ ...good, token: [token, token] }], "credentials[0].token"],
    [[{ ...good, token: "password" }], "credentials[0].token"],
    [[{ ...good, token: [token, "password"] }], "credentials[0].token[1]"],
    [[{ name: "a", scopes, sha256: "00" }], "credentials[0].sha256"],
    [[{ ...good, scopes: ["operate"] }], "credentials[0].scopes[0]"],
    [[publisher], "credentials[0].sources"],
    [[{ ...publisher, sources: [] }], "credentials[0].sources"],
    [[{ ...publisher, sources: Array(65).fill("/a") }], "credentials[0].sources"],
    [[{ ...publisher, sources: ["/a", ""] }], "credentials[0].sources[1]"],
    [[{ ...publisher, sources: ["/a/../b"] }], "credentials[0].sources[0]"],
  ];
  for (const [options, field] of faulty) {
    const error = assertThrows(() => createCredentials(options as CredentialOptions[]), BellhopError, undefined, field);
    assertEquals([error.code, error.field], ["argument-invalid", field]);
  }
});
