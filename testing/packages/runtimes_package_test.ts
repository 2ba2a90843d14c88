import { assert, assertEquals, assertMatch } from "@std/assert";
import { TOOLS } from "../../scripts/package_tools.ts";
import { installed } from "../../scripts/package_fixture.ts";

Deno.test("the package, installed by npm", async (t) => {
  await using fixture = await installed("testing/packages/server");
  await t.step("runs gateway, disk store, service and client on Node 22 and on Bun", async () => {
    assertMatch(await fixture.run("node", "--version"), /^v22\./);
    const said = '{"heard":["hello"],"durability":"flushed","outcome":"delivered","attempts":1}\n';
    for (const runtime of ["node", "bun"]) {
      assertEquals([runtime, await fixture.run(runtime, "main.js")], [runtime, said]);
    }
  });

  await t.step("gives deliveries to who asks for them, on Node 22 and on Bun", async () => {
    for (const runtime of ["node", "bun"]) {
      const said = '["streamed 1","polled 1","gone 1"]\n';
      assertEquals([runtime, await fixture.run(runtime, "pull.js")], [runtime, said]);
    }
  });

  await t.step("has a command that runs by npx on Node 22, and on Bun", async () => {
    const { version } = JSON.parse(
      await Deno.readTextFile(`${fixture.folder}/node_modules/@bellhop/bellhop/package.json`),
    );
    for (const call of [["npx", "--no-install"], ["bunx", "--no-install"], ["bunx", "--no-install", "--bun"]]) {
      const help = await fixture.run(call[0], ...call.slice(1), "bellhop", "--help");
      assertMatch(help, /^bellhop: .*\n\nUsage\n[^]*\bgateway\b[^]*\bpublish\b/);
      assertEquals((await fixture.run(call[0], ...call.slice(1), "bellhop", "--version")).trim(), version);
    }
  });

  await t.step("has a gateway that ends when npx is told to, and leaves no process and no port behind", async () => {
    const tools = new URL(`../../${TOOLS}/node_modules/.bin`, import.meta.url).pathname;
    const npx = new Deno.Command("npx", {
      args: ["--no-install", "bellhop", "gateway", "--port", "0", "--store", "memory", "--json"],
      cwd: fixture.folder,
      stdin: "null",
      stdout: "piped",
      stderr: "null",
      env: { PATH: `${tools}:${Deno.env.get("PATH")}` },
    }).spawn();
    const reader = npx.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let said = "";
    while (!said.includes("\n")) said += (await reader.read()).value ?? "\n";
    const { url, pid } = JSON.parse(said);
    await (await fetch(`${url}/health`)).body?.cancel();
    npx.kill("SIGTERM");
    await npx.status;
    try {
      // Its standard output ends when the last process that holds it has ended.
      const timer = setTimeout(() => Deno.kill(pid, "SIGKILL"), 8_000);
      const before = performance.now();
      while (!(await reader.read()).done);
      clearTimeout(timer);
      assert(performance.now() - before < 8_000, "it went on without npx");
    } finally {
      await reader.cancel();
    }
  });
});
