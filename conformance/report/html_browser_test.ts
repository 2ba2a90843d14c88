import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { startChromium } from "../../testing/chromium.ts";
import { CHECKS } from "../checks/mod.ts";
import type { Command, Subject } from "../control.ts";
import { SPECIFICATION } from "../requirement.ts";
import { type Report, runChecks } from "../run.ts";
import { bellhop } from "../subjects/bellhop.ts";
import { htmlReport } from "./html.ts";

const { requirements } = SPECIFICATION;

/** A bus that draws its own random numbers, calls a refusal another name, and dies when it is drained. */
async function crooked(): Promise<Subject> {
  const subject = await bellhop()();
  return {
    close: () => subject.close(),
    async send(seq: number, command: Command) {
      if (command.do === "drain") throw new Error("</script><script>document.title = 'broken out'</script>");
      const answer = await subject.send(seq, command.do === "start" ? { ...command, draws: [0.9, 0.1] } : command);
      const { refused } = answer;
      return refused?.code === "envelope-invalid" ? { ...answer, refused: { ...refused, code: "internal" } } : answer;
    },
  };
}

async function crookedReport(): Promise<Report> {
  const vectors = CHECKS.filter(({ id }) => id.startsWith("vectors/parse-")).slice(0, 40);
  const drains = CHECKS.filter(({ can }) => can?.includes("drain")).slice(0, 1);
  const retries = CHECKS.filter(({ id }) => id === "retry/first-retry-waits-0" || id === "retry/full-jitter");
  return await runChecks({ open: crooked, checks: [...vectors, ...retries, ...drains], seed: 3, runs: 5 });
}

Deno.test("the page of a report works in Chromium, light and dark", async (test) => {
  const report = await crookedReport();
  assert(report.results.some(({ verdict }) => verdict === "fail"), "there are failures to show");
  const folder = await Deno.makeTempDir();
  const url = `file://${folder}/report.html`;
  await Deno.writeTextFile(`${folder}/report.html`, htmlReport(report, requirements));
  const browser = await startChromium();
  try {
    for (const colorScheme of ["light", "dark"] as const) {
      await test.step(colorScheme, async () => {
        const context = await browser.newContext({ colorScheme, viewport: { width: 1300, height: 900 } });
        await context.grantPermissions(["clipboard-read", "clipboard-write"]);
        const page = await context.newPage();
        const faults: string[] = [];
        page.on("pageerror", (error) => faults.push(String(error)));
        page.on("console", (message) => faults.push(message.text()));
        page.on("request", (request) => {
          if (!request.url().startsWith("file:") && !request.url().startsWith("data:")) faults.push(request.url());
        });
        await page.goto(url);
        const broken = await page.locator(".cell.fail").count();
        assert(broken > 1 && broken < requirements.length);
        assertStringIncludes(await page.title(), "Does not conform");

        // The filter shows what fits, says so in the address, and is there again after a reload.
        const shown = () => page.locator(".cell:visible").count();
        assertEquals(await shown(), requirements.length);
        await page.selectOption("select[name=verdict]", "fail");
        assertEquals(await shown(), broken);
        assertMatch(page.url(), /#verdict=fail$/);
        await page.reload();
        assertEquals(await shown(), broken);
        assertEquals(await page.locator("output").textContent(), `${broken} of ${requirements.length} shown`);
        await page.fill("input[name=text]", "ret-018");
        assertEquals(await shown(), 1);
        assertEquals(await page.locator(".failure:visible").count(), 1);
        await page.click("button[type=reset]");
        await page.waitForFunction("!location.hash");
        assertEquals(await shown(), requirements.length);
        await page.locator(".tile").first().click();
        assertEquals(await shown(), broken);
        await page.locator(".tile").first().click();
        assertEquals(await shown(), requirements.length);

        // A cell opens its detail, the arrows go to the next, Escape closes it.
        await page.click("#cell-RET-018");
        const panel = page.locator("#panel");
        const sentence = requirements.find(({ id }) => id === "RET-018")!.sentence.replaceAll("`", "");
        assertStringIncludes(await panel.innerText(), sentence);
        assertStringIncludes(await panel.innerText(), "retry/first-retry-waits-0");
        assertMatch(page.url(), /#open=RET-018$/);
        await page.keyboard.press("ArrowRight");
        assertEquals(await page.locator("#panel-title").textContent(), "RET-019");
        assertEquals(await page.evaluate("document.activeElement.id"), "cell-RET-019");
        await page.keyboard.press("Escape");
        assertEquals(await panel.isVisible(), false);
        assertEquals(await page.locator(".cell[tabindex='0']").count(), 1);
        await page.goto("about:blank");
        await page.goto(`${url}#RET-017`);
        assertEquals(await page.locator("#panel-title").textContent(), "RET-017");

        // The panel leads to the failure, whose command can be copied and whose log can be unfolded.
        await page.click("#cell-RET-018");
        await page.locator("#panel").getByText("See the failure").click();
        const failure = page.locator(".failure[data-requirement='RET-018']");
        assertEquals(await failure.evaluate((element) => element === element.ownerDocument.activeElement), true);
        await failure.locator(".copy").first().click();
        await failure.locator(".copy.done").waitFor();
        const copied = await page.evaluate("navigator.clipboard.readText()");
        assertEquals(
          copied,
          report.results.find(({ failure }) => failure?.requirement === "RET-018")?.failure?.replay,
        );
        assert(await failure.locator("svg.sequence").isVisible());
        await failure.locator(".wire summary").click();
        assert(await failure.locator(".wire li").count() > 4);
        assert(await failure.locator(".wire li.suite").first().isVisible());

        assertEquals(await page.evaluate(LOW_CONTRAST), []);
        assertEquals(faults, []);
        await context.close();
      });
    }

    await test.step("on a phone nothing is wider than the screen", async () => {
      const page = await browser.newPage({ viewport: { width: 375, height: 700 } });
      await page.goto(`${url}#open=RET-018`);
      await page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true");
      assertEquals(await page.evaluate("document.documentElement.scrollWidth"), 375);
      assertEquals(await page.locator("#panel").isVisible(), true);
      await page.close();
    });

    await test.step("without JavaScript it can be read", async () => {
      const context = await browser.newContext({ javaScriptEnabled: false });
      const page = await context.newPage();
      await page.goto(url);
      assertEquals(await page.locator("#filter").isVisible(), false);
      assert(await page.locator(".failure .said").first().isVisible());
      await page.click("#cell-RET-018");
      await page.locator("article#RET-018 .sentence").waitFor({ state: "visible" });
      await context.close();
    });

    await test.step("on paper every diagram is there and no control", async () => {
      const page = await browser.newPage();
      await page.goto(url);
      await page.emulateMedia({ media: "print" });
      await page.evaluate("dispatchEvent(new Event('beforeprint'))");
      assertEquals(await page.locator("button:visible, input:visible").count(), 0);
      assertEquals(await page.locator("svg.sequence:visible").count(), await page.locator("svg.sequence").count());
      await page.close();
    });
  } finally {
    await browser.close();
    await Deno.remove(folder, { recursive: true });
  }
});

/** Texts whose contrast is below what WCAG 2 AA asks for. */
const LOW_CONTRAST = `(() => {
  const numbers = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((value) => value / 255)
    .map((value) => value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
    .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
  const low = new Set();
  for (const element of document.querySelectorAll("body *:not(script):not(svg *)")) {
    if (![...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== "")) continue;
    if (!element.checkVisibility() || element.closest(".sr, .skip") !== null) continue;
    const { color, fontSize, fontWeight } = getComputedStyle(element);
    let behind = element;
    while (behind !== null && (numbers(getComputedStyle(behind).backgroundColor)[3] ?? 1) === 0) behind = behind.parentElement;
    const ground = numbers(getComputedStyle(behind ?? document.body).backgroundColor);
    const [one, other] = [light(numbers(color)), light(ground)].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    const large = parseFloat(fontSize) >= 24 || parseFloat(fontSize) >= 18.66 && fontWeight >= 700;
    if (ratio < (large ? 3 : 4.5)) low.add(element.className + " " + element.tagName + " " + ratio.toFixed(2));
  }
  return [...low];
})()`;
