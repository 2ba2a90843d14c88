/** What the kill test of the browser's outbox runs in a page: CRITICAL at full speed, and word of it to the site. */
import { outbox } from "@bellhop/bellhop/browser";
import { valueOf } from "../crash/numbered_record.ts";

/** What the test calls in the page. */
export interface OutboxWriterPage {
  /** How many messages have no final answer. */
  waiting(): Promise<number>;
  /** Publishes from now on, and never ends. */
  publishForEver(): void;
}

const PUBLISHERS = 16;

const opened = outbox({ gateway: "/bus", source: "/page", maxMessages: 100_000, maxLength: 1_073_741_824 });
/** Numbers that the site gave out, to be published: it knows them all before a message bears one. */
let numbers: Promise<number[]> = Promise.resolve([]);
let acknowledged: number[] = [];

async function nextNumber(): Promise<number> {
  for (;;) {
    const given = await numbers;
    const number = given.pop();
    if (number !== undefined) return number;
    // Whoever comes while they are on their way waits for the same ones.
    numbers = numbers.then((left) => left.length > 0 ? left : fetch("/numbers").then((answer) => answer.json()));
  }
}

async function publish(): Promise<never> {
  const box = await opened;
  for (;;) {
    const number = await nextNumber();
    await box.publish("page.numbered", valueOf(number), { id: String(number), priority: "CRITICAL" });
    // Only now: what the site hears of was promised to be safe.
    acknowledged.push(number);
  }
}

/** One request after another, so that those of the outbox find a connection too. */
async function tellForEver(): Promise<never> {
  for (;;) {
    const told = acknowledged;
    acknowledged = [];
    await fetch("/acknowledged", { method: "POST", body: JSON.stringify(told) });
  }
}

const page: OutboxWriterPage = {
  waiting: async () => (await (await opened).list()).length,
  publishForEver() {
    for (let publisher = 0; publisher < PUBLISHERS; publisher++) publish();
    tellForEver();
  },
};

Object.assign(globalThis, { writer: page });
