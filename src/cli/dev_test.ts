import { assert, assertArrayIncludes, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { serve, service } from "../presets/server/mod.ts";
import { bellhop, running } from "./_bellhop_test.ts";

function documents(pattern: string, seen: string[]) {
  return service({ name: "document-svc", version: "1.2.0" }).on(pattern, ({ id }) => void seen.push(id));
}

Deno.test("bellhop dev finds services late, fails attempts on demand, shows each step, and ends in order", async () => {
  const folder = await Deno.makeTempDir();
  const free = await serve({ fetch: () => new Response() }, { port: 0 });
  const port = Number(new URL(free.url).port);
  await free.close();
  const url = `http://127.0.0.1:${port}`;
  await using dev = running([
    ...["dev", `127.0.0.1:${port}`, "--port", "0", "--store", `${folder}/bus.db`],
    ...["--fail", "document-svc:2", "--json"],
  ]);
  const { kind, url: gateway, store } = JSON.parse(await dev.line());
  assertEquals([kind, store], ["listening", `${folder}/bus.db`]);
  const missing = JSON.parse(await dev.line());
  assertEquals([missing.kind, missing.url], ["undiscovered", url]);

  const seen: string[] = [];
  const first = await serve(documents("document.*", seen), { port });
  assertEquals(JSON.parse(await dev.lineWith('"discovered"')), {
    kind: "discovered",
    service: "document-svc",
    version: "1.2.0",
    url,
    subscriptions: ["document.*"],
  });

  const to = ["--gateway", gateway, "--json"];
  const sent = await bellhop([
    "send",
    "document.created",
    '{"id":"42"}',
    "--priority",
    "CRITICAL",
    "--wait",
    "20",
    ...to,
  ]);
  const report = JSON.parse(sent.out);
  assertEquals([sent.code, report.result, report.durability], [0, "delivered", "flushed"]);
  assertEquals(report.deliveries, [{ receiver: "document-svc", outcome: "delivered", attempts: 3 }]);
  assertEquals(seen, [report.id]);
  const failures = [await dev.lineWith('"failed"'), await dev.lineWith('"failed"')].map((line) => JSON.parse(line));
  assertEquals(failures.map(({ reason, injected }) => [reason, injected]), [
    ["status-503", "--fail, 1 left"],
    ["status-503", "--fail, the last"],
  ]);

  // The developer saves the file: the service is gone for a moment, and takes other messages when it is back.
  await first.close();
  await dev.lineWith('"undiscovered"');
  await using _second = await serve(documents("order.paid", seen), { port });
  assertEquals(JSON.parse(await dev.lineWith('"discovered"')).subscriptions, ["order.paid"]);
  assertEquals((await bellhop(["send", "order.paid", "--wait", "20", ...to])).code, 0);

  const { code, told } = await dev.stop("SIGINT");
  assertEquals([code, told], [0, ""]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("bellhop dev speaks to a person in lines, with what to type next", async () => {
  const seen: string[] = [];
  await using server = await serve(documents("document.*", seen), { port: 0 });
  const astray = `${server.url}/nowhere`;
  await using dev = running(["dev", astray, server.url, "--port", "0", "--fail", "document-svc:*"]);
  const [, gateway] = /at (http:\S+),/.exec(await dev.line())!;
  assertStringIncludes(await dev.line(), `bellhop send document.created '{"id":"42"}' --wait 10 --gateway ${gateway}`);
  // Which of the two is found out first is left to chance.
  const told: string[] = [];
  while (!(told.some((line) => line.startsWith("looking")) && told.some((line) => line.startsWith("found")))) {
    told.push(await dev.line());
  }
  assertArrayIncludes(told, [
    `looking for ${astray}: it answered 404; is the path it is mounted at missing, as /bellhop?`,
    `found document-svc 1.2.0 at ${server.url}, subscribes to document.*`,
  ]);
  const { code, out } = await bellhop([
    "send",
    "document.created",
    "--priority",
    "LOW",
    "--wait",
    "20",
    "--gateway",
    gateway,
  ]);
  assertEquals(code, 1);
  assertStringIncludes(out, "document-svc  exhausted after 2 attempts: status-503");
  assertMatch(
    await dev.lineWith("failed"),
    /^\d\d:\d\d:\d\d\.\d\d\d {2}failed {7}LOW {7}.{9} {2}document\.created {2}→ document-svc {2}attempt 1, status-503, by --fail, as all$/,
  );
  assertEquals(seen, []);
  const critical = await bellhop(["send", "document.created", "--priority", "CRITICAL", "--gateway", gateway]);
  assertEquals(critical.code, 1);
  assertStringIncludes(critical.out, "store-required");
  assertEquals((await dev.stop("SIGTERM")).code, 0);
});

Deno.test("bellhop dev says what it cannot do", async () => {
  await using taken = await serve({ fetch: () => new Response() }, { port: 0 });
  const [busy, bad, no] = await Promise.all([
    bellhop(["dev", "--port", new URL(taken.url).port]),
    bellhop(["dev", "--fail", "document-svc"]),
    bellhop(["dev", "http://"]),
  ]);
  assertEquals([busy.code, bad.code, no.code], [3, 2, 2]);
  assertStringIncludes(busy.told, "Say --port with another port");
  assertStringIncludes(bad.told, "--fail: wanted NAME:COUNT");
  assert(no.told.includes("wanted the URL of a service"), no.told);
});
