import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import { Hono } from "hono";
import { cors } from "hono/cors";
import type { CrossOriginPage } from "../../../testing/browser/cross_origin_page.ts";
import { startChromium } from "../../../testing/chromium.ts";
import { newSigningSecret, newToken } from "../../security/mod.ts";
import { connect, gateway, serve, service, sqlite } from "../server/mod.ts";
import { until } from "../../../testing/until.ts";
import { bundled } from "../../../testing/browser/bundled.ts";

// The recipe of docs/guides/browser.md, in Chromium. What the page does is `testing/browser/cross_origin_page.ts`.

const RETRY_AFTER_MS = 1_000;

Deno.test("a page on another origin publishes, keeps, pulls and calls through a gateway behind hono/cors", async () => {
  const script = await bundled(new URL("../../../testing/browser/cross_origin_page.ts", import.meta.url));
  const html = `<!DOCTYPE html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>`;
  const site = new Hono()
    .get("/", (c) => c.html(html))
    .get("/page.js", (c) => c.body(script, 200, { "content-type": "text/javascript" }));
  await using pages = await serve(site, { port: 0 });

  const [token, admin, signingSecret] = [newToken(), newToken(), newSigningSecret()];
  const folder = await Deno.makeTempDir({ prefix: "bellhop-" });
  const bus = gateway({
    store: sqlite(`${folder}/bus.db`),
    signingSecrets: signingSecret,
    allowHosts: ["127.0.0.1"],
    credentials: [
      { name: "admin", token: admin, scopes: ["admin"] },
      {
        name: "page",
        token,
        scopes: ["publish:page.*", "publish:critical", "register:kitchen", "call:clock"],
        sources: ["/page"],
      },
    ],
  });
  /** When the outbox posted the message that is first refused. */
  const posts: number[] = [];
  /** How the page asked for its deliveries. */
  const asked: string[] = [];
  const app = new Hono()
    .use("/bus/*", cors({ origin: pages.url, exposeHeaders: ["retry-after"], maxAge: 86_400 }))
    .get("/bus/deliveries", async (c, next) => {
      asked.push(c.req.header("accept") ?? "");
      await next();
    })
    .post("/bus/messages", async (c, next) => {
      if ((await c.req.raw.clone().text()).includes('"page.kept"') && posts.push(performance.now()) === 1) {
        return c.body(null, 503, { "retry-after": String(RETRY_AFTER_MS / 1_000) });
      }
      await next();
    })
    .route("/bus", bus)
    .route("/bare", bus);
  const clock = service({ name: "clock", version: "1.0.0", signingSecret });
  const beside = new Hono().route("/bellhop", clock).get("/time", (c) => c.text("noon"));
  await using front = await serve(app, { port: 0 });
  await using side = await serve(beside, { port: 0 });
  await using _client = await connect(clock, {
    gateway: `${front.url}/bus`,
    endpoint: `${side.url}/bellhop`,
    token: admin,
  });
  const browser = await startChromium();
  try {
    const page = await browser.newPage();
    await page.goto(`${pages.url}/?${new URLSearchParams({ gateway: `${front.url}/bus`, token })}`);
    await page.waitForFunction("typeof page === 'object'");
    const ask = <K extends keyof CrossOriginPage>(
      name: K,
      ...args: Parameters<CrossOriginPage[K]>
    ): Promise<Awaited<ReturnType<CrossOriginPage[K]>>> =>
      page.evaluate(
        async ([name, args]) =>
          await (globalThis as unknown as { page: Record<string, (...args: unknown[]) => unknown> }).page[name](
            ...args,
          ),
        [name as string, args] as const,
      ) as never;

    assertEquals(await ask("refusedAt", `${front.url}/bare`), "unreachable");
    assertEquals(await ask("publish", "by the client"), "delivered");
    assertEquals(await ask("call"), "noon");
    assertEquals(await ask("keep", "by the outbox"), "flushed");
    await until(async () => (await ask("taken")).length === 2 && (await ask("sent")).length === 1);
    assertEquals(await ask("taken"), ["by the client", "by the outbox"]);
    // What CORS does not expose the outbox does not see, and the first retry comes at once.
    assertEquals(posts.length, 2);
    assertGreaterOrEqual(posts[1] - posts[0], RETRY_AFTER_MS);
    assertEquals([...new Set(asked)], ["text/event-stream"]);
  } finally {
    await browser.close();
    await bus.close({ deadlineMs: 100 });
    await Deno.remove(folder, { recursive: true });
  }
});
