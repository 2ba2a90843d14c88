/**
 * A list of hosts: names, addresses, and suffixes of names.
 *
 * @module
 */
import { BellhopError } from "../core/error.ts";

/** Most entries. */
const MAX_HOSTS = 1_000;
const SUFFIX = "*.";

/**
 * Whether a host, as the URL parser writes it but without brackets, is on the list. Time is linear in the labels of the
 * host, however long the list.
 *
 * @throws {BellhopError} `argument-invalid` for an entry that is no host
 */
export function createHostList(entries: readonly string[]): (host: string) => boolean {
  if (!Array.isArray(entries) || entries.length > MAX_HOSTS) {
    throw invalid("allowHosts", `wanted at most ${MAX_HOSTS} hosts`);
  }
  const exact = new Set<string>();
  const below = new Set<string>();
  entries.forEach((entry, i) => {
    const isSuffix = typeof entry === "string" && entry.startsWith(SUFFIX);
    const host = typeof entry === "string" ? normalized(isSuffix ? entry.slice(SUFFIX.length) : entry) : undefined;
    // A suffix of an address would be a range of nothing.
    if (host === undefined || (isSuffix && isAddress(host))) {
      throw invalid(`allowHosts[${i}]`, "wanted the name of a host, an IP address, or *. and a suffix");
    }
    (isSuffix ? below : exact).add(host);
  });
  return (host) => {
    if (exact.has(host)) return true;
    if (below.size === 0 || isAddress(host)) return false;
    for (let dot = host.indexOf("."); dot >= 0; dot = host.indexOf(".", dot + 1)) {
      if (below.has(host.slice(dot + 1))) return true;
    }
    return false;
  };
}

/** The host as the URL parser writes it; `undefined` if it is more, or less, than a host. */
function normalized(entry: string): string | undefined {
  if (entry.length < 1 || entry.length > 253 || /[/?#@\\*\s%]/.test(entry)) return undefined;
  const isV6 = entry.split(":").length > 2;
  if (!isV6 && entry.includes(":")) return undefined;
  const literal = isV6 && entry.startsWith("[") && entry.endsWith("]") ? entry.slice(1, -1) : entry;
  const url = `http://${isV6 ? `[${literal}]` : literal}/`;
  if (!URL.canParse(url)) return undefined;
  const { hostname } = new URL(url);
  if (hostname.startsWith("[")) return hostname.slice(1, -1);
  return hostname.endsWith(".") ? hostname.slice(0, -1) : hostname;
}

/** What the URL parser leaves as an address: only those end in a number, or hold a colon. */
function isAddress(host: string): boolean {
  return host.includes(":") || /^\d+\.\d+\.\d+\.\d+$/.test(host);
}

function invalid(field: string, reason: string): BellhopError {
  return new BellhopError("argument-invalid", `${field}: ${reason}`, { field });
}
