import { assertEquals } from "@std/assert";
import { unpacked } from "../../scripts/package_fixture.ts";

Deno.test("client and retry bundle for the browser, name no module of a platform, and run without any permission", async () => {
  await using fixture = await unpacked("testing/packages/bundle");
  const said = { "client.js": "received by users\n", "retry.js": "hello after 1,2,3\n" };
  for (const [entry, expected] of Object.entries(said)) {
    const out = `${entry}.bundle.mjs`;
    const flags = ["--bundle", "--platform=browser", "--format=esm", `--outfile=${out}`, "--metafile=meta.json"];
    await fixture.run("esbuild", entry, ...flags, "--log-level=warning");
    const { inputs, outputs } = JSON.parse(await Deno.readTextFile(`${fixture.folder}/meta.json`));
    assertEquals(outputs[out].imports, []);
    const foreign = Object.keys(inputs).filter((path) => path !== entry && !path.includes("/@bellhop/bellhop/"));
    assertEquals(foreign, []);
    assertEquals(await fixture.run(Deno.execPath(), "run", "--no-prompt", "--no-config", out), expected);
    assertEquals(await fixture.run("node", out), expected);
  }
});
