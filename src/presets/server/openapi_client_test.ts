import { assert, assertEquals } from "@std/assert";
import { Hono } from "hono";
import openapiTypes, { astToString } from "npm:openapi-typescript@7.13.0";
import { judge, type OpenApi } from "../../../testing/openapi_judge.ts";
import { connect, gateway, serve, service, Term } from "./mod.ts";

/** What a user writes against the types that are generated; a line that ought not to compile is marked as such. */
const PROGRAM = `
import createClient from "npm:openapi-fetch@0.17.0";
import type { components, paths } from "./gateway.d.ts";

const client = createClient<paths>({ baseUrl: Deno.args[0] });
const headers = { "content-type": "application/cloudevents+json" };
const source = "/documents";
const event = (id: string): components["schemas"]["Envelope"] => (
  { specversion: "1.0", id, source, type: "document.created", data: { id } }
);
const published = await client.POST("/messages", {
  headers,
  params: { header: { prefer: "wait=10" } },
  body: event("good"),
});
await client.POST("/messages", { headers, params: { header: { prefer: "wait=10" } }, body: event("bad") });
const status = await client.GET("/messages", { params: { query: { source, id: "good" } } });
const services = await client.GET("/services");
const letters = await client.GET("/dead-letters", { params: { query: { limit: 10 } } });
const letter = letters.data!.deadLetters[0];
const one = await client.GET("/dead-letters/{id}", { params: { path: { id: letter.id } } });
const gone = await client.DELETE("/dead-letters/{id}", { params: { path: { id: letter.id } } });
const unknown = await client.GET("/services/{name}", { params: { path: { name: "nobody" } } });
const code: "service-unknown" | "lease-unknown" | undefined = unknown.response.status === 404
  ? (unknown.error as components["schemas"]["Problem"] & { code: "service-unknown" }).code
  : undefined;

if (Deno.args.length > 9) {
  // @ts-expect-error no such path
  await client.GET("/nowhere");
  // @ts-expect-error a source is missing
  await client.POST("/registry", { headers, body: { specversion: "1.0", id: "1", type: "service.renew" } });
  // @ts-expect-error a number is wanted
  await client.GET("/dead-letters", { params: { query: { limit: "ten" } } });
  // @ts-expect-error no such member
  letter.colour;
  // @ts-expect-error no such outcome
  letter.outcome === "delivered";
}
const { data } = status;
console.log(JSON.stringify({
  published: published.data,
  deliveries: data !== undefined && "deliveries" in data ? data.deliveries : undefined,
  services: services.data?.services.map(({ name, subscriptions }) => ({ name, subscriptions })),
  letter: [letter.receiver, letter.outcome, letter.envelope.id, one.data?.attempts],
  gone: gone.response.status,
  code,
}));
`;

Deno.test("a client generated from /openapi.json publishes, asks and lists at a real gateway", async () => {
  const bus = gateway({ open: true });
  const users = service({ name: "users", version: "1.0.0" })
    .on("document.*", (event) => (event.data as { id: string }).id === "bad" ? new Term("no") : undefined);
  const server = await serve(new Hono().route("/bus", bus).route("/bellhop", users), { port: 0 });
  const folder = await Deno.makeTempDir();
  try {
    const connection = await connect(users, { gateway: `${server.url}/bus`, endpoint: `${server.url}/bellhop` });
    const document: OpenApi = await (await fetch(`${server.url}/bus/openapi.json`)).json();
    const types = await openapiTypes(JSON.parse(JSON.stringify(document)));
    await Deno.writeTextFile(`${folder}/gateway.d.ts`, astToString(types));
    await Deno.writeTextFile(`${folder}/client.ts`, PROGRAM);
    // With --check: what the types say is judged before it runs.
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--check",
        "--no-config",
        "--no-lock",
        "--allow-all",
        "client.ts",
        server.url + document.servers[0].url,
      ],
      cwd: folder,
      env: { NO_COLOR: "1" },
    }).output();
    assert(success, new TextDecoder().decode(stderr));
    const { published, ...found } = JSON.parse(new TextDecoder().decode(stdout));
    assertEquals([published.id, published.receivers, published.status.deliveries[0].outcome], [
      "good",
      ["users"],
      "delivered",
    ]);
    assertEquals(found, {
      deliveries: [{ receiver: "users", run: 1, state: "ended", outcome: "delivered", attempts: 1 }],
      services: [{ name: "users", subscriptions: ["document.*"] }],
      letter: ["users", "rejected", "bad", 1],
      gone: 204,
      code: "service-unknown",
    });

    // And what is shown of a world that is not made up.
    const { answer, seen } = judge(document);
    for (const path of ["/", "/health", "/services", "/dead-letters"]) {
      await answer(`GET ${path}`, await fetch(`${server.url}/bus${path}`));
    }
    const own = "/messages?source=%2Fdocuments&id=good";
    await answer("GET /messages", await fetch(`${server.url}/bus${own}`));
    await answer("GET /services/{name}", await fetch(`${server.url}/bus/services/users`));
    await answer("DELETE /messages", await fetch(`${server.url}/bus${own}`, { method: "DELETE" }));
    assertEquals(seen.has("DELETE /messages 409 message-ended"), true);
    await connection.close();
  } finally {
    await Deno.remove(folder, { recursive: true });
    await bus.close({ deadlineMs: 500 });
    await server.close({ deadlineMs: 500 });
  }
});
