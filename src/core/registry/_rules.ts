/** The rules for single members of registrations, manifests and records: linear scans, no expressions. */
import type { Fault } from "../error.ts";
import { validatePattern } from "./pattern.ts";

const LEASE_TOKEN = /^[!-~]+$/;
const LEASE_DIGEST = /^[0-9a-f]+$/;
/** Shortest lease, in milliseconds. */
export const MIN_LEASE_MS = 1_000;
/** Longest lease, in milliseconds. */
export const MAX_LEASE_MS = 3_600_000;
/** Most patterns of one service. */
export const MAX_SUBSCRIPTIONS = 64;
/** Longest endpoint URL, in UTF-16 code units. */
export const MAX_ENDPOINT_LENGTH = 2_048;
/** Most deliveries to one service at once that a registration may ask for. */
export const MAX_IN_FLIGHT = 10_000;

/** The faults in what a registration and a manifest have in common. */
export function sharedFaults(data: Readonly<Record<string, unknown>>): Fault[] {
  const faults: Fault[] = [];
  if (typeof data.name !== "string") faults.push(wrongType("name", "a string", data.name));
  else if (!isServiceName(data.name)) {
    faults.push({ field: "name", code: "character", reason: "wanted 1 to 63 of a-z, 0-9 and -, the first not -" });
  }
  if (typeof data.version !== "string") faults.push(wrongType("version", "a string", data.version));
  else if (data.version.length < 1 || data.version.length > 64 || hasControl(data.version)) {
    faults.push({ field: "version", code: "length", reason: "wanted 1 to 64 characters, none a control character" });
  }
  if (isGiven(data.instance) && !(typeof data.instance === "string" && isInstanceId(data.instance))) {
    faults.push({ field: "instance", code: "character", reason: "wanted 1 to 128 of A-Z, a-z, 0-9, ., _ and -" });
  }
  subscriptionFaults(data.subscriptions, faults);
  if (isGiven(data.leaseMs) && !isWhole(data.leaseMs, MIN_LEASE_MS, MAX_LEASE_MS)) {
    faults.push(outOfRange("leaseMs", MIN_LEASE_MS, MAX_LEASE_MS));
  }
  if (isGiven(data.ephemeral) && typeof data.ephemeral !== "boolean") {
    faults.push(wrongType("ephemeral", "true or false", data.ephemeral));
  }
  if (isGiven(data.receipts) && typeof data.receipts !== "boolean") {
    faults.push(wrongType("receipts", "true or false", data.receipts));
  }
  if (isGiven(data.maxInFlight) && !isWhole(data.maxInFlight, 1, MAX_IN_FLIGHT)) {
    faults.push(outOfRange("maxInFlight", 1, MAX_IN_FLIGHT));
  }
  if (isGiven(data.health) && !(typeof data.health === "string" && isRelativePath(data.health))) {
    faults.push({ field: "health", code: "character", reason: "wanted a relative path of 1 to 256 plain characters" });
  }
  return faults;
}

/** Whether the value can be a lease token: 1 to 256 visible characters of ASCII. */
export function isLeaseToken(value: unknown): value is string {
  return typeof value === "string" && value.length <= 256 && LEASE_TOKEN.test(value);
}

/** Whether the value can be what is kept of a lease token. */
export function isLeaseDigest(value: unknown): value is string {
  return typeof value === "string" && value.length === 64 && LEASE_DIGEST.test(value);
}

/** Whether an optional member is there; JSON's null says as much as its absence. */
export function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** Whether the value can be read by its members. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What the value is, for a fault's reason; never the value itself, which may be long or secret. */
export function kindOf(value: unknown): string {
  return value === undefined ? "nothing" : value === null ? "null" : Array.isArray(value) ? "an array" : typeof value;
}

/** Whether the text is the name of a service: `[a-z0-9][a-z0-9-]{0,62}`. */
export function isServiceName(text: string): boolean {
  if (text.length < 1 || text.length > 63 || text.charCodeAt(0) === 0x2d) return false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (!(isLower(code) || isDigit(code) || code === 0x2d)) return false;
  }
  return true;
}

/** Whether the text is the id of an instance: `[A-Za-z0-9._-]{1,128}`. */
export function isInstanceId(text: string): boolean {
  if (text.length < 1 || text.length > 128) return false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (!(isLower(code | 0x20) && code > 0x40 || isDigit(code) || code === 0x2e || code === 0x5f || code === 0x2d)) {
      return false;
    }
  }
  return true;
}

/** What is wrong with the endpoint, apart from whether its address is allowed. */
export function endpointFault(text: string): Fault | undefined {
  const field = "endpoint";
  if (text.length > MAX_ENDPOINT_LENGTH) {
    return { field, code: "too-long", reason: `wanted at most ${MAX_ENDPOINT_LENGTH} characters, got ${text.length}` };
  }
  const hostAt = text.startsWith("http://") ? 7 : text.startsWith("https://") ? 8 : -1;
  if (hostAt < 0) return { field, code: "scheme", reason: "wanted a URL that begins with http:// or https://" };
  let inHost = true;
  for (let i = hostAt; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code <= 0x20 || code >= 0x7f || code === 0x5c) {
      return {
        field,
        code: "character",
        reason: `wanted visible ASCII without backslash, got another at character ${i}`,
      };
    }
    if (code === 0x23) return { field, code: "fragment", reason: "wanted a URL without a fragment" };
    if (code === 0x2f || code === 0x3f) {
      if (i === hostAt) break;
      inHost = false;
    } else if (inHost && code === 0x40) {
      return { field, code: "credentials", reason: "wanted a URL without user and password" };
    }
  }
  const first = text.charCodeAt(hostAt);
  if (hostAt === text.length || first === 0x2f || first === 0x3f || first === 0x3a) {
    return { field, code: "host", reason: "wanted a URL with a host" };
  }
  return undefined;
}

function subscriptionFaults(value: unknown, faults: Fault[]): void {
  if (!Array.isArray(value)) {
    faults.push(wrongType("subscriptions", "an array", value));
    return;
  }
  if (value.length > MAX_SUBSCRIPTIONS) {
    const reason = `wanted at most ${MAX_SUBSCRIPTIONS}, got ${value.length}`;
    faults.push({ field: "subscriptions", code: "too-many", reason });
    return;
  }
  for (let i = 0; i < value.length; i++) {
    const field = `subscriptions[${i}]`;
    const pattern: unknown = value[i];
    const fault = typeof pattern === "string" ? validatePattern(pattern, field) : wrongType(field, "a string", pattern);
    if (fault !== undefined) faults.push(fault);
  }
}

function isRelativePath(text: string): boolean {
  if (text.length < 1 || text.length > 256 || text.charCodeAt(0) === 0x2f) return false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const plain = isLower(code | 0x20) && code > 0x40 || isDigit(code) || code === 0x2f || code === 0x2d ||
      code === 0x5f || (code === 0x2e && text.charCodeAt(i + 1) !== 0x2e);
    if (!plain) return false;
  }
  return true;
}

function isLower(code: number): boolean {
  return code >= 0x61 && code <= 0x7a;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function hasControl(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}

function isWhole(value: unknown, min: number, max: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= min && value <= max;
}

/** The fault of a member that is missing or of another type. */
export function wrongType(field: string, wanted: string, value: unknown): Fault {
  return {
    field,
    code: value === undefined ? "missing" : "type",
    reason: `wanted ${wanted}, got ${kindOf(value)}`,
  };
}

function outOfRange(field: string, min: number, max: number): Fault {
  return { field, code: "range", reason: `wanted a whole number from ${min} to ${max}` };
}
