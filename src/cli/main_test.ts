import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { connect, gateway, serve, service, Term } from "../presets/server/mod.ts";
import { bellhop, COMMAND } from "./_bellhop_test.ts";
import { VERSION } from "./version.ts";

function envelope(id: string, type = "order.paid"): string {
  return JSON.stringify({ specversion: "1.0", id, source: "/shop", type, data: { id } });
}

Deno.test("bellhop publish sends what it finds, and says what became of it", async (t) => {
  const handled: string[] = [];
  await using bus = gateway({ open: true });
  await using server = await serve(bus, { port: 0 });
  const orders = service({ name: "orders", version: "1.0.0" })
    .on("order.*", ({ id, type }) => {
      if (type === "order.odd") return new Term("odd");
      handled.push(id);
    });
  await using endpoint = await serve(orders, { port: 0 });
  await using _client = await connect(orders, { gateway: server.url, endpoint: endpoint.url });
  const to = ["--gateway", server.url];

  await t.step("NDJSON from standard input, each delivered once", async () => {
    const input = Array.from({ length: 40 }, (_, place) => envelope(`n${place}`)).join("\n");
    const { code, out } = await bellhop(["publish", "--wait", "10", ...to], input);
    assertEquals(code, 0, out);
    assertEquals(handled.filter((id) => id.startsWith("n")).length, 40);
    assertStringIncludes(out, "40 messages");
  });

  await t.step("the same again is known already", async () => {
    const { code, out } = await bellhop(["publish", "-", "--json", ...to], envelope("n0"));
    assertEquals(code, 0);
    const [report, { totals }] = out.trim().split("\n").map((line) => JSON.parse(line));
    assertEquals([report.id, report.duplicate, totals.duplicates], ["n0", true, 1]);
    assertEquals(handled.filter((id) => id === "n0").length, 1);
  });

  await t.step("many without a wait go in batches, each once", async () => {
    const input = Array.from({ length: 500 }, (_, place) => envelope(`m${place}`)).join("\n");
    const first = await bellhop(["publish", "--json", ...to], input);
    assertEquals(first.code, 0, first.out);
    const reports = first.out.trim().split("\n").map((line) => JSON.parse(line));
    assertEquals(reports.at(-1).totals.accepted, 500);
    assertEquals(new Set(reports.slice(0, -1).map(({ line, id }) => `${line} ${id}`)).size, 500);
    assert(reports.slice(0, -1).every(({ line, id }) => id === `m${line - 1}`));
    const again = await bellhop(["publish", "--json", "--wait", "10", ...to], input);
    const { totals } = JSON.parse(again.out.trim().split("\n").at(-1)!);
    assertEquals([totals.duplicates, totals.delivered], [500, 500]);
    assertEquals(handled.filter((id) => id.startsWith("m")).length, 500);
  });

  await t.step("an array in a file, with what fails and what is refused", async () => {
    const file = await Deno.makeTempFile({ suffix: ".json" });
    await Deno.writeTextFile(file, `[${envelope("a1")},\n${envelope("a2", "order.odd")},\n{"specversion":"1.0"}]`);
    const { code, out, told } = await bellhop(["publish", file, "--wait", "10", ...to]);
    await Deno.remove(file);
    assertEquals(code, 1);
    assertStringIncludes(out, "rejected at orders");
    assertStringIncludes(told, "line 3: envelope-invalid: ");
  });

  await t.step("data with a type, and the priority of the command line", async () => {
    const { code, out } = await bellhop(
      ["publish", "--type", "order.paid", "--priority", "HIGH", "--wait", "10", "--json", ...to],
      '{"total":7}',
    );
    assertEquals(code, 0, out);
    assertEquals(JSON.parse(out.split("\n")[0]).deliveries, [{
      receiver: "orders",
      outcome: "delivered",
      attempts: 1,
    }]);
  });

  await t.step("a bad line of NDJSON is named, and the others are sent", async () => {
    const { code, told } = await bellhop(["publish", ...to], `${envelope("b1")}\n{"id":\n${envelope("b3")}`);
    assertEquals(code, 1);
    assertStringIncludes(told, "line 2: envelope-malformed: ");
  });

  await t.step("JSON that is none is an error with its line", async () => {
    const { code, told } = await bellhop(["publish", ...to], '{\n"a" 1}');
    assertEquals(code, 2);
    assertStringIncludes(told, "line 2: ");
  });
});

Deno.test("bellhop ends with the code that says why", async () => {
  const runs = await Promise.all([
    bellhop(["publish", "--gateway", "http://127.0.0.1:1"], envelope("1")),
    bellhop(["publish", "/nowhere/at/all.json"]),
    bellhop(["publish", "--wait", "soon"]),
    bellhop(["publish", "--priority", "URGENT"]),
    bellhop(["publish", "--bogus"]),
    bellhop(["fly"]),
    bellhop([]),
    bellhop(["gateway", "--store", "/nowhere/at/all.db"]),
    bellhop(["publish", "--help"]),
    bellhop(["--version"]),
  ]);
  assertEquals(runs.map(({ code }) => code), [3, 2, 2, 2, 2, 2, 2, 3, 0, 0]);
  assertStringIncludes(runs[0].told, "no gateway answers at http://127.0.0.1:1");
  assert(runs.slice(0, 8).every(({ told, out }) => told !== "" && out === "" && !told.includes("    at ")));
  assertStringIncludes(runs[8].out, "Examples");
  const { version } = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url)));
  assertEquals([runs[9].out.trim(), VERSION], [version, version]);
});

Deno.test("bellhop gateway serves until SIGTERM, and ends in order", async () => {
  const folder = await Deno.makeTempDir();
  const child = new Deno.Command(Deno.execPath(), {
    args: [...COMMAND, "gateway", "--port", "0", "--store", `${folder}/bus.db`, "--json"],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.getReader();
  const { url, pid } = JSON.parse(new TextDecoder().decode((await reader.read()).value));
  const sent = await bellhop(["publish", "--type", "a.b", "--priority", "CRITICAL", "--json", "--gateway", url], "{}");
  assertEquals(JSON.parse(sent.out.split("\n")[0]).durability, "flushed");
  assertEquals(pid, child.pid);
  child.kill("SIGTERM");
  assertEquals((await child.status).code, 0);
  await reader.cancel();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("bellhop gateway ends in order with no time to finish, though traces are being read", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...COMMAND, "gateway", "--port", "0", "--store", "memory", "--deadline", "0", "--json"],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const told = new Response(child.stderr).text();
  const reader = child.stdout.getReader();
  const { url } = JSON.parse(new TextDecoder().decode((await reader.read()).value));
  const traces = await Promise.all(Array.from({ length: 16 }, () => fetch(`${url}/trace`)));
  child.kill("SIGTERM");
  assertEquals((await child.status).code, 0, await told);
  assertEquals(await told, "");
  await Promise.allSettled([reader.cancel(), ...traces.map(({ body }) => body!.cancel())]);
});

Deno.test("bellhop publish ends with 130 on SIGINT, though its input goes on", async () => {
  await using bus = gateway({ open: true });
  await using server = await serve(bus, { port: 0 });
  const child = new Deno.Command(Deno.execPath(), {
    args: [...COMMAND, "publish", "--json", "--gateway", server.url],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(`${envelope("1")}\n`));
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  assertStringIncludes((await reader.read()).value!, '"accepted"');
  child.kill("SIGINT");
  assertEquals((await child.status).code, 130);
  await Promise.allSettled([reader.cancel(), writer.close()]);
});
