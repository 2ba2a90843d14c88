import { assert, assertEquals } from "@std/assert";
import { Hono } from "hono";
import { Parser } from "npm:@asyncapi/parser@3.6.3";
import { createCredentials, newToken } from "../../security/mod.ts";
import { asyncapiOf, MAX_NAMED, MAX_PATTERNS } from "./_asyncapi.ts";
import { fakeEngine, VIEW } from "./_fake_engine_test.ts";
import { gatewayRoutes } from "./gateway.ts";

const AT = { name: "bellhop", version: "1", secured: true } as const;
const SERVER = { host: "localhost:8080", protocol: "http", pathname: "/bus" };
const parser = new Parser();

// deno-lint-ignore no-explicit-any
type Json = any;

function documentOf(services: readonly (readonly [name: string, patterns: readonly string[]])[]): Json {
  const views = services.map(([name, subscriptions]) => ({ ...VIEW, name, subscriptions }));
  return asyncapiOf(views, { ...AT, server: SERVER });
}

/** What the parser of the AsyncAPI Initiative has against it, advice on newer versions apart. */
async function faultsOf(document: unknown): Promise<string[]> {
  const { diagnostics } = await parser.parse(JSON.stringify(document));
  return diagnostics.filter(({ severity }) => severity < 2).map(({ message, path }) => `${path.join("/")}: ${message}`);
}

Deno.test("GET /asyncapi.json is a valid document of the protocol's events and of what services subscribe to", async () => {
  const routes = gatewayRoutes({ engine: fakeEngine(), open: true, peer: () => "127.0.0.1" });
  const response = await new Hono().route("/a/bus", routes).request("http://localhost:81/a/bus/asyncapi.json");
  assertEquals([response.status, response.headers.get("content-type")], [200, "application/json"]);
  const document = await response.json();
  assertEquals(await faultsOf(document), []);
  assertEquals(document.asyncapi, "3.0.0");
  assertEquals(document.servers.gateway, { host: "localhost:81", protocol: "http", pathname: "/a/bus" });
  const { channels, operations } = document;
  const own = Object.keys(channels).filter((key) => /^(service|message)\./.test(key));
  assertEquals(own, [
    ...["message.delivered", "message.failed", "service.register", "service.renew", "service.deregister"],
    ...["service.registered", "service.renewed", "service.deregistered"],
  ]);
  assertEquals(operations["receive.service.renew"].reply.channel, { $ref: "#/channels/service.renewed" });
  const subscribed = Object.values<Json>(channels).filter((one) => one["x-bellhop-pattern"] !== undefined);
  assertEquals(subscribed.map((one) => [one.address, one["x-bellhop-services"]]), [["user.*", ["users"]]]);
});

Deno.test("GET /asyncapi.json is for those who may observe", async () => {
  const [observer, caller] = [newToken(), newToken()];
  const credentials = createCredentials([
    { name: "observer", token: observer, scopes: ["observe"] },
    { name: "caller", token: caller, scopes: ["call:users"] },
  ]);
  const app = new Hono().route("/bus", gatewayRoutes({ engine: fakeEngine(), credentials }));
  const ask = (token?: string) =>
    app.request("http://localhost/bus/asyncapi.json", token ? { headers: { authorization: `Bearer ${token}` } } : {});
  assertEquals([(await ask()).status, (await ask(caller)).status], [401, 403]);
  const document = await (await ask(observer)).json();
  assertEquals(document.servers.gateway.security, [{ $ref: "#/components/securitySchemes/bearer" }]);
  assertEquals(await faultsOf(document), []);
});

Deno.test("asyncapiOf() stays valid whatever the patterns are, and keeps them apart", async () => {
  const patterns = [
    "a",
    "*",
    ">",
    "a.*",
    "a.>",
    "a_2a",
    "a/b",
    "a~1b",
    "{a}.b",
    "}",
    "#",
    "%41",
    '"',
    "$ref",
    "__proto__",
  ];
  const document = documentOf([["one", patterns], ["other", ["a.*"]]]);
  const shown = Object.values<Json>(document.channels).map((one) => one["x-bellhop-pattern"]).filter(Boolean);
  assertEquals(shown, patterns);
  assertEquals(document.channels["on.a._2a"]["x-bellhop-services"], ["one", "other"]);
  assertEquals(await faultsOf(document), []);
});

Deno.test("asyncapiOf() is bounded, and says that it left something out", () => {
  const many = Array.from({ length: 2_000 }, (_, at) => [`s${at}`, [`type.${at}`, ">"]] as const);
  const document = documentOf(many);
  const shown = Object.values<Json>(document.channels).filter((one) => one["x-bellhop-pattern"] !== undefined);
  assertEquals(shown.length, MAX_PATTERNS);
  assertEquals(Math.max(...shown.map((one) => one["x-bellhop-services"].length)), MAX_NAMED);
  assertEquals(document.info["x-bellhop-truncated"], true);
  assert(JSON.stringify(document).length < 600_000);
  assertEquals(documentOf(many.slice(0, 10)).info["x-bellhop-truncated"], undefined);
});
