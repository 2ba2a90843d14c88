import { assert, assertEquals, assertGreater, assertLessOrEqual, assertStringIncludes } from "@std/assert";
import { type ProfiledChromium, startChromiumOn } from "../../../testing/browser/chromium_profile.ts";
import { WINDOW } from "../../../testing/crash/numbered_record.ts";
import { whyNoTrace } from "../../../testing/crash/strace.ts";
import type { Outcome, Stores } from "../../../testing/browser/indexed_db_page.ts";
import { seededRandom } from "../../testing/seeded_random.ts";
import { until } from "../../../testing/until.ts";
import { bundled } from "../../../testing/browser/bundled.ts";

// All of it in Chromium on a profile on the disk. What a page holds is `testing/browser/indexed_db_page.ts`.

/** A page, or a service worker. */
interface Place {
  evaluate<R, A>(run: (argument: A) => R | Promise<R>, argument: A): Promise<R>;
}

type Page = Awaited<ReturnType<ProfiledChromium["context"]["newPage"]>>;

interface Site {
  readonly browser: ProfiledChromium;
  readonly origin: string;
  /** A tab of its own. */
  page(): Promise<Page>;
}

const PUBLISHERS = 50;

const HTML = `<!DOCTYPE html><script type="module" src="/script.js"></script>`;
const untraceable = await whyNoTrace("indexed_db_browser_test");

let chromium: ProfiledChromium;
const profile = await Deno.makeTempDir({ prefix: "bellhop-" });

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
  "indexeddb() keeps the contract in a page and in a service worker, and every transaction that writes is strict",
  afterStart,
  async (t) => {
    await onSite(async (site) => {
      const page = await site.page();
      const places: readonly (readonly [string, Place])[] = [["page", page], ["service worker", await workerOf(page)]];
      const titles = await ask(page, "checks");
      assertGreater(titles.length, 15);
      for (const [place, where] of places) {
        for (const title of titles) {
          await t.step(`${place}: ${title}`, async () => assertEquals(await ask(where, "check", title), {}));
        }
        const writes = (await ask(where, "begun")).filter(({ mode }) => mode !== "readonly");
        assertGreater(writes.length, 20);
        assertEquals(writes.filter(({ mode, durability }) => mode !== "readwrite" || durability !== "strict"), []);
      }
    });
  },
);

Deno.test("write() puts all that is asked for at one moment into one transaction", async () => {
  await onSite(async (site) => {
    const page = await site.page();
    await ask(page, "open", "group");
    await ask(page, "begun");
    const writes = Array.from({ length: PUBLISHERS }, (_, n) => [put(`${n}`, "x")]);
    assertEquals(await ask(page, "write", "group", writes), writes.map(() => ({})));
    assertEquals(await ask(page, "begun"), [{ mode: "readwrite", durability: "strict" }]);
  });
});

Deno.test("write() beyond the browser's quota is refused with not-durable; what was acknowledged stays, and with room the store goes on", async () => {
  await onSite(async (site) => {
    const page = await site.page();
    const session = await site.browser.context.newCDPSession(page);
    assertEquals(await ask(page, "open", "quota"), {});
    await session.send("Storage.overrideQuotaForOrigin", { origin: site.origin, quotaSize: 4_000_000 });
    const acknowledged: string[] = [];
    let refused: Outcome = {};
    for (let n = 100; refused.code === undefined; n++) {
      assertLessOrEqual(n, 200, "the quota was never felt");
      refused = await ask(page, "fill", "quota", `${n}`, 256_000);
      if (refused.code === undefined) acknowledged.push(`${n}`);
    }
    assertEquals(refused.code, "not-durable");
    assertStringIncludes(refused.text!, "quota");
    assertGreater(acknowledged.length, 2);
    const late = await ask(page, "fill", "quota", "late", 1);
    assertEquals(late.code, "store-closed");
    assertStringIncludes(late.text!, "open it anew");
    assertEquals(await ask(page, "keys", "quota"), acknowledged);
    assertEquals(await ask(page, "close", "quota"), {});

    // Opened anew without room it is as it was: nothing lost, nothing taken.
    assertEquals(await ask(page, "open", "quota"), {});
    assertEquals(await ask(page, "keys", "quota"), acknowledged);
    assertEquals((await ask(page, "fill", "quota", "still", 256_000)).code, "not-durable");
    assertEquals(await ask(page, "close", "quota"), {});

    await session.send("Storage.overrideQuotaForOrigin", { origin: site.origin });
    assertEquals(await ask(page, "open", "quota"), {});
    assertEquals(await ask(page, "fill", "quota", "room", 256_000), {});
    assertEquals(await ask(page, "keys", "quota"), [...acknowledged, "room"]);
  });
});

Deno.test("a second tab gets store-locked, and owns the store after the first was closed or has crashed", async () => {
  await onSite(async (site) => {
    const [first, second] = [await site.page(), await site.page()];
    assertEquals(await ask(first, "open", "shared"), {});
    assertEquals(await ask(first, "fill", "shared", "a", 10), {});
    assertEquals((await ask(second, "open", "shared")).code, "store-locked");
    await first.close();
    await becomesOwner(second, "shared");
    assertEquals(await ask(second, "keys", "shared"), ["a"]);

    const third = await site.page();
    assertEquals((await ask(third, "open", "shared")).code, "store-locked");
    const crash = (await site.browser.context.newCDPSession(second)).send("Page.crash").catch(() => {});
    await becomesOwner(third, "shared");
    assertEquals(await ask(third, "keys", "shared"), ["a"]);
    await second.close();
    await crash;
  });
});

Deno.test("a service worker and a page own one store in turn", async () => {
  await onSite(async (site) => {
    const page = await site.page();
    const worker = await workerOf(page);
    assertEquals(await ask(worker, "open", "turns"), {});
    assertEquals((await ask(page, "open", "turns")).code, "store-locked");
    assertEquals(await ask(worker, "fill", "turns", "a", 10), {});
    assertEquals(await ask(worker, "close", "turns"), {});
    assertEquals(await ask(page, "open", "turns"), {});
    assertEquals(await ask(page, "keys", "turns"), ["a"]);
  });
});

Deno.test("a store whose data the user clears refuses each write from then on, and can be opened anew", async () => {
  await onSite(async (site) => {
    const page = await site.page();
    const session = await site.browser.context.newCDPSession(page);
    assertEquals(await ask(page, "open", "cleared"), {});
    assertEquals(await ask(page, "fill", "cleared", "a", 10), {});
    const writing = ask(page, "writeUntilRefused", "cleared");
    await session.send("Storage.clearDataForOrigin", { origin: site.origin, storageTypes: "indexeddb" });
    // What was under way settles too, and nothing after it is taken.
    assertEquals((await writing).join(" ").replace(/^(kept ?)*(not-durable ?){0,3}(store-closed ?)*$/, ""), "");
    // The browser says last why it failed.
    await until(async () => (await ask(page, "scanOutcome", "cleared")).text?.includes("was closed by the browser"));
    assertEquals((await ask(page, "fill", "cleared", "b", 1)).code, "store-closed");
    assertEquals((await ask(page, "open", "cleared")).code, "store-locked");
    assertEquals(await ask(page, "close", "cleared"), {});
    assertEquals(await ask(page, "open", "cleared"), {});
    assertEquals(await ask(page, "fill", "cleared", "d", 10), {});
  });
});

Deno.test("deleteDatabase() by other code waits until the store is closed, and no write is lost meanwhile", async () => {
  await onSite(async (site) => {
    const page = await site.page();
    assertEquals(await ask(page, "open", "wanted"), {});
    assertEquals(await ask(page, "fill", "wanted", "a", 10), {});
    await ask(page, "startDeleting", "wanted");
    assertEquals(await ask(page, "fill", "wanted", "b", 10), {});
    assertEquals(await ask(page, "keys", "wanted"), ["a", "b"]);
    assertEquals(await ask(page, "close", "wanted"), {});
    await ask(page, "deleted");
    assertEquals(await ask(page, "open", "wanted"), {});
    assertEquals(await ask(page, "keys", "wanted"), []);
  });
});

Deno.test("indexeddb() gives up with store-failed when another connection keeps the browser from opening", async () => {
  await onSite(async (site) => {
    const [page, other] = [await site.page(), await site.page()];
    await ask(other, "make", "blocked", 1, { diary: [] });
    await ask(other, "hold", "blocked");
    await ask(other, "startDeleting", "blocked");
    const refused = await ask(page, "open", "blocked", { openTimeoutMs: 200 });
    assertEquals(refused.code, "store-failed");
    assertStringIncludes(refused.text!, "200 ms");
    await other.close();
    await becomesOwner(page, "blocked");
  });
});

Deno.test("a store whose lock is stolen takes no write any more", async () => {
  await onSite(async (site) => {
    const [page, thief] = [await site.page(), await site.page()];
    assertEquals(await ask(page, "open", "stolen"), {});
    await ask(thief, "steal", "stolen");
    await until(async () => (await ask(page, "fill", "stolen", "a", 10)).code === "store-closed");
    assertEquals((await ask(page, "scanOutcome", "stolen")).code, "store-closed");
    assertEquals(await ask(page, "close", "stolen"), {});
  });
});

Deno.test("indexeddb() opens databases of schema 1 for ever, and leaves alone what is newer or of something else", async () => {
  const fixture = JSON.parse(
    await Deno.readTextFile(new URL("../../../testing/stores/indexed_db_1.json", import.meta.url)),
  );
  await onSite(async (site) => {
    const page = await site.page();
    await ask(page, "make", "one", 1, fixture);
    assertEquals(await ask(page, "open", "one"), {});
    for (const keyspace of ["messages", "deliveries", "outcomes", "registry"] as const) {
      const records = await ask(page, "scan", "one", keyspace);
      assertEquals(records.map(({ key, value }) => [key, value]), fixture[keyspace]);
    }
    assertEquals(await ask(page, "fill", "one", "added", 10), {});

    await ask(page, "make", "newer", 1_000, fixture);
    assertEquals((await ask(page, "open", "newer")).code, "store-version");
    assertEquals(await ask(page, "look", "newer"), { version: 1_000, stores: Object.keys(fixture).sort() });

    await ask(page, "make", "foreign", 1, { diary: [["Monday", "rain"]] });
    const refused = await ask(page, "open", "foreign");
    assertEquals(refused.code, "store-failed");
    assertStringIncludes(refused.text!, "something else");
    assertEquals(await ask(page, "look", "foreign"), { version: 1, stores: ["diary"] });
  });
});

Deno.test("indexeddb() rejects with store-unavailable where a page gets no locks, and says what to do", async () => {
  await onSite(async (site) => {
    const insecure = await site.browser.context.newPage();
    await insecure.route("http://shop.invalid/**", (route) => {
      const isScript = route.request().url().endsWith(".js");
      return route.fulfill({ contentType: isScript ? "text/javascript" : "text/html", body: isScript ? script : HTML });
    });
    await insecure.goto("http://shop.invalid/");
    await insecure.waitForFunction("typeof stores === 'object'");
    const refused = await ask(insecure, "open", "insecure");
    assertEquals(refused.code, "store-unavailable");
    assertStringIncludes(refused.text!, "https");
    await insecure.close();

    const page = await site.page();
    await page.setContent(`<iframe sandbox="allow-scripts" src="${site.origin}/"></iframe>`);
    await until(() => Promise.resolve(page.frames().length === 2));
    const frame = page.frames()[1];
    await frame.waitForFunction("typeof stores === 'object'");
    assertEquals((await ask(frame, "open", "sandboxed")).code, "store-unavailable");
  });
});

Deno.test({
  name: "each transaction of a store is flushed by a system call of its own before the write is acknowledged",
  ignore: untraceable !== undefined,
  async fn() {
    await onSite(async (site) => {
      const page = await site.page();
      assertEquals(await ask(page, "open", "flushed"), {});
      const flushes = await flushesDuring(site.browser, async () => {
        for (let n = 0; n < 20; n++) assertEquals(await ask(page, "fill", "flushed", `${n}`, 100), {});
      });
      assertGreater(flushes, 19);
      // 50 at once are one transaction. The browser flushes a few more times by itself.
      const writes = Array.from({ length: PUBLISHERS }, (_, n) => [put(`${n}`, "x")]);
      const shared = await flushesDuring(site.browser, async () => {
        assertEquals(await ask(page, "write", "flushed", writes), writes.map(() => ({})));
      });
      assert(shared >= 1 && shared < 10, `${shared} flushes for one group`);
    });
  },
});

Deno.test("indexeddb() loses no acknowledged record to a SIGKILL of the browser, invents none and keeps their order", async () => {
  const CYCLES = 5;
  const seed = Number(Deno.env.get("FC_SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0]);
  // The instants go by the seed; where in a flush each falls goes by the machine as well.
  const random = seededRandom(seed);
  let last = 0;
  let unacknowledged = 0;
  await onProfile(async (start, origin) => {
    for (let cycle = 0; cycle <= CYCLES; cycle++) {
      const browser = await start();
      const page = await pageOf(browser, origin);
      await becomesOwner(page, "killed");
      const kept = await ask(page, "numbered", "killed", "messages");
      assertEquals(kept.invented, []);
      assertEquals(await ask(page, "numbered", "killed", "deliveries"), kept, "one write was torn in two");
      const found = kept.numbers.at(-1) ?? 0;
      assertLessOrEqual(last, found, `cycle ${cycle}: an acknowledged record is gone`);
      // A prefix: everything up to the last one, but for what later writes deleted.
      const first = Math.max(1, found - WINDOW + 1);
      assertEquals(kept.numbers, Array.from({ length: found - first + 1 }, (_, index) => first + index));
      unacknowledged += found - last;
      last = found;
      if (cycle === CYCLES) break;
      const wanted = found + 1 + Math.floor(random() * 300);
      await page.exposeFunction("acknowledged", (n: number) => last = n);
      await ask(page, "writeForEver", "killed", found + 1);
      await until(() => Promise.resolve(last >= wanted));
      await new Promise((resolve) => setTimeout(resolve, random() * 15));
      await browser.kill();
    }
  });
  assertGreater(last, CYCLES);
  printLine(`kill test: ${last} records, ${unacknowledged} kept that no one had heard of; FC_SEED=${seed}`);
});

Deno.test("a write that a kill cut off in the browser's log costs nothing acknowledged, in this life or the next", async () => {
  await onProfile(async (start, origin, profile) => {
    for (let life = 0; life < 3; life++) {
      const browser = await start();
      const page = await pageOf(browser, origin);
      assertEquals(await ask(page, "open", "torn"), {});
      assertEquals(await ask(page, "keys", "torn"), ["0", "1", "2"].slice(0, life));
      assertEquals(await ask(page, "fill", "torn", `${life}`, 1_000), {});
      await browser.close();
      // LevelDB's head of a record of 1,000 bytes, and 10 of them.
      const half = new Uint8Array([1, 2, 3, 4, 0xe8, 3, 1, ...new Uint8Array(10)]);
      if (life === 0) await Deno.writeFile(await logOf(profile), half, { append: true });
    }
  });
});

Deno.test("indexeddb() says once that the browser deleted a damaged database, and then begins with an empty one", async () => {
  await onProfile(async (start, origin, profile) => {
    let browser = await start();
    let page = await pageOf(browser, origin);
    assertEquals(await ask(page, "open", "damaged"), {});
    assertEquals(await ask(page, "fill", "damaged", "a", 10_000), {});
    await browser.close();
    const log = await logOf(profile);
    const bytes = await Deno.readFile(log);
    bytes.fill(0xa5, bytes.length >> 1, (bytes.length >> 1) + 4);
    await Deno.writeFile(log, bytes);

    browser = await start();
    page = await pageOf(browser, origin);
    const refused = await ask(page, "open", "damaged");
    assertEquals(refused.code, "store-failed");
    assertStringIncludes(refused.text!, "acknowledged is gone");
    assertEquals(await ask(page, "open", "damaged"), {});
    assertEquals(await ask(page, "keys", "damaged"), []);
    assertEquals(await ask(page, "fill", "damaged", "b", 10), {});
    await browser.close();
  });
});

/** How often the browser flushes its log of IndexedDB meanwhile. */
async function flushesDuring({ pid }: ProfiledChromium, act: () => Promise<void>): Promise<number> {
  const trace = await Deno.makeTempFile({ prefix: "bellhop-" });
  const strace = new Deno.Command("strace", {
    args: ["-f", "-y", "-e", "trace=fdatasync,fsync", "-o", trace, "-p", String(pid)],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let said = "";
  const listening = (async () => {
    for await (const text of strace.stderr.pipeThrough(new TextDecoderStream())) said += text;
  })();
  await until(() => Promise.resolve(said.includes("attached")));
  await act();
  strace.kill("SIGINT");
  await strace.status;
  await listening;
  const calls = (await Deno.readTextFile(trace)).split("\n").filter((line) => /sync\(\d+<.*\.indexeddb\./.test(line));
  await Deno.remove(trace);
  return calls.length;
}

function printLine(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
}

/** Calls one of the page's functions. */
function ask<K extends keyof Stores>(
  place: Place,
  name: K,
  ...args: Parameters<Stores[K]>
): Promise<Awaited<ReturnType<Stores[K]>>> {
  return place.evaluate(
    ([name, args]) =>
      (globalThis as unknown as { stores: Record<string, (...args: unknown[]) => unknown> }).stores[name](...args),
    [name, args] as const,
  ) as Promise<Awaited<ReturnType<Stores[K]>>>;
}

/** The browser frees what a page held some time after it is gone. */
async function becomesOwner(place: Place, name: string): Promise<void> {
  let outcome: Outcome = {};
  await until(async () => {
    outcome = await ask(place, "open", name);
    return outcome.code !== "store-locked";
  });
  assertEquals(outcome, {});
}

function put(key: string, value: string): { keyspace: "messages"; key: string; value: string } {
  return { keyspace: "messages", key, value };
}

/** An origin that no other test has, so that its data and its quota are its own. */
async function onSite(test: (site: Site) => Promise<void>): Promise<void> {
  const server = serve();
  const pages: Page[] = [];
  async function page(): Promise<Page> {
    const opened = await pageOf(chromium, server.origin);
    pages.push(opened);
    return opened;
  }
  try {
    await test({ browser: chromium, origin: server.origin, page });
  } finally {
    await Promise.all(pages.map((page) => page.close()));
    await server.close();
  }
}

/** Browsers one after another on a profile of their own, for a site that stays. */
async function onProfile(
  test: (start: () => Promise<ProfiledChromium>, origin: string, profile: string) => Promise<void>,
): Promise<void> {
  const server = serve();
  const profile = await Deno.makeTempDir({ prefix: "bellhop-" });
  let browser: ProfiledChromium | undefined;
  try {
    await test(async () => browser = await startChromiumOn(profile), server.origin, profile);
  } finally {
    await browser?.kill();
    await server.close();
    await Deno.remove(profile, { recursive: true });
  }
}

/** The file to which Chromium appends an origin's writes; a Chromium without one keeps them in another way. */
async function logOf(profile: string): Promise<string> {
  const folder = `${profile}/Default/IndexedDB`;
  for await (const { name } of Deno.readDir(folder)) {
    for await (const { name: file } of Deno.readDir(`${folder}/${name}`)) {
      if (file.endsWith(".log")) return `${folder}/${name}/${file}`;
    }
  }
  throw new Error("this Chromium keeps IndexedDB in no LevelDB: see _indexed_db_log.ts for what that changes");
}

async function pageOf({ context }: ProfiledChromium, origin: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(origin);
  await page.waitForFunction("typeof stores === 'object'");
  return page;
}

async function workerOf(page: Page): Promise<Place> {
  const started = page.context().waitForEvent("serviceworker");
  await page.evaluate(`navigator.serviceWorker.register("/script.js", { type: "module" })`);
  return await started;
}

/** A page that is nothing but the script, and the script. */
function serve(): { readonly origin: string; readonly close: () => Promise<void> } {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const isScript = new URL(request.url).pathname === "/script.js";
    return new Response(isScript ? script : HTML, {
      // A frame without an origin may load the script too.
      headers: { "content-type": isScript ? "text/javascript" : "text/html", "access-control-allow-origin": "*" },
    });
  });
  return { origin: `http://127.0.0.1:${server.addr.port}`, close: () => server.shutdown() };
}

const script = await bundled(new URL("../../../testing/browser/indexed_db_page.ts", import.meta.url));
