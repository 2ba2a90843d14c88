import { assertEquals, assertStringIncludes } from "@std/assert";
import { connect, gateway, serve, service, Term } from "../presets/server/mod.ts";
import { bellhop, running } from "./_bellhop_test.ts";

Deno.test("bellhop tail shows steps of one type at one service, until it is stopped", async () => {
  await using bus = gateway({ open: true });
  await using server = await serve(bus, { port: 0 });
  const orders = service({ name: "orders", version: "1.0.0" }).on("order.*", () => new Term("odd"));
  await using endpoint = await serve(orders, { port: 0 });
  await using client = await connect(orders, { gateway: server.url, endpoint: endpoint.url });
  await using odd = running(["tail", "--type", "order.odd", "--service", "orders", "--json"], {
    BELLHOP_URL: server.url,
  });
  await odd.told("following");
  for (const type of ["order.even", "order.odd"]) await (await client.publish(type)).receipt();
  const steps = [];
  do steps.push(JSON.parse(await odd.line())); while (steps.at(-1).kind !== "ended");
  assertEquals(new Set(steps.map(({ type, receiver }) => `${type} ${receiver}`)), new Set(["order.odd orders"]));
  assertEquals(steps.find(({ kind }) => kind === "dead-letter").outcome, "rejected");
  const { code, told } = await odd.stop("SIGINT");
  assertEquals([code, told], [0, `following ${server.url}\n`]);
});

Deno.test("bellhop tail connects again when the gateway is back", async () => {
  const bus = gateway({ open: true });
  const server = await serve(bus, { port: 0 });
  await using tail = running(["tail", "--type", "note.*"], { BELLHOP_URL: server.url });
  await tail.told(`following ${server.url}\n`);
  await bus.close();
  await server.close();
  await tail.told(`the trace of ${server.url} broke off; trying again\n`);
  await using again = gateway({ open: true });
  await using _server = await serve(again, { port: Number(new URL(server.url).port) });
  await tail.told("connected again; what happened in between is not shown\n");
  await using client = await connect({ gateway: server.url });
  await client.publish("note.written");
  await tail.lineWith("note.written");
  const { code, told } = await tail.stop("SIGINT");
  assertEquals([code, told.split("\n").length], [0, 4]);
});

Deno.test("bellhop tail refuses a pattern that is none", async () => {
  const { code, told } = await bellhop(["tail", "--type", "order.o*"]);
  assertEquals(code, 2);
  assertStringIncludes(told, '--type "order.o*": ');
});
