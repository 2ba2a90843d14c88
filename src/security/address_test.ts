import { assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import { BlockList } from "node:net";
import { addressKind, isPublicAddress } from "./address.ts";

// The registries once more, as text and judged by another's code.
const NOT_PUBLIC_V4 = `0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24
  192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4`;
const NOT_PUBLIC_V6 = `::/3 2001::/23 2001:db8::/32 3fff::/20 4000::/2 8000::/1`;

const listV4 = listOf(NOT_PUBLIC_V4, "ipv4");
const listV6 = listOf(NOT_PUBLIC_V6, "ipv6");

const byte = fc.oneof(fc.nat(255), fc.constantFrom(0, 10, 100, 127, 169, 172, 192, 198, 203, 224, 255));
const v4 = fc.tuple(byte, fc.oneof(byte, fc.constantFrom(16, 31, 64, 88, 168, 254)), byte, byte).map((b) =>
  b.join(".")
);
const group = fc.oneof(
  fc.nat(0xffff),
  fc.constantFrom(0, 1, 0x64, 0xff9b, 0x2001, 0x2002, 0x3fff, 0xdb8, 0xfc00, 0xfe80, 0xfec0, 0xff02, 0xffff, 0x1ff),
);
const v6 = fc.array(group, { minLength: 8, maxLength: 8 });

Deno.test("isPublicAddress() agrees with the registries on every IPv4 address", () => {
  fc.assert(
    fc.property(v4, (address) => assertEquals(isPublicAddress(address), !listV4.check(address, "ipv4"), address)),
    {
      numRuns: 2_000,
    },
  );
});

Deno.test("isPublicAddress() agrees with the registries on every IPv6 address that stands for no IPv4 address", () => {
  fc.assert(
    fc.property(v6, (groups) => {
      fc.pre(groups[0] !== 0x2002 && groups[0] !== 0x64 && groups.slice(0, 5).some((group) => group !== 0));
      const address = hex(groups);
      assertEquals(isPublicAddress(address), !listV6.check(address, "ipv6"), address);
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("addressKind() judges an IPv6 address that stands for an IPv4 address as that one", () => {
  fc.assert(fc.property(v4, v6, (address, groups) => {
    const [a, b, c, d] = address.split(".").map(Number);
    const halves = `${(a << 8 | b).toString(16)}:${(c << 8 | d).toString(16)}`;
    const kind = addressKind(address);
    assertEquals(addressKind(`::ffff:${address}`), kind);
    assertEquals(addressKind(`0:0:0:0:0:FFFF:${halves}`), kind);
    assertEquals(addressKind(`64:ff9b::${address}`), kind);
    assertEquals(addressKind(`2002:${halves}:${hex(groups.slice(3))}`), kind);
    for (const odd of [`::${address}`, `64:ff9b:1::${address}`, `2001:0:${halves}::1`, `::ffff:0:${address}`]) {
      assertFalse(isPublicAddress(odd), odd);
    }
  }));
});

Deno.test("addressKind() reads every spelling of an IPv6 address, as the URL parser does", () => {
  const spelled = v6.chain((groups) =>
    fc.record({
      groups: fc.constant(groups),
      upper: fc.boolean(),
      pad: fc.boolean(),
      from: fc.nat(7),
      to: fc.nat(8),
      dotted: fc.boolean(),
    })
  );
  fc.assert(
    fc.property(spelled, ({ groups, upper, pad, from, to, dotted }) => {
      const zeroed = groups.map((group, i) => i >= from && i < to ? 0 : group);
      const words = zeroed.map((group) => group.toString(16).padStart(pad ? 4 : 1, "0"));
      const tail = zeroed.slice(6).flatMap((group) => [group >> 8, group & 255]).join(".");
      const parts = dotted ? [...words.slice(0, 6), tail] : words;
      const end = dotted ? Math.min(to, 6) : to;
      const text = from < end ? `${parts.slice(0, from).join(":")}::${parts.slice(end).join(":")}` : parts.join(":");
      const address = upper ? text.toUpperCase() : text;
      assertEquals(addressKind(address), addressKind(hex(zeroed)), address);
      assertEquals(addressKind(new URL(`http://[${address}]/`).hostname.slice(1, -1)), addressKind(address), address);
    }),
    { numRuns: 500 },
  );
});

Deno.test("addressKind() takes for an IPv6 address what the URL parser takes for one, and nothing else", () => {
  const piece = fc.constantFrom(
    ":",
    "::",
    "0",
    "1",
    "ffff",
    "fe80",
    "g",
    ".",
    "127.0.0.1",
    "12345",
    "%eth0",
    "-",
    "01",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join("");
      fc.pre(text.includes(":"));
      assertEquals(addressKind(text) !== undefined, URL.canParse(`http://[${text}]/`), text);
    }),
    { numRuns: 3_000 },
  );
});

Deno.test("addressKind() names the places that matter", () => {
  const kinds = {
    "8.8.8.8": "public",
    "172.15.255.255": "public",
    "172.32.0.0": "public",
    "100.63.255.255": "public",
    "100.64.0.0": "private",
    "127.255.255.255": "loopback",
    "169.254.169.254": "link-local",
    "0.0.0.0": "reserved",
    "255.255.255.255": "reserved",
    "::": "reserved",
    "::1": "loopback",
    "::2": "reserved",
    "fdff::1": "private",
    "fe80::1": "link-local",
    "febf::1": "link-local",
    "fec0::1": "private",
    "ff02::1": "reserved",
    "2606:4700:4700::1111": "public",
    "2001:200::1": "public",
    "::ffff:169.254.169.254": "link-local",
    "2002:7f00:1::": "loopback",
    "64:ff9b::808:808": "public",
  };
  for (const [address, kind] of Object.entries(kinds)) assertEquals(addressKind(address), kind, address);
});

Deno.test("addressKind() takes nothing for an IPv4 address that some read in octal or hexadecimal", () => {
  const odd = [
    "0177.0.0.1",
    "127.1",
    "0x7f.0.0.1",
    "2130706433",
    "127.0.0.1.",
    " 127.0.0.1",
    "127.0.0.256",
    "1.2.3",
    "",
    "a",
  ];
  for (const text of [...odd, "1.2.3.4\n", "[::1]", "fe80::1%eth0", "1:2:3:4:5:6:7:8:9", "1::2::3"]) {
    assertEquals(addressKind(text), undefined, text);
    assertFalse(isPublicAddress(text));
  }
});

function hex(groups: readonly number[]): string {
  return groups.map((group) => group.toString(16)).join(":");
}

function listOf(ranges: string, family: "ipv4" | "ipv6"): BlockList {
  const list = new BlockList();
  for (const range of ranges.trim().split(/\s+/)) {
    const [first, bits] = range.split("/");
    list.addSubnet(first, Number(bits), family);
  }
  return list;
}
