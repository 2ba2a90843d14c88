import { assert, assertEquals } from "@std/assert";

const ENTRY = `
import http from "node:http";
import { pinnedDial } from ${JSON.stringify(new URL("./_pinned_dial.ts", import.meta.url).href)};

const server = http.createServer((request, response) => {
  let body = "";
  request.on("data", (chunk) => body += chunk);
  request.on("end", () => response.end(request.method + " " + request.headers.host.split(":")[0] + " " + body));
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const url = "http://rebound.invalid:" + server.address().port + "/";
const { dial, close } = pinnedDial();
const said = [];
const forged = "GET /forged HTTP/1.1\\r\\n\\r\\n";
for (const init of [
  {},
  { method: "POST", body: "text" },
  { method: "PUT", body: new Response("stream").body },
  { method: "DELETE", body: forged },
  { method: "DELETE", body: new Response(forged).body },
  { headers: { "content-length": "40" } },
  {},
]) {
  said.push(await (await dial(url, init, ["127.0.0.1"])).text());
}
said.push(await dial(url, {}, []).then(() => "dialled", () => "refused"));
const stop = new AbortController();
const stopped = dial(url, { signal: stop.signal }, ["127.0.0.1"]);
stop.abort();
said.push(await stopped.then(() => "answered", () => "stopped"));
close();
server.close();
process.stdout.write(JSON.stringify(said));
`;

const hasNode = await new Deno.Command("node", { args: ["--version"] }).output().then(() => true, () => false);

Deno.test({
  name: "dial() goes on Node too to the address given, under the name of the URL",
  ignore: !hasNode,
  async fn() {
    const directory = await Deno.makeTempDir({ prefix: "bellhop-" });
    await Deno.writeTextFile(`${directory}/entry.ts`, ENTRY);
    const bundle = `${directory}/bundle.mjs`;
    await output(Deno.execPath(), [
      "bundle",
      "--quiet",
      "--no-check",
      "--platform",
      "deno",
      "--output",
      bundle,
      `${directory}/entry.ts`,
    ]);
    const said = JSON.parse(await output("node", [bundle]));
    assertEquals(said, [
      "GET rebound.invalid ",
      "POST rebound.invalid text",
      "PUT rebound.invalid stream",
      // Not the next request on the connection.
      ...Array(2).fill("DELETE rebound.invalid GET /forged HTTP/1.1\r\n\r\n"),
      "GET rebound.invalid ",
      "GET rebound.invalid ",
      "refused",
      "stopped",
    ]);
    await Deno.remove(directory, { recursive: true });
  },
});

async function output(command: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(command, { args: [...args] }).output();
  assert(code === 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}
