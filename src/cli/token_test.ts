import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { newSigningSecret } from "../security/mod.ts";
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

Deno.test("token says what is wrong with a scope, and gateway what may not be without credentials", async () => {
  const bad = await bellhop(["token", "orders", "--scope", "publish"]);
  assertEquals(bad.code, 2);
  assertMatch(bad.told, /scopes\[0\]/);
  const wide = await bellhop(["gateway", "--port", "0", "--store", "memory", "--host", "0.0.0.0"]);
  assertEquals(wide.code, 2);
  assertStringIncludes(wide.told, "--credentials");
});
