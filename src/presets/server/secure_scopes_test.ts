import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { hashToken, newToken } from "../../security/mod.ts";
import { endpoint, envelope, type Name, PEOPLE, registration, secureBus } from "./_secure_world_test.ts";

const EVERYBODY = Object.keys(PEOPLE) as Name[];

interface Row {
  readonly request: string;
  readonly init?: RequestInit;
  /** Who may, with what they are then answered; all others are forbidden. */
  readonly may: Partial<Record<Name, number>>;
  /** What the refusal of the others says. */
  readonly lack: string;
}

Deno.test("each route takes those who have its scope, refuses all others, and says which scope they lack", async () => {
  await using bus = await secureBus({ criticalInMemory: true });
  await using users = endpoint(() => new Response(null, { status: 204 }));
  await (await bus.ask("admin", "POST /registry", registration("users", users.url))).body?.cancel();
  const lease = { data: { lease: "lse_unknown" } };
  const rows: Row[] = [
    {
      request: "POST /messages",
      init: envelope("order.paid", "/orders/eu"),
      may: { orders: 202, critical: 202, admin: 202 },
      lack: "publish:order.paid",
    },
    {
      request: "POST /messages",
      init: envelope("user.made", "/orders"),
      may: { admin: 202 },
      lack: "publish:user.made",
    },
    {
      request: "GET /messages?source=/orders/eu&id=none",
      may: { orders: 404, critical: 404, observer: 404, admin: 404 },
      lack: "observe",
    },
    { request: "GET /messages?source=/users&id=none", may: { observer: 404, admin: 404 }, lack: "observe" },
    {
      request: "DELETE /messages?source=/orders&id=none",
      may: { orders: 404, critical: 404, admin: 404 },
      lack: "admin",
    },
    { request: "DELETE /messages?source=/users&id=none", may: { admin: 404 }, lack: "admin" },
    { request: "GET /messages?unfinished=CRITICAL", may: { observer: 200, admin: 200 }, lack: "observe" },
    { request: "GET /messages?state=delayed", may: { observer: 200, admin: 200 }, lack: "observe" },
    {
      request: "POST /registry",
      init: registration("users", users.url),
      may: { users: 200, registrar: 200, admin: 200 },
      lack: "register:users",
    },
    {
      request: "POST /registry",
      init: registration("billing", users.url),
      may: { registrar: 200, admin: 200 },
      lack: "register:billing",
    },
    {
      request: "POST /registry",
      init: envelope("service.renew", "/x", lease),
      may: { users: 404, registrar: 404, admin: 404 },
      lack: "register:<service>",
    },
    {
      request: "POST /registry",
      init: envelope("service.deregister", "/x", lease),
      may: { users: 404, registrar: 404, admin: 404 },
      lack: "register:<service>",
    },
    {
      request: "POST /discover",
      init: { body: JSON.stringify({ url: users.url }) },
      may: { registrar: 502, admin: 502 },
      lack: "register:*",
    },
    { request: "GET /services", may: { observer: 200, admin: 200 }, lack: "observe" },
    { request: "GET /services/users", may: { caller: 200, observer: 200, admin: 200 }, lack: "call:users" },
    { request: "GET /services/nobody", may: { observer: 404, admin: 404 }, lack: "call:nobody" },
    { request: "GET /services/users/bellhop/health", may: { caller: 200, admin: 200 }, lack: "call:users" },
    { request: "OPTIONS /services/users/bellhop", may: { caller: 204, admin: 204 }, lack: "call:users" },
    { request: "GET /services/nobody/x", may: { admin: 404 }, lack: "call:nobody" },
    { request: "GET /dead-letters", may: { observer: 200, admin: 200 }, lack: "observe" },
    { request: "GET /dead-letters/none", may: { observer: 404, admin: 404 }, lack: "observe" },
    { request: "POST /dead-letters/none/redrive", may: { admin: 404 }, lack: "admin" },
    { request: "DELETE /dead-letters/none", may: { admin: 404 }, lack: "admin" },
    { request: "GET /trace", may: { observer: 200, admin: 200 }, lack: "observe" },
  ];
  for (const { request, init, may, lack } of rows) {
    for (const who of EVERYBODY) {
      const answer = await bus.ask(who, request, init);
      const about = `${who}: ${request} ${init?.body ?? ""}`;
      assertEquals(`${about} ${answer.status}`, `${about} ${may[who] ?? 403}`);
      if (may[who] === undefined) {
        const { code, detail } = await answer.json();
        assertEquals(code, "forbidden");
        assertStringIncludes(detail, lack, about);
      } else await answer.body?.cancel();
    }
    for (const authorization of [undefined, "", "Bearer", `Bearer ${newToken()}`, `Basic ${bus.tokens.admin}`]) {
      const headers = { ...init?.headers, ...(authorization === undefined ? {} : { authorization }) };
      const answer = await bus.ask(undefined, request, { ...init, headers });
      assertEquals([request, answer.status, (await answer.json()).code], [request, 401, "unauthorized"]);
      assertMatch(answer.headers.get("www-authenticate") ?? "", /^Bearer /);
    }
  }
});

Deno.test("a token counts in no other place of a request than its header", async () => {
  await using bus = await secureBus();
  const { admin } = bus.tokens;
  for (const query of [`?access_token=${admin}`, `?token=${admin}`, `?authorization=Bearer%20${admin}`]) {
    const answer = await bus.ask(undefined, `GET /services${query}`, {
      headers: {
        "x-api-key": admin,
        cookie: `authorization=Bearer ${admin}`,
        "proxy-authorization": `Bearer ${admin}`,
      },
    });
    assertEquals(answer.status, 401);
    await answer.body?.cancel();
  }
});

Deno.test("manifest, health and the methods of a path are told to everybody, what is unknown is not", async () => {
  await using bus = await secureBus();
  for (
    const [request, status] of [
      ["GET /", 200],
      ["HEAD /", 200],
      ["GET /health", 200],
      ["GET /errors", 200],
      ["OPTIONS /messages", 405],
      [
        "OPTIONS /services/users",
        405,
      ],
      ["PUT /messages", 401],
      ["GET /nowhere", 401],
      ["POST /", 401],
    ] as const
  ) {
    const answer = await bus.ask(undefined, request);
    assertEquals([request, answer.status], [request, status]);
    await answer.body?.cancel();
  }
  const { endpointGuard, profiles } = await (await bus.ask(undefined, "GET /")).json();
  assertEquals([endpointGuard, profiles.includes("security")], ["pinned", true]);
});

Deno.test("nothing is read of the body of who is not known", async () => {
  await using bus = await secureBus();
  let pulled = 0;
  const body = new ReadableStream({
    pull(controller) {
      pulled++;
      controller.enqueue(new Uint8Array(65_536));
    },
  }, { highWaterMark: 0 });
  const answer = await bus.bus.request("/messages", { method: "POST", body, duplex: "half" } as RequestInit);
  assertEquals([answer.status, pulled], [401, 0]);
  await body.cancel();
});

Deno.test("a source is that of its credential, CRITICAL has a scope of its own, and each of a batch is judged by itself", async () => {
  await using bus = await secureBus({ criticalInMemory: true });
  const publish = async (who: Name, source: string, priority = "NORMAL") => {
    const answer = await bus.ask(who, "POST /messages", envelope("order.paid", source, { priority }));
    const { code, detail } = await answer.json();
    return answer.status === 202 ? 202 : `${answer.status} ${code} ${detail}`;
  };
  for (const source of ["/orders", "/orders/eu/1"]) assertEquals(await publish("orders", source), 202);
  for (const source of ["/orders-evil", "/", "/users", "/orders/../users", "/orders/%2e%2e/users"]) {
    assertMatch(String(await publish("orders", source)), /^403 forbidden .*source/);
    assertEquals(await publish("admin", source), 202);
  }
  assertMatch(String(await publish("orders", "/orders", "CRITICAL")), /^403 forbidden .*publish:critical/);
  assertEquals(await publish("critical", "/orders", "CRITICAL"), 202);

  const one = (source: string, type: string) => ({ specversion: "1.0", id: crypto.randomUUID(), source, type });
  const answer = await bus.ask("orders", "POST /messages", {
    headers: { "content-type": "application/cloudevents-batch+json" },
    body: JSON.stringify([one("/orders", "order.a"), one("/users", "order.b"), one("/orders", "user.c")]),
  });
  const { results } = await answer.json();
  assertEquals(results.map(({ status }: { status: number }) => status), [202, 403, 403]);
});

Deno.test("the credential's name pays for room on disk, whatever source it publishes with", async () => {
  await using bus = await secureBus({ criticalInMemory: true, bus: { maxDurableBytes: 4_000 } });
  await using users = endpoint(() => new Response(null, { status: 503 }));
  await (await bus.ask("admin", "POST /registry", registration("users", users.url))).body?.cancel();
  const data = "x".repeat(900);
  const statuses = [];
  for (let i = 0; i < 6; i++) {
    const sent = envelope("order.paid", `/orders/${i}`, { priority: "CRITICAL", data });
    const answer = await bus.ask("critical", "POST /messages", sent);
    statuses.push(answer.status);
    await answer.body?.cancel();
  }
  assertEquals([statuses[0], statuses.at(-1)], [202, 507]);
});

Deno.test("two tokens are good at once while one is replaced, given plain or as a digest", async () => {
  const [before, after, gone] = [newToken(), newToken(), newToken()];
  const credentials = [{ name: "ops", token: before, sha256: await hashToken(after), scopes: ["observe"] }];
  await using bus = await secureBus({ credentials });
  for (const [token, status] of [[before, 200], [after, 200], [gone, 401]] as const) {
    const answer = await bus.ask(undefined, "GET /services", { headers: { authorization: `bearer ${token}` } });
    assertEquals(answer.status, status);
    await answer.body?.cancel();
  }
});
