/**
 * What must happen on every runtime, told over HTTP alone. Who receives is called, or asks: the story does not see which.
 *
 * @module
 */
import { assertEquals } from "@std/assert";

/** Credentials of the app under test. */
export const TOKEN = "tok_ZXZlcnl3aGVyZS10ZXN0LXRva2Vu";
/** Signs its deliveries. */
export const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

const PATIENCE_MS = 30_000;

/** One request to the gateway of the app at `url`. */
export async function ask(url: string, method: string, path: string, event?: object, prefer?: string) {
  const response = await fetch(`${url}/bus${path}`, {
    method,
    headers: {
      authorization: `Bearer ${TOKEN}`,
      "content-type": "application/cloudevents+json",
      ...(prefer === undefined ? {} : { prefer }),
    },
    ...(event === undefined ? {} : {
      body: JSON.stringify({ specversion: "1.0", source: "/shop", type: "order.placed", ...event }),
    }),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
}

/** Resolves when the gateway of the app knows the receiver, by finding it or from itself. */
export async function found(url: string, receiver = "orders"): Promise<void> {
  await until(
    async () => (await ask(url, "GET", `/services/${receiver}`)).body?.instances?.length > 0,
    "the service",
  );
}

/** Publishes and gives what came of it, as `[status, outcome, attempts]`. */
export async function place(url: string, event: object): Promise<unknown[]> {
  const { status, body } = await ask(url, "POST", "/messages", event, "wait=20");
  const [delivery] = body.status?.deliveries ?? [];
  return [status, delivery?.outcome, delivery?.attempts];
}

/** Every kind of end that a message comes to, and what is kept of it. */
export async function tellStory(url: string, target = "orders"): Promise<void> {
  await found(url, target);
  assertEquals(await place(url, { target, id: "1" }), [200, "delivered", 1]);
  assertEquals(await place(url, { target, id: "2", data: { failures: 2 } }), [200, "delivered", 3]);
  const third = { target, id: "3", priority: "CRITICAL", data: { failures: 1 } };
  assertEquals(await place(url, third), [200, "delivered", 2]);
  assertEquals(await place(url, { target, id: "4", data: { impossible: true } }), [200, "rejected", 1]);
  const again = await ask(url, "POST", "/messages", third);
  assertEquals([again.status, again.body.duplicate, again.body.durability], [202, true, "flushed"]);
  const [letter] = (await ask(url, "GET", "/dead-letters")).body.deadLetters;
  assertEquals([letter.receiver, letter.outcome], [target, "rejected"]);
  assertEquals((await ask(url, "POST", `/dead-letters/${letter.id}/redrive`)).body.run, 2);
  await until(async () => (await ask(url, "GET", "/dead-letters")).body.deadLetters[0]?.run === 2, "the second run");
  const stranger = await fetch(`${url}/bus/services`);
  assertEquals([stranger.status, (await stranger.json()).code], [401, "unauthorized"]);
}

/** A CRITICAL that fails four times, so that a restart comes between two of its attempts. */
export async function beginLong(url: string, target = "orders"): Promise<void> {
  const event = { target, id: "long", priority: "CRITICAL", data: { failures: 4 } };
  assertEquals((await ask(url, "POST", "/messages", event)).status, 202);
  await until(async () => (await attempts(url)) >= 2, "two attempts");
}

/** It goes on where it was. */
export async function endLong(url: string): Promise<void> {
  await until(
    async () =>
      (await ask(url, "GET", "/messages?source=/shop&id=long")).body?.deliveries?.[0]?.outcome === "delivered",
    "its end",
  );
  assertEquals(await attempts(url) >= 5, true);
}

/** Asks until it holds; what is thrown on the way is not yet. */
export async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  for (const endMs = Date.now() + PATIENCE_MS; !(await holds().catch(() => false));) {
    if (Date.now() > endMs) throw new Error(`${PATIENCE_MS} ms have passed without ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function attempts(url: string): Promise<number> {
  return (await ask(url, "GET", "/messages?source=/shop&id=long")).body?.deliveries?.[0]?.attempts ?? 0;
}
