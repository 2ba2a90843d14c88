import { assert, assertEquals } from "@std/assert";
import { startChromium } from "../../testing/chromium.ts";
import { ALL, DURABLE, notPassed } from "../runtimes/reference_checks.ts";
import type { Report } from "../run.ts";
import { bundled } from "../../testing/browser/bundled.ts";

const ADDRESS = "https://suite.invalid/";

Deno.test("the suite and the reference run in a page of Chromium, its store in memory and in IndexedDB", async (t) => {
  const code = await bundled(new URL("_suite_page.ts", import.meta.url));
  assertEquals([...code.matchAll(/(?:from|import|import\()\s*"(?:node|npm|jsr):[^"]*"/g)].map(([found]) => found), []);
  const browser = await startChromium();
  try {
    const page = await browser.newPage();
    const faults: string[] = [];
    page.on("pageerror", (error) => faults.push(String(error)));
    page.on("console", (message) => faults.push(`${message.type()}: ${message.text()}`));
    // Nothing is asked of a network: an address that is secure, as WebCrypto wants it, and that nobody serves.
    await page.route("**/*", (route) => {
      const url = route.request().url();
      if (url === ADDRESS) {
        return route.fulfill({ contentType: "text/html", body: "<!DOCTYPE html><title>suite</title>" });
      }
      faults.push(`asked for ${url}`);
      return route.abort();
    });
    await page.goto(ADDRESS);
    await page.addScriptTag({ content: code, type: "module" });
    await page.waitForFunction("typeof suite === 'object'");
    const foreign = `["Deno", "process", "Bun", "require"].filter((name) => name in globalThis)`;
    assertEquals(await page.evaluate(foreign), []);
    const seed = Number(Deno.env.get("FC_SEED") ?? 1);

    await t.step("every check passes in memory", async () => {
      assertEquals(notPassed(await page.evaluate<Report>(`suite.inMemory(${seed}, 10)`), ALL), []);
    });

    await t.step("all that is about durability passes on indexeddb()", async () => {
      const { report, databases } = await page.evaluate<{ report: Report; databases: number }>(
        `suite.inIndexedDb(${seed}, 2)`,
      );
      assertEquals(notPassed(report, DURABLE), []);
      assert(databases > DURABLE.length / 2, `${databases} databases`);
      assertEquals(await page.evaluate("suite.left()"), []);
    });
    assertEquals(faults, []);
  } finally {
    await browser.close();
  }
});
