import { assert, assertEquals, assertGreater, assertMatch, assertStringIncludes } from "@std/assert";
import type { Page } from "npm:playwright-core@1.65.1";
import { startChromium } from "../../testing/chromium.ts";
import { htmlReport } from "./html.ts";
import type { BenchResult } from "./result.ts";
import { sampleResult } from "./testing/sample_result.ts";
import { until } from "../../testing/until.ts";

const SAMPLE = sampleResult();
const HOSTILE =
  `</script><script>document.title='broken out'</script><img src=x onerror="document.title='broken out'">`;

/** The sample, with a subject and a line whose names would break out of a careless page. */
function hostileSample(): BenchResult {
  const { measures, plots, subjects, ...rest } = SAMPLE;
  const [plot, ...others] = plots;
  return {
    ...rest,
    subjects: [...subjects, { name: HOSTILE, version: HOSTILE, notes: [HOSTILE] }],
    measures: [...measures, { ...measures[5], id: HOSTILE, subject: HOSTILE, value: undefined, why: HOSTILE }],
    plots: [{ ...plot, lines: [...plot.lines, { name: HOSTILE, points: [[0, 5_000], [199, 5_000]] }] }, ...others],
  };
}

Deno.test("the page of a bench works in Chromium, light and dark", async (test) => {
  const folder = await Deno.makeTempDir();
  const url = `file://${folder}/report.html`;
  await Deno.writeTextFile(`${folder}/report.html`, await htmlReport(hostileSample()));
  const browser = await startChromium();
  try {
    for (const colorScheme of ["light", "dark"] as const) {
      await test.step(colorScheme, async () => {
        const context = await browser.newContext({ colorScheme, viewport: { width: 1300, height: 900 } });
        const page = await context.newPage();
        const faults = faultsOf(page);
        await page.goto(url);
        await page.locator("html.js").waitFor();

        // Each plot is drawn, in colours that belong to it, and has its numbers as a table.
        const figures = await page.locator("figure").count();
        assertEquals(figures, 11);
        assertEquals(await page.evaluate(EMPTY_CANVASES), []);
        assertEquals(await page.locator("figure table").count(), figures);
        assertEquals(await page.locator("canvas[role=img][aria-label]").count(), figures);
        assertStringIncludes(await page.title(), "2 of 6 goals missed");

        // The filter shows what fits, says so in the address, and is there again after a reload.
        const shown = () => page.locator("figure:visible").count();
        const reset = async () => {
          await page.click("button[type=reset]");
          await until(() => !page.url().includes("#"));
        };
        await page.fill("input[name=text]", "heap");
        assertEquals(await shown(), 1);
        assertEquals(await page.locator(".goal:visible").count(), 1);
        assertEquals(await page.locator("output").textContent(), `1 of ${figures} shown`);
        assertMatch(page.url(), /#text=heap$/);
        await page.reload();
        assertEquals(await shown(), 1);
        await reset();
        assertEquals(await shown(), figures);
        await page.selectOption("select[name=section]", "Drain curves");
        assertEquals(await shown(), 1);
        await reset();

        // A subject that is not wanted leaves bars, lines, tables and goals, and the axes fit what is left.
        const bars = page.locator("#group-1");
        const [height, before] = [await heightOf(bars.locator("canvas")), await pixels(page, "#plot-1 canvas")];
        await bars.getByText("Numbers").click();
        assert(await bars.locator("tr", { hasText: "effect" }).isVisible());
        await page.getByLabel("effect", { exact: true }).uncheck();
        assertEquals(await bars.locator("tr", { hasText: "effect" }).isVisible(), false);
        assertEquals(await heightOf(bars.locator("canvas")), height - 30);
        await page.getByLabel("none", { exact: true }).uncheck();
        assert(await pixels(page, "#plot-1 canvas") !== before, "the lines are drawn anew");
        assertMatch(page.url(), /#hide=/);
        await page.getByLabel("bellhop", { exact: true }).uncheck();
        assertEquals(await page.locator(".goal:visible").count(), 0);
        await reset();
        assert(await pixels(page, "#plot-1 canvas") === before, "all is as before");

        // A key of a plot does what its box does.
        await page.locator("#plot-1 .legend button", { hasText: /^none$/ }).click();
        assertEquals(await page.getByLabel("none", { exact: true }).isChecked(), false);
        assertEquals(await page.locator("[data-key=none][aria-pressed=true]").count(), 0);
        await page.locator("#plot-2 .legend button", { hasText: /^none$/ }).click();
        assert(await pixels(page, "#plot-1 canvas") === before, "the line is there again");

        // By the keyboard alone: the filter, and a plot on a logarithm.
        await page.getByLabel("full", { exact: true }).focus();
        await page.keyboard.press("Space");
        assert(await pixels(page, "#plot-1 canvas") !== before, "Space hides a line");
        await page.keyboard.press("Space");
        await page.locator("#plot-1 .log").focus();
        await page.keyboard.press("Enter");
        assertEquals(await page.locator("#plot-1 .log").getAttribute("aria-pressed"), "true");
        assert(await pixels(page, "#plot-1 canvas") !== before, "Enter changes the axis");
        await page.keyboard.press("Enter");

        // What is under the pointer is said.
        const canvas = page.locator("#plot-1 canvas");
        await canvas.scrollIntoViewIfNeeded();
        await canvas.hover({ position: { x: 400, y: 100 } });
        assert(await pixels(page, "#plot-1 canvas") !== before, "a tooltip is drawn");

        await page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true");
        assertEquals(await page.evaluate(LOW_CONTRAST), []);
        assertEquals(await page.evaluate(FAINT_LINES), []);
        assertEquals(await page.locator("img").count(), 0);
        assertEquals(faults, []);
        await context.close();
      });
    }

    await test.step("plots follow the scheme while the page is open, and are light on paper", async () => {
      const page = await browser.newPage({ colorScheme: "light" });
      await page.goto(url);
      const light = await pixels(page, "#group-1 canvas");
      await page.emulateMedia({ colorScheme: "dark" });
      await until(async () => await pixels(page, "#group-1 canvas") !== light);
      await page.evaluate("dispatchEvent(new Event('beforeprint'))");
      assert(await pixels(page, "#group-1 canvas") === light, "on paper it is light");
      await page.emulateMedia({ media: "print" });
      assertEquals(await page.locator("button:visible:not(.legend *), input:visible, summary:visible").count(), 0);
      assertEquals(await page.locator("canvas:visible").count(), 11);
      await page.close();
    });

    await test.step("on a phone nothing is wider than the screen", async () => {
      for (const width of [320, 400]) {
        const page = await browser.newPage({ viewport: { width, height: 700 } });
        await page.goto(url);
        await page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true");
        assertEquals(await page.evaluate("document.documentElement.scrollWidth"), width);
        assertEquals(await page.evaluate(EMPTY_CANVASES), []);
        await page.close();
      }
    });

    await test.step("without JavaScript the numbers can be read", async () => {
      const context = await browser.newContext({ javaScriptEnabled: false });
      const page = await context.newPage();
      await page.goto(url);
      assertEquals(await page.locator("#filter").isVisible(), false);
      assertEquals(await page.locator("canvas:visible").count(), 0);
      assertGreater(await page.locator("figure td:visible").count(), 100);
      await context.close();
    });
  } finally {
    await browser.close();
    await Deno.remove(folder, { recursive: true });
  }
});

/** What the page complains of, and whatever it asks a network for. */
function faultsOf(page: Page): string[] {
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => faults.push(message.text()));
  page.on("request", (request) => {
    if (!request.url().startsWith("file:") && !request.url().startsWith("data:")) faults.push(request.url());
  });
  return faults;
}

async function heightOf(part: ReturnType<Page["locator"]>): Promise<number> {
  return (await part.boundingBox())!.height;
}

/** The picture of a canvas, as text. */
async function pixels(page: Page, selector: string): Promise<string> {
  return await page.evaluate(`document.querySelector(${JSON.stringify(selector)}).toDataURL()`) as string;
}

/** Figures whose canvas shows fewer than three colours, or nearly nothing. */
const EMPTY_CANVASES = `[...document.querySelectorAll("canvas")].filter((canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const colours = new Map();
  for (let at = 0; at < data.length; at += 4) {
    if (data[at + 3] < 250) continue;
    const colour = data[at] << 16 | data[at + 1] << 8 | data[at + 2];
    colours.set(colour, (colours.get(colour) ?? 0) + 1);
  }
  return [...colours.values()].filter((count) => count > 20).length < 3;
}).map((canvas) => canvas.closest("figure").id)`;

const LIGHT = `const numbers = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((value) => value / 255)
    .map((value) => value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
    .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
  const contrast = (one, other) => {
    const [more, less] = [light(numbers(one)), light(numbers(other))].sort((a, b) => b - a);
    return (more + 0.05) / (less + 0.05);
  };`;

/** Texts whose contrast is below what WCAG 2 AA asks for. */
const LOW_CONTRAST = `(() => {
  ${LIGHT}
  const low = new Set();
  for (const element of document.querySelectorAll("body *:not(script):not(svg *)")) {
    if (![...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== "")) continue;
    if (!element.checkVisibility() || element.closest(".skip") !== null) continue;
    const { color, fontSize, fontWeight } = getComputedStyle(element);
    let behind = element;
    while (behind !== null && (numbers(getComputedStyle(behind).backgroundColor)[3] ?? 1) === 0) behind = behind.parentElement;
    const ratio = contrast(color, getComputedStyle(behind ?? document.body).backgroundColor);
    const large = parseFloat(fontSize) >= 24 || parseFloat(fontSize) >= 18.66 && fontWeight >= 700;
    if (ratio < (large ? 3 : 4.5)) low.add(element.className + " " + element.tagName + " " + ratio.toFixed(2));
  }
  return [...low];
})()`;

/** Colours of lines and bars that stand out from their ground by less than WCAG 2 asks of graphics, 3 to 1. */
const FAINT_LINES = `(() => {
  ${LIGHT}
  const resolved = (name) => {
    const probe = document.body.appendChild(document.createElement("i"));
    probe.style.color = "var(--" + name + ")";
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  };
  const names = [...Array(8).keys()].map((index) => "series-" + index).concat("aimed", "bar", "soft", "fail-ink");
  return names.map((name) => [name, contrast(resolved(name), resolved("card"))]).filter(([, ratio]) => ratio < 3)
    .map(([name, ratio]) => name + " " + ratio.toFixed(2));
})()`;
