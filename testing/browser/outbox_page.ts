/** What a page, a tab and a service worker of the browser test of `outbox()` run. */
import { type Ended, type Outbox, outbox } from "@bellhop/bellhop/browser";

/** What the test calls in a page. */
export interface OutboxPage {
  /** Publishes; gives the id, or the error's code. */
  publish(id: string, priority: "LOW" | "NORMAL" | "HIGH" | "CRITICAL"): Promise<string>;
  /** Many at once, whose ids begin so. */
  publishMany(prefix: string, count: number): Promise<readonly string[]>;
  /** Ids of what waits. */
  waiting(): Promise<readonly string[]>;
  /** What `onFailed` was told. */
  failed(): Promise<readonly string[]>;
  /** Ids of what `onSent` was told. */
  sent(): Promise<readonly string[]>;
  close(): Promise<void>;
}

const failed: string[] = [];
const sent: string[] = [];
const opened: Promise<Outbox> = outbox({
  gateway: "/bus",
  source: "/page",
  onFailed: ({ id, outcome }: Ended) => failed.push(`${id} ${outcome}`),
  onSent: ({ id }: Ended) => sent.push(id),
});

async function publish(id: string, priority: "LOW" | "NORMAL" | "HIGH" | "CRITICAL"): Promise<string> {
  const box = await opened;
  return await box.publish("page.clicked", { id }, { id, priority }).then(
    ({ durability }) => durability,
    (error) => error.code,
  );
}

const page: OutboxPage = {
  publish,
  publishMany: (prefix, count) =>
    Promise.all(Array.from({ length: count }, (_, n) => publish(`${prefix}${n}`, n % 2 === 0 ? "CRITICAL" : "NORMAL"))),
  waiting: async () => (await (await opened).list()).map(({ id }) => id),
  failed: () => Promise.resolve(failed),
  sent: () => Promise.resolve(sent),
  close: async () => await (await opened).close(),
};

Object.assign(globalThis, { box: page });

// In a service worker: the browser wakes it when there is a network, and waits for it.
globalThis.addEventListener("sync", (event) => {
  (event as unknown as { waitUntil(done: Promise<unknown>): void }).waitUntil(opened.then((box) => box.flush()));
});
