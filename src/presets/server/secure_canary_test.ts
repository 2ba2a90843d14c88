import { assert, assertEquals, assertRejects } from "@std/assert";
import { Hono } from "hono";
import { newSigningSecret, newToken } from "../../security/mod.ts";
import { connect, gateway, readCredentials, serve, service, sqlite } from "./mod.ts";
import { endpoint, envelope, eventually, registration, secureBus } from "./_secure_world_test.ts";

Deno.test("tokens, lease tokens and signing secrets are found in nothing that is told, listed, logged or asked for", async () => {
  const directory = await Deno.makeTempDir({ prefix: "bellhop-" });
  const told: string[] = [];
  const console = spied(told);
  const secrets: Record<string, string> = {};
  {
    await using bus = await secureBus({
      store: sqlite(`${directory}/bus.db`),
      onFault: (fault) => told.push(inspected(fault)),
    });
    for (const [name, token] of Object.entries(bus.tokens)) secrets[`the token of ${name}`] = token;
    secrets["the signing secret"] = bus.secret;
    secrets["the signing secret's bytes"] = bus.secret.slice("whsec_".length);
    const trace = await bus.ask("observer", "GET /trace");
    const tracing = trace.body!.pipeThrough(new TextDecoderStream()).pipeTo(
      new WritableStream({ write: (text) => void told.push(text) }),
    ).catch(() => {});

    /** Asks, keeps all that is answered, and gives it as JSON. */
    // deno-lint-ignore no-explicit-any
    const ask = async (who: Parameters<typeof bus.ask>[0], request: string, init?: RequestInit): Promise<any> => {
      const answer = await bus.ask(who, request, init);
      const text = await answer.text();
      const isLease = request === "POST /registry" && answer.ok;
      told.push([...answer.headers].join("\n"), ...(isLease ? [] : [text]));
      return answer.headers.get("content-type")?.includes("json") ? JSON.parse(text) : undefined;
    };

    // Who works, who refuses for good, and who knows another secret, so that dead letters and refusals come to be.
    const users = service({
      name: "users",
      version: "1",
      signingSecret: bus.secret,
      onError: (error) => told.push(inspected(error)),
    })
      .on("order.>", (event, ctx) => {
        ctx.log.info("told", { event, ctx });
        if (event.type === "order.broken") throw new Error("broken");
      });
    const stranger = service({ name: "stranger", version: "1", signingSecret: newSigningSecret() }).on(">", () => {});
    await using side = await serve(new Hono().route("/users", users).route("/stranger", stranger), { port: 0 });
    await using refuser = endpoint(() => Response.json({ detail: "no" }, { status: 422 }));
    for (const [name, url] of [["stranger", `${side.url}/stranger`], ["refuser", refuser.url]]) {
      const { data } = await ask("registrar", "POST /registry", registration(name, url));
      secrets[`the lease of ${name}`] = data.lease;
    }
    const given = { gateway: bus.url, endpoint: `${side.url}/users`, token: bus.tokens.registrar };
    await using client = await connect(users, given);
    told.push(inspected(client), inspected(bus.bus), inspected(users));
    const { lease } = (await ask("registrar", "POST /registry", registration("users", `${side.url}/users`))).data;
    secrets["the lease of users"] = lease;

    for (const type of ["order.paid", "order.broken"]) {
      for (const priority of ["LOW", "CRITICAL"]) {
        const init = envelope(type, "/orders", { priority, data: { n: 1 } });
        await ask("critical", "POST /messages", { ...init, headers: { ...init.headers, "bellhop-lease": lease } });
      }
    }
    await eventually(async () => (await ask("observer", "GET /dead-letters")).deadLetters.length >= 4);

    // Refusals of all kinds, with secrets where they belong and where they do not.
    const { admin, orders } = bus.tokens;
    await ask("orders", "POST /messages", envelope("user.made", "/users"));
    await ask(undefined, "GET /services", { headers: { authorization: `Basic ${admin}` } });
    await ask(undefined, "GET /services", { headers: { authorization: `Bearer ${admin}x` } });
    await ask(undefined, `GET /services?token=${admin}`, {
      headers: { cookie: orders, "proxy-authorization": orders },
    });
    await ask("registrar", "POST /registry", envelope("service.renew", "/x", { data: { lease: `${lease}x` } }));
    await ask("orders", "POST /messages", {
      ...envelope("order.paid", "/orders"),
      headers: {
        "content-type": "application/cloudevents+json",
        "bellhop-lease": admin,
      },
    });
    await ask("caller", "GET /services/users/users/health");
    await ask("caller", "GET /services/users/nowhere");
    const urls = refuser.seen.map(({ url, headers }) => {
      const plain = new Headers(headers);
      plain.delete("webhook-signature");
      return `${url}\n${[...plain].join("\n")}`;
    });
    told.push(...urls);
    for (
      const path of ["/", "/health", "/services", "/services/users", "/dead-letters", "/messages?unfinished=CRITICAL"]
    ) {
      await ask("admin", `GET ${path}`);
    }
    for (
      const problem of [
        await assertRejects(() =>
          connect({ gateway: `${bus.url}/nowhere`, token: admin }).then((one) => one.call("a", "GET /"))
        ),
        await assertRejects(() =>
          connect({ gateway: "http://127.0.0.1:1", token: admin }).then((one) => one.publish("a", 1, { timeoutMs: 20 }))
        ),
        await assertRejects(() =>
          connect({ gateway: bus.url, token: `${admin}\u0000x` }).then((one) => one.publish("a", 1, { timeoutMs: 20 }))
        ),
        await assertRejects(() => connect({ gateway: bus.url, token: orders }).then((one) => one.publish("user.made"))),
      ]
    ) told.push(inspected(problem));
    await bus.bus.close();
    await tracing;
  }
  told.push(...console.restore());

  const credentials = [{ name: "a", token: secrets["the token of admin"], scopes: ["nonsense"] }];
  const file = `${directory}/credentials.json`;
  await Deno.writeTextFile(file, JSON.stringify({ credentials }));
  told.push(inspected(await assertRejects(() => readCredentials(file))));
  await Deno.writeTextFile(file, `${JSON.stringify({ credentials })}${secrets["the token of admin"]}`);
  told.push(inspected(await assertRejects(() => readCredentials(file))));
  await Deno.remove(file);
  const badly = { credentials: [{ ...credentials[0] }], signingSecrets: `${secrets["the signing secret"]}!` };
  told.push(inspected(await assertRejects(() => Promise.resolve().then(() => gateway(badly)))));
  badly.credentials[0].scopes = ["admin"];
  told.push(inspected(await assertRejects(() => Promise.resolve().then(() => gateway(badly)))));

  const all = told.join("\n");
  // What must be there if it was looked at at all.
  for (
    const word of [
      "order.broken",
      "dead-letter",
      "unauthorized",
      "forbidden",
      "lease-unknown",
      "signature",
      "status-401",
    ]
  ) {
    assert(all.includes(word), word);
  }
  let files = 0;
  for (const { name } of Deno.readDirSync(directory)) {
    files++;
    const bytes = new TextDecoder("latin1").decode(await Deno.readFile(`${directory}/${name}`));
    for (const [what, secret] of Object.entries(secrets)) assert(!bytes.includes(secret), `${what} is in ${name}`);
  }
  assert(files > 0);
  for (const [what, secret] of Object.entries(secrets)) {
    const at = all.indexOf(secret);
    assertEquals(at, -1, `${what} was told: …${all.slice(Math.max(0, at - 200), at)}`);
    assert(secret.length >= 22 && secret !== newToken());
  }
  await Deno.remove(directory, { recursive: true });
});

function inspected(value: unknown): string {
  const deep = Deno.inspect(value, { depth: 12, strAbbreviateSize: 100_000, iterableLimit: 10_000 });
  const cause = value instanceof Error ? `${value.stack} ${inspected(value.cause ?? "")}` : "";
  return `${deep} ${cause} ${safeJson(value)}`;
}

function safeJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "";
  } catch {
    return "";
  }
}

/** Keeps what is written to the console. */
function spied(told: string[]): { restore(): string[] } {
  const methods = ["log", "info", "warn", "error", "debug"] as const;
  const before = methods.map((method) => globalThis.console[method]);
  for (const method of methods) {
    globalThis.console[method] = (...args: unknown[]) => void told.push(args.map(inspected).join(" "));
  }
  return {
    restore() {
      methods.forEach((method, i) => globalThis.console[method] = before[i]);
      return [];
    },
  };
}
