/**
 * A service under development: it comes up late, goes away, and comes back with other subscriptions.
 *
 * @module
 */
import type { Transport } from "../ports/transport.ts";
import { pause } from "./pause.ts";

/** What was found at a service's URL. */
export interface Found {
  readonly name: string;
  readonly version: string;
  readonly subscriptions: readonly string[];
}

/** How services are looked for. */
export interface Watch {
  /** Reads a service's manifest. */
  readonly transport: Pick<Transport, "manifest">;
  /** Has the gateway discover the URL; rejects with why it does not. */
  discover(url: string): Promise<Found>;
  /** Found for the first time, or again, or with another manifest. */
  onFound(url: string, found: Found): void;
  /** Why it is not found; said once for each reason. */
  onMissing(url: string, reason: string): void;
}

const EVERY_MS = 1_000;
const TIMEOUT_MS = 5_000;

/** Looks once a second, and has the gateway discover the service whenever it came up or says something new of itself. */
export async function watchService(url: string, watch: Watch, signal: AbortSignal): Promise<void> {
  let known = "";
  let missing = "";
  while (!signal.aborted) {
    try {
      const manifest = JSON.stringify(await watch.transport.manifest(url, TIMEOUT_MS));
      if (manifest !== known && !signal.aborted) watch.onFound(url, await watch.discover(url));
      known = manifest;
      missing = "";
    } catch (error) {
      const { message } = error as Error;
      if (message !== missing && !signal.aborted) watch.onMissing(url, message);
      known = "";
      missing = message;
    }
    await pause(EVERY_MS, signal);
  }
}

/** A URL as people write it: `localhost:8001/bellhop` is one. */
export function serviceUrl(text: string): string | undefined {
  const url = /^https?:\/\//i.test(text) ? text : `http://${text}`;
  return URL.canParse(url) && !/\s/.test(url) ? url.replace(/\/+$/, "") : undefined;
}
