/**
 * A service that counts what arrives: `deno run -A scripts/_real_input_receiver.ts NAME GATEWAY`. When standard input
 * ends it reports as a line of JSON what it got, and goes.
 *
 * @module
 */
import { connect, serve, service } from "@bellhop/bellhop/server";
import { digestOf } from "./_digest.ts";
import { print } from "./_print.ts";

const [name, gateway] = Deno.args;
const arrivals: Record<string, { count: number; handled: number; digest: string }> = {};

const receiver = service({ name, version: "1.0.0" }).on("github.>", ({ id }) => void arrivals[id].handled++);
// Counted in front of the service, whose own duplicate check would hide that a message came twice.
const server = await serve({ fetch: counted }, { port: 0 });
const client = await connect(receiver, { gateway, endpoint: server.url });
print("ready");
for await (const _ of Deno.stdin.readable);
print(JSON.stringify(arrivals));
await client.close();
await server.close();

async function counted(request: Request, env: unknown): Promise<Response> {
  const { url, method, headers } = request;
  if (method !== "POST") return await receiver.fetch(request, env as Record<string, unknown>);
  const body = await request.text();
  const { id, data } = JSON.parse(body);
  const arrival = arrivals[id] ??= { count: 0, handled: 0, digest: await digestOf(data) };
  arrival.count++;
  return await receiver.fetch(new Request(url, { method, headers, body }), env as Record<string, unknown>);
}
