import { assert, assertEquals } from "@std/assert";
import { startChromium } from "../../testing/chromium.ts";
import { CHECKS } from "../checks/mod.ts";
import type { Report } from "../run.ts";

const PAGE = "https://suite.invalid/";

Deno.test("the suite and the reference run in a page of Chromium, and every check passes", async () => {
  const code = await bundled("_suite_page.ts");
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
      if (url === PAGE) return route.fulfill({ contentType: "text/html", body: "<!DOCTYPE html><title>suite</title>" });
      faults.push(`asked for ${url}`);
      return route.abort();
    });
    await page.goto(PAGE);
    await page.addScriptTag({ content: code, type: "module" });
    await page.waitForFunction("typeof runSuite === 'function'");
    const seed = Number(Deno.env.get("FC_SEED") ?? 1);
    const { foreign, report } = await page.evaluate<{ foreign: string[]; report: Report }>(
      `(async () => ({
        foreign: ["Deno", "process", "Bun", "require"].filter((name) => name in globalThis),
        report: await runSuite(${seed}, 10),
      }))()`,
    );
    assertEquals(foreign, []);
    assertEquals(
      report.results.filter(({ verdict }) => verdict !== "pass" && verdict !== "not-applicable")
        .map(({ check, verdict, failure }) => [check, verdict, failure?.message]),
      [],
    );
    assertEquals(report.results.length, CHECKS.length);
    assert(report.results.filter(({ verdict }) => verdict === "pass").length > CHECKS.length / 2);
    assertEquals(faults, []);
  } finally {
    await browser.close();
  }
});

/** One script for a page, with all that it imports. */
async function bundled(file: string): Promise<string> {
  const path = decodeURIComponent(new URL(file, import.meta.url).pathname);
  const args = ["bundle", "--quiet", "--platform=browser", path];
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, stdin: "null" }).output();
  if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}
