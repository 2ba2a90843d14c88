import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import type { GatewayApp } from "@bellhop/bellhop/server";
import { app } from "../../examples/everywhere/app.ts";
import { pageFiles } from "../../examples/everywhere/page_files.ts";
import {
  type Browser,
  freePort,
  lines,
  onSite,
  opened,
  order,
  PAGE_TOKEN,
  reads,
  statusOf,
} from "../browser/everywhere_site.ts";
import { startChromium } from "../chromium.ts";
import { ask, beginLong, endLong, found, SECRET, tellStory, TOKEN, until } from "./order_story.ts";

// The app in Chromium: its page is the receiver of the story, and what it orders is safe whatever becomes of it.

const ROOT = new URL("../..", import.meta.url).pathname;
const EXAMPLE = `${ROOT}examples/everywhere`;

const folder = await Deno.makeTempDir({ prefix: "bellhop-" });
const files = `${folder}/public`;
const appOf = (bus: GatewayApp) => app(bus, () => SECRET).route("/", pageFiles(files, PAGE_TOKEN));
let browser: Browser;

Deno.test.beforeAll(async () => {
  await deno("bundle", "--quiet", "--platform=browser", `--outdir=${files}`, "page.ts", "service_worker.ts");
  await Deno.copyFile(`${EXAMPLE}/index.html`, `${files}/index.html`);
  browser = await startChromium();
});

Deno.test.afterAll(async () => {
  await browser.close();
  await Deno.remove(folder, { recursive: true });
});

// A timer of the start of the browser may end in the first test.
const afterStart = { sanitizeOps: false, sanitizeResources: false };

Deno.test(
  "the app runs in a page that takes its messages by a stream, and goes on after its gateway was killed",
  afterStart,
  async () => {
    const port = freePort();
    const url = `http://127.0.0.1:${port}`;
    const start = () =>
      new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-check", "--unstable-no-legacy-abort", "server.ts"],
        cwd: EXAMPLE,
        env: {
          PORT: String(port),
          FILE: `${folder}/killed.db`,
          PUBLIC: files,
          PAGE_TOKEN,
          BELLHOP_TOKEN: TOKEN,
          BELLHOP_SIGNING_SECRET: SECRET,
        },
        stdin: "null",
        stdout: "null",
        stderr: "null",
      }).spawn();
    const context = await browser.newContext();
    const streams: string[] = [];
    const first = start();
    try {
      await found(url);
      const page = await context.newPage();
      page.on("request", (request) => {
        if (request.headers().accept === "text/event-stream") streams.push(request.url());
      });
      await page.goto(url);
      await tellStory(url, "kitchen");
      await beginLong(url, "kitchen");
    } finally {
      first.kill("SIGKILL");
      await first.status;
    }
    const second = start();
    try {
      await endLong(url);
      assertGreaterOrEqual(streams.length, 2);
    } finally {
      await context.close();
      second.kill("SIGKILL");
      await second.status;
    }
  },
);

Deno.test("the app runs in a page that takes its messages by long poll, where no stream comes through", async () => {
  await onSite(browser, appOf, async (site) => {
    const { url, context } = site;
    const polls: string[] = [];
    await context.route("**/bus/deliveries?*", async (route, request) => {
      // What a proxy makes of a stream.
      if (request.headers().accept === "text/event-stream") await route.fulfill({ body: "<html>" });
      else {
        polls.push(request.url());
        await route.continue();
      }
    });
    await (await context.newPage()).goto(url);
    await tellStory(url, "kitchen");
    assertGreaterOrEqual(polls.length, 5);
  });
});

Deno.test("an order placed offline is delivered once, after its page was closed, opened again, and the network came back", async () => {
  await onSite(browser, appOf, async (site) => {
    const { url, context, delivered } = site;
    const closed = await opened(site);
    await context.setOffline(true);
    const id = await order(closed, "tea");
    await closed.close();
    const page = await context.newPage();
    await page.goto(url);
    await reads(page, "#ordered", ["tea: waiting"]);
    assertEquals([delivered, await statusOf(url, id)], [[], []]);
    await context.setOffline(false);
    await reads(page, "#ordered", ["tea: sent"]);
    await reads(page, "#made", ["tea"]);
    await until(
      async () => (await statusOf(url, id)).every(([, outcome]) => outcome === "delivered"),
      "both receivers",
    );
    assertEquals(await statusOf(url, id), [["kitchen", "delivered", 1], ["orders", "delivered", 1]]);
    await order(page, "milk");
    await reads(page, "#made", ["tea", "milk"]);
    await until(() => Promise.resolve(delivered.length > 1), "the milk");
    assertEquals(delivered, ["tea", "milk"]);
    const later = await opened(site);
    assertEquals([await lines(later, "#ordered"), await lines(later, "#made")], [[], []]);
  });
});

Deno.test("an order is sent by the service worker when no page is open: while it lives, and woken by a sync", async () => {
  await onSite(browser, appOf, async (site) => {
    const { url, context, delivered, stop, start } = site;
    // It has no script, and sees what the browser does with the worker.
    const watcher = await context.newPage();
    await watcher.goto(`${url}/token`);
    const session = await context.newCDPSession(watcher);
    const seen: string[] = [];
    let registrationId = "";
    session.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
      for (const each of registrations) if (each.scopeURL === `${url}/`) registrationId = each.registrationId;
    });
    session.on("ServiceWorker.workerVersionUpdated", ({ versions }) => {
      for (const { runningStatus } of versions) seen.push(runningStatus);
    });
    session.on("BackgroundService.backgroundServiceEventReceived", ({ backgroundServiceEvent: { eventName } }) => {
      seen.push(eventName);
    });
    await session.send("ServiceWorker.enable");
    await session.send("BackgroundService.startObserving", { service: "backgroundSync" });
    await session.send("BackgroundService.setRecording", { service: "backgroundSync", shouldRecord: true });
    const saw = (what: string) => until(() => Promise.resolve(seen.includes(what)), what);

    const first = await opened(site);
    await stop();
    await order(first, "tea");
    await saw("Dispatched sync event");
    await first.close();
    assertEquals(seen.includes("Sync completed"), false, "the browser waits for what is not sent");
    await start();
    await saw("Sync completed");
    await until(() => Promise.resolve(delivered.length > 0), "the tea");

    const second = await opened(site);
    await stop();
    seen.length = 0;
    await order(second, "milk");
    await saw("Dispatched sync event");
    await second.close();
    await session.send("ServiceWorker.stopAllWorkers");
    await saw("stopped");
    await start();
    assertEquals(delivered, ["tea"]);
    // The browser would, in five minutes.
    const sync = { origin: url, registrationId, tag: "outbox", lastChance: false };
    await session.send("ServiceWorker.dispatchSyncEvent", sync);
    await until(() => Promise.resolve(delivered.length > 1), "the milk");
    assertEquals(delivered, ["tea", "milk"]);
  });
});

Deno.test("two pages share one outbox; when the one that sends is closed midway, each order is delivered once", async () => {
  await onSite(browser, appOf, async (site) => {
    const { delivered, gate } = site;
    const [owner, heir] = [await opened(site), await opened(site)];
    const items = Array.from({ length: 20 }, (_, n) => `tea ${n}`);
    gate.open(7);
    for (const [n, item] of items.entries()) await order(n % 2 === 0 ? owner : heir, item);
    await until(() => Promise.resolve(gate.taken === 7 && gate.held === 4), "seven of them, and four under way");
    await owner.close();
    gate.open(Infinity);
    await until(() => Promise.resolve(delivered.length >= items.length), "all of them");
    await until(async () => (await lines(heir, "#ordered")).every((line) => line.endsWith("sent")), "the heir's");
    assertEquals(delivered.toSorted(), items.toSorted());
  }, { worker: false });
});

Deno.test("a delivery held by a page that was killed comes again to the next when its lease is over, and never once acked", async () => {
  const leaseMs = 3_000;
  await onSite(browser, appOf, async (site) => {
    const { url, context } = site;
    const how = async () => (await statusOf(url, "held", "/shop"))[0];
    const killed = await opened(site);
    const startMs = Date.now();
    const event = { id: "held", target: "kitchen", priority: "CRITICAL", data: { item: "soup", stuck: 1 } };
    assertEquals((await ask(url, "POST", "/messages", event)).status, 202);
    await until(async () => (await how())[1] === "in-flight", "the first attempt");
    const session = await context.newCDPSession(killed);
    const crash = session.send("Page.crash").catch(() => {});
    const next = await opened(site);
    await reads(next, "#made", ["soup"]);
    assertGreaterOrEqual(Date.now() - startMs, leaseMs);
    await until(async () => (await how())[1] === "delivered", "the ack");
    assertEquals(await how(), ["kitchen", "delivered", 2]);
    await next.close();
    const last = await opened(site);
    await order(last, "tea");
    await reads(last, "#made", ["tea"]);
    assertEquals(await how(), ["kitchen", "delivered", 2]);
    await killed.close();
    await crash;
  }, { worker: false, leaseMs });
});

async function deno(...args: string[]): Promise<void> {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd: EXAMPLE, stdin: "null" }).output();
  if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
}
