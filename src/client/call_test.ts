import { assertEquals, assertLess, assertLessOrEqual, assertRejects } from "@std/assert";
import fc from "fast-check";
import { BellhopError } from "../core/error.ts";
import { seededRandom } from "../testing/seeded_random.ts";
import { type Asked, clientOf, problem, through } from "./_client_of_test.ts";
import type { CallOptions, CallRequest } from "./mod.ts";

interface Instance {
  readonly instance: string;
  readonly healthy?: boolean;
  readonly breaker?: "open" | "closed";
}

function listed(...instances: readonly Instance[]): Response {
  return Response.json({
    name: "users",
    instances: instances.map((each) => ({
      healthy: true,
      breaker: "closed",
      endpoint: `http://${each.instance}:8001/bellhop`,
      ...each,
    })),
  });
}

const isLookUp = ({ path }: Asked) => path === "services/users";

Deno.test("call() sends the request to the instance's origin, with the time that remains", async () => {
  const { client, asked } = await clientOf((one) =>
    isLookUp(one) ? listed({ instance: "a" }) : Response.json({ id: 7 })
  );
  const response = await client.call("users", "POST /users/7?full=1", {
    deadlineMs: 2_000,
    body: JSON.stringify({ name: "x" }),
    headers: { "content-type": "application/json" },
  });
  assertEquals(await response.json(), { id: 7 });
  const { method, path, headers, body } = asked[1];
  assertEquals([method, path, body], ["POST", "http://a:8001/users/7?full=1", { name: "x" }]);
  assertEquals(headers.get("bellhop-deadline-ms"), "2000");
  assertEquals(headers.get("content-type"), "application/json");
});

Deno.test("call() keeps the path within the instance's origin", async () => {
  const { client, asked } = await clientOf((one) => isLookUp(one) ? listed({ instance: "a" }) : new Response());
  await client.call("users", "GET //evil.example/x");
  assertEquals(asked[1].path, "http://a:8001//evil.example/x");
});

Deno.test("call() repeats what may be repeated, up to the budget, and nothing else", async () => {
  const methods = fc.constantFrom("GET", "HEAD", "PUT", "DELETE", "OPTIONS", "POST", "PATCH");
  const failures = fc.array(fc.constantFrom(500, 503, 429, "network"), { maxLength: 6 });
  await fc.assert(fc.asyncProperty(methods, fc.boolean(), failures, async (method, keyed, sequence) => {
    let calls = 0;
    const { client, clock } = await clientOf((one) => {
      if (isLookUp(one)) return listed({ instance: "a" });
      const say = sequence[calls++];
      if (say === "network") return Promise.reject(new TypeError("no route"));
      return new Response(null, { status: say as number ?? 204 });
    });
    const tries = !["POST", "PATCH"].includes(method) || keyed ? 4 : 1;
    const made = Math.min(tries, sequence.length + 1);
    const headers = keyed ? { "idempotency-key": "k" } : {};
    const calling = client.call("users", `${method} /` as CallRequest, { deadlineMs: 600_000, headers });
    calling.catch(() => {});
    const settled = through(clock, calling);
    const last = sequence[made - 1] ?? 204;
    if (last === "network") assertEquals((await assertRejects(() => settled, BellhopError)).code, "unreachable");
    else assertEquals((await settled).status, last as number);
    assertEquals(calls, made);
    assertEquals(clock.pending, 0);
  }));
});

Deno.test("call() never sends a stream twice", async () => {
  let calls = 0;
  const { client } = await clientOf((one) => {
    if (isLookUp(one)) return listed({ instance: "a" });
    calls++;
    return new Response(null, { status: 503 });
  });
  const response = await client.call("users", "PUT /users/7", { body: new Blob(["x"]).stream() });
  assertEquals([response.status, calls], [503, 1]);
});

Deno.test("call() ends at its deadline, whatever hangs", async () => {
  for (const hanging of [isLookUp, () => true]) {
    const { client, clock } = await clientOf((one) => {
      if (hanging(one) && !(hanging !== isLookUp && isLookUp(one))) return new Promise(() => {});
      return listed({ instance: "a" });
    });
    const startMs = clock.nowMs();
    const calling = client.call("users", "GET /", { deadlineMs: 2_000 });
    const error = await assertRejects(() => through(clock, calling, 100), BellhopError);
    assertEquals(error.code, "deadline-exceeded");
    assertLessOrEqual(clock.nowMs() - startMs, 2_100);
    assertEquals(clock.pending, 0);
  }
});

Deno.test("call() tries another instance after one that failed, and asks the gateway anew", async () => {
  const called: string[] = [];
  const { client, asked } = await clientOf((one) => {
    if (isLookUp(one)) return listed({ instance: "a" }, { instance: "b" });
    called.push(new URL(one.path).hostname);
    return new Response(null, { status: called.length === 1 ? 503 : 200 });
  });
  assertEquals((await client.call("users", "GET /")).status, 200);
  assertEquals([...called].sort(), ["a", "b"]);
  assertEquals(asked.filter(isLookUp).length, 2);
});

Deno.test("call() prefers healthy instances with closed breakers, and calls the others when there are no better", async () => {
  const kinds: Instance[] = [
    { instance: "good" },
    { instance: "open", breaker: "open" },
    { instance: "ill", healthy: false },
  ];
  for (let from = 0; from < kinds.length; from++) {
    const hosts = new Set<string>();
    const { client } = await clientOf((one) => {
      if (isLookUp(one)) return listed(...kinds.slice(from));
      hosts.add(new URL(one.path).hostname);
      return new Response();
    }, { random: seededRandom(1) });
    for (let i = 0; i < 20; i++) await client.call("users", "GET /");
    assertEquals([...hosts], [kinds[from].instance]);
  }
});

Deno.test("call() spreads its load by the less busy of two", async () => {
  const held: { readonly host: string; readonly end: () => void }[] = [];
  const { client } = await clientOf((one) => {
    if (isLookUp(one)) return listed(...["a", "b", "c", "d"].map((instance) => ({ instance })));
    return new Promise((resolve) => {
      held.push({ host: new URL(one.path).hostname, end: () => resolve(new Response()) });
    });
  }, { random: seededRandom(7) });
  const calls: Promise<Response>[] = [];
  for (let i = 0; i < 200; i++) {
    calls.push(client.call("users", "GET /"));
    while (held.length <= i) await Promise.resolve();
  }
  const counts = ["a", "b", "c", "d"].map((host) => held.filter((each) => each.host === host).length);
  // One draw alone would spread by about 6 at a standard deviation; two keep them within a few of each other.
  assertLess(Math.max(...counts) - Math.min(...counts), 6, String(counts));
  held.forEach(({ end }) => end());
  await Promise.all(calls);
});

Deno.test("call() believes a resolution for five seconds", async () => {
  const { client, asked, clock } = await clientOf((one) => isLookUp(one) ? listed({ instance: "a" }) : new Response());
  const lookUps = () => asked.filter(isLookUp).length;
  await Promise.all([client.call("users", "GET /"), client.call("users", "GET /")]);
  await clock.settle(4_999);
  await client.call("users", "GET /");
  assertEquals(lookUps(), 1);
  await clock.settle(1);
  await client.call("users", "GET /");
  assertEquals(lookUps(), 2);
});

Deno.test("call() through the gateway gives the service's answers, and throws the gateway's own", async () => {
  const { client, asked } = await clientOf(({ path }) => {
    if (path.endsWith("/mine")) return Response.json({ type: "about:blank" }, { status: 404 });
    if (path.endsWith("/theirs")) {
      return new Response('{"type":"https://example.org/no"}', {
        status: 422,
        headers: { "content-type": "application/problem+json" },
      });
    }
    const refusal = problem("service-unknown");
    return new Response(refusal.body, {
      status: refusal.status,
      headers: { "content-type": "application/problem+json" },
    });
  }, { token: "secret" });
  const through = { direct: false };
  assertEquals((await client.call("users", "GET /mine", through)).status, 404);
  const theirs = await client.call("users", "GET /theirs", through);
  assertEquals([theirs.status, await theirs.json()], [422, { type: "https://example.org/no" }]);
  const error = await assertRejects(() => client.call("users", "GET /", through), BellhopError);
  assertEquals(error.code, "service-unknown");
  assertEquals(asked[0].path, "services/users/mine");
  assertEquals(asked[0].headers.get("authorization"), "Bearer secret");
});

Deno.test("call() does not send the gateway's credential to an instance", async () => {
  const { client, asked } = await clientOf((one) => isLookUp(one) ? listed({ instance: "a" }) : new Response(), {
    token: "secret",
  });
  await client.call("users", "GET /");
  await client.call("users", "GET /", { direct: false });
  assertEquals(asked.map(({ headers }) => headers.get("authorization")), ["Bearer secret", null, "Bearer secret"]);
});

Deno.test("call() says that a service has no instance, once its tries are spent", async () => {
  const { client, asked, clock } = await clientOf(() => listed());
  const error = await assertRejects(() => through(clock, client.call("users", "GET /")), BellhopError);
  assertEquals([error.code, asked.length], ["no-instance", 4]);
});

Deno.test("call() refuses what cannot be, before anything is sent", async () => {
  const { client, asked } = await clientOf(() => listed());
  const wrong: [string, CallOptions, string][] = [
    ["GET users", {}, "request"],
    ["get /users", {}, "request"],
    ["GET /a b", {}, "request"],
    ["GET /", { deadlineMs: 0 }, "deadlineMs"],
    // @ts-expect-error nothing stores a call
    ["GET /", { priority: "CRITICAL" }, "priority"],
  ];
  for (const [request, options, field] of wrong) {
    const error = await assertRejects(() => client.call("users", request as CallRequest, options), BellhopError);
    assertEquals([error.code, error.field], ["argument-invalid", field]);
  }
  assertEquals(asked.length, 0);
});

Deno.test("call() passes over an instance that pulls: it has no endpoint", async () => {
  const { client, asked, clock } = await clientOf(() =>
    Response.json({ name: "users", instances: [{ instance: "a", healthy: true, breaker: "closed" }] })
  );
  const error = await assertRejects(() => through(clock, client.call("users", "GET /")), BellhopError);
  assertEquals([error.code, asked.length], ["no-instance", 4]);
});
