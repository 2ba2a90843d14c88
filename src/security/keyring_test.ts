import { assertEquals, assertThrows } from "@std/assert";
import { BellhopError } from "../core/error.ts";
import { createKeyring } from "./keyring.ts";
import { Secret } from "./redact.ts";
import { newSigningSecret } from "./signature.ts";

Deno.test("createKeyring() says nothing of a secret that stands where a name belongs, nor of one that is none", () => {
  const secret = newSigningSecret();
  const wrong: unknown[] = [
    { [secret]: "users" },
    { [secret]: secret },
    { users: secret, Users: secret },
    { users: undefined },
    { users: [secret, secret, secret] },
    { "": secret },
    5,
    secret.slice(6),
    [secret, secret.slice(6)],
  ];
  for (const secrets of wrong) {
    const error = assertThrows(() => createKeyring(secrets as string), BellhopError);
    assertEquals([error.code, error.field?.startsWith("signingSecrets")], ["argument-invalid", true]);
    assertEquals([Deno.inspect(error), JSON.stringify(error)].join().includes(secret.slice(6)), false);
  }
});

Deno.test("createKeyring() gives each service its own keys, and those of * to who is not named", async () => {
  const keysOf = createKeyring({ users: [newSigningSecret(), newSigningSecret()], "*": newSigningSecret() });
  assertEquals((await keysOf("users")).length, 2);
  assertEquals((await keysOf("orders")).length, 1);
  assertEquals(await keysOf("orders"), await keysOf("*"));
});

Deno.test("createKeyring() refuses with secret-missing where there is no secret at all", () => {
  for (const secrets of [undefined, null, {}, []]) {
    const error = assertThrows(() => createKeyring(secrets as string), BellhopError);
    assertEquals([error.code, error.field], ["secret-missing", "signingSecrets"]);
  }
  createKeyring(new Secret(newSigningSecret()));
});
