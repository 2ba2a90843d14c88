/**
 * Opens the page where there is no network, and sends what closed pages have left in the outbox.
 *
 * @module
 */
import { outbox } from "@bellhop/bellhop/browser";
import { token } from "./page_token.ts";

/** What a service worker's events have besides. */
interface Work extends Event {
  readonly request: Request;
  waitUntil(done: Promise<unknown>): void;
  respondWith(response: Promise<Response>): void;
}

const FILES = ["/", "/page.js", "/token"];
const box = outbox({ gateway: "/bus", source: "/page", token });

on("install", (event) => event.waitUntil(caches.open("app").then((cache) => cache.addAll(FILES))));
on("fetch", (event) => {
  if (FILES.includes(new URL(event.request.url).pathname)) event.respondWith(freshOrKept(event.request));
});
on("sync", (event) => event.waitUntil(box.then((box) => box.flush())));

async function freshOrKept(request: Request): Promise<Response> {
  const cache = await caches.open("app");
  try {
    const response = await fetch(request);
    if (response.ok) await cache.put(request, response.clone());
    return response;
  } catch {
    return await cache.match(request) ?? Response.error();
  }
}

function on(type: string, act: (event: Work) => void): void {
  addEventListener(type, (event) => act(event as Work));
}
