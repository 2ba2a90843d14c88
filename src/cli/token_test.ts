import { assertEquals, assertMatch, assertNotEquals, assertStringIncludes } from "@std/assert";
import { readCredentials } from "../presets/server/mod.ts";
import { createCredentials, importSecret, newSigningSecret } from "../security/mod.ts";
import { bellhop, running } from "./_bellhop_test.ts";

Deno.test("a gateway with credentials takes the token that `bellhop token` made, and nobody else", async () => {
  const folder = await Deno.makeTempDir({ prefix: "bellhop-" });
  const file = `${folder}/credentials.json`;
  const made = await bellhop(["token", "orders", "--scope", "publish:order.*", "--source", "/orders"]);
  const [, token] = made.told.match(/^token: (bhp_\S+)$/m)!;
  assertEquals([made.code, made.out.includes(token)], [0, false]);
  await Deno.writeTextFile(file, made.out);
  await using gateway = running(["gateway", "--port", "0", "--store", "memory", "--json", "--credentials", file], {
    BELLHOP_SIGNING_SECRET: newSigningSecret(),
  });
  const { url } = JSON.parse(await gateway.line());
  const send = (type: string, env: Record<string, string>) =>
    bellhop(["send", type, "{}", "--source", "/orders", "--gateway", url], "", env);
  assertEquals((await send("order.created", {})).code, 5);
  const known = { BELLHOP_URL: url, BELLHOP_TOKEN: token };
  assertEquals((await send("order.created", known)).code, 0);
  const other = await send("invoice.created", known);
  assertEquals(other.code, 5, other.told);
  assertStringIncludes(other.out, "forbidden");
  await gateway.stop("SIGTERM");
  await Deno.remove(folder, { recursive: true });
});

Deno.test("token --file adds entries, --rotate a second token, and nothing ever makes a file that no gateway reads", async () => {
  const folder = await Deno.makeTempDir({ prefix: "bellhop-" });
  const file = `${folder}/credentials.json`;
  const token = async (...args: string[]) => {
    const made = await bellhop(["token", ...args, "--file", file]);
    assertEquals([made.code, made.told], [0, ""]);
    assertMatch(made.out, /^bhp_[\w-]+\n$/);
    return made.out.trim();
  };
  const first = await token("orders", "--scope", "publish:order.*", "--source", "/orders");
  await Deno.chmod(file, 0o640);
  await token("dashboard", "--scope", "observe");
  const [, second, third] = [first, await token("orders", "--rotate"), await token("orders", "--rotate")];
  assertEquals((await Deno.stat(file)).mode! & 0o777, 0o640);
  const credentials = createCredentials(await readCredentials(file));
  const names = [first, second, third].map(async (one) => (await credentials.verify(`Bearer ${one}`))?.name);
  assertEquals(await Promise.all(names), [undefined, "orders", "orders"]);

  const before = await Deno.readTextFile(file);
  const refused: readonly (readonly [string[], RegExp])[] = [
    [["orders", "--scope", "admin"], /has an entry orders already: --rotate/],
    [["nobody", "--rotate"], /has no entry nobody/],
    [["orders", "--rotate", "--scope", "admin"], /leave --scope out/],
    [["other", "--scope", "publish:a"], /--source: a credential that publishes wants/],
  ];
  for (const [args, says] of refused) {
    const bad = await bellhop(["token", ...args, "--file", file]);
    assertEquals([bad.code, bad.out], [2, ""]);
    assertMatch(bad.told, says);
  }
  assertEquals((await bellhop(["token", "other", "--scope", "admin", "--file", `${folder}/no/file`])).code, 2);
  assertEquals(await Deno.readTextFile(file), before);
  assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["credentials.json"]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("secret makes one that signs", async () => {
  const [text, json] = [await bellhop(["secret"]), await bellhop(["secret", "--json"])];
  await importSecret(text.out.trim());
  await importSecret(JSON.parse(json.out).secret);
  assertNotEquals(text.out.trim(), JSON.parse(json.out).secret);
  assertEquals((await bellhop(["secret", "now"])).code, 2);
});

Deno.test("token says what is wrong with a scope, and gateway what may not be without credentials", async () => {
  const bad = await bellhop(["token", "orders", "--scope", "publish"]);
  assertEquals(bad.code, 2);
  assertMatch(bad.told, /^bellhop: --scope "publish": wanted admin,/);
  const none = await bellhop(["token", "orders"]);
  assertEquals(none.code, 2);
  assertMatch(none.told, /at least one --scope/);
  const wide = await bellhop(["gateway", "--port", "0", "--store", "memory", "--host", "0.0.0.0"]);
  assertEquals(wide.code, 2);
  assertStringIncludes(wide.told, "--credentials");
});
