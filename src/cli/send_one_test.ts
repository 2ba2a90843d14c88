import { assertEquals, assertStringIncludes } from "@std/assert";
import { connect, gateway, serve, service, Term } from "../presets/server/mod.ts";
import { bellhop } from "./_bellhop_test.ts";

Deno.test("bellhop send says how it went, by its exit code too", async () => {
  const slowly = Promise.withResolvers<void>();
  const seen: unknown[] = [];
  const orders = service({ name: "orders", version: "1.0.0" }).on("order.*", async ({ type, data, partitionkey }) => {
    if (type === "order.odd") return new Term("odd");
    if (type === "order.slow") await slowly.promise;
    seen.push([data, partitionkey]);
  });
  await using bus = gateway({ open: true });
  await using server = await serve(bus, { port: 0 });
  await using endpoint = await serve(orders, { port: 0 });
  await using _client = await connect(orders, { gateway: server.url, endpoint: endpoint.url });
  const { url } = server;
  const to = (...args: string[]) => bellhop(["send", ...args], "", { BELLHOP_URL: url });

  const sent = await to("order.paid", '{"total":7}', "--wait", "20", "--key", "customer-7", "--target", "orders");
  assertEquals([sent.code, seen], [0, [[{ total: 7 }, "customer-7"]]], sent.told);
  assertStringIncludes(sent.out, "  orders  delivered after 1 attempt\n");
  const once = () => to("order.paid", "1", "--id", "one", "--json");
  const [odd, nobody, slow, refused, first, unread, piped] = await Promise.all([
    to("order.odd", "--wait", "20"),
    to("user.created", "--wait", "20"),
    to("order.slow", "--wait", "1", "--json"),
    to("order.paid", "--target", "strangers"),
    once(),
    to("order.paid", "{'single':1}"),
    bellhop(["send", "order.paid", "-", "--json", "--wait", "20"], '{"a":\n1}', { BELLHOP_URL: url }),
  ]);
  slowly.resolve();
  const runs = { odd, nobody, slow, refused, first, unread, piped };
  assertEquals(
    Object.fromEntries(Object.entries(runs).map(([name, { code }]) => [name, code])),
    { odd: 1, nobody: 1, slow: 4, refused: 1, first: 0, unread: 2, piped: 0 },
  );
  assertStringIncludes(odd.out, "  orders  rejected after 1 attempt: term\nwhat failed is a dead letter");
  assertStringIncludes(nobody.out, "for nobody: no service subscribes to it");
  assertEquals(JSON.parse(slow.out).result, "unknown");
  assertStringIncludes(refused.out, "refused: target-unknown: ");
  assertStringIncludes(unread.told, "the data is no JSON");
  assertEquals([JSON.parse(piped.out).result, JSON.parse(first.out).result], ["delivered", "accepted"]);
  // The same command again is the same message.
  assertEquals([JSON.parse(first.out).duplicate, JSON.parse((await once()).out).duplicate], [false, true]);
});
