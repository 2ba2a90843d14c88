import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { connect, gateway, serve, service } from "../presets/server/mod.ts";
import { bellhop } from "./_bellhop_test.ts";

Deno.test("bellhop send --delay and --at are kept, listed by delayed, and called back by delayed cancel", async (t) => {
  await using bus = gateway({ open: true });
  await using server = await serve(bus, { port: 0 });
  const orders = service({ name: "orders", version: "1.0.0" }).on("order.*", () => {});
  await using endpoint = await serve(orders, { port: 0 });
  await using client = await connect(orders, { gateway: server.url, endpoint: endpoint.url });
  const to = (...args: string[]) => bellhop(args, "", { BELLHOP_URL: server.url });
  const kept = async () => (await client.delayed.list()).messages.map(({ id }) => id).sort();

  await t.step("kept until then", async () => {
    const beforeMs = Date.now();
    const at = new Date(beforeMs + 86_400_000).toISOString();
    const [ten, then, waited, now, past] = await Promise.all([
      to("send", "order.a", "--id", "ten", "--delay", "10m"),
      to("send", "order.b", "--id", "then", "--at", at, "--source", "/shop", "--priority", "HIGH"),
      to("send", "order.c", "--id", "waited", "--delay", "2h", "--wait", "1"),
      to("send", "order.d", "--delay", "0s", "--wait", "20", "--json"),
      to("send", "order.e", "--at", "2020-01-01T00:00:00Z", "--wait", "20", "--json"),
    ]);
    assertEquals([ten, then, waited, now, past].map(({ code }) => code), [0, 0, 4, 0, 0], ten.told + past.out);
    assertStringIncludes(ten.out, "it is kept for 10m; to call it back: bellhop delayed cancel ten\n");
    assertStringIncludes(
      then.out,
      `it is kept until ${at}; to call it back: bellhop delayed cancel then --source /shop\n`,
    );
    assertStringIncludes(waited.out, "it is kept for 2h; ");
    assertEquals([JSON.parse(now.out).result, JSON.parse(past.out).result], ["delivered", "delivered"]);
    assertEquals(await kept(), ["ten", "then", "waited"]);
    const { messages } = await client.delayed.list();
    const due = Object.fromEntries(messages.map(({ id, deliveries }) => [id, deliveries[0].nextAttemptMs!]));
    assertEquals(due.then, beforeMs + 86_400_000);
    const afterMs = Date.now();
    assertEquals([due.ten >= beforeMs + 600_000, due.ten <= afterMs + 600_000], [true, true]);
    // Known already: that it is kept still cannot be said.
    assertEquals((await to("send", "order.a", "--id", "ten", "--delay", "10m")).out.includes("kept"), false);
  });

  await t.step("refused before anything is sent", async () => {
    const runs = await Promise.all([
      to("send", "order.a", "--delay", "10"),
      to("send", "order.a", "--delay", "21d"),
      to("send", "order.a", "--at", "tomorrow"),
      to("send", "order.a", "--at", "2030-01-01T00:00:00Z", "--delay", "1m"),
      to("delayed", "cancle"),
      to("delayed", "cancel"),
      to("delayed", "cancel", "ten", "--all"),
    ]);
    assertEquals(runs.map(({ code }) => code), Array(7).fill(2));
    assertStringIncludes(runs[4].told, "did you mean delayed cancel?");
    const far = await to("send", "order.a", "--delay", "8d", "--json");
    assertEquals([far.code, JSON.parse(far.out).code], [1, "argument-invalid"]);
    assertEquals((await kept()).length, 3);
  });

  await t.step("listed, the soonest first, page by page", async () => {
    const [all, json, first] = await Promise.all([
      to("delayed"),
      to("delayed", "--json"),
      to("delayed", "--limit", "2"),
    ]);
    const rows = all.out.trimEnd().split("\n").map((line) => line.split(/ +/));
    assertEquals(rows.map((row) => row.slice(1)), [
      ["PRIORITY", "SOURCE", "ID", "TYPE", "RECEIVERS"],
      ["NORMAL", "/cli", "ten", "order.a", "orders"],
      ["NORMAL", "/cli", "waited", "order.c", "orders"],
      ["HIGH", "/shop", "then", "order.b", "orders"],
    ]);
    for (const [due] of rows.slice(1)) assertMatch(due, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const { messages, after } = JSON.parse(json.out);
    assertEquals([messages.length, after], [3, null]);
    const [, cursor] = /bellhop delayed --limit 2 --after (\S+)\n/.exec(first.told)!;
    const rest = JSON.parse((await to("delayed", "--after", cursor, "--json")).out);
    assertEquals(rest.messages, messages.slice(2));
  });

  await t.step("called back by id, and what cannot be is named", async () => {
    const some = await to("delayed", "cancel", "ten", "then", "--json");
    const { cancelled, failed } = JSON.parse(some.out);
    assertEquals([some.code, cancelled], [1, [{ source: "/cli", id: "ten" }]]);
    assertEquals(failed.map(({ source, id, code }: Record<string, string>) => [source, id, code]), [
      ["/cli", "then", "message-unknown"],
    ]);
    const again = await to("delayed", "cancel", "ten");
    assertEquals([again.code, again.out], [1, "0 messages cancelled\n"]);
    assertMatch(again.told, /^\/cli ten: message-ended: /);
    assertEquals(await kept(), ["then", "waited"]);
    const { deadLetters } = await client.deadLetters.list();
    assertEquals(deadLetters.map(({ envelope, outcome }) => [envelope.id, outcome]), [["ten", "cancelled"]]);
  });

  await t.step("all, of one source or of everybody", async () => {
    assertEquals((await to("delayed", "cancel", "--all", "--source", "/shop")).out, "1 message cancelled\n");
    assertEquals(await kept(), ["waited"]);
    const rest = await to("delayed", "cancel", "--all", "--json");
    assertEquals(JSON.parse(rest.out), { cancelled: [{ source: "/cli", id: "waited" }], failed: [] });
    const none = await to("delayed");
    assertEquals([none.code, none.out, none.told], [0, "", "nothing is kept for later\n"]);
  });
});
