/**
 * The webhook handshake: a sender asks for consent before it sends, and the receiver gives it by headers.
 *
 * Pure: who sends the OPTIONS request, and who answers it, is an adapter's affair. The rate that is granted here goes on
 * to the rate gate.
 *
 * Source: CloudEvents, "HTTP 1.1 Web Hooks for Event Delivery" 1.0.2, section 4, "Abuse Protection".
 *
 * @module
 */
import { BellhopError } from "../core/error.ts";
import type { HeaderReader } from "./signature.ts";

/** Header of the request: who asks. */
export const REQUEST_ORIGIN_HEADER = "webhook-request-origin";
/** Header of the request: requests a minute that are asked for. */
export const REQUEST_RATE_HEADER = "webhook-request-rate";
/** Header of the answer: who may send, or `*`. */
export const ALLOWED_ORIGIN_HEADER = "webhook-allowed-origin";
/** Header of the answer: requests a minute that are granted, or `*`. */
export const ALLOWED_RATE_HEADER = "webhook-allowed-rate";

/** What an endpoint consented to. */
export interface Consent {
  /** Requests a minute; absent = as many as the sender likes. */
  readonly ratePerMinute?: number;
}

const ORIGIN = /^[A-Za-z0-9](?:[A-Za-z0-9._:-]{0,253}[A-Za-z0-9])?$/;
const RATE = /^[1-9]\d{0,8}$/;
/** Highest rate that can be asked for or granted, a minute. */
export const MAX_RATE_PER_MINUTE = 999_999_999;

/**
 * The headers of the OPTIONS request.
 *
 * @param origin name of the sender: a host name, or a single word
 * @param ratePerMinute 1 to 999,999,999; absent asks for no rate
 * @throws {BellhopError} `argument-invalid`
 *
 * @example
 * ```ts
 * import { handshakeHeaders } from "@bellhop/bellhop/security";
 * import { assertEquals } from "@std/assert";
 * assertEquals(handshakeHeaders("bellhop", 600), {
 *   "webhook-request-origin": "bellhop",
 *   "webhook-request-rate": "600",
 * });
 * ```
 */
export function handshakeHeaders(origin: string, ratePerMinute?: number): Record<string, string> {
  if (origin.length > 255 || !ORIGIN.test(origin)) {
    throw invalid("origin", "wanted a host name: letters, digits, dots, dashes");
  }
  if (ratePerMinute === undefined) return { [REQUEST_ORIGIN_HEADER]: origin };
  return { [REQUEST_ORIGIN_HEADER]: origin, [REQUEST_RATE_HEADER]: rateText(ratePerMinute) };
}

/**
 * What the answer to an OPTIONS request consents to, by its headers alone: no status says yes, and none says no.
 *
 * A rate that cannot be read was meant as a limit, so it is refused rather than passed over.
 *
 * @throws {BellhopError} `endpoint-refused`
 *
 * @example
 * ```ts
 * import { readConsent } from "@bellhop/bellhop/security";
 * import { assertEquals, assertThrows } from "@std/assert";
 * const answer = new Headers({ "webhook-allowed-origin": "bellhop", "webhook-allowed-rate": "600" });
 * assertEquals(readConsent(answer, "bellhop"), { ratePerMinute: 600 });
 * assertThrows(() => readConsent(new Headers(), "bellhop"), Error, "webhook-allowed-origin");
 * ```
 */
export function readConsent(headers: HeaderReader, origin: string): Consent {
  const allowed = headers.get(ALLOWED_ORIGIN_HEADER)?.trim();
  if (allowed === undefined || allowed === "") {
    throw refused(`does not consent: it answers OPTIONS without ${ALLOWED_ORIGIN_HEADER}`);
  }
  // Names of hosts are equal in any case.
  if (allowed !== "*" && allowed.toLowerCase() !== origin.toLowerCase()) {
    throw refused(`consents to another origin than ${origin}`);
  }
  const rate = headers.get(ALLOWED_RATE_HEADER)?.trim();
  if (rate === undefined || rate === "" || rate === "*") return {};
  if (rate.length > 9 || !RATE.test(rate)) {
    throw refused(`answers with a ${ALLOWED_RATE_HEADER} that is neither a whole number from 1 nor *`);
  }
  return { ratePerMinute: Number(rate) };
}

/**
 * The receiver's side: what to answer to an OPTIONS request. Nothing of the request is sent back, only what is
 * configured; no header at all if it consents to nothing.
 *
 * @param origins those that may send; `undefined` = all
 * @param ratePerMinute 1 to 999,999,999; absent grants any
 * @throws {BellhopError} `argument-invalid` for a rate out of range
 *
 * @example
 * ```ts
 * import { consentHeaders } from "@bellhop/bellhop/security";
 * import { assertEquals } from "@std/assert";
 * const asked = new Headers({ "webhook-request-origin": "bellhop", "webhook-request-rate": "6000" });
 * assertEquals(consentHeaders(asked, ["bellhop"], 600), {
 *   "webhook-allowed-origin": "bellhop",
 *   "webhook-allowed-rate": "600",
 * });
 * assertEquals(consentHeaders(asked, ["another"]), {});
 * ```
 */
export function consentHeaders(
  request: HeaderReader,
  origins: readonly string[] | undefined,
  ratePerMinute?: number,
): Record<string, string> {
  const granted = ratePerMinute === undefined ? "*" : rateText(ratePerMinute);
  const asked = request.get(REQUEST_ORIGIN_HEADER)?.trim().toLowerCase();
  if (asked === undefined || asked === "") return {};
  const consent = origins === undefined ? "*" : origins.find((origin) => origin.toLowerCase() === asked);
  if (consent === undefined) return {};
  const told = ratePerMinute !== undefined || typeof request.get(REQUEST_RATE_HEADER) === "string";
  return { [ALLOWED_ORIGIN_HEADER]: consent, ...(told ? { [ALLOWED_RATE_HEADER]: granted } : {}) };
}

function rateText(ratePerMinute: number): string {
  if (!Number.isInteger(ratePerMinute) || ratePerMinute < 1 || ratePerMinute > MAX_RATE_PER_MINUTE) {
    throw invalid("ratePerMinute", `wanted a whole number from 1 to ${MAX_RATE_PER_MINUTE}`);
  }
  return String(ratePerMinute);
}

function refused(why: string): BellhopError {
  return new BellhopError("endpoint-refused", `The endpoint ${why}`, { field: "endpoint" });
}

function invalid(field: string, reason: string): BellhopError {
  return new BellhopError("argument-invalid", `${field}: ${reason}`, { field });
}
