/**
 * The mistakes of a first day outside open mode: see `first_day_test.ts`.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { Hono } from "hono";
import { cors } from "hono/cors";
import { systemClock } from "../../adapters/clocks/system.ts";
import { bellhop, console, named, problemIn, refusal } from "./_first_day_test.ts";
import { envelope, secureBus } from "./_secure_world_test.ts";
import { connect, serve, service } from "./mod.ts";

const REFUSED_ENDPOINT =
  "In open mode use a loopback address; elsewhere a public one, or name its host in `allowHosts`. " +
  "If it does not consent, mount `service()` before what answers OPTIONS, as CORS and auth do.";

Deno.test("first day: the token is wrong, missing, or not enough", async () => {
  await using at = await secureBus();
  const names = { GATEWAY: at.url };
  const publish = async (token?: string) => {
    await using client = await connect({
      gateway: at.url,
      source: "/orders",
      ...(token === undefined ? {} : { token }),
    });
    return await refusal(() => client.publish("order.paid", { id: "42" }));
  };
  const advice = "Send `authorization: Bearer` with a token that the gateway was configured with.";
  assertEquals(
    await publish("blh_of-yesterday"),
    `unauthorized: The authorization header holds no token that is known\n${advice}`,
  );
  assertEquals(await publish(), `unauthorized: The request has no authorization header\n${advice}`);
  assertEquals(
    await publish(at.tokens.users),
    `forbidden: The credential lacks the scope publish:order.paid
Give the credential the scope or the source named in \`detail\`, or use another.`,
  );
  assertEquals(
    await problemIn(await at.ask(undefined, "POST /messages", envelope("order.paid", "/orders"))),
    `401 unauthorized: The request has no authorization header\n${advice}\n/errors#unauthorized`,
  );
  assertEquals(
    named(await bellhop("services", "--gateway", at.url), names),
    `bellhop: unauthorized: The request has no authorization header; give a credential by BELLHOP_TOKEN or --token-file
exit 5`,
  );
});

Deno.test("first day: the clocks of gateway and service are seven minutes apart", async () => {
  await using at = await secureBus();
  const real = systemClock();
  const clock = { ...real, nowMs: () => real.nowMs() + 420_500 };
  const late = service({ name: "users", version: "1.0.0", signingSecret: at.secret, clock }).on("order.*", () => {});
  const skewed = (text: string) => text.replace(/\b42\d s\b/, "SKEW");
  let answered = "";
  const app = new Hono().use(async (c, next) => {
    await next();
    if (c.req.method === "POST" && c.res.status === 401) answered = await problemIn(c.res.clone());
  }).route("/bellhop", late);
  await using server = await serve(app, { port: 0 });
  let ended: unknown;
  const seen = await console(async () => {
    const token = at.tokens.registrar;
    await using _users = await connect(late, { gateway: at.url, token, endpoint: `${server.url}/bellhop` });
    await using client = await connect({ gateway: at.url, token: at.tokens.orders, source: "/orders" });
    const sent = await client.publish("order.paid", { id: "42" }, { priority: "LOW", waitMs: 5_000 });
    ended = (await sent.receipt()).deliveries[0].lastError;
  });
  const said = "signature-stale: webhook-timestamp is SKEW behind this receiver's clock, 300 s are allowed";
  assertEquals(skewed(seen), `bellhop: users: ${said}\nSet the clocks of both sides.`);
  assertEquals(skewed(answered), `401 ${said}\nSet the clocks of both sides.\nurn:bellhop:problem:signature-stale`);
  assertEquals(ended, "status-401");
});

Deno.test("first day: a service registers with a loopback address, and the gateway serves others than its machine", async () => {
  await using at = await secureBus({ allowHosts: [] });
  const users = service({ name: "users", version: "1.0.0", signingSecret: at.secret }).on("user.*", () => {});
  const token = at.tokens.users;
  for (const host of ["127.0.0.1", "localhost"]) {
    assertEquals(
      await refusal(() => connect(users, { gateway: at.url, token, endpoint: `http://${host}:8001/bellhop` })),
      `endpoint-refused: The endpoint's host ${host} has a loopback address
${REFUSED_ENDPOINT}`,
    );
  }
});

Deno.test("first day: a service is mounted behind CORS, which answers the handshake in its place", async () => {
  await using at = await secureBus();
  const users = service({ name: "users", version: "1.0.0", signingSecret: at.secret }).on("user.*", () => {});
  const before = new Hono().use(cors()).route("/bellhop", users);
  const after = new Hono().route("/bellhop", users).use(cors());
  const token = at.tokens.users;
  await using wrong = await serve(before, { port: 0 });
  assertEquals(
    await refusal(() => connect(users, { gateway: at.url, token, endpoint: `${wrong.url}/bellhop` })),
    `endpoint-refused: The endpoint does not consent: it answers OPTIONS without webhook-allowed-origin
${REFUSED_ENDPOINT}`,
  );
  await using right = await serve(after, { port: 0 });
  await using client = await connect(users, { gateway: at.url, token, endpoint: `${right.url}/bellhop` });
  assertEquals(typeof client.instance, "string");
});
