import { assert, assertEquals, assertRejects } from "@std/assert";
import { EXIT, Stop } from "./exit_code.ts";
import { credentialHeaders, gatewayAddress } from "./gateway_address.ts";

const CANARY = "canary-5f2c";

Deno.test("gatewayAddress() takes arguments before the environment, and the environment before its default", async () => {
  const env = { BELLHOP_URL: "https://bus.example/bus/", BELLHOP_TOKEN: CANARY };
  const local = "http://127.0.0.1:8000";
  assertEquals(await gatewayAddress({}, {}), { url: local, from: "the default", token: undefined });
  assertEquals(await gatewayAddress({}, env), { url: "https://bus.example/bus", from: "BELLHOP_URL", token: CANARY });
  assertEquals(await gatewayAddress({}, { ...env, BELLHOP_DEV: "1" }), {
    url: local,
    from: "BELLHOP_DEV",
    token: undefined,
  });
  const port = { ...env, BELLHOP_URL: "http://localhost:9000", BELLHOP_DEV: "1" };
  assertEquals(await gatewayAddress({}, port), { url: port.BELLHOP_URL, from: "BELLHOP_URL", token: undefined });
  for (const off of ["0", "false", "", "off"]) {
    assertEquals((await gatewayAddress({}, { ...env, BELLHOP_DEV: off })).from, "BELLHOP_URL");
  }
  assertEquals((await gatewayAddress({ gateway: "https://bus.example" }, env)).token, CANARY);
  assertEquals((await gatewayAddress({ gateway: local }, { BELLHOP_TOKEN: CANARY })).token, CANARY);
});

Deno.test("gatewayAddress() gives the environment's credential to no other gateway than the environment's", async () => {
  const env = { BELLHOP_URL: "https://bus.example", BELLHOP_TOKEN: CANARY };
  for (const gateway of ["https://other.example", "http://bus.example", "https://bus.example:444"]) {
    const address = await gatewayAddress({ gateway }, env);
    assertEquals([address.token, credentialHeaders(address)], [undefined, {}]);
  }
});

Deno.test("gatewayAddress() reads the credential from a file, without the line's end", async () => {
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, `${CANARY}\r\n`);
  const address = await gatewayAddress({ "token-file": file }, { BELLHOP_TOKEN: "other" });
  assertEquals(credentialHeaders(address), { authorization: `Bearer ${CANARY}` });
  await Deno.remove(file);
  await assertRejects(() => gatewayAddress({ "token-file": file }, {}), Stop, "--token-file: cannot read");
});

Deno.test("gatewayAddress() refuses what is no URL or no credential, and never says the credential", async () => {
  for (const gateway of ["", "nonsense", "ftp://x", `http://user:${CANARY}@x`, "http://x/?a=b", "http://x/#a"]) {
    const stop = await assertRejects(() => gatewayAddress({ gateway }, {}), Stop);
    assertEquals(stop.exitCode, EXIT.usage);
    assert(!stop.message.includes(CANARY), stop.message);
  }
  for (const token of [`${CANARY}\nx`, `${CANARY} x`, `${CANARY}é`, CANARY.repeat(1_000)]) {
    const stop = await assertRejects(() => gatewayAddress({}, { BELLHOP_TOKEN: token }), Stop);
    assertEquals(stop.exitCode, EXIT.usage);
    assert(!stop.message.includes(CANARY), stop.message);
  }
});
