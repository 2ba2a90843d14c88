import { assert, assertEquals, assertFalse, assertMatch, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { BellhopError } from "../core/error.ts";
import { isPublicAddress } from "./address.ts";
import { createEndpointGuard, createLoopbackGuard, type EndpointGuardOptions } from "./endpoint_guard.ts";

const resolve = () => Promise.resolve(["93.184.215.14"]);
const PINNED = createEndpointGuard({ level: "pinned", resolve });

function refusal(judge: () => void): string {
  const error = assertThrows(judge, BellhopError);
  assertEquals(error.code, "endpoint-refused");
  return error.message;
}

Deno.test("check() refuses every spelling of an address that is not public", () => {
  const urls = `
    http://127.0.0.1/ http://127.1/ http://2130706433/ http://0x7f.1/ http://0x7f000001/ http://0177.0.0.1/ http://017700000001/
    http://127.0.0.1./ http://%31%32%37.0.0.1/ http://①②⑦.0.0.1/ http://127。0。0。1/ http://LOCALHOST/ http://localhost./
    http://a.localhost/ http://0/ http://0.0.0.0/ http://10.1/ http://192.168.0.1:8080/ http://172.16.0.1/ http://100.64.0.1/
    http://169.254.169.254/latest/ http://0xa9fea9fe/ http://224.0.0.1/ http://255.255.255.255/ http://[::]/ http://[::1]/
    http://[0:0:0:0:0:0:0:1]/ http://[::ffff:127.0.0.1]/ http://[::ffff:7f00:1]/ http://[::127.0.0.1]/ http://[fe80::1]/
    http://[fd00::1]/ http://[ff02::1]/ http://[64:ff9b::10.0.0.1]/ http://[2002:a00:1::]/ http:127.0.0.1 http:\\\\127.0.0.1\\
    https://[::1]:443/ http://localhost:80/ http://[2001:db8::1]/
  `.trim().split(/\s+/);
  for (const url of urls) assertMatch(refusal(() => PINNED.check(url)), /address$/, url);
});

Deno.test("check() refuses what is no plain URL, and passes a public one", () => {
  const faulty = {
    "": /no/,
    "nonsense": /not a URL/,
    "ftp://a.example/": /neither http nor https/,
    "file:///etc/passwd": /neither/,
    "javascript:alert(1)": /neither/,
    "data:,x": /neither/,
    "http://user@a.example/": /credentials/,
    "http://:pass@a.example/": /credentials/,
    ["http://a.example/" + "a".repeat(2_048)]: /not a URL/,
    "http://a.example:99999/": /not a URL/,
    "http://fe80::1/": /not a URL/,
    "http://1.2.3.4.5/": /not a URL/,
  };
  for (const [url, why] of Object.entries(faulty)) assertMatch(refusal(() => PINNED.check(url)), why, url);
  for (const url of ["http://a.example/", "https://1.1.1.1:8443/x?y", "http://[2606:4700::1]/", "http://a.example./"]) {
    PINNED.check(url);
  }
});

Deno.test("check() passes an address exactly where isPublicAddress() says so", () => {
  fc.assert(fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
    const host = address.includes(":") ? `[${address}]` : address;
    const normal = new URL(`http://${host}/`).hostname.replace(/^\[|\]$/g, "");
    let passes = true;
    try {
      PINNED.check(`http://${host}/`);
    } catch {
      passes = false;
    }
    assertEquals(passes, isPublicAddress(normal));
  }));
});

Deno.test("check() gives a refusal of its own for any text at all", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.webUrl(), fc.string().map((text) => `http://${text}`)), (url) => {
    for (const guard of [PINNED, createLoopbackGuard()]) {
      try {
        guard.check(url);
      } catch (error) {
        assert(error instanceof BellhopError && error.code === "endpoint-refused", String(error));
      }
    }
  }));
});

Deno.test("checkAddresses() refuses a host for one address among many", () => {
  const good = fc.array(fc.constantFrom("1.1.1.1", "93.184.215.14", "2606:4700::1"), { maxLength: 10 });
  const bad = fc.constantFrom("10.0.0.1", "127.0.0.1", "::1", "fd00::1", "169.254.169.254", "::ffff:10.0.0.1", "x", "");
  fc.assert(fc.property(good, bad, good, (before, one, after) => {
    if (before.length > 0) PINNED.checkAddresses("a.example", before);
    refusal(() => PINNED.checkAddresses("a.example", [...before, one, ...after]));
  }));
  assertEquals(
    assertThrows(() => PINNED.checkAddresses("a.example", []), BellhopError).code,
    "unreachable",
  );
  assertMatch(refusal(() => PINNED.checkAddresses("a.example", Array(65).fill("1.1.1.1"))), /64/);
});

Deno.test("a refusal tells the kind of an address and not the address", () => {
  const said = refusal(() => PINNED.checkAddresses("a.example", ["10.20.30.40"]));
  assertEquals(said, "The endpoint's host a.example has a private address");
});

Deno.test("a host of the allow-list may be private or loopback, but its name may not lead to link-local", async () => {
  const answers: Record<string, string[]> = {
    "users.svc.example": ["10.0.0.7"],
    "svc.example": ["10.0.0.7"],
    "meta.svc.example": ["169.254.169.254"],
    "zero.svc.example": ["0.0.0.0"],
    "exact.example": ["127.0.0.1", "fd00::1"],
    "a.exact.example": ["10.0.0.7"],
    "evilsvc.example": ["10.0.0.7"],
    "localhost": ["127.0.0.1", "::1"],
  };
  const guard = createEndpointGuard({
    level: "pinned",
    allowHosts: ["*.SVC.example", "exact.example.", "10.9.8.7", "[fd00::7]", "169.254.1.1", "localhost"],
    resolve: (host) => Promise.resolve(answers[host] ?? []),
  });
  const admitted = async (host: string) => {
    try {
      return await guard.admit(`http://${host}/bellhop`);
    } catch (error) {
      return (error as BellhopError).code;
    }
  };
  assertEquals(await admitted("users.svc.example"), ["10.0.0.7"]);
  assertEquals(await admitted("users.svc.example."), ["10.0.0.7"]);
  assertEquals(await admitted("EXACT.example"), ["127.0.0.1", "fd00::1"]);
  assertEquals(await admitted("localhost:8001"), ["127.0.0.1", "::1"]);
  assertEquals(await admitted("10.9.8.7"), ["10.9.8.7"]);
  assertEquals(await admitted("[fd00:0::7]"), ["fd00::7"]);
  assertEquals(await admitted("169.254.1.1"), ["169.254.1.1"]);
  for (const host of ["svc.example", "meta.svc.example", "zero.svc.example", "a.exact.example", "evilsvc.example"]) {
    assertEquals(await admitted(host), "endpoint-refused", host);
  }
  for (const host of ["10.9.8.8", "169.254.1.2", "[fd00::8]", "[::ffff:10.9.8.7]"]) {
    assertEquals(await admitted(host), "endpoint-refused", host);
  }
  assertEquals(await admitted("nobody.svc.example"), "unreachable");
  guard.checkAddresses("169.254.1.1", ["169.254.1.1"]);
});

Deno.test("at the level checked no host is let through but those of the allow-list", async () => {
  const guard = createEndpointGuard({ level: "checked", allowHosts: ["a.example", "1.1.1.1"], resolve });
  assertEquals(await guard.admit("https://a.example/"), ["93.184.215.14"]);
  assertEquals(await guard.admit("https://1.1.1.1/"), ["1.1.1.1"]);
  for (const url of ["https://b.example/", "https://8.8.8.8/", "https://a.example.evil/"]) {
    assertMatch(refusal(() => guard.check(url)), /allow-list/);
    await assertRejects(() => guard.admit(url), BellhopError, "allow-list");
  }
  assertMatch(refusal(() => guard.checkAddresses("b.example", ["1.1.1.1"])), /allow-list/);
});

Deno.test("at the level platform nothing is resolved, and literal addresses are judged", async () => {
  const guard = createEndpointGuard({ level: "platform" });
  assertEquals(await guard.admit("https://a.example/"), []);
  assertMatch(refusal(() => guard.check("https://10.0.0.1/")), /private/);
});

Deno.test("admit() resolves the host anew each time, and calls a resolver that fails unreachable", async () => {
  const answers = [["1.1.1.1"], ["10.0.0.1"]];
  const asked: string[] = [];
  const rebound = createEndpointGuard({
    level: "pinned",
    resolve: (host) => {
      asked.push(host);
      const answer = answers.shift();
      return answer === undefined ? Promise.reject(new Error("NXDOMAIN")) : Promise.resolve(answer);
    },
  });
  assertEquals(await rebound.admit("https://A.example.:8443/x"), ["1.1.1.1"]);
  await assertRejects(() => rebound.admit("https://a.example/"), BellhopError, "private");
  assertEquals((await assertRejects(() => rebound.admit("https://a.example/"), BellhopError)).code, "unreachable");
  assertEquals(asked, ["a.example", "a.example", "a.example"]);
  await assertRejects(() => rebound.admit("https://1.2.3.4@a.example/"), BellhopError, "credentials");
  assertEquals(asked.length, 3, "what is refused is not resolved");
});

Deno.test("createEndpointGuard() wants what its level stands on", () => {
  const faulty: [unknown, string][] = [
    [{ level: "none" }, "level"],
    [{ level: "pinned" }, "resolve"],
    [{ level: "checked", allowHosts: ["a.example"] }, "resolve"],
    [{ level: "checked", resolve }, "allowHosts"],
    [{ level: "checked", resolve, allowHosts: [] }, "allowHosts"],
    [{ level: "platform", allowHosts: Array(1_001).fill("a.example") }, "allowHosts"],
  ];
  const entries = [
    "",
    "*",
    "*.",
    "a.*.example",
    "http://a.example",
    "a.example/x",
    "a.example:80",
    "a@b",
    "*.10.0.0.1",
  ];
  for (const entry of [...entries, "[::1]:80", "*.[::1]", "a b", "a%2eb", "1:2:3", 7]) {
    faulty.push([{ level: "platform", allowHosts: ["a.example", entry] }, "allowHosts[1]"]);
  }
  for (const [options, field] of faulty) {
    const error = assertThrows(() => createEndpointGuard(options as EndpointGuardOptions), BellhopError);
    assertEquals([error.code, error.field], ["argument-invalid", field], JSON.stringify(options));
  }
});

Deno.test("createLoopbackGuard() passes this machine and nothing else", async () => {
  const guard = createLoopbackGuard();
  assertEquals(guard.level, "checked");
  for (const url of ["http://localhost:1/", "http://127.0.0.9/", "https://[::1]/x", "http://0x7f.1/"]) guard.check(url);
  for (const url of ["http://a.localhost/", "http://10.0.0.1/", "http://[::]/", "http://0/", "https://1.1.1.1/"]) {
    assertMatch(refusal(() => guard.check(url)), /loopback/, url);
  }
  assertEquals(await guard.admit("http://localhost/"), ["127.0.0.1", "::1"]);
  await assertRejects(() => guard.admit("http://10.0.0.1/"), BellhopError, "loopback");
  guard.checkAddresses("localhost", ["127.0.0.1"]);
  assertMatch(refusal(() => guard.checkAddresses("localhost", ["127.0.0.1", "10.0.0.1"])), /loopback/);
  assertFalse(Object.hasOwn(guard, "resolve"));
});
