import { assert, assertEquals } from "@std/assert";
import { Hono } from "hono";
import { type ProfiledChromium, startChromiumOn } from "../../../testing/browser/chromium_profile.ts";
import type { OutboxPage } from "../../../testing/browser/outbox_page.ts";
import { type Client, connect, gateway, serve, type Server, service, sqlite } from "../server/mod.ts";
import { until } from "../../../testing/until.ts";
import { bundled } from "../../../testing/browser/bundled.ts";

// In Chromium, before a real gateway. What a page holds is `testing/browser/outbox_page.ts`.

interface Place {
  evaluate<R, A>(run: (argument: A) => R | Promise<R>, argument: A): Promise<R>;
}

type Page = Awaited<ReturnType<ProfiledChromium["context"]["newPage"]>>;

let chromium: ProfiledChromium;
const profile = await Deno.makeTempDir({ prefix: "bellhop-" });
const script = await bundled(new URL("../../../testing/browser/outbox_page.ts", import.meta.url));
const html = `<!DOCTYPE html><link rel="icon" href="data:,"><script type="module" src="/script.js"></script>`;

Deno.test.beforeAll(async () => {
  chromium = await startChromiumOn(profile);
});

Deno.test.afterAll(async () => {
  await chromium.close();
  await Deno.remove(profile, { recursive: true });
});

// A timer of the start of the browser may end in the first test.
const afterStart = { sanitizeOps: false, sanitizeResources: false };

Deno.test(
  "what a page publishes offline is delivered once, after it was closed, opened again, and the network came back",
  afterStart,
  async () => {
    await onSite(async (site) => {
      const { context } = chromium;
      let page = await site.page();
      // The page itself comes from a cache, as an app's that works offline does.
      await context.route(`${site.origin}/`, (route) => route.fulfill({ contentType: "text/html", body: html }));
      await context.route(
        `${site.origin}/script.js`,
        (route) => route.fulfill({ contentType: "text/javascript", body: script }),
      );
      await context.setOffline(true);
      try {
        assertEquals(await ask(page, "publish", "first", "CRITICAL"), "flushed");
        assertEquals(await ask(page, "publish", "second", "CRITICAL"), "flushed");
        assertEquals(await ask(page, "publish", "forgotten", "HIGH"), "memory");
        await page.close();
        assertEquals(site.posts, []);
        page = await site.page();
        assertEquals(await ask(page, "waiting"), ["first", "second"]);
        assertEquals(await ask(page, "publish", "third", "LOW"), "memory");
        assertEquals(site.posts, []);
      } finally {
        await context.setOffline(false);
        await context.unrouteAll();
      }
      await until(async () => (await ask(page, "sent")).length === 3);
      await until(() => Promise.resolve(site.seen.length === 3));
      assertEquals([...site.posts].sort(), ["first", "second", "third"]);
      assertEquals([...site.seen].sort(), ["first", "second", "third"]);
      assertEquals(await ask(page, "waiting"), []);
      await page.reload();
      await page.waitForFunction("typeof box === 'object'");
      assertEquals([await ask(page, "waiting"), site.posts.length], [[], 3]);
    });
  },
);

Deno.test("tabs share one outbox; when the one that sends is killed or closed the next goes on, and nothing is lost", async () => {
  await onSite(async (site) => {
    const owner = await site.page();
    assertEquals(await ask(owner, "waiting"), []);
    const [heir, third] = [await site.page(), await site.page()];
    await site.stop();
    assertEquals(await ask(owner, "publish", "owner's", "CRITICAL"), "flushed");
    assertEquals(await ask(owner, "publish", "gone with its tab", "NORMAL"), "memory");
    assertEquals(await ask(heir, "publish", "c", "CRITICAL"), "flushed");
    assertEquals(await ask(heir, "publish", "n", "NORMAL"), "memory");
    assertEquals(await ask(third, "publish", "t", "NORMAL"), "memory");
    const all = ["owner's", "gone with its tab", "c", "n", "t"];
    for (const page of [owner, heir, third]) assertEquals(await ask(page, "waiting"), all);

    // At full speed, and killed on the way: whoever was told yes is safe, and nobody is told nothing.
    const many = [ask(heir, "publishMany", "h", 60), ask(third, "publishMany", "m", 60)];
    const crash = (await chromium.context.newCDPSession(owner)).send("Page.crash").catch(() => {});
    const said = (await Promise.all(many)).flat();
    assertEquals(said.filter((word) => word !== "flushed" && word !== "memory"), []);
    await site.start();
    const numbers = Array.from({ length: 60 }, (_, n) => n);
    const wanted = ["owner's", "c", "n", "t", ...numbers.flatMap((n) => [`h${n}`, `m${n}`])].sort();
    await until(async () => (await ask(heir, "waiting")).length === 0 && site.seen.length >= wanted.length);
    assertEquals([...site.seen].sort(), wanted);
    assertEquals(await ask(heir, "failed"), []);
    await until(async () => (await ask(third, "sent")).includes("t"));

    // While its owner closes, which takes as long as the gateway does, nobody else is turned away.
    site.hold();
    assertEquals(await ask(heir, "publish", "under way", "HIGH"), "memory");
    await until(() => Promise.resolve(site.held > 0));
    const closing = ask(heir, "close");
    await until(async () => await ask(heir, "publish", "late", "HIGH") === "closing");
    const during = ask(third, "publish", "taken over", "CRITICAL");
    await Promise.race([during, new Promise((resolve) => setTimeout(resolve, 200))]);
    site.release();
    await closing;
    assertEquals(await during, "flushed");
    await until(async () => (await ask(third, "waiting")).length === 0);
    assertEquals(site.seen.slice(wanted.length).sort(), ["taken over", "under way"]);
    await owner.close();
    await crash;
  });
});

Deno.test("a service worker sends what a page left behind: as long as it lives, and when a sync wakes it", async () => {
  await onSite(async (site) => {
    const page = await site.page();
    const { context } = chromium;
    const watcher = await context.newPage();
    const session = await context.newCDPSession(watcher);
    let registrationId = "";
    session.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
      for (const each of registrations) if (each.scopeURL.startsWith(site.origin)) registrationId = each.registrationId;
    });
    await watcher.goto(`${site.origin}/empty`);
    await session.send("ServiceWorker.enable");
    const started = context.waitForEvent("serviceworker");
    await page.evaluate(`navigator.serviceWorker.register("/script.js", { type: "module" })`);
    const worker = await started;
    assertEquals(await ask(worker, "waiting"), []);

    await site.stop();
    assertEquals(await ask(page, "publish", "held by the worker", "CRITICAL"), "flushed");
    assertEquals(await ask(worker, "publish", "its own", "LOW"), "memory");
    await page.close();
    await until(async () => (await ask(worker, "waiting")).length === 2);
    await site.start();
    await until(() => Promise.resolve(site.seen.length === 2));

    const again = await site.page();
    await site.stop();
    assertEquals(await ask(again, "publish", "woken for", "CRITICAL"), "flushed");
    await session.send("ServiceWorker.stopAllWorkers");
    await again.close();
    await site.start();
    assertEquals(site.seen.length, 2);
    assert(registrationId !== "");
    await session.send("ServiceWorker.dispatchSyncEvent", {
      origin: site.origin,
      registrationId,
      tag: "bellhop-outbox",
      lastChance: false,
    });
    await until(() => Promise.resolve(site.seen.length === 3));
    assertEquals([...site.seen].sort(), ["held by the worker", "its own", "woken for"]);
    await session.send("ServiceWorker.unregister", { scopeURL: `${site.origin}/` });
    await watcher.close();
  });
});

/** Calls one of the page's functions. */
function ask<K extends keyof OutboxPage>(
  place: Place,
  name: K,
  ...args: Parameters<OutboxPage[K]>
): Promise<Awaited<ReturnType<OutboxPage[K]>>> {
  return place.evaluate(
    async ([name, args]) => {
      const { box } = globalThis as unknown as { box: Record<string, (...args: unknown[]) => unknown> };
      return await box[name](...args);
    },
    [name, args] as const,
  ) as Promise<Awaited<ReturnType<OutboxPage[K]>>>;
}

interface Site {
  readonly origin: string;
  /** Ids that the gateway was asked to take, in their order. */
  readonly posts: readonly string[];
  /** Ids that the service got. */
  readonly seen: readonly string[];
  page(): Promise<Page>;
  /** The gateway and the site go away, and come back. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** From now on who publishes waits for {@linkcode Site.release}. */
  hold(): void;
  /** How many wait. */
  readonly held: number;
  release(): void;
}

/** An origin of its own with a gateway on it, and a service that takes what the page publishes. */
async function onSite(test: (site: Site) => Promise<void>): Promise<void> {
  const posts: string[] = [];
  const seen: string[] = [];
  const pages: Page[] = [];
  let gate = { promise: Promise.resolve(), resolve: () => {} };
  let held = 0;
  const clicks = service({ name: "clicks", version: "1.0.0" }).on("page.*", ({ id }) => void seen.push(id));
  await using receiver = await serve(new Hono().route("/bellhop", clicks), { port: 0 });
  const folder = await Deno.makeTempDir({ prefix: "bellhop-" });
  await using bus = gateway({ open: true, store: sqlite(`${folder}/bus.db`) });
  const app = new Hono()
    .use("/bus/messages", async (c, next) => {
      posts.push((await c.req.raw.clone().json()).id);
      held++;
      await gate.promise;
      held--;
      await next();
    })
    .route("/bus", bus)
    .get("/", (c) => c.html(html))
    .get("/empty", (c) => c.html("<!DOCTYPE html>"))
    .get("/script.js", (c) => c.body(script, 200, { "content-type": "text/javascript" }));
  let server: Server = await serve(app, { port: 0 });
  const port = Number(new URL(server.url).port);
  const origin = `http://127.0.0.1:${port}`;
  const client: Client = await connect(clicks, { gateway: `${origin}/bus`, endpoint: `${receiver.url}/bellhop` });
  posts.length = 0;
  try {
    await test({
      origin,
      posts,
      seen,
      async page() {
        const page = await chromium.context.newPage();
        pages.push(page);
        await page.goto(`${origin}/`);
        await page.waitForFunction("typeof box === 'object'");
        return page;
      },
      hold: () => gate = Promise.withResolvers<void>(),
      release: () => gate.resolve(),
      get held() {
        return held;
      },
      stop: () => server.close({ deadlineMs: 100 }),
      start: async () => void (server = await serve(app, { port })),
    });
  } finally {
    await Promise.all(pages.map((page) => page.close().catch(() => {})));
    await client.close({ deadlineMs: 0 });
    await server.close({ deadlineMs: 100 });
    await bus.close({ deadlineMs: 100 });
    await Deno.remove(folder, { recursive: true });
  }
}
