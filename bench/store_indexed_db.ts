/**
 * The browser's store beside what `idb-keyval` does by itself, in Chromium on a profile on the disk.
 * Run: `deno run -A bench/store_indexed_db.ts [--json]`
 *
 * 50 publishers at once, each awaiting its own write of a CRITICAL-like record of 600 bytes under a key in no order. The
 * library's `set` makes a transaction for each, relaxed: it waits for no flush. `indexeddb()` flushes, one transaction
 * for all of a moment. Goal: at least 3 times as fast (a ratio of 0.33). `setMany` of 50, relaxed, is the least that
 * IndexedDB can do for so many records. Databases start empty and grow alike.
 */
import { chromium } from "npm:playwright-core@1.65.1";
import { interleave } from "./harness.ts";

const PUBLISHERS = 50;
const ROUNDS = 8;

const html = `<!DOCTYPE html><script type="module" src="/script.js"></script>`;
const script = await bundled("store_indexed_db_page.ts");
const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, ({ url }) => {
  const isScript = url.endsWith(".js");
  const headers = { "content-type": isScript ? "text/javascript" : "text/html" };
  return new Response(isScript ? script : html, { headers });
});
const profile = await Deno.makeTempDir({ prefix: "bellhop-" });
const context = await chromium.launchPersistentContext(profile, {
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
});
const page = await context.newPage();
await page.goto(`http://127.0.0.1:${server.addr.port}`);
await page.waitForFunction("typeof cases === 'object'");
const run = (name: string): Promise<unknown> => page.evaluate(`cases.${name}(${ROUNDS})`);

await interleave(`${PUBLISHERS} publishers, 600 bytes each; per record`, {
  "idb-keyval set, relaxed": () => run("set"),
  "indexeddb() group commit": () => run("write"),
  "idb-keyval setMany of 50, relaxed": () => run("setMany"),
}, { per: PUBLISHERS * ROUNDS, cpuMs: 300, rounds: 7 });

if (!Deno.args.includes("--short")) {
  await interleave("one record at a time, with the way into the page and back", {
    "idb-keyval set, relaxed": () => run("oneSet"),
    "indexeddb() write": () => run("oneWrite"),
  }, { cpuMs: 100, rounds: 5 });
}

await context.close();
await server.shutdown();
await Deno.remove(profile, { recursive: true });

async function bundled(file: string): Promise<string> {
  const path = decodeURIComponent(new URL(file, import.meta.url).pathname);
  const args = ["bundle", "--quiet", "--platform=browser", path];
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, stdin: "null" }).output();
  if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}
