import { assertEquals, assertStringIncludes } from "@std/assert";
import { connect, gateway, serve, service, Term } from "../presets/server/mod.ts";
import { bellhop } from "./_bellhop_test.ts";

Deno.test("bellhop dead-letters lists, redrives and discards what failed for good", async (t) => {
  await using bus = gateway({ open: true });
  await using server = await serve(bus, { port: 0 });
  let mended = false;
  const orders = service({ name: "orders", version: "1.0.0" }).on(
    "order.*",
    () => mended ? undefined : new Term("odd"),
  );
  await using endpoint = await serve(orders, { port: 0 });
  await using client = await connect(orders, { gateway: server.url, endpoint: endpoint.url });
  for (let place = 0; place < 4; place++) await (await client.publish("order.odd", { place })).receipt();
  const to = (...args: string[]) => bellhop(["dead-letters", ...args], "", { BELLHOP_URL: server.url });
  const ids: string[] = [];

  await t.step("page by page, each whole", async () => {
    const first = JSON.parse((await to("--limit", "3", "--json")).out);
    const [second, page, none, letter] = await Promise.all([
      to("--limit", "3", "--after", first.after, "--json"),
      to("--limit", "1", "--receiver", "orders"),
      to("--receiver", "nobody"),
      to(first.deadLetters[0].id),
    ]);
    const { deadLetters, after } = JSON.parse(second.out);
    assertEquals([first.deadLetters.length, deadLetters.length, after], [3, 1, null]);
    ids.push(...[...first.deadLetters, ...deadLetters].map(({ id }) => id));
    assertEquals(new Set(ids).size, 4);
    assertStringIncludes(page.out, `${ids[0]}  `);
    const [, cursor] = /bellhop dead-letters --receiver orders --limit 1 --after (\S+)\n/.exec(page.told)!;
    assertStringIncludes((await to("--limit", "1", "--after", cursor)).out, ids[1]);
    assertEquals([none.code, none.out, none.told], [0, "", "no dead letters of nobody\n"]);
    const { id, envelope, history } = JSON.parse(letter.out);
    assertEquals([id, envelope.data, history.length], [ids[0], { place: 0 }, 1]);
  });

  await t.step("redriven by id, and what cannot be is named", async () => {
    mended = true;
    const { code, out } = await to("redrive", ids[0], "dlv_unknown", "--json");
    const { redriven, failed } = JSON.parse(out);
    assertEquals([code, redriven], [1, [ids[0]]]);
    assertEquals(failed.map(({ id, code }: Record<string, string>) => [id, code]), [
      ["dlv_unknown", "dead-letter-unknown"],
    ]);
  });

  await t.step("discarded only if somebody agrees", async () => {
    const [unasked, neither, both, stray, typo] = await Promise.all([
      to("discard", "--all"),
      to("redrive"),
      to("redrive", "x", "--all"),
      to("redrive", "x", "--receiver", "orders"),
      to("discrad", "x"),
    ]);
    assertEquals([unasked, neither, both, stray, typo].map(({ code }) => code), Array(5).fill(2));
    assertStringIncludes(unasked.told, "say --yes");
    assertStringIncludes(typo.told, "did you mean dead-letters discard?");
    const one = await to("discard", ids[1], "--yes");
    assertEquals([one.code, one.out], [0, "1 dead letter discarded\n"]);
  });

  await t.step("all of a service", async () => {
    const redriven = JSON.parse((await to("redrive", "--all", "--receiver", "orders", "--json")).out);
    assertEquals([new Set(redriven.redriven), redriven.failed], [new Set(ids.slice(2)), []]);
    const [empty, discarded] = await Promise.all([to("--json"), to("discard", "--all", "--yes")]);
    assertEquals(JSON.parse(empty.out), { deadLetters: [], after: null });
    assertEquals([discarded.code, discarded.out], [0, "0 dead letters discarded\n"]);
  });
});
