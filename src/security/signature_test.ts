import { assert, assertEquals, assertFalse, assertMatch, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Webhook } from "npm:standardwebhooks@1.1.1";
import { BellhopError, type ErrorCode } from "../core/error.ts";
import { Secret } from "./redact.ts";
import { importSecret, newSigningSecret, signatureHeaders, signWebhook, verifyWebhook } from "./signature.ts";

const NOW_S = 1_767_225_600;
const NOW_MS = NOW_S * 1_000;
const SECRET = newSigningSecret();
const KEY = await importSecret(SECRET);

const id = fc.stringMatching(/^[A-Za-z0-9_-]{1,40}$/);
const json = fc.json({ maxDepth: 2 });

function lookUp(headers: Record<string, string>): { get(name: string): string | undefined } {
  return { get: (name) => headers[name] };
}

async function refusal(work: Promise<unknown>): Promise<[ErrorCode, string]> {
  const error = await assertRejects(() => work, BellhopError);
  return [error.code, error.message];
}

Deno.test("signWebhook() makes what the reference package makes, whatever the secret's length", async () => {
  const bytes = fc.uint8Array({ minLength: 24, maxLength: 64 });
  await fc.assert(fc.asyncProperty(bytes, id, fc.nat(2 ** 39), json, async (bytes, id, timestampS, body) => {
    const secret = `whsec_${btoa(String.fromCharCode(...bytes))}`;
    const signature = await signWebhook(await importSecret(secret), id, timestampS, body);
    assertEquals(signature, new Webhook(secret).sign(id, new Date(timestampS * 1_000), body));
  }));
});

Deno.test("signatureHeaders() makes what the reference package verifies", async () => {
  await fc.assert(fc.asyncProperty(id, fc.record({ text: fc.string() }), async (id, data) => {
    const timestampS = Math.floor(Date.now() / 1_000); // the package reads this machine's clock
    const body = JSON.stringify(data);
    const other = await importSecret(newSigningSecret());
    const headers = await signatureHeaders([other, KEY], id, timestampS, new TextEncoder().encode(body));
    assertEquals(new Webhook(SECRET).verify(body, headers), data);
    assertThrows(() => new Webhook(newSigningSecret()).verify(body, headers));
  }));
});

Deno.test("verifyWebhook() takes what the reference package signs", async () => {
  await fc.assert(fc.asyncProperty(id, json, fc.integer({ min: -300, max: 300 }), async (id, body, skewS) => {
    const timestampS = NOW_S + skewS;
    const headers = new Headers({
      "webhook-id": id,
      "webhook-timestamp": String(timestampS),
      "webhook-signature": new Webhook(SECRET).sign(id, new Date(timestampS * 1_000), body),
    });
    assertEquals(await verifyWebhook([KEY], headers, body, NOW_MS), { id, timestampS });
  }));
});

Deno.test("verifyWebhook() refuses a change of any one byte of id, timestamp, body or signature", async () => {
  const part = fc.constantFrom("webhook-id", "webhook-timestamp", "webhook-signature", "body");
  await fc.assert(
    fc.asyncProperty(id, json, part, fc.nat(), fc.integer({ min: 0x21, max: 0x7e }), async (id, text, part, at, to) => {
      const headers = await signatureHeaders([KEY], id, NOW_S, text);
      const body = new TextEncoder().encode(text);
      await verifyWebhook([KEY], lookUp(headers), body, NOW_MS);
      if (part === "body") {
        const place = at % body.length;
        fc.pre(body[place] !== to);
        body[place] = to;
      } else {
        const place = at % headers[part].length;
        const changed = headers[part].slice(0, place) + String.fromCharCode(to) + headers[part].slice(place + 1);
        fc.pre(changed !== headers[part]);
        headers[part] = changed;
      }
      const [code] = await refusal(verifyWebhook([KEY], lookUp(headers), body, NOW_MS));
      assertEquals(code, "signature-invalid");
    }),
    { numRuns: 400 },
  );
});

Deno.test("verifyWebhook() refuses bytes that are added, taken away, or moved over a border", async () => {
  await fc.assert(
    fc.asyncProperty(id, json, async (id, text) => {
      const headers = await signatureHeaders([KEY], id, NOW_S, text);
      const changes: [Record<string, string>, string][] = [
        [headers, `${text} `],
        [headers, text.slice(1)],
        [{ ...headers, "webhook-id": `${id}x` }, text],
        [{ ...headers, "webhook-id": `${id}.${NOW_S}`, "webhook-timestamp": "1" }, text],
        [{ ...headers, "webhook-timestamp": `0${NOW_S}` }, text],
        [{ ...headers, "webhook-timestamp": `${NOW_S}0` }, text],
        [{ ...headers, "webhook-signature": headers["webhook-signature"].slice(0, -1) }, text],
        [{ ...headers, "webhook-signature": headers["webhook-signature"].slice(3) }, text],
        [{ ...headers, "webhook-signature": `v1a,${headers["webhook-signature"].slice(3)}` }, text],
      ];
      for (const [changed, body] of changes) {
        assertEquals((await refusal(verifyWebhook([KEY], lookUp(changed), body, NOW_MS)))[0], "signature-invalid");
      }
    }),
    { numRuns: 30 },
  );
});

Deno.test("signWebhook() refuses an id that would let the border of the body be moved", async () => {
  // Both would sign "a.1.2.b".
  assertEquals((await refusal(signWebhook(KEY, "a.1", 2, "b")))[0], "argument-invalid");
  assertMatch(await signWebhook(KEY, "a", 1, "2.b"), /^v1,/);
});

Deno.test("verifyWebhook() takes any one of several keys and signatures, up to eight of each", async () => {
  const keys = await Promise.all(Array.from({ length: 8 }, async () => await importSecret(newSigningSecret())));
  const headers = await signatureHeaders(keys, "dlv_1", NOW_S, "{}");
  assertEquals(headers["webhook-signature"].split(" ").length, 8);
  for (const key of keys) {
    await verifyWebhook([key], new Headers(headers), "{}", NOW_MS);
    const own = await signatureHeaders([key], "dlv_1", NOW_S, "{}");
    await verifyWebhook(keys, new Headers(own), "{}", NOW_MS);
  }
  const nine = { ...headers, "webhook-signature": `${headers["webhook-signature"]} v1,x` };
  assertEquals(await refusal(verifyWebhook(keys, lookUp(nine), "{}", NOW_MS)), [
    "signature-invalid",
    "wanted at most 8 signatures",
  ]);
  const odd = { ...headers, "webhook-signature": `v1a,x v2,y ${await signWebhook(KEY, "dlv_1", NOW_S, "{}")}` };
  await verifyWebhook([KEY], lookUp(odd), "{}", NOW_MS);
  for (const wrong of [[], [...keys, KEY]]) {
    assertEquals((await refusal(verifyWebhook(wrong, lookUp(headers), "{}", NOW_MS)))[0], "argument-invalid");
    assertEquals((await refusal(signatureHeaders(wrong, "dlv_1", NOW_S, "{}")))[0], "argument-invalid");
  }
});

Deno.test("verifyWebhook() says by how many seconds a timestamp is beyond the tolerance, and takes what is at it", async () => {
  const at = async (skewS: number, toleranceS?: number) => {
    const headers = await signatureHeaders([KEY], "dlv_1", NOW_S + skewS, "{}");
    return await verifyWebhook([KEY], new Headers(headers), "{}", NOW_MS + 999, toleranceS);
  };
  for (const skewS of [-300, 0, 300]) assertEquals((await at(skewS)).timestampS, NOW_S + skewS);
  assertEquals(await refusal(at(-301)), [
    "signature-stale",
    "webhook-timestamp is 301 s behind this receiver's clock, 300 s are allowed",
  ]);
  assertEquals(await refusal(at(3_600)), [
    "signature-stale",
    "webhook-timestamp is 3600 s ahead of this receiver's clock, 300 s are allowed",
  ]);
  assertEquals((await refusal(at(1, 0)))[0], "signature-stale");
  await at(0, 0);
  for (const toleranceS of [-1, 1.5, NaN, 86_401]) {
    assertEquals((await refusal(at(0, toleranceS)))[0], "argument-invalid");
  }
  assertEquals((await refusal(verifyWebhook([KEY], await headersNow(), "{}", NaN)))[0], "signature-stale");
});

Deno.test("verifyWebhook() speaks of clocks to those alone who know the secret", async () => {
  const stranger = await importSecret(newSigningSecret());
  const headers = await signatureHeaders([stranger], "dlv_1", 1, "{}");
  assertEquals((await refusal(verifyWebhook([KEY], new Headers(headers), "{}", NOW_MS)))[0], "signature-invalid");
});

Deno.test("verifyWebhook() names the header that is missing or cannot be read", async () => {
  const headers = await headersNow();
  for (const name of ["webhook-id", "webhook-timestamp", "webhook-signature"]) {
    const less = new Headers(headers);
    less.delete(name);
    assertEquals(await refusal(verifyWebhook([KEY], less, "{}", NOW_MS)), [
      "signature-missing",
      `The header ${name} is missing`,
    ]);
  }
  const odd = {
    "webhook-id": ["a.b", "a b", "ü", "x".repeat(257)],
    "webhook-timestamp": ["now", "-1", "1e9", "1767225600.5", "0x1", "1".repeat(13)],
    "webhook-signature": ["v1,".padEnd(2_049, "x")],
  };
  for (const [name, values] of Object.entries(odd)) {
    for (const value of values) {
      const changed = lookUp({ ...Object.fromEntries(headers), [name]: value });
      const [code, detail] = await refusal(verifyWebhook([KEY], changed, "{}", NOW_MS));
      assertEquals(code, "signature-invalid");
      assert(detail.startsWith(name), detail);
      assertFalse(detail.includes(value), "what a stranger sent is not repeated");
    }
  }
});

Deno.test("verifyWebhook() gives a refusal of its own for any headers at all", async () => {
  const text = fc.string({ maxLength: 100 });
  await fc.assert(fc.asyncProperty(text, text, text, text, async (id, timestamp, signature, body) => {
    const headers = { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature };
    const [code] = await refusal(verifyWebhook([KEY], lookUp(headers), body, NOW_MS));
    assertMatch(code, /^signature-(missing|invalid)$/);
  }));
});

Deno.test("importSecret() takes 24 to 64 bytes behind whsec_, wrapped or not", async () => {
  const secretOf = (length: number) => `whsec_${btoa("k".repeat(length))}`;
  for (const length of [24, 25, 26, 64]) {
    const [plain, wrapped] = [secretOf(length), new Secret(secretOf(length))];
    const signatures = await Promise.all(
      [plain, wrapped].map(async (secret) => signWebhook(await importSecret(secret), "a", 1, "{}")),
    );
    assertEquals(signatures[0], signatures[1]);
  }
  const canary = "Y2FuYXJ5Y2FuYXJ5";
  const faulty = ["", "whsec_", canary, `whsec_${canary}`, `whsec_${canary}*`, `whsec_ ${canary}${canary}`];
  for (
    const secret of [...faulty, secretOf(23), secretOf(65), `whsec_${canary}${canary}=`, `whsec_${canary}${canary}A`]
  ) {
    const [code, detail] = await refusal(importSecret(secret));
    assertEquals(code, "argument-invalid", secret);
    assertFalse(detail.includes(canary), detail);
  }
});

async function headersNow(): Promise<Headers> {
  return new Headers(await signatureHeaders([KEY], "dlv_1", NOW_S, "{}"));
}
