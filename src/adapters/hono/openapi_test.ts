import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Hono } from "hono";
import { Validator } from "npm:@seriousme/openapi-schema-validator@2.11.0";
import { OUTCOMES } from "../../core/bus/outcome.ts";
import { TRACE_KINDS } from "../../core/bus/trace.ts";
import { STATES } from "../../core/bus/transitions.ts";
import { BellhopError, type ErrorCode, ERRORS } from "../../core/error.ts";
import { createCredentials, newToken } from "../../security/mod.ts";
import { judge, type OpenApi, routesOf } from "../../../testing/openapi_judge.ts";
import { fakeEngine } from "./_fake_engine_test.ts";
import { gatewayRoutes, type GatewayRoutesOptions, type HonoRoutes } from "./gateway.ts";

const EVENT = { specversion: "1.0", id: "7d1f", source: "/documents", type: "document.created", data: { id: "42" } };
const token = newToken();
const weak = newToken();
const credentials = createCredentials([
  { name: "all", token, scopes: ["admin"], sources: ["/documents"] },
  { name: "weak", token: weak, scopes: ["call:others"] },
]);

function open(options: Partial<GatewayRoutesOptions> = {}) {
  const engine = fakeEngine();
  return { engine, routes: gatewayRoutes({ engine, open: true, peer: () => "127.0.0.1", ...options }) };
}

async function documentOf(routes: HonoRoutes, mount = "/bus", bearer?: string): Promise<OpenApi> {
  const app = new Hono().route(mount, routes);
  const headers: Record<string, string> = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
  const response = await app.request(`http://localhost${mount === "/" ? "" : mount}/openapi.json`, { headers });
  assertEquals([response.status, response.headers.get("content-type")], [200, "application/json"]);
  return await response.json();
}

Deno.test("GET /openapi.json is a valid document, in open mode and outside", async () => {
  const secure = await documentOf(gatewayRoutes({ engine: fakeEngine(), credentials }), "/bus", token);
  for (const document of [await documentOf(open().routes), secure]) {
    const { valid, errors } = await new Validator().validate(JSON.parse(JSON.stringify(document)));
    assert(valid, JSON.stringify(errors));
    assertEquals(document.openapi, "3.1.0");
  }
});

Deno.test("GET /openapi.json describes every route that Hono has, and no other", async () => {
  const { routes } = open();
  const document = await documentOf(routes);
  const served = routes.routes.filter(({ method }) => method !== "ALL").map(({ method, path }) =>
    `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`
  );
  const calls = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"].map((method) =>
    `${method} /services/{name}/{path}`
  );
  assertEquals(routesOf(document).sort(), [...served, ...calls].sort());
  // What answers all methods is the proxy, or refuses what the routes of its path did not take.
  const rest = routes.routes.filter(({ method, path }) =>
    method === "ALL" && !routes.routes.some((other) => other.method !== "ALL" && other.path === path)
  );
  assertEquals(rest.map(({ path }) => path), ["/services/:name/*", "/*"]);
});

Deno.test("GET /openapi.json leaves out what a user adds to the app", async () => {
  const { routes } = open();
  routes.get("/own", (c) => c.text("own")).use("/own/*", (_, next) => next());
  assertEquals(routesOf(await documentOf(routes)).includes("GET /own"), false);
});

Deno.test("GET /openapi.json names the mount that it was asked at, and nothing else changes", async () => {
  const { routes } = open();
  const [{ servers: one, ...first }, { servers: other, ...second }, root] = [
    await documentOf(routes, "/a/bus"),
    await documentOf(routes, "/b"),
    await documentOf(open().routes, "/"),
  ];
  assertEquals([one, other, root.servers], [[{ url: "/a/bus" }], [{ url: "/b" }], [{ url: "/" }]]);
  assertEquals(first, second);
});

Deno.test("GET /openapi.json asks for a bearer and names the scopes, but where none is needed", async () => {
  const secure = gatewayRoutes({ engine: fakeEngine(), credentials });
  const document = await documentOf(secure, "/bus", token);
  const app = new Hono().route("/bus", secure);
  const { answer, seen } = judge(document);
  assertEquals((await app.request("http://localhost/bus/openapi.json")).status, 401);
  for (const route of routesOf(document)) {
    const [method, path] = route.split(" ");
    const { security, description, "x-bellhop-scopes": scopes } = document.paths[path][method.toLowerCase()];
    // Whether it is said is compared with whether it is so.
    const response = await app.request(`http://localhost/bus${path.replaceAll(/[{}]/g, "")}`, { method });
    assertEquals(security !== undefined, response.status === 401, route);
    assertEquals(security, scopes === undefined ? undefined : [{ bearer: [] }], route);
    for (const scope of scopes ?? []) assertStringIncludes(description ?? "", scope);
    if (method === "HEAD") continue;
    await answer(route, response);
    const poor = await app.request(`http://localhost/bus${path.replaceAll(/[{}]/g, "")}`, {
      method,
      headers: { authorization: `Bearer ${weak}` },
    });
    await answer(route, poor);
  }
  assert([...seen].filter((one) => one.endsWith(" 403 forbidden")).length >= 10, [...seen].join("\n"));
  assertEquals((await documentOf(open().routes)).components.securitySchemes, undefined);
});

Deno.test("GET /openapi.json fits what the gateway answers, each route once and refused", async () => {
  const { engine, routes } = open();
  const app = new Hono().route("/bus", routes);
  const { answer, body, seen } = judge(await documentOf(routes));
  const ask = (route: string, path: string, init: RequestInit = {}) => {
    const [method] = route.split(" ");
    return Promise.resolve(app.request(`http://localhost/bus${path}`, { method, ...init }))
      .then((response) => answer(route, response));
  };
  const post = (route: string, path: string, data: unknown, type = "application/cloudevents+json", more = {}) => {
    return ask(route, path, { headers: { "content-type": type, ...more }, body: JSON.stringify(data) });
  };
  const batch = "application/cloudevents-batch+json";

  body("POST /messages", "application/cloudevents+json", EVENT);
  body("POST /messages", batch, [EVENT]);
  await post("POST /messages", "/messages", EVENT);
  await post("POST /messages", "/messages", EVENT); // a duplicate, with its status
  await post("POST /messages", "/messages", [EVENT, { id: "" }], batch);
  await post("POST /messages", "/messages", { ...EVENT, id: "" });
  await post("POST /messages", "/messages", EVENT, "text/plain");
  await post("POST /messages", "/messages", EVENT, undefined, { "bellhop-delay-ms": "soon" });
  await post("POST /messages", "/messages", { ...EVENT, data: "x".repeat(300_000) });
  await post("POST /messages", "/messages", EVENT, undefined, { "bellhop-lease": "lse_9" });
  await post("POST /messages", "/messages", EVENT, undefined, { origin: "https://evil.example" });
  await post("POST /messages", "/messages", EVENT, undefined, { padding: "x".repeat(70_000) });
  const thrown = [
    ...["type-reserved", "source-reserved", "message-expired", "id-conflict", "target-unknown", "store-required"],
    ...["queue-full", "record-too-large", "store-full", "not-durable", "closing", "store-failed", "store-closed"],
  ] as ErrorCode[];
  for (const code of thrown) {
    engine.fault = new BellhopError(code, undefined, { retryAfterMs: 1_000 });
    await post("POST /messages", "/messages", { ...EVENT, id: code });
  }
  engine.fault = new TypeError("a fault of the gateway");
  await post("POST /messages", "/messages", EVENT);
  const message = "?source=%2Fdocuments&id=7d1f";
  await ask("GET /messages", `/messages${message}`);
  await ask("GET /messages", `/messages${message}`, { headers: { prefer: "wait=1" } });
  await ask("GET /messages", "/messages?unfinished=CRITICAL");
  await ask("GET /messages", "/messages?state=delayed");
  await ask("GET /messages", "/messages?source=a&id=b");
  await ask("GET /messages", "/messages?limit=0&state=delayed");
  await ask("DELETE /messages", `/messages${message}`);
  await ask("DELETE /messages", "/messages?source=a&id=b");
  await ask("DELETE /messages", "/messages");
  engine.state = "ended";
  await ask("DELETE /messages", `/messages${message}`);
  await ask("GET /messages", `/messages${message}`);
  await post("POST /messages", "/messages", { ...EVENT, id: "8" }, undefined, { prefer: "wait=1" });

  const registering = [
    ["service.register", {
      name: "users",
      version: "1",
      endpoint: "http://127.0.0.1:1/",
      subscriptions: ["user.*", "user.>"],
    }],
    ["service.renew", { lease: "lse_1" }],
    ["service.deregister", { lease: "lse_1", service: true }],
  ] as const;
  for (const [type, data] of registering) {
    const asked = { specversion: "1.0", id: "r", source: "/users", type, data };
    body("POST /registry", "application/cloudevents+json", asked);
    await post("POST /registry", "/registry", asked);
  }
  const refused = [["service.register", {}], ["service.renew", { lease: "lse_9" }], ["user.created", {}], ["", {}]];
  for (const [type, data] of refused) {
    await post("POST /registry", "/registry", { specversion: "1.0", id: "r", source: "/users", type, data });
  }
  await post("POST /registry", "/registry", [], batch);
  body("POST /discover", "application/json", { url: "http://users.localhost/" });
  for (const url of ["http://users.localhost/", "http://others.localhost/", "ftp://users", 7]) {
    await post("POST /discover", "/discover", { url }, "application/json");
  }
  await ask("GET /services", "/services");
  await ask("GET /services/{name}", "/services/users");
  await ask("GET /services/{name}", "/services/nobody");

  for (const id of ["dlv_1", "dlv_2"]) {
    engine.letters.set(id, {
      ...{ id, receiver: "users", run: 1, outcome: "exhausted", reason: "status-503", attempts: 2, durable: false },
      envelope: { ...EVENT, specversion: "1.0", data: new Uint8Array([1, 2]), datacontenttype: "image/png", extra: 7 },
      history: [{ attempt: 1, atMs: 2, instance: "a1", reason: "status-503" }, {
        attempt: 2,
        atMs: 3,
        reason: "timeout",
      }],
      ...{ acceptedMs: 1, endedMs: 4 },
    });
  }
  await ask("GET /dead-letters", "/dead-letters?limit=1&receiver=users");
  await ask("GET /dead-letters", "/dead-letters?limit=no");
  for (const id of ["dlv_1", "dlv_9"]) {
    await ask("GET /dead-letters/{id}", `/dead-letters/${id}`);
    await ask("POST /dead-letters/{id}/redrive", `/dead-letters/${id}/redrive`);
  }
  for (const id of ["dlv_2", "dlv_9"]) await ask("DELETE /dead-letters/{id}", `/dead-letters/${id}`);

  await ask("GET /trace", "/trace");
  await ask("GET /health", "/health");
  engine.fault = 1;
  await ask("GET /health", "/health");
  for (const path of ["/errors", "/openapi.json", "/asyncapi.json", ""]) {
    await ask(`GET ${path || "/"}`, path);
    await ask(`GET ${path || "/"}`, path, { headers: { host: "evil.example" } });
  }
  for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"]) {
    await ask(`${method} /services/{name}/{path}`, "/services/nobody/a/b", { method });
    await ask(`${method} /services/{name}/{path}`, "/services/users/a/b", { method });
    await ask(`${method} /services/{name}/{path}`, "/services/users/%2e%2e%2fb", { method });
  }

  const codes = new Set([...seen].map((one) => one.split(" ")[3]).filter((code) => code !== undefined));
  assert(codes.size >= 28, `only ${[...codes]}`);
  for (const code of thrown) assert(codes.has(code), code);
});

Deno.test("GET /openapi.json knows every code, and each under its status", async () => {
  const document = await documentOf(open().routes);
  const { schema } = judge(document);
  const problem = (code: string) => ({ type: `/errors#${code}`, title: "", status: 400, code, retry: false });
  for (const code of Object.keys(ERRORS)) schema("Problem", problem(code));
  let wrong: unknown;
  try {
    schema("Problem", problem("no-such-code"));
  } catch (error) {
    wrong = error;
  }
  assert(wrong !== undefined);
  for (const route of routesOf(document)) {
    const [method, path] = route.split(" ");
    for (const [status, { content }] of Object.entries(document.paths[path][method.toLowerCase()].responses)) {
      const found = JSON.stringify(content?.["application/problem+json"]?.schema ?? {}).match(/"enum":(\[[^\]]*\])/)
        ?.[1];
      for (const code of JSON.parse(found ?? "[]")) {
        assertEquals(String(ERRORS[code as ErrorCode].status), status, route);
      }
    }
  }
});

Deno.test("the schemas of OpenAPI name the states, outcomes and kinds of the bus", async () => {
  const { components } = await documentOf(open().routes);
  const { Delivery, TraceEvent } = components.schemas as Record<
    string,
    { properties: Record<string, { enum: string[] }> }
  >;
  assertEquals([...Delivery.properties.state.enum].sort(), [...STATES].sort());
  assertEquals([...Delivery.properties.outcome.enum].sort(), [...OUTCOMES].sort());
  assertEquals(TRACE_KINDS.filter((kind) => !TraceEvent.properties.kind.enum.includes(kind)), []);
});
