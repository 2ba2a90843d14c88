/**
 * The endpoint guard: where a gateway may be sent by those who register endpoints, and where not.
 *
 * The engine asks `check` when an endpoint is registered; the transport asks `admit` before each connection, and, where
 * it can, dials one of the addresses that it gives.
 *
 * @module
 */
import { BellhopError } from "../core/error.ts";
import { addressKind } from "./address.ts";
import { createHostList } from "./_host_list.ts";

/**
 * What the guard can promise: `pinned`, an address that was checked is the one dialled; `platform`, the runtime itself
 * forbids private addresses; `checked`, the runtime resolves again what was checked, so that only hosts of the
 * allow-list are let through.
 */
export type GuardLevel = "pinned" | "platform" | "checked";

/** How the guard is made. */
export interface EndpointGuardOptions {
  /** Declared in the gateway's manifest: what transport and runtime keep, not what is wished for. */
  readonly level: GuardLevel;
  /**
   * At most 1,000 hosts that may have private addresses: a name, an IP address, or `*.` and a suffix, which stands for
   * every name below it. Required at `checked`, where no other host is let through.
   */
  readonly allowHosts?: readonly string[];
  /** The addresses of a name, all of them. Required but at `platform`. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
}

/** Judges endpoints. */
export interface EndpointGuard {
  /** As declared. */
  readonly level: GuardLevel;
  /**
   * What can be said of a URL without resolving its host.
   *
   * @throws {BellhopError} `endpoint-refused`
   */
  check(url: string): void;
  /**
   * What can be said once the host is resolved: one address at fault refuses all.
   *
   * @param host as in the URL
   * @throws {BellhopError} `endpoint-refused`; `unreachable` if there is no address
   */
  checkAddresses(host: string, addresses: readonly string[]): void;
  /**
   * Both, with the resolver of the guard.
   *
   * @returns the addresses that may be dialled; none at `platform`, where the runtime finds them
   * @throws {BellhopError} `endpoint-refused`; `unreachable` if the host cannot be resolved
   */
  admit(url: string): Promise<readonly string[]>;
}

/** Most addresses of one host. */
export const MAX_ADDRESSES = 64;

const MAX_URL_LENGTH = 2_048;
const LEVELS: readonly string[] = ["pinned", "platform", "checked"];

/**
 * A guard for gateways that serve others than their own machine.
 *
 * A host of the allow-list may have a private or a loopback address. A link-local one, where clouds keep the credentials
 * of their machines, may be listed itself, but no listed name may lead to it.
 *
 * Source: spec SEC, "Endpoint guard".
 *
 * @throws {BellhopError} `argument-invalid` without a resolver or an allow-list where one is required, or for an entry
 * that is no host
 *
 * @example
 * ```ts
 * import { createEndpointGuard } from "@bellhop/bellhop/security";
 * import { assertEquals, assertRejects, assertThrows } from "@std/assert";
 * const guard = createEndpointGuard({
 *   level: "pinned",
 *   allowHosts: ["*.svc.example"],
 *   resolve: (host) => Promise.resolve(host === "a.example" ? ["93.184.215.14"] : ["10.0.0.7"]),
 * });
 * assertEquals(await guard.admit("https://a.example/bellhop"), ["93.184.215.14"]);
 * assertEquals(await guard.admit("http://users.svc.example/bellhop"), ["10.0.0.7"]);
 * await assertRejects(() => guard.admit("https://rebound.example/"), Error, "private");
 * assertThrows(() => guard.check("http://0x7f.1/"), Error, "loopback");
 * ```
 */
export function createEndpointGuard(options: EndpointGuardOptions): EndpointGuard {
  const { level, allowHosts = [], resolve } = options;
  if (!LEVELS.includes(level)) throw invalid("level", `wanted ${LEVELS.join(", ")}`);
  if (resolve === undefined && level !== "platform") throw invalid("resolve", `the level ${level} wants a resolver`);
  if (allowHosts.length === 0 && level === "checked") {
    throw invalid("allowHosts", "the level checked wants a list of the hosts that may be called");
  }
  const listed = createHostList(allowHosts);

  function read(url: string): { readonly host: string; readonly kind: ReturnType<typeof addressKind> } {
    const host = hostOf(url);
    const kind = addressKind(host) ?? (isLoopbackName(host) ? "loopback" : undefined);
    if (listed(host)) return { host, kind };
    if (level === "checked") throw refused("is not on the allow-list", host);
    if (kind !== undefined && kind !== "public") throw refused(`has a ${kind} address`, host);
    return { host, kind };
  }

  function checkAddresses(host: string, addresses: readonly string[]): void {
    if (addresses.length === 0) throw unreachable();
    const name = bare(host);
    if (addresses.length > MAX_ADDRESSES) throw refused(`has more than ${MAX_ADDRESSES} addresses`, name);
    const trusted = listed(name);
    if (level === "checked" && !trusted) throw refused("is not on the allow-list", name);
    for (const address of addresses) {
      const kind = addressKind(address);
      if (kind === undefined) throw refused("resolves to what is no address", name);
      const fine = kind === "public" || (trusted && (kind === "private" || kind === "loopback"));
      if (!fine && !(trusted && addressKind(name) !== undefined)) throw refused(`has a ${kind} address`, name);
    }
  }

  return Object.freeze({
    level,
    check(url: string): void {
      read(url);
    },
    checkAddresses,
    async admit(url: string): Promise<readonly string[]> {
      const { host } = read(url);
      if (addressKind(host) !== undefined) return [host];
      if (resolve === undefined) return [];
      let addresses: readonly string[];
      try {
        addresses = await resolve(host);
      } catch (cause) {
        throw unreachable(cause);
      }
      checkAddresses(host, addresses);
      return addresses;
    },
  });
}

/**
 * The guard of open mode: endpoints on this machine alone, `localhost`, 127.0.0.0/8 and ::1.
 *
 * Its level is `checked`: the runtime resolves `localhost` by itself.
 *
 * @example
 * ```ts
 * import { createLoopbackGuard } from "@bellhop/bellhop/security";
 * import { assertEquals, assertThrows } from "@std/assert";
 * const guard = createLoopbackGuard();
 * guard.check("http://127.0.0.1:8001/bellhop");
 * assertEquals(await guard.admit("http://[::1]:8001/"), ["::1"]);
 * assertThrows(() => guard.check("http://192.168.0.7/"), Error, "loopback");
 * ```
 */
export function createLoopbackGuard(): EndpointGuard {
  function read(url: string): string {
    const host = hostOf(url);
    if (host !== "localhost" && addressKind(host) !== "loopback") throw refused("is not on loopback", host);
    return host;
  }
  return Object.freeze({
    level: "checked",
    check(url: string): void {
      read(url);
    },
    checkAddresses(host: string, addresses: readonly string[]): void {
      if (addresses.length === 0) throw unreachable();
      if (addresses.some((address) => addressKind(address) !== "loopback")) throw refused("is not on loopback", host);
    },
    admit(url: string): Promise<readonly string[]> {
      try {
        const host = read(url);
        return Promise.resolve(host === "localhost" ? ["127.0.0.1", "::1"] : [host]);
      } catch (error) {
        return Promise.reject(error);
      }
    },
  });
}

/** The host of an endpoint, as names and addresses are compared: the URL parser has undone every odd spelling. */
function hostOf(url: string): string {
  if (url.length > MAX_URL_LENGTH || !URL.canParse(url)) throw refused("is not a URL");
  const { protocol, hostname, username, password } = new URL(url);
  if (protocol !== "http:" && protocol !== "https:") throw refused("is neither http nor https");
  if (username !== "" || password !== "") throw refused("carries credentials");
  return bare(hostname);
}

/** Without the brackets of IPv6 and the dot that ends a full name. */
function bare(host: string): string {
  if (host.startsWith("[")) return host.slice(1, -1);
  return host.endsWith(".") ? host.slice(0, -1) : host;
}

function isLoopbackName(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost");
}

function refused(why: string, host?: string): BellhopError {
  const who = host === undefined ? "The endpoint" : `The endpoint's host ${host.slice(0, 253)}`;
  return new BellhopError("endpoint-refused", `${who} ${why}`, { field: "endpoint" });
}

function unreachable(cause?: unknown): BellhopError {
  return new BellhopError("unreachable", "The endpoint's host has no address", cause === undefined ? {} : { cause });
}

function invalid(field: string, reason: string): BellhopError {
  return new BellhopError("argument-invalid", `${field}: ${reason}`, { field });
}
