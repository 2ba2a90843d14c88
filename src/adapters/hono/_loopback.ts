/**
 * Open mode's border: only who sits at this machine is served (spec SEC, "Open mode").
 *
 * @module
 */
import { BellhopError } from "../../core/error.ts";
import type { RequestFacts } from "./_request_facts.ts";

const IPV4 = String.raw`127\.\d{1,3}\.\d{1,3}\.\d{1,3}`;
// Anchored, of bounded repetition or with disjoint parts: linear in the length.
const PEER = new RegExp(`^(?:::1|(?:::ffff:)?${IPV4})$`, "i");
const HOST = new RegExp(String.raw`^(?:(?:[a-z0-9_-]{1,63}\.){0,8}localhost|${IPV4}|\[::1\])(?::\d{1,5})?$`, "i");

/**
 * Lets a request in or refuses it.
 *
 * @param peer the address it came from; not told means not from here
 * @param url the request's own, for servers that pass the authority on without a `Host` header (HTTP/2)
 * @throws {BellhopError} `open-mode-refused`
 */
export function assertLoopback(facts: RequestFacts, peer: string | undefined, url: string): void {
  if (peer !== "127.0.0.1" && (peer === undefined || !PEER.test(peer))) {
    throw refused(peer === undefined ? "The platform does not tell the peer's address" : "The peer is not on loopback");
  }
  const host = facts.host ?? hostOf(url);
  if (host === undefined || host.length > 253 || !HOST.test(host)) throw refused("The Host is not a name of loopback");
  if (facts.forwarded) throw refused("The request was passed on by a proxy");
  const { origin } = facts;
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) {
    throw refused("The Origin is another than the Host");
  }
}

function hostOf(url: string): string | undefined {
  try {
    return new URL(url).host;
  } catch {
    return undefined;
  }
}

function refused(detail: string): BellhopError {
  return new BellhopError("open-mode-refused", detail);
}
