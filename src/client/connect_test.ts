import { assertEquals, assertMatch, assertRejects, assertStrictEquals } from "@std/assert";
import { BellhopError } from "../core/error.ts";
import { parseRegistration } from "../core/registry/registration.ts";
import { createReceiver, service } from "../service/mod.ts";
import { ACCEPTED, type Asked, clientOf, problem, through } from "./_client_of_test.ts";
import { connect } from "./mod.ts";

const users = service({ name: "users", version: "1.2.0", leaseMs: 30_000 }).on("user.*", () => {});
const endpoint = "http://127.0.0.1:8001/bellhop";

function registered(lease: string): Response {
  const data = { name: "users", instance: "i-1", lease, leaseMs: 30_000, renewEveryMs: 10_000 };
  return Response.json({ specversion: "1.0", id: "1", source: "/bellhop", type: "service.registered", data });
}

const types = (asked: readonly Asked[]) => asked.map(({ body }) => body.type);

Deno.test("connect() registers, renews on time, and deregisters when it is closed", async () => {
  const { client, asked, clock } = await clientOf(() => registered("lse_1"), { endpoint }, users);
  assertEquals([client.source, client.instance], ["/services/users", "i-1"]);
  const { path, body } = asked[0];
  assertEquals([path, body.type, body.source], ["registry", "service.register", "/services/users"]);
  assertEquals(parseRegistration(body.data), {
    name: "users",
    version: "1.2.0",
    endpoint,
    subscriptions: ["user.*"],
    leaseMs: 30_000,
    ephemeral: false,
    receipts: false,
    health: "health",
  });
  await clock.settle(9_999);
  assertEquals(asked.length, 1);
  await clock.settle(20_001);
  assertEquals(types(asked.slice(1)), ["service.renew", "service.renew", "service.renew"]);
  assertEquals(asked[1].body.data, { lease: "lse_1" });
  await client.close();
  await client.close();
  assertEquals(types(asked.slice(4)), ["service.deregister"]);
  assertEquals(asked[4].body.data, { lease: "lse_1" });
  assertEquals(clock.pending, 0);
});

Deno.test("connect() registers again at once, as the same instance, when the gateway has forgotten the lease", async () => {
  let leases = 0;
  const { client, asked, clock } = await clientOf(
    ({ body }) => {
      if (body.type === "service.register") return registered(`lse_${++leases}`);
      return body.data.lease === "lse_1" ? problem("lease-unknown") : registered("");
    },
    { endpoint },
    users,
  );
  await clock.settle(10_000);
  assertEquals(types(asked), ["service.register", "service.renew", "service.register"]);
  assertEquals(asked[2].body.data.instance, "i-1");
  await clock.settle(10_000);
  assertEquals(asked[3].body.data, { lease: "lse_2" });
  await client.close();
});

Deno.test("connect() tries a renewal again, sooner than on time, when the gateway is away, and says so", async () => {
  const troubles: string[] = [];
  let away = false;
  const { client, asked, clock } = await clientOf(
    () => away ? Promise.reject(new TypeError("no route")) : registered("lse_1"),
    { endpoint, onError: (error) => troubles.push((error as BellhopError).code) },
    users,
  );
  away = true;
  await clock.settle(20_000);
  // At 10 s, and then after 1, 2 and 4 s, less the quarter that chance takes.
  assertEquals(types(asked).length, 1 + 4);
  assertEquals(troubles, Array(4).fill("unreachable"));
  away = false;
  await clock.settle(10_000);
  const before = asked.length;
  await clock.settle(10_000);
  assertEquals(asked.length, before + 1);
  away = true;
  await client.close();
  assertEquals(clock.pending, 0);
});

Deno.test("connect() waits for a gateway that is not there yet, but not for ever and not against a refusal", async () => {
  const late = clientOf((_asked, count) => count < 3 ? Promise.reject(new TypeError("no route")) : registered("l"), {
    endpoint,
    clock: undefined as never,
    timeoutMs: 5_000,
  }, users);
  const { client } = await late;
  assertEquals(client.instance, "i-1");
  await client.close();
  const refused = await assertRejects(
    () => clientOf(() => problem("registration-invalid"), { endpoint }, users),
    BellhopError,
  );
  assertEquals(refused.code, "registration-invalid");
  const options = { endpoint, timeoutMs: 20, clock: undefined as never };
  const never = await assertRejects(() => clientOf(() => problem("closing"), options, users), BellhopError);
  assertEquals(never.code, "deadline-exceeded");
  const stranger = await assertRejects(
    () => clientOf(() => Response.json({}), { ...options, endpoint }, users),
    BellhopError,
  );
  assertEquals(stranger.code, "deadline-exceeded");
});

Deno.test("connect() without an endpoint announces nothing", async () => {
  const { client, asked } = await clientOf(() => Response.json(ACCEPTED), {}, users);
  assertEquals([client.source, client.instance, asked.length], ["/services/users", undefined, 0]);
  await client.close();
  assertEquals(asked.length, 0);
  const { client: nobody } = await clientOf(() => Response.json(ACCEPTED));
  assertMatch(nobody.source, /^\/clients\/[0-9a-f]{32}$/);
});

Deno.test("connect() refuses options that cannot be", async () => {
  for (const options of [{ gateway: "" }, { gateway: "http://gateway", timeoutMs: 0 }]) {
    assertEquals((await assertRejects(() => connect(options), BellhopError)).code, "argument-invalid");
  }
});

Deno.test("connect() refuses a gateway's URL that holds a secret, and does not repeat it", async () => {
  const secrets = [
    "http://user:CANARY@gateway/bus",
    "http:CANARY@gateway",
    "//CANARY@gateway",
    "http:\\\\CANARY@gateway",
  ];
  for (const gateway of [...secrets, "http://gateway/bus?token=CANARY", "http://u:CANARY@ga teway", "/bus#CANARY"]) {
    const refused = await assertRejects(() => connect({ gateway }), BellhopError);
    assertEquals([refused.code, refused.field, Deno.inspect(refused).includes("CANARY")], [
      "argument-invalid",
      "gateway",
      false,
    ]);
  }
  for (const gateway of ["/bus", "http://gateway/@bus", "https://gateway:8000"]) {
    await using client = await connect({ gateway });
    assertEquals(client.instance, undefined);
  }
});

Deno.test("publish() carries the lease, and a lease that is unknown is registered anew before the next try", async () => {
  let leases = 0;
  const { client, asked } = await clientOf(
    ({ path, body, headers }) => {
      if (path === "registry") return body.type === "service.register" ? registered(`lse_${++leases}`) : registered("");
      return headers.get("bellhop-lease") === "lse_1"
        ? problem("lease-unknown")
        : Response.json(ACCEPTED, { status: 202 });
    },
    { endpoint },
    users,
  );
  await Promise.all([client.publish("a.b", 1), client.publish("a.b", 2)]);
  const messages = asked.filter(({ path }) => path === "messages");
  assertEquals(messages.map(({ headers }) => headers.get("bellhop-lease")), ["lse_1", "lse_1", "lse_2", "lse_2"]);
  assertEquals(leases, 2);
  await client.close();
});

Deno.test("close() does not wait for a gateway that does not answer the goodbye", async () => {
  const { client, clock } = await clientOf(
    ({ body }) => body.type === "service.register" ? registered("lse_1") : new Promise(() => {}),
    { endpoint },
    users,
  );
  await through(clock, client.close(), 1_000, 10_000);
  assertEquals(clock.pending, 0);
});

Deno.test("connect() gives its client to the service before the first delivery can come", async () => {
  const documents = service({ name: "documents", version: "1" });
  let early: unknown;
  const { client } = await clientOf(
    () => {
      early = documents.runtime.outlet;
      return registered("lse_1");
    },
    { endpoint },
    documents,
  );
  assertStrictEquals(early, client);
  await client.close();
});

Deno.test("close() lets handlers and what they left publish and call to their end, and nothing after it", async () => {
  const work = Promise.withResolvers<void>();
  const documents = service({ name: "documents", version: "1" }).on("a.b", (_event, { publish, waitUntil }) => {
    waitUntil(work.promise.then(() => publish("c.d")));
  });
  const { client, asked } = await clientOf(() => Response.json(ACCEPTED, { status: 202 }), {}, documents);
  const event = { specversion: "1.0", id: "1", source: "/a", type: "a.b" } as const;
  const delivery = { signal: new AbortController().signal, attempt: 1, deliveryId: "", deadlineMs: Infinity };
  await createReceiver(documents).receive(event, delivery);
  const closed = client.close();
  work.resolve();
  await closed;
  assertEquals(types(asked), ["c.d"]);
  assertEquals((await assertRejects(() => client.publish("e.f"), BellhopError)).code, "closing");
  assertEquals((await assertRejects(() => client.call("users", "GET /"), BellhopError)).code, "closing");
});

Deno.test("close() waits for handlers no longer than it is told", async () => {
  const documents = service({ name: "documents", version: "1" });
  const { client, clock } = await clientOf(() => Response.json(ACCEPTED, { status: 202 }), {}, documents);
  documents.runtime.keep(new Promise(() => {}));
  await through(clock, client.close({ deadlineMs: 2_000 }));
  assertEquals(clock.pending, 0);
});

Deno.test("a token is asked for before each request: one that is new after a restart of the gateway is taken up", async () => {
  let good = "first";
  let given = 0;
  const { client, asked, clock } = await clientOf(
    ({ headers, body }) => {
      if (headers.get("authorization") !== `Bearer ${good}`) return problem("unauthorized");
      return body.type?.startsWith("service.") ? registered("lse_1") : Response.json(ACCEPTED);
    },
    { endpoint, token: () => (given++, Promise.resolve(good)) },
    users,
  );
  good = "second";
  await clock.settle(10_000);
  await client.publish("user.created");
  assertEquals([types(asked), given], [["service.register", "service.renew", "user.created"], 3]);
  await client.close();
});

Deno.test("a token that nobody gives is no answer: the request ends when its time is up, and fails if there is none", async () => {
  let answer: () => string | Promise<string> = () => new Promise(() => {});
  const { client, asked, clock } = await clientOf(() => new Response("[]"), { token: () => answer() });
  const timedOut = assertRejects(() => client.delayed.list({}, { timeoutMs: 1_000 }), BellhopError);
  await clock.settle(1_000);
  assertEquals((await timedOut).code, "timeout");
  await assertRejects(
    () => client.delayed.list({}, { signal: AbortSignal.abort(new Error("enough")) }),
    Error,
    "enough",
  );
  answer = () => {
    throw new Error("no session");
  };
  const { code, cause } = await assertRejects(() => client.delayed.list(), BellhopError);
  assertEquals([code, (cause as Error).message], ["unreachable", "no session"]);
  answer = () => "line\nbreak";
  assertEquals((await assertRejects(() => client.delayed.list(), BellhopError)).field, "token");
  assertEquals(asked, []);
  await client.close();
  answer = () => new Promise(() => {});
  assertEquals((await assertRejects(() => client.delayed.list(), BellhopError)).code, "closing");
});
