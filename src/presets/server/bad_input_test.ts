/**
 * What comes from JavaScript, or from a configuration that lacks something: refused as the rest is, never by a TypeError.
 *
 * @module
 */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { BellhopError } from "../../core/error.ts";
import { newSigningSecret, newToken } from "../../security/mod.ts";
import { connect, gateway, service } from "./mod.ts";

Deno.test("gateway() refuses what is no configuration by its field", () => {
  const credentials = [{ name: "ops", token: newToken(), scopes: ["admin"] }];
  const signingSecrets = newSigningSecret();
  const wrong: readonly (readonly [unknown, string, string?])[] = [
    [undefined, "open-mode-required"],
    [null, "open-mode-required"],
    [{ credentials: null, signingSecrets }, "open-mode-required"],
    [{ credentials, signingSecrets: null }, "secret-missing", "signingSecrets"],
    [{ credentials: "ops", signingSecrets }, "argument-invalid", "credentials"],
    [{ credentials: [null], signingSecrets }, "argument-invalid", "credentials[0]"],
    [{ credentials, signingSecrets: 5 }, "argument-invalid", "signingSecrets"],
    [{ credentials, signingSecrets, allowHosts: "localhost" }, "argument-invalid", "allowHosts"],
    [{ credentials, signingSecrets, webhookOrigin: "http://x/y" }, "argument-invalid", "origin"],
  ];
  for (const [options, code, field] of wrong) {
    const error = assertThrows(() => gateway(options as never), BellhopError);
    assertEquals([error.code, error.field], [code, field]);
  }
});

Deno.test("service() refuses a consent that it could not give, and options that are none", () => {
  const options = { name: "users", version: "1" };
  const wrong: readonly (readonly [unknown, string, string?])[] = [
    [undefined, "registration-invalid"],
    [{ ...options, ratePerMinute: 0 }, "argument-invalid", "ratePerMinute"],
    [{ ...options, ratePerMinute: "600" }, "argument-invalid", "ratePerMinute"],
    [{ ...options, origins: "bellhop" }, "argument-invalid", "origins"],
    [{ ...options, origins: [5] }, "argument-invalid", "origins"],
    [{ ...options, origins: Array(65).fill("bellhop") }, "argument-invalid", "origins"],
    [{ ...options, signingSecret: 5 }, "argument-invalid", "signingSecret"],
  ];
  for (const [given, code, field] of wrong) {
    const error = assertThrows(() => service(given as never), BellhopError);
    assertEquals([error.code, error.field], [code, field]);
  }
});

Deno.test("connect() refuses what is neither a service nor options", async () => {
  for (const given of [null, 5, "http://127.0.0.1:8000", { gateway: 5 }, { gateway: "http://gateway", token: 5 }]) {
    const error = await assertRejects(() => connect(given as never), BellhopError);
    assertEquals(error.code, "argument-invalid");
  }
});
