import { assertEquals, assertMatch } from "@std/assert";
import { pack } from "../../scripts/pack.ts";
import { output, tarball } from "../../scripts/package_fixture.ts";

const listing = (await output("tar", ["-tvzf", tarball])).trim().split("\n");
const manifest = JSON.parse(await output("tar", ["-xzOf", tarball, "package/package.json"]));

Deno.test("pack() ships what is compiled, and neither tests nor sources nor maps", () => {
  const strange = listing.map((line) => line.replace(/^.* package\//, "")).filter((path) =>
    !/^(package\.json|README\.md|LICENSE|bin\/bellhop\.js|mod\.(js|d\.ts)|(src|conformance)\/[\w/]+\.(js|d\.ts)|conformance\/[\w/.]+\.json)$/
      .test(path) ||
    /_test\.|node_modules/.test(path)
  );
  assertEquals(strange, []);
});

Deno.test("pack() ships no path of this machine and no map", async () => {
  const text = await output("tar", ["-xzOf", tarball]);
  const root = new URL("../..", import.meta.url).pathname;
  assertEquals([root, "file:///", "sourceMappingURL", "dist/pack"].filter((said) => text.includes(said)), []);
});

Deno.test("pack() writes what deno pack leaves out of package.json", () => {
  const { bin, engines, sideEffects, license, type, dependencies, peerDependencies } = manifest;
  assertEquals({ bin, engines, sideEffects, license, type }, {
    bin: { bellhop: "bin/bellhop.js" },
    engines: { node: ">=20" },
    sideEffects: false,
    license: "MIT",
    type: "module",
  });
  assertEquals(Object.keys(dependencies).sort(), [
    "@hono/node-server",
    "cli-progress",
    "fast-check",
    "hono-openapi",
    "idb-keyval",
  ]);
  assertEquals(Object.keys(peerDependencies), ["hono"]);
});

Deno.test("pack() exports every entry of deno.json with its types, and no other", async () => {
  const { exports } = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url)));
  assertEquals(Object.keys(manifest.exports).sort(), [...Object.keys(exports), "./package.json"].sort());
  const paths = new Set(listing.map((line) => line.replace(/^.* package\//, "./")));
  const targets = Object.values<string | Record<string, string>>(manifest.exports).flatMap((entry) =>
    typeof entry === "string" ? [entry] : [entry.types, entry.default]
  );
  assertEquals(targets.filter((target) => !paths.has(target)), []);
});

Deno.test("pack() makes the command executable, for Node", async () => {
  assertMatch(listing.find((line) => line.endsWith(" package/bin/bellhop.js")) ?? "", /^-rwxr-xr-x /);
  assertMatch(await output("tar", ["-xzOf", tarball, "package/bin/bellhop.js"]), /^#!\/usr\/bin\/env node\n/);
});

Deno.test("pack() gives the same bytes for the same sources", async () => {
  const again = await Deno.makeTempFile({ suffix: ".tgz" });
  try {
    await pack(again);
    const [one, two] = await Promise.all([tarball, again].map((path) => Deno.readFile(path)));
    assertEquals([one.length, one.every((byte, at) => byte === two[at])], [two.length, true]);
  } finally {
    await Deno.remove(again);
  }
});

Deno.test("publint finds nothing in the package", async () => {
  assertMatch(await output("publint", ["run", tarball, "--strict"]), /All good!/);
});

Deno.test("@arethetypeswrong/cli finds the types of every entry right, for who imports", async () => {
  // It ends with another code than 0 for what the profile does not leave out.
  const said = await output("attw", ["--profile", "esm-only", tarball]);
  const good = said.split("\n").filter((line) => line.startsWith("node16 (from ESM): 🟢 (ESM)"));
  assertEquals(good.length, Object.keys(manifest.exports).length - 1, said);
});
