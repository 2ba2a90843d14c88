/**
 * What kind of address an IP address is: of the public internet, or of a place where a stranger must not send us.
 *
 * @module
 */

/** `public`, or why not. */
export type AddressKind = "public" | "private" | "loopback" | "link-local" | "reserved";

type Range = readonly [first: number, bits: number, kind: AddressKind];

/** IPv4, all that is not public. Source: IANA IPv4 Special-Purpose Address Registry; RFC 5771 (multicast). */
const RANGES_V4: readonly Range[] = [
  [v4(0, 0, 0, 0), 8, "reserved"], // this network; the first address is the unspecified one
  [v4(10, 0, 0, 0), 8, "private"],
  [v4(100, 64, 0, 0), 10, "private"], // carrier-grade NAT
  [v4(127, 0, 0, 0), 8, "loopback"],
  [v4(169, 254, 0, 0), 16, "link-local"], // the metadata services of clouds
  [v4(172, 16, 0, 0), 12, "private"],
  [v4(192, 0, 0, 0), 24, "reserved"],
  [v4(192, 0, 2, 0), 24, "reserved"],
  [v4(192, 88, 99, 0), 24, "reserved"],
  [v4(192, 168, 0, 0), 16, "private"],
  [v4(198, 18, 0, 0), 15, "reserved"],
  [v4(198, 51, 100, 0), 24, "reserved"],
  [v4(203, 0, 113, 0), 24, "reserved"],
  [v4(224, 0, 0, 0), 4, "reserved"], // multicast
  [v4(240, 0, 0, 0), 4, "reserved"], // broadcast too
];

/**
 * The kind of an address in its usual notation: four decimal numbers, or any spelling of IPv6 without brackets and zone.
 * IPv6 is public in 2000::/3 alone; where an IPv6 address stands for an IPv4 address (mapped, NAT64, 6to4), that one
 * decides.
 *
 * Sources: IANA IPv4 and IPv6 Special-Purpose Address Registries; RFC 4291, RFC 6052, RFC 3056.
 *
 * @returns `undefined` if the text is no address
 *
 * @example
 * ```ts
 * import { addressKind } from "@bellhop/bellhop/security";
 * import { assertEquals } from "@std/assert";
 * assertEquals(addressKind("169.254.169.254"), "link-local");
 * assertEquals(addressKind("::ffff:10.0.0.1"), "private");
 * assertEquals(addressKind("users.internal"), undefined);
 * ```
 */
export function addressKind(address: string): AddressKind | undefined {
  const four = readV4(address);
  if (four !== undefined) return kindOfV4(four);
  const six = readV6(address);
  return six === undefined ? undefined : kindOfV6(six);
}

/**
 * Whether the text is an IP address of the public internet.
 *
 * @example
 * ```ts
 * import { isPublicAddress } from "@bellhop/bellhop/security";
 * import { assertEquals } from "@std/assert";
 * assertEquals(["1.1.1.1", "2606:4700:4700::1111"].map(isPublicAddress), [true, true]);
 * assertEquals(["10.0.0.1", "::1", "fd00::1", "64:ff9b::7f00:1"].map(isPublicAddress), [false, false, false, false]);
 * ```
 */
export function isPublicAddress(address: string): boolean {
  return addressKind(address) === "public";
}

function kindOfV4(address: number): AddressKind {
  for (const [first, bits, kind] of RANGES_V4) {
    const shift = 32 - bits;
    if (address >>> shift === first >>> shift) return kind;
  }
  return "public";
}

/** @param groups eight of 16 bits */
function kindOfV6(groups: readonly number[]): AddressKind {
  const [a, b, c, d, e, f, g, h] = groups;
  const last = (g << 16 | h) >>> 0;
  if ((a | b | c | d | e) === 0) {
    if (f === 0xffff) return kindOfV4(last);
    if (f === 0 && last === 1) return "loopback";
    return "reserved"; // the unspecified address, and the old IPv4-compatible ones
  }
  if (a === 0x64 && b === 0xff9b) return (c | d | e | f) === 0 ? kindOfV4(last) : "private";
  if (a >>> 9 === 0xfc00 >>> 9) return "private"; // unique local
  if (a >>> 6 === 0xfe80 >>> 6) return "link-local";
  if (a >>> 6 === 0xfec0 >>> 6) return "private"; // the old site-local
  if (a >>> 13 !== 1) return "reserved"; // multicast, discard, and what is not given out
  if (a === 0x2002) return kindOfV4((b << 16 | c) >>> 0);
  if (a === 0x2001 && b < 0x200) return "reserved"; // Teredo, benchmarks and other protocol assignments
  if (a === 0x2001 && b === 0xdb8) return "reserved"; // documentation
  if (a === 0x3fff && b < 0x1000) return "reserved"; // documentation
  return "public";
}

function readV4(text: string): number | undefined {
  if (text.length < 7 || text.length > 15) return undefined;
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  // A leading zero means octal to some: no address to us.
  if (!parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)) return undefined;
  const [a, b, c, d] = parts.map(Number);
  return v4(a, b, c, d);
}

function readV6(text: string): readonly number[] | undefined {
  if (text.length < 2 || text.length > 45 || !text.includes(":")) return undefined;
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = groupsOf(halves[0], halves.length === 1);
  if (head === undefined || halves.length === 1) return head?.length === 8 ? head : undefined;
  const tail = groupsOf(halves[1], true);
  if (tail === undefined || head.length + tail.length > 7) return undefined;
  return [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

/** @param last whether the address ends here, where four decimal numbers may stand */
function groupsOf(text: string, last: boolean): number[] | undefined {
  if (text === "") return [];
  const parts = text.split(":");
  const groups: number[] = [];
  for (const [i, part] of parts.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(parseInt(part, 16));
    else {
      const four = last && i === parts.length - 1 ? readV4(part) : undefined;
      if (four === undefined) return undefined;
      groups.push(four >>> 16, four & 0xffff);
    }
  }
  return groups;
}

function v4(a: number, b: number, c: number, d: number): number {
  return (a << 24 | b << 16 | c << 8 | d) >>> 0;
}
