/**
 * The browser's store beside what `idb-keyval` does by itself, in Chromium on a profile on the disk: 50 publishers at
 * once. The library's `set` makes a transaction for each, relaxed: it waits for no flush. `indexeddb()` flushes, one
 * transaction for all of a moment. `setMany` of 50, relaxed, is the least that IndexedDB can do for so many records.
 */
import { chromium } from "npm:playwright-core@1.65.1";
import { rated, type Sampler } from "../harness.ts";
import { type Part, ratio } from "../part.ts";
import { runParts } from "../run_part.ts";
import { bundled } from "../../testing/browser/bundled.ts";

const PUBLISHERS = 50;
const TURNS = 8;

export const part: Part = {
  url: import.meta.url,
  versions: { "idb-keyval": "6.3.0" },
  groups: [
    {
      id: "system/store/indexeddb",
      title: "IndexedDB in Chromium, 50 publishers at once; records a second",
      unit: "1/s",
      floor: "idb-keyval set, relaxed",
      sampleMs: 300,
      cases: {
        "idb-keyval set, relaxed": () => pageWith("set"),
        "idb-keyval setMany of 50, relaxed": () => pageWith("setMany"),
        "Bellhop indexeddb()": () => pageWith("write"),
      },
      goals: { "Bellhop indexeddb()": ratio(">=", 3) },
    },
  ],
};

if (import.meta.main) await runParts("deno run -A bench/system/store_indexed_db.ts", [part]);

async function pageWith(name: string): Promise<Sampler> {
  const html = `<!DOCTYPE html><script type="module" src="/script.js"></script>`;
  const script = await bundled(new URL("store_indexed_db_page.ts", import.meta.url));
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
  return {
    ...rated(() => page.evaluate(`cases.${name}(${TURNS})`), { per: PUBLISHERS * TURNS }),
    async close() {
      await context.close();
      await server.shutdown();
      await Deno.remove(profile, { recursive: true });
    },
  };
}
