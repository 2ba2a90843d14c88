import { assertEquals, assertStrictEquals } from "@std/assert";
import { Hono } from "hono";
import * as v from "npm:valibot@1.5.0";
import { defineEvent, service, Term } from "./mod.ts";

const created = defineEvent("document.created", v.object({ id: v.string() }));

function deliver(app: Hono, path: string, type: string, data: unknown): Promise<Response> {
  const body = JSON.stringify({ specversion: "1.0", id: type, source: "/a", type, data });
  const headers = { "content-type": "application/cloudevents+json" };
  return Promise.resolve(app.request(path, { method: "POST", headers, body }));
}

Deno.test("service() is a Hono app whose handlers infer their data, mounted before or after they are added", async () => {
  const seen: string[] = [];
  const documents = service({ name: "documents", version: "1.2.0", open: true })
    .on(created, (event, ctx) => {
      const id: string = event.data.id;
      const signal: AbortSignal = ctx.signal;
      // @ts-expect-error the schema has no such member
      void event.data.name;
      void signal;
      seen.push(id);
    });
  const app: Hono = new Hono().route("/bellhop", documents);
  // @ts-expect-error a number is no verdict
  assertStrictEquals(documents.on("order.*", () => 7), documents);
  documents.on("user.*", (event) => event.data ? undefined : new Term("no data"));
  assertEquals((await deliver(app, "/bellhop", "document.created", { id: "42" })).status, 204);
  assertEquals((await deliver(app, "/bellhop", "user.created", undefined)).status, 422);
  assertEquals(seen, ["42"]);
  assertEquals((await (await app.request("/bellhop")).json()).subscriptions, ["document.created", "order.*", "user.*"]);
});

Deno.test("service() still adds routes as Hono does", async () => {
  const users = service({ name: "users", version: "1", open: true });
  users.on("GET", "/extra", () => new Response("more"));
  users.get("/again", (c) => c.text("and more"));
  assertEquals(await (await users.request("/extra")).text(), "more");
  assertEquals(await (await users.request("/again")).text(), "and more");
  assertEquals(users.manifest().subscriptions, []);
});

Deno.test("service() writes what handlers throw to the console, unless it is told where", async () => {
  const written: unknown[] = [];
  // deno-lint-ignore no-console
  const original = console.error;
  // deno-lint-ignore no-console
  console.error = (error: unknown) => void written.push(error);
  try {
    const error = new Error("broken");
    const heard: unknown[] = [];
    for (const options of [{}, { onError: (told: unknown) => heard.push(told) }]) {
      const users = service({ name: "users", version: "1", open: true, ...options }).on(
        ">",
        () => Promise.reject(error),
      );
      assertEquals((await deliver(users, "/", "a.b", 1)).status, 503);
    }
    assertEquals([written, heard], [[error], [error]]);
  } finally {
    // deno-lint-ignore no-console
    console.error = original;
  }
});

Deno.test("service() takes the type of the platform's bindings, which every handler sees", async () => {
  const seen: string[] = [];
  const users = service<{ readonly REGION: string }>({ name: "users", version: "1", open: true })
    .on(created, (_event, ctx) => {
      // @ts-expect-error there is no such binding
      void ctx.env.DATABASE;
      seen.push(ctx.env.REGION);
    })
    .on("user.*", (_event, { env }) => void seen.push(env.REGION));
  const app: Hono = new Hono().route("/bellhop", users);
  const body = JSON.stringify({ specversion: "1.0", id: "1", source: "/a", type: "user.created" });
  const headers = { "content-type": "application/cloudevents+json" };
  assertEquals((await app.request("/bellhop", { method: "POST", headers, body }, { REGION: "eu" })).status, 204);
  assertEquals(seen, ["eu"]);
});
