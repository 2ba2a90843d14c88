/**
 * Who asks a gateway or a service to act for them does not get what these may: replies and proxied requests in secure
 * mode.
 *
 * @module
 */
import { assertEquals, assertRejects } from "@std/assert";
import { Hono } from "hono";
import { BellhopError } from "../../core/error.ts";
import { newSigningSecret, newToken } from "../../security/mod.ts";
import { eventually } from "./_secure_world_test.ts";
import { connect, gateway, serve, type Server, service, type ServiceApp } from "./mod.ts";

async function site() {
  await using stack = new AsyncDisposableStack();
  const people = {
    asker: { scopes: ["register:asker", "publish:sum.wanted"], sources: ["/services/asker"] },
    sums: { scopes: ["register:sums", "publish:sum.wanted.reply"], sources: ["/services/sums"] },
    billing: { scopes: ["register:billing"] },
    stranger: { scopes: ["publish:sum.wanted"], sources: ["/stranger"] },
    caller: { scopes: ["call:bare"] },
    bare: { scopes: ["register:bare"] },
  };
  type Name = keyof typeof people;
  const names = Object.keys(people) as Name[];
  const tokens = Object.fromEntries(names.map((name) => [name, newToken()])) as Record<Name, string>;
  const signingSecret = newSigningSecret();
  const bus = stack.use(gateway({
    credentials: names.map((name) => ({ name, token: tokens[name], ...people[name] })),
    signingSecrets: signingSecret,
    allowHosts: ["127.0.0.1"],
  }));
  const front: Server = stack.use(await serve(bus, { port: 0 }));
  const all = stack.move();
  return {
    url: front.url,
    tokens,
    signingSecret,
    /** A service that listens, announced with the credential of its name. */
    async run(definition: ServiceApp) {
      const side = all.use(await serve(new Hono().route("/bellhop", definition), { port: 0 }));
      const token = tokens[definition.settings.name as Name];
      return all.use(await connect(definition, { gateway: front.url, token, endpoint: `${side.url}/bellhop` }));
    },
    async speak(name: Name, source: string) {
      return all.use(await connect({ gateway: front.url, token: tokens[name], source }));
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

function adder(signingSecret: string, replied: unknown[] = []) {
  return service({ name: "sums", version: "1", signingSecret })
    .on("sum.wanted", async ({ data }, ctx) => {
      const { of } = data as { readonly of: readonly number[] };
      replied.push(await ctx.reply({ sum: of.reduce((one, other) => one + other) }));
    });
}

Deno.test("request() is answered in secure mode by who may register, publish and reply, and by nobody without", async () => {
  await using at = await site();
  await at.run(adder(at.signingSecret));
  const asker = await at.run(service({ name: "asker", version: "1", signingSecret: at.signingSecret }));
  const reply = await asker.request<{ sum: number }>("sum.wanted", { of: [1, 41] });
  assertEquals([reply.data, reply.source], [{ sum: 42 }, "/services/sums"]);
  const refused = await assertRejects(() => asker.request("sum.other", { of: [1] }), BellhopError);
  assertEquals([refused.code, refused.message], ["forbidden", "The credential lacks the scope publish:sum.other"]);
});

Deno.test("a stranger's replyto does not make a service speak to another for it", async () => {
  await using at = await site();
  const replied: unknown[] = [];
  await at.run(adder(at.signingSecret, replied));
  const took: string[] = [];
  const billing = service({ name: "billing", version: "1", signingSecret: at.signingSecret })
    .on(">", ({ type, source }) => void took.push(`${type} ${source}`));
  const { instance } = await at.run(billing);
  const stranger = await at.speak("stranger", "/stranger");
  const aimed = () => stranger.publish("sum.wanted", { of: [6] }, { target: "sums", replyto: `billing@${instance}` });
  const refused = await assertRejects(aimed, BellhopError);
  assertEquals([refused.code, refused.message], [
    "forbidden",
    "The credential lacks the scope register:billing, for replyto",
  ]);
  const plain = await stranger.publish("sum.wanted", { of: [6] }, { target: "sums" });
  await plain.receipt();
  assertEquals([replied, took], [[undefined], []]);
});

Deno.test("a proxied request is no delivery from this machine, though the gateway is on it", async () => {
  await using at = await site();
  const took: string[] = [];
  const seen: (string | undefined)[] = [];
  const bare = service({ name: "bare", version: "1", onError() {} }).on(">", ({ source }) => void took.push(source));
  bare.get("/page", (c) => c.text(`${c.req.header("via")} ${seen.push(c.req.header("authorization"))}`));
  await at.run(bare);
  const proxied = (path: string, init: RequestInit = {}) =>
    fetch(`${at.url}/services/bare/bellhop${path}`, {
      ...init,
      headers: { authorization: `Bearer ${at.tokens.caller}`, via: "1.0 before", ...init.headers },
    });
  const forged = await proxied("", {
    method: "POST",
    headers: { "content-type": "application/cloudevents+json" },
    body: JSON.stringify({ specversion: "1.0", id: "1", source: "/ceo", type: "pay.all", priority: "CRITICAL" }),
  });
  assertEquals([forged.status, (await forged.json()).code, took], [500, "secret-missing", []]);
  assertEquals(await (await proxied("/page")).text(), "1.0 before, 1.1 bellhop 1");
  assertEquals(seen, [undefined]);
  // What the gateway itself delivers does come from here.
  const stranger = await at.speak("stranger", "/stranger");
  await stranger.publish("sum.wanted", {}, { target: "bare" });
  await eventually(() => took.length === 1);
  assertEquals(took, ["/stranger"]);
});

Deno.test("a body of a proxied request is no request of its own to the service", async () => {
  await using at = await site();
  const took: string[] = [];
  const bare = service({ name: "bare", version: "1", onError() {} }).on(">", ({ source }) => void took.push(source));
  await at.run(bare);
  const event = JSON.stringify({ specversion: "1.0", id: "1", source: "/ceo", type: "pay.all" });
  const forged = "POST /bellhop HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/cloudevents+json\r\n" +
    `Content-Length: ${event.length}\r\n\r\n${event}`;
  const headers = { authorization: `Bearer ${at.tokens.caller}` };
  for (const method of ["DELETE", "OPTIONS", "PUT", "POST"]) {
    const answer = await fetch(`${at.url}/services/bare/bellhop/health`, { method, headers, body: forged });
    assertEquals([method, answer.status], [method, 405]);
    await answer.body?.cancel();
  }
  // As bytes: a client of the platform sends no body with GET.
  const host = new URL(at.url).host;
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(host.split(":")[1]) });
  const line =
    `GET /services/bare/bellhop/health HTTP/1.1\r\nHost: ${host}\r\nAuthorization: ${headers.authorization}\r\n`;
  await connection.write(new TextEncoder().encode(`${line}Content-Length: ${forged.length}\r\n\r\n${forged}`));
  await connection.read(new Uint8Array(1_000));
  connection.close();
  for (let turn = 0; turn < 3; turn++) {
    const next = await fetch(`${at.url}/services/bare/bellhop/health`, { headers });
    assertEquals([next.status, (await next.json()).status], [200, "pass"]);
  }
  assertEquals(took, []);
});
