import { assertEquals, assertFalse, assertThrows } from "@std/assert";
import fc from "fast-check";
import { BellhopError } from "../core/error.ts";
import { consentHeaders, handshakeHeaders, readConsent } from "./handshake.ts";

const origin = fc.stringMatching(/^[a-z0-9](?:[a-z0-9.-]{0,20}[a-z0-9])?$/);
const rate = fc.option(fc.integer({ min: 1, max: 999_999_999 }), { nil: undefined });

Deno.test("a receiver's answer is read as what it grants, whoever is asked", () => {
  const origins = fc.option(fc.array(origin, { maxLength: 5 }), { nil: undefined });
  fc.assert(fc.property(origin, rate, origins, rate, (origin, asked, origins, granted) => {
    const request = new Headers(handshakeHeaders(origin, asked));
    const answer = new Headers(consentHeaders(request, origins, granted));
    if (origins === undefined || origins.includes(origin)) {
      assertEquals(readConsent(answer, origin), granted === undefined ? {} : { ratePerMinute: granted });
    } else assertThrows(() => readConsent(answer, origin), BellhopError, "does not consent");
  }));
});

Deno.test("readConsent() judges by headers alone", () => {
  const of = (headers: Record<string, string>) => {
    try {
      return readConsent(new Headers(headers), "bus.example");
    } catch (error) {
      assertEquals((error as BellhopError).code, "endpoint-refused");
      return (error as BellhopError).message;
    }
  };
  const name = "webhook-allowed-origin";
  assertEquals(of({ [name]: "*" }), {});
  assertEquals(of({ [name]: "bus.example" }), {});
  assertEquals(of({ [name]: "Bus.Example" }), {});
  assertEquals(of({ [name]: "*", "webhook-allowed-rate": "*" }), {});
  assertEquals(of({ [name]: "*", "webhook-allowed-rate": "1" }), { ratePerMinute: 1 });
  assertEquals(of({}), "The endpoint does not consent: it answers OPTIONS without webhook-allowed-origin");
  for (const other of ["example", "bus.example.evil", "bus.example, *", "https://bus.example", "null"]) {
    assertEquals(of({ [name]: other }), "The endpoint consents to another origin than bus.example");
  }
  for (const rate of ["0", "-1", "1.5", "1e3", "ten", "01", "1000000000", "1, 2"]) {
    assertEquals(
      of({ [name]: "*", "webhook-allowed-rate": rate }),
      "The endpoint answers with a webhook-allowed-rate that is neither a whole number from 1 nor *",
    );
  }
});

Deno.test("readConsent() reads any answer or refuses it with a code", () => {
  const text = fc.option(fc.string({ maxLength: 20 }), { nil: null });
  fc.assert(fc.property(text, text, (allowed, rate) => {
    const headers = { get: (name: string) => name === "webhook-allowed-origin" ? allowed : rate };
    try {
      const { ratePerMinute = 1 } = readConsent(headers, "bellhop");
      assertEquals(Number.isInteger(ratePerMinute) && ratePerMinute >= 1, true);
    } catch (error) {
      assertEquals((error as BellhopError).code, "endpoint-refused");
    }
  }));
});

Deno.test("consentHeaders() sends nothing back that came with the request", () => {
  const asked = new Headers({ "webhook-request-origin": "Bus.EXAMPLE", "webhook-request-rate": "canary" });
  assertEquals(consentHeaders(asked, ["bus.example"]), {
    "webhook-allowed-origin": "bus.example",
    "webhook-allowed-rate": "*",
  });
  assertEquals(consentHeaders(new Headers({ "webhook-request-origin": "a" }), undefined), {
    "webhook-allowed-origin": "*",
  });
  assertEquals(consentHeaders(new Headers(), undefined, 60), {});
  assertEquals(consentHeaders(asked, []), {});
});

Deno.test("handshakeHeaders() refuses what is no name and what is no rate", () => {
  for (const origin of ["", "a b", "a\r\nb", "a,b", "*", "ü", "-a", "a".repeat(256)]) {
    const error = assertThrows(() => handshakeHeaders(origin), BellhopError);
    assertEquals([error.code, error.field], ["argument-invalid", "origin"]);
  }
  for (const rate of [0, -1, 1.5, NaN, Infinity, 1e9]) {
    const error = assertThrows(() => handshakeHeaders("bellhop", rate), BellhopError);
    assertEquals([error.code, error.field], ["argument-invalid", "ratePerMinute"]);
    assertThrows(() => consentHeaders(new Headers(), undefined, rate), BellhopError);
  }
  assertFalse("webhook-request-rate" in handshakeHeaders("bellhop"));
});
