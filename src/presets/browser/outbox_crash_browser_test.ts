import { assertEquals, assertGreater } from "@std/assert";
import { Hono } from "hono";
import { type ProfiledChromium, startChromiumOn } from "../../../testing/browser/chromium_profile.ts";
import type { OutboxWriterPage } from "../../../testing/browser/outbox_writer_page.ts";
import { valueOf } from "../../../testing/crash/numbered_record.ts";
import { seededRandom } from "../../testing/seeded_random.ts";
import { connect, gateway, serve, service, sqlite } from "../server/mod.ts";
import { until } from "../../../testing/until.ts";
import { bundled } from "../../../testing/browser/bundled.ts";

// Chromium is killed whole, before a real gateway. What its page does is `testing/browser/outbox_writer_page.ts`.

const CYCLES = 5;
/** Numbers given to the page at a time. */
const GIVEN_AT_ONCE = 200;
const SLOW_MS = 30;

type Page = Awaited<ReturnType<ProfiledChromium["context"]["newPage"]>>;

Deno.test("outbox() in Chromium delivers every acknowledged CRITICAL although the browser is killed, and invents none", async () => {
  const seed = Number(Deno.env.get("FC_SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0]);
  // The instants go by the seed; where in a flush each falls goes by the machine as well.
  const random = seededRandom(seed);
  const folder = await Deno.makeTempDir({ prefix: "bellhop-" });
  let browser: ProfiledChromium | undefined;
  let rested = 0;
  try {
    await using site = await openSite(`${folder}/bus.db`);
    for (let cycle = 0; cycle <= CYCLES; cycle++) {
      browser = await startChromiumOn(`${folder}/profile`);
      const page = await pageOf(browser, site.origin);
      await until(async () => await ask(page, "waiting") === 0);
      const missing = (): number[] => [...site.acknowledged].filter((number) => !site.delivered.has(number));
      await until(() => missing().length === 0).catch(() => {});
      assertEquals(missing(), [], `cycle ${cycle}: acknowledged, not delivered`);
      assertEquals(site.invented, [], `cycle ${cycle}`);
      if (cycle === CYCLES) break;

      site.answers(cycle % 2 === 0 ? "never" : "late");
      const wanted = site.acknowledged.size + 1 + Math.floor(random() * 250);
      await ask(page, "publishForEver");
      await until(() => site.acknowledged.size >= wanted);
      await new Promise((resolve) => setTimeout(resolve, random() * 15));
      await browser.kill();
      // The gateway has not got them: they are nowhere but in the browser's store.
      rested += missing().length;
      site.answers("at once");
    }
    assertGreater(rested, CYCLES);
    printLine(
      `killed ${CYCLES} times: ${site.acknowledged.size} acknowledged, ${rested} of them in the store alone, ` +
        `${site.delivered.size} delivered; FC_SEED=${seed}`,
    );
  } finally {
    await browser?.kill();
    await Deno.remove(folder, { recursive: true });
  }
});

interface Site extends AsyncDisposable {
  readonly origin: string;
  /** Numbers of which the page said that `publish()` had resolved. */
  readonly acknowledged: ReadonlySet<number>;
  /** Numbers that the receiver got. */
  readonly delivered: ReadonlySet<number>;
  /** What the receiver got and nobody published, or not so. */
  readonly invented: readonly string[];
  /** From now on the gateway answers so to who publishes. */
  answers(how: "at once" | "late" | "never"): void;
}

/** The page and a gateway on one origin, and a service that takes what the page publishes. */
async function openSite(store: string): Promise<Site> {
  const script = await bundled(new URL("../../../testing/browser/outbox_writer_page.ts", import.meta.url));
  const acknowledged = new Set<number>();
  const delivered = new Set<number>();
  const invented: string[] = [];
  let given = 0;
  let answers: "at once" | "late" | "never" = "at once";
  let over = Promise.withResolvers<void>();

  const numbered = service({ name: "numbered", version: "1.0.0" }).on("page.numbered", ({ id, data }) => {
    const number = Number(id);
    if (number > given || data !== valueOf(number)) invented.push(id);
    delivered.add(number);
  });
  const receiver = await serve(new Hono().route("/bellhop", numbered), { port: 0 });
  const bus = gateway({ open: true, store: sqlite(store) });
  const app = new Hono()
    .post("/bus/messages", async (c, next) => {
      if (answers === "never") {
        await over.promise;
        return c.body(null, 503);
      }
      if (answers === "late") await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
      await next();
    })
    .route("/bus", bus)
    .get(
      "/",
      (c) => c.html(`<!DOCTYPE html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>`),
    )
    .get("/page.js", (c) => c.body(script, 200, { "content-type": "text/javascript" }))
    .get("/numbers", (c) => c.json(Array.from({ length: GIVEN_AT_ONCE }, () => ++given)))
    .post("/acknowledged", async (c) => {
      for (const number of await c.req.json()) acknowledged.add(number);
      return c.body(null, 204);
    });
  const server = await serve(app, { port: 0 });
  const client = await connect(numbered, { gateway: `${server.url}/bus`, endpoint: `${receiver.url}/bellhop` });
  return {
    origin: server.url,
    acknowledged,
    delivered,
    invented,
    answers(how) {
      answers = how;
      over.resolve();
      over = Promise.withResolvers();
    },
    async [Symbol.asyncDispose]() {
      await client.close({ deadlineMs: 0 });
      await server.close({ deadlineMs: 100 });
      await bus.close({ deadlineMs: 100 });
      await receiver.close({ deadlineMs: 100 });
    },
  };
}

async function pageOf({ context }: ProfiledChromium, origin: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(origin);
  await page.waitForFunction("typeof writer === 'object'");
  return page;
}

/** Calls one of the page's functions. */
function ask<K extends keyof OutboxWriterPage>(page: Page, name: K): Promise<Awaited<ReturnType<OutboxWriterPage[K]>>> {
  return page.evaluate(async (name) => {
    const { writer } = globalThis as unknown as { writer: Record<string, () => unknown> };
    return await writer[name]();
  }, name as string) as Promise<Awaited<ReturnType<OutboxWriterPage[K]>>>;
}

function printLine(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
}
