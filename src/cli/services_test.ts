import { assertEquals, assertStringIncludes } from "@std/assert";
import { gateway, serve, service } from "../presets/server/mod.ts";
import { bellhop } from "./_bellhop_test.ts";

Deno.test("bellhop services lists who is registered, and adds who is not", async () => {
  await using bus = gateway({ open: true });
  await using server = await serve(bus, { port: 0 });
  const orders = service({ name: "orders", version: "1.0.0" }).on("order.*", () => {});
  await using endpoint = await serve(orders, { port: 0 });
  const to = (...args: string[]) => bellhop(args, "", { BELLHOP_URL: server.url });
  const none = await to("services");
  assertEquals([none.code, none.out], [0, ""]);
  assertStringIncludes(none.told, "bellhop services add URL");
  const added = await to("services", "add", endpoint.url.replace("http://", ""));
  assertEquals(added.code, 0, added.told);
  assertEquals(added.out.split("\n"), [
    "NAME    VERSION  INSTANCES  HEALTH   SUBSCRIPTIONS",
    "orders  1.0.0    1          healthy  order.*",
    "",
  ]);
  const [listed, wrong] = await Promise.all([
    to("services", "--json"),
    to("services", "add", `${endpoint.url}/nowhere`),
  ]);
  const { services } = JSON.parse(listed.out);
  assertEquals([services.length, services[0].instances[0].endpoint], [1, endpoint.url]);
  assertEquals(wrong.code, 1);
  assertStringIncludes(wrong.told, "discovery-failed: ");
});

Deno.test("bellhop says what to do where no gateway answers, and where something else does", async () => {
  await using other = await serve({ fetch: () => new Response("hello") }, { port: 0 });
  const [gone, strange, typo, sub] = await Promise.all([
    bellhop(["services"], "", { BELLHOP_URL: "http://127.0.0.1:1" }),
    bellhop(["send", "a.b", "--gateway", other.url]),
    bellhop(["deadletters"]),
    bellhop(["services", "ad", "x"]),
  ]);
  assertEquals([gone.code, strange.code, typo.code, sub.code], [3, 3, 2, 2]);
  assertEquals(
    gone.told,
    "bellhop: no gateway answers at http://127.0.0.1:1 (from BELLHOP_URL): start one with `bellhop dev`, or say where it " +
      "is with --gateway URL\n",
  );
  assertStringIncludes(strange.told, "is no gateway: is the path it is mounted at missing?");
  assertStringIncludes(typo.told, 'there is no command "deadletters"; did you mean bellhop dead-letters?');
  assertStringIncludes(sub.told, "did you mean services add?");
});

Deno.test("bellhop services lists all pages", async () => {
  const names = ["a", "b", "c"];
  const asked: string[] = [];
  const fetch = ({ url }: Request) => {
    const { searchParams } = new URL(url);
    asked.push(String(searchParams.get("after")));
    const at = names.indexOf(searchParams.get("after") ?? "") + 1;
    const view = { name: names[at], version: "1", subscriptions: [], instances: [] };
    return Response.json({ services: [view], after: at < 2 ? names[at] : null });
  };
  await using pages = await serve({ fetch }, { port: 0 });
  const { code, out } = await bellhop(["services", "--json"], "", { BELLHOP_URL: pages.url });
  assertEquals([code, JSON.parse(out).services.map(({ name }: { name: string }) => name)], [0, names]);
  assertEquals(asked, ["null", "a", "b"]);
});
