/**
 * The endpoint guard of open mode: addresses of this machine alone.
 *
 * @module
 */
import { BellhopError } from "../../core/error.ts";

// A URL's host is normalized: 127.1 and 0x7f000001 have become 127.0.0.1 here.
const LOOPBACK = /^(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/;

/**
 * Lets an endpoint pass that is an http or https URL on loopback.
 *
 * @throws {BellhopError} `endpoint-refused`
 */
export function assertLoopbackEndpoint(endpoint: string): void {
  if (!URL.canParse(endpoint)) throw refused("is not a URL");
  const { protocol, hostname, username, password } = new URL(endpoint);
  if (protocol !== "http:" && protocol !== "https:") throw refused("is neither http nor https");
  if (username !== "" || password !== "") throw refused("carries credentials");
  if (!LOOPBACK.test(hostname)) throw refused("is not on loopback");
}

function refused(why: string): BellhopError {
  return new BellhopError("endpoint-refused", `The endpoint ${why}`, { field: "endpoint" });
}
