import { assertEquals, assertRejects } from "@std/assert";
import { installed } from "../../scripts/package_fixture.ts";
import { TOOLS } from "../../scripts/package_tools.ts";

/** The oldest that `peerDependencies` lets in: an app that was there before keeps its own, and has no second one. */
const OLDEST_HONO = "4.11.2";

const WRONG = `import type { Client } from "@bellhop/bellhop/client";
import { defineEvent } from "@bellhop/bellhop/schema";
declare const client: Client;
const printed = defineEvent<"book.printed", { pages: number }>("book.printed");
void client.publish(printed, { pages: "7" });
void client.request(printed, {});
`;

Deno.test("tsc accepts the declarations of every entry, strictly, libraries included, and infers from them", async () => {
  await using fixture = await installed("testing/packages/types", `hono@${OLDEST_HONO}`);
  const manifest = await Deno.readTextFile(`${fixture.folder}/node_modules/@bellhop/bellhop/package.json`);
  const { exports, peerDependencies } = JSON.parse(manifest);
  assertEquals(peerDependencies.hono, `^${OLDEST_HONO}`);
  const entries = Object.keys(exports).filter((entry) => entry !== "./package.json");
  const lines = entries.map((entry, i) => `export * as e${i} from "@bellhop/bellhop${entry.slice(1)}";\n`);
  await Deno.writeTextFile(`${fixture.folder}/entries.ts`, lines.join(""));
  // What it has judged it does not judge again.
  const tsc = ["tsc", "--incremental", "--tsBuildInfoFile", "judged.json"] as const;
  const files = (await fixture.run(...tsc, "--listFiles")).split("\n");
  const own = files.map((path) => path.replace(/^.*\//, "")).filter((name) =>
    /^(app|entries|consumer)\.ts$/.test(name)
  );
  assertEquals(own.sort(), ["app.ts", "consumer.ts", "entries.ts"]);
  // A server's project may have the types of Node and none of a page: what it infers is to be no `any` there either.
  const typeRoots = new URL(`../../${TOOLS}/node_modules/@types`, import.meta.url).pathname;
  assertEquals(
    await fixture.run("tsc", "--skipLibCheck", "--lib", "esnext", "--types", "node", "--typeRoots", typeRoots),
    "",
  );
  // Of several overloads tsc explains the last alone: it is to be the one that was meant.
  await Deno.writeTextFile(`${fixture.folder}/wrong.ts`, WRONG);
  const said = (await assertRejects(() => fixture.run(...tsc), Error)).message;
  assertEquals([...said.matchAll(/^ *(?:Type|Property) '(?:string|pages)' is .*$/gm)].map(([line]) => line.trim()), [
    "Type 'string' is not assignable to type 'number'.",
    "Property 'pages' is missing in type '{}' but required in type '{ pages: number; }'.",
  ]);
});
