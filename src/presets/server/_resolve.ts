/**
 * The addresses of a host, by the platform's resolver.
 *
 * @module
 */

/** How long an answer is believed: those who deliver much to one host need not ask each time. */
const FRESH_MS = 5_000;
const MOST_HOSTS = 1_000;

interface Known {
  readonly atMs: number;
  readonly addresses: Promise<readonly string[]>;
}

/** A resolver for the endpoint guard, whose answers are kept for 5 s. */
export function resolver(nowMs: () => number = Date.now): (host: string) => Promise<readonly string[]> {
  const known = new Map<string, Known>();

  return (host) => {
    const atMs = nowMs();
    const found = known.get(host);
    if (found !== undefined && Math.abs(atMs - found.atMs) < FRESH_MS) return found.addresses;
    known.delete(host);
    if (known.size >= MOST_HOSTS) known.delete(known.keys().next().value!);
    const addresses = lookUp(host);
    known.set(host, { atMs, addresses });
    addresses.catch(() => known.get(host)?.addresses === addresses && known.delete(host));
    return addresses;
  };
}

async function lookUp(host: string): Promise<readonly string[]> {
  const { lookup } = await import("node:dns/promises");
  return (await lookup(host, { all: true })).map(({ address }) => address);
}
