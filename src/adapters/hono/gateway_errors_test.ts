import { assertEquals, assertMatch, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { Hono } from "hono";
import { BellhopError, ERRORS } from "../../core/error.ts";
import { fakeEngine } from "./_fake_engine_test.ts";
import { gatewayRoutes, type GatewayRoutesOptions } from "./gateway.ts";

function routes(options: Partial<GatewayRoutesOptions> = {}): Hono {
  return gatewayRoutes({ engine: fakeEngine(), open: true, peer: () => "127.0.0.1", ...options });
}

async function typeOf(answer: Response | Promise<Response>): Promise<unknown> {
  return (await (await answer).json()).type;
}

Deno.test("the type of a problem leads to its code on the page of the gateway, wherever it is mounted", async () => {
  const apps: readonly (readonly [string, Hono])[] = [
    ["", routes()],
    ["/bus", new Hono().route("/bus", routes())],
    ["/a/b/c", new Hono().basePath("/a").route("/b", new Hono().route("/c", routes()))],
    ["/acme/bus", new Hono().route("/:tenant/bus", routes())],
    ["/a%20b%3F/bus", new Hono().route("/:tenant/bus", routes())],
  ];
  for (const [mount, app] of apps) {
    for (
      const [method, path, code] of [
        ["GET", "/nowhere/at/all", "route-unknown"],
        ["PUT", "/messages", "method-unsupported"],
        ["POST", "/messages", "content-type-unsupported"],
        ["GET", "/services/nobody/a/b?c=d", "service-unknown"],
      ] as const
    ) {
      const type = await typeOf(app.request(mount + path, { method }));
      assertEquals(type, `${mount}/errors#${code}`);
      const page = await app.request(type as string);
      assertEquals(page.status, 200);
      assertStringIncludes(await page.text(), `id="${code}"`);
    }
  }
});

Deno.test("the type of a refused envelope in a batch leads to the page too", async () => {
  const app = new Hono().route("/bus", routes());
  const answer = await app.request("/bus/messages", {
    method: "POST",
    headers: { "content-type": "application/cloudevents-batch+json" },
    body: '[{"specversion":"1.0"}]',
  });
  assertEquals((await answer.json()).results[0].type, "/bus/errors#envelope-invalid");
});

Deno.test("errorsUrl replaces the page that problems point to, and is refused if it is none", async () => {
  for (const errorsUrl of ["https://docs.example/errors", "/api/bus/errors", "https://docs.example/e?lang=en"]) {
    const app = new Hono().route("/bus", routes({ errorsUrl }));
    assertEquals(await typeOf(app.request("/bus/nowhere")), `${errorsUrl}#route-unknown`);
  }
  for (const errorsUrl of ["", "https://docs.example/errors#", "a b", "https://", "/ä", `/${"x".repeat(2_048)}`]) {
    const error = assertThrows(() => routes({ errorsUrl }), BellhopError);
    assertEquals([error.code, error.field], ["argument-invalid", "errorsUrl"]);
  }
});

Deno.test("GET /errors explains every code in a page without scripts or anything from elsewhere", async () => {
  const app = routes();
  const answer = await app.request("/errors");
  assertEquals(answer.headers.get("content-type"), "text/html; charset=utf-8");
  assertMatch(answer.headers.get("content-security-policy") ?? "", /^default-src 'none'/);
  const page = await answer.text();
  assertEquals([...page.matchAll(/<h2 id="([a-z-]+)"/g)].map(([, code]) => code), Object.keys(ERRORS));
  for (const { title } of Object.values(ERRORS)) assertStringIncludes(page, title);
  assertEquals(/<script|<link|<img|https?:|src=|`/i.test(page), false);
  assertStringIncludes(page, "color-scheme:light dark");
  assertEquals((await app.request("/errors", { method: "HEAD" })).status, 200);
  assertEquals((await app.request("/errors", { method: "POST" })).headers.get("allow"), "GET, HEAD");
});

Deno.test("GET /errors answers while the engine could not be opened, and in open mode to this machine alone", async () => {
  const engine = Promise.reject(new BellhopError("store-locked"));
  await assertRejects(() => engine);
  const app = routes({ engine });
  assertEquals(await typeOf(app.request("/services")), "/errors#store-locked");
  assertEquals((await app.request("/errors")).status, 200);
  const elsewhere = routes({ peer: () => "192.0.2.7" });
  assertEquals(await typeOf(elsewhere.request("/errors")), "/errors#open-mode-refused");
});
