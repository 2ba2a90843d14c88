import { assertEquals, assertRejects } from "@std/assert";
import { BellhopError } from "../../core/error.ts";
import { hashToken, newSigningSecret, newToken } from "../../security/mod.ts";
import { envelope } from "./_secure_world_test.ts";
import { connect, gateway, readCredentials, serve, service } from "./mod.ts";

const NAMES = ["BUS_TOKEN", "BUS_SECRET", "BELLHOP_URL", "BELLHOP_TOKEN", "BELLHOP_SIGNING_SECRET", "BELLHOP_DEV"];

/** The environment is the whole process's, which runs other tests at the same time: so this one is given its own. */
async function within(
  variables: Readonly<Record<string, string>>,
  use: (set: (name: string, value: string) => void) => Promise<void>,
): Promise<void> {
  const given = new Map(Object.entries(variables));
  const { get } = Deno.env;
  Deno.env.get = (name) => NAMES.includes(name) ? given.get(name) : get.call(Deno.env, name);
  try {
    await use((name, value) => void given.set(name, value));
  } finally {
    Deno.env.get = get;
  }
}

/** What a stranger's delivery without a signature is answered. */
async function unsigned(options: object): Promise<string | number> {
  const users = service({ name: "users", version: "1", ...options }).on(">", () => {});
  const answer = await users.request("/", { method: "POST", ...envelope("a.b", "/a") });
  return answer.status === 204 ? 204 : (await answer.json()).code;
}

Deno.test("gateway, service and client take from the environment what they are not told", async () => {
  const token = newToken();
  const secrets = [newSigningSecret(), newSigningSecret()];
  const credentials = [{ name: "all", token, scopes: ["admin"] }];
  await within({ BELLHOP_SIGNING_SECRET: secrets.join(", "), BELLHOP_TOKEN: token }, async (set) => {
    const bus = gateway({ credentials, allowHosts: ["127.0.0.1"] });
    await using front = await serve(bus, { port: 0 });
    set("BELLHOP_URL", front.url);
    const heard: unknown[] = [];
    const users = service({ name: "users", version: "1" }).on("user.*", (event) => void heard.push(event.data));
    await using side = await serve(users, { port: 0 });
    await using client = await connect(users, { endpoint: side.url });
    assertEquals((await (await client.publish("user.made", 1)).receipt()).outcome, "delivered");
    assertEquals(heard, [1]);
    await using elsewhere = await connect({ gateway: front.url.replace("127.0.0.1", "localhost") });
    assertEquals((await assertRejects(() => elsewhere.publish("user.made"), BellhopError)).code, "unauthorized");
    const wrong = newToken();
    await using other = await connect({ token: wrong });
    assertEquals((await assertRejects(() => other.publish("user.made"), BellhopError)).code, "unauthorized");
    await bus.close();
  });
});

Deno.test("a service verifies by the environment's secret, and by BELLHOP_DEV only if there is none", async () => {
  const BELLHOP_SIGNING_SECRET = newSigningSecret();
  await within({}, async () => assertEquals(await unsigned({}), "secret-missing"));
  await within({ BELLHOP_DEV: "1" }, async () => {
    assertEquals(await unsigned({}), 204);
    assertEquals(await unsigned({ open: false }), "secret-missing");
    assertEquals(await unsigned({ signingSecret: BELLHOP_SIGNING_SECRET }), "signature-missing");
  });
  await within({ BELLHOP_DEV: "1", BELLHOP_SIGNING_SECRET }, async () => {
    assertEquals(await unsigned({}), "signature-missing");
    assertEquals(await unsigned({ open: true }), 204);
  });
});

Deno.test("BELLHOP_DEV leads services and clients to the gateway of bellhop dev, and never off this machine", async () => {
  const token = newToken();
  const asked: string[] = [];
  const platform = globalThis.fetch;
  globalThis.fetch = (url, init) => {
    asked.push(`${new URL(String(url)).origin} ${new Headers(init?.headers).get("authorization")}`);
    return Promise.resolve(Response.json({ durability: "memory", receivers: [], duplicate: false }, { status: 202 }));
  };
  const whereTo = async (variables: Readonly<Record<string, string>>) => {
    asked.length = 0;
    await within({ BELLHOP_DEV: "1", BELLHOP_TOKEN: token, ...variables }, async () => {
      await using client = await connect();
      await client.publish("user.made");
      const users = service({ name: "users", version: "1" }).on(">", (_event, ctx) => void ctx.publish("user.seen"));
      const answer = await users.request("/", { method: "POST", ...envelope("a.b", "/a") });
      assertEquals(answer.status, 204);
      await users.close();
    });
    return asked;
  };
  try {
    const dev = "http://127.0.0.1:8000 null";
    assertEquals(await whereTo({}), [dev, dev]);
    assertEquals(await whereTo({ BELLHOP_URL: "https://bus.example" }), [dev, dev]);
    const other = "http://localhost:9000 null";
    assertEquals(await whereTo({ BELLHOP_URL: "http://localhost:9000/bus" }), [other, other]);
  } finally {
    globalThis.fetch = platform;
  }
});

Deno.test("connect() without a gateway's URL says so", async () => {
  await within({}, async () => {
    const error = await assertRejects(() => connect(), BellhopError);
    assertEquals([error.code, error.field], ["argument-invalid", "gateway"]);
  });
});

Deno.test("readCredentials() takes digests alone, and says where a file is at fault", async () => {
  const path = await Deno.makeTempFile({ suffix: ".json" });
  const token = newToken();
  const good = { name: "a", sha256: await hashToken(token), scopes: ["publish:a.>"], sources: ["/a"] };
  const read = async (content: string) => {
    await Deno.writeTextFile(path, content);
    return await readCredentials(path);
  };
  const bus = gateway({
    credentials: await read(JSON.stringify({ credentials: [good] })),
    signingSecrets: newSigningSecret(),
  });
  const sent = envelope("a.b", "/a");
  const headers = { ...sent.headers, authorization: `Bearer ${token}` };
  assertEquals((await bus.request("/messages", { ...sent, method: "POST", headers })).status, 202);
  await bus.close();
  const cases: [string, string][] = [
    ["", "credentials"],
    ["[]", "credentials"],
    ['{"credentials":{}}', "credentials"],
    ['{"credentials":[]}', "credentials"],
    ['{"credentials":[1]}', "credentials[0]"],
    [JSON.stringify({ credentials: [{ ...good, token }] }), "credentials[0].token"],
    [JSON.stringify({ credentials: [{ ...good, scope: "x" }] }), "credentials[0]"],
    [JSON.stringify({ credentials: [{ ...good, sha256: "ff" }] }), "credentials[0].sha256"],
    [JSON.stringify({ credentials: [good, { ...good, scopes: ["all"] }] }), "credentials[1].scopes[0]"],
  ];
  for (const [content, field] of cases) {
    const error = await assertRejects(() => read(content), BellhopError);
    assertEquals([error.code, error.field], ["argument-invalid", field]);
  }
  await Deno.remove(path);
  assertEquals((await assertRejects(() => readCredentials(path), BellhopError)).code, "argument-invalid");
});

Deno.test("gateway() and service() make their options of the environment, as they would on Workers of what is bound", async () => {
  const [token, secret] = [newToken(), newSigningSecret()];
  await within({ BUS_TOKEN: token, BUS_SECRET: secret }, async () => {
    await using bus = gateway(({ BUS_TOKEN = "", BUS_SECRET = "", BELLHOP_TOKEN }) => ({
      credentials: [{ name: BELLHOP_TOKEN ?? "shop", token: BUS_TOKEN, scopes: ["admin"] }],
      signingSecrets: BUS_SECRET,
      allowHosts: ["127.0.0.1"],
    }));
    const heard: unknown[] = [];
    const users = service(({ BUS_SECRET = "" }) => ({ name: "users", version: "1", signingSecret: BUS_SECRET }))
      .on("user.*", ({ data }) => void heard.push(data));
    await using front = await serve(bus, { port: 0 });
    await using side = await serve(users, { port: 0 });
    await using client = await connect(users, { gateway: front.url, endpoint: side.url, token });
    assertEquals((await (await client.publish("user.made", 1)).receipt()).outcome, "delivered");
    assertEquals(heard, [1]);
  });
});
