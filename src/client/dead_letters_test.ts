import { assertEquals, assertRejects } from "@std/assert";
import { BellhopError } from "../core/error.ts";
import { gateway, serve, service, Term } from "../presets/server/mod.ts";
import { clientOf, problem } from "./_client_of_test.ts";
import { connect } from "./mod.ts";

Deno.test("deadLetters lists, shows, redrives and discards what failed for good", async () => {
  let isBroken = true;
  await using bus = gateway({ open: true });
  await using front = await serve(bus, { port: 0 });
  const mail = service({ name: "mail", version: "1.0.0" })
    .on("mail.wanted", () => isBroken ? new Term("no address") : undefined);
  await using side = await serve(mail, { port: 0 });
  await using client = await connect(mail, { gateway: front.url, endpoint: side.url });
  for (const id of ["1", "2", "3"]) {
    assertEquals((await (await client.publish("mail.wanted", { id }, { id })).receipt()).outcome, "rejected");
  }
  const ids: string[] = [];
  let after: string | null | undefined;
  while (after !== null) {
    const page = await client.deadLetters.list({
      receiver: "mail",
      limit: 2,
      ...(after === undefined ? {} : { after }),
    });
    ids.push(...page.deadLetters.map(({ id }) => id));
    assertEquals(
      page.deadLetters.map(({ envelope }) => envelope.data),
      ids.length < 3 ? [{ id: "1" }, { id: "2" }] : [{
        id: "3",
      }],
    );
    after = page.after;
  }
  assertEquals(ids.length, 3);
  assertEquals((await client.deadLetters.list({ receiver: "other" })).deadLetters, []);
  const letter = await client.deadLetters.get(ids[0]);
  assertEquals([letter.receiver, letter.outcome, letter.attempts, letter.run], ["mail", "rejected", 1, 1]);

  isBroken = false;
  const { source } = client;
  assertEquals(await client.deadLetters.redrive(ids[0]), { source, id: "1", run: 2, receivers: ["mail"] });
  assertEquals(await client.deadLetters.discard(ids[1]), undefined);
  assertEquals((await client.deadLetters.list()).deadLetters.map(({ id }) => id), [ids[2]]);
  for (const act of ["get", "redrive", "discard"] as const) {
    const error = await assertRejects(() => client.deadLetters[act](ids[1]), BellhopError);
    assertEquals([act, error.code], [act, "dead-letter-unknown"]);
  }
});

Deno.test("deadLetters asks within its time, once, with the credential, and for no other path than that of its id", async () => {
  const { client, asked } = await clientOf(() => problem("dead-letter-unknown"), { token: "secret" });
  await assertRejects(() => client.deadLetters.redrive("../messages?a=b#c"), BellhopError);
  await assertRejects(() => client.deadLetters.list({ receiver: "a&b", after: "c=d" }), BellhopError);
  assertEquals(asked.map(({ method, path }) => [method, path]), [
    ["POST", "dead-letters/..%2Fmessages%3Fa%3Db%23c/redrive"],
    ["GET", "dead-letters?limit=10&receiver=a%26b&after=c%3Dd"],
  ]);
  assertEquals(asked[0].headers.get("authorization"), "Bearer secret");

  const silent = await clientOf(() => new Promise(() => {}));
  const waiting = assertRejects(() => silent.client.deadLetters.list({}, { timeoutMs: 500 }), BellhopError);
  await silent.clock.settle(500);
  assertEquals((await waiting).code, "timeout");
  const stopped = silent.client.deadLetters.discard("a", { signal: AbortSignal.abort("enough") });
  assertEquals(await stopped.catch((reason) => reason), "enough");
  await silent.client.close();
});
