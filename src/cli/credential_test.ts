import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { serve } from "../presets/server/mod.ts";
import { bellhop } from "./_bellhop_test.ts";

Deno.test("bellhop sends its credential to the gateway alone, and shows it nowhere", async () => {
  const canary = "canary-91c3e7";
  const seen: (string | null)[] = [];
  const secured = {
    fetch(request: Request): Response {
      seen.push(request.headers.get("authorization"));
      assert(!request.url.includes(canary));
      const problem = {
        type: "urn:bellhop:problem:unauthorized",
        title: "No credential",
        status: 401,
        code: "unauthorized",
      };
      return Response.json(problem, { status: 401, headers: { "content-type": "application/problem+json" } });
    },
  };
  await using server = await serve(secured, { port: 0 });
  const commands = [
    ["services"],
    ["services", "add", "localhost:1"],
    ["tail"],
    ["dead-letters"],
    ["dead-letters", "redrive", "--all"],
    ["dead-letters", "discard", "x", "--yes"],
    ["send", "a.b"],
    ["publish", "--type", "a.b"],
  ];
  const runs = await Promise.all(
    commands.map((args) => bellhop(args, "{}", { BELLHOP_URL: server.url, BELLHOP_TOKEN: canary })),
  );
  for (const { code, out, told } of runs) {
    assertEquals(code, 5, told);
    assertStringIncludes(told, "unauthorized: No credential; the credential given does not allow this");
    assert(!(out + told).includes(canary));
  }
  assertEquals(seen, commands.map(() => `Bearer ${canary}`));
  seen.length = 0;
  const without = await bellhop(["services", "--gateway", server.url]);
  assertEquals([without.code, seen], [5, [null]]);
  assertStringIncludes(without.told, "give a credential by BELLHOP_TOKEN or --token-file");
  const far = await bellhop(["services"], "", { BELLHOP_URL: "http://bus.invalid", BELLHOP_TOKEN: canary });
  assertEquals(far.code, 3);
  assertStringIncludes(far.told, "warning: the credential goes to bus.invalid unencrypted; use https\n");
});
