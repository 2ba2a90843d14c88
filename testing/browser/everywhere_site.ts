/**
 * The app of `examples/everywhere` with its page on an origin of its own, and a user of it in Chromium.
 *
 * @module
 */
import { PRIORITY_POLICIES } from "@bellhop/bellhop";
import { gateway, type GatewayApp, serve, type Server, sqlite } from "@bellhop/bellhop/server";
import { Hono } from "hono";
import type { startChromium } from "../chromium.ts";
import { ask, found, SECRET, TOKEN, until } from "../runtimes/order_story.ts";

/** Chromium. */
export type Browser = Awaited<ReturnType<typeof startChromium>>;
type Context = Awaited<ReturnType<Browser["newContext"]>>;
type Page = Awaited<ReturnType<Context["newPage"]>>;

/** What its page speaks with. */
export const PAGE_TOKEN = "tok_cGFnZS1vZi10aGUtYXBwLXRva2Vu";

/** It, for a test. */
export interface Site {
  readonly url: string;
  /** Of a user of its own, with one worker and one outbox. */
  readonly context: Context;
  /** Whether there is a worker, which has a part in the outbox, and dies with the page in whose process it lives. */
  readonly worker: boolean;
  /** What the service of the server was given, in its order. */
  readonly delivered: readonly string[];
  /** Before the gateway's `/messages`. */
  readonly gate: Gate;
  /** The whole site goes away, and comes back. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** Holds up what pages publish. */
export interface Gate {
  /** How many have passed. */
  readonly taken: number;
  /** How many wait. */
  readonly held: number;
  /** Lets so many pass, from its beginning. */
  open(count: number): void;
}

/** What a test may want otherwise. */
export interface SiteOptions {
  /** Default `true`. */
  readonly worker?: boolean;
  /** Of a delivery that a page has taken; an attempt has a second less. Default 16,000. */
  readonly leaseMs?: number;
}

/** Serves the app, in this process so that it can be watched. @param appOf the app with its page around a gateway */
export async function onSite(
  browser: Browser,
  appOf: (bus: GatewayApp) => Hono,
  test: (site: Site) => Promise<void>,
  { worker = true, leaseMs = 16_000 }: SiteOptions = {},
): Promise<void> {
  const port = freePort();
  const url = `http://127.0.0.1:${port}`;
  const delivered: string[] = [];
  const { gate, pass } = gateOf();
  const folder = await Deno.makeTempDir({ prefix: "bellhop-" });
  const { CRITICAL, ...others } = PRIORITY_POLICIES;
  const bus = gateway({
    store: sqlite(`${folder}/bus.db`),
    signingSecrets: SECRET,
    credentials: [
      { name: "shop", token: TOKEN, scopes: ["admin"] },
      {
        name: "page",
        token: PAGE_TOKEN,
        scopes: ["publish:order.placed", "publish:critical", "register:kitchen"],
        sources: ["/page"],
      },
    ],
    services: [`${url}/bellhop`],
    allowHosts: ["127.0.0.1"],
    bus: { policies: { ...others, CRITICAL: { ...CRITICAL, attemptTimeoutMs: leaseMs - 1_000 } } },
  });
  const watched = new Hono()
    .use("/bus/messages", async (c, next) => {
      if (c.req.header("authorization") === `Bearer ${PAGE_TOKEN}`) await pass();
      await next();
    })
    .use("/bellhop", async (c, next) => {
      if (c.req.method === "POST") delivered.push((await c.req.raw.clone().json()).data.item);
      await next();
    })
    .route("/", appOf(bus));
  let server: Server = await serve(watched, { port });
  const context = await browser.newContext({ serviceWorkers: worker ? "allow" : "block" });
  try {
    await found(url);
    await test({
      url,
      context,
      worker,
      delivered,
      gate,
      stop: () => server.close({ deadlineMs: 100 }),
      start: async () => void (server = await serve(watched, { port })),
    });
  } finally {
    gate.open(Infinity);
    await context.close();
    await server.close({ deadlineMs: 100 });
    await bus.close({ deadlineMs: 100 });
    await Deno.remove(folder, { recursive: true });
  }
}

/** Opens the page, and waits until it can do without a network, and somebody makes what is ordered. */
export async function opened({ url, context, worker }: Site): Promise<Page> {
  const page = await context.newPage();
  await page.goto(url);
  await found(url, "kitchen");
  if (worker) await page.evaluate("navigator.serviceWorker.ready.then(() => {})");
  return page;
}

/** Orders as a user does. @returns the id, once the order is safe */
export async function order(page: Page, item: string): Promise<string> {
  await page.locator("button:enabled").waitFor();
  // Clicks wait for a frame, of which a page in the background has one a second.
  await page.evaluate((item) => {
    document.querySelector("input")!.value = item;
    document.forms[0].requestSubmit();
  }, item);
  const line = page.locator("#ordered li", { hasText: `${item}: ` });
  return await line.getAttribute("id") ?? "";
}

/** What a list of the page says. */
export function lines(page: Page, list: string): Promise<string[]> {
  return page.locator(`${list} li`).allTextContents();
}

/** Waits until a list of the page says just that. */
export async function reads(page: Page, list: string, wanted: readonly string[]): Promise<void> {
  await until(async () => JSON.stringify(await lines(page, list)) === JSON.stringify(wanted), `${list} of ${wanted}`);
}

/** Of each receiver of a message, by its name: what came of it, or how it stands, and after how many attempts. */
export async function statusOf(url: string, id: string, source = "/page"): Promise<unknown[][]> {
  const { body } = await ask(url, "GET", `/messages?source=${source}&id=${id}`);
  const deliveries: Record<string, unknown>[] = body.deliveries ?? [];
  return deliveries.map(({ receiver, outcome, state, attempts }) => [receiver, outcome ?? state, attempts]).sort();
}

/** A port that nobody listens on. */
export function freePort(): number {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const { port } = listener.addr;
  listener.close();
  return port;
}

function gateOf(): { readonly gate: Gate; readonly pass: () => Promise<void> } {
  const waiting: (() => void)[] = [];
  let taken = 0;
  let limit = Infinity;
  const gate: Gate = {
    get taken() {
      return taken;
    },
    get held() {
      return waiting.length;
    },
    open(count) {
      limit = count;
      for (; taken < limit && waiting.length > 0; taken++) waiting.shift()!();
    },
  };
  const pass = () => {
    if (taken < limit) return Promise.resolve(void taken++);
    return new Promise<void>((resolve) => waiting.push(resolve));
  };
  return { gate, pass };
}
