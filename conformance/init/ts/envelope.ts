/**
 * Envelopes: read from a request and judged by docs/spec/envelope.md, and written.
 */
import { ATTRIBUTES, isJson, isMediaType, REQUIRED } from "./grammar.ts";
import { NotJson, parts } from "./json_text.ts";

const MAX_BYTES = 262_144;
const MAX_BATCH_BYTES = 1_048_576;
const MAX_BATCH_ENVELOPES = 1_000;
const MAX_ATTRIBUTES = 64;
const MAX_ATTRIBUTE_LENGTH = 4_096;
const MAX_DEPTH = 64;

export const STRUCTURED = "application/cloudevents+json";
const BATCHED = "application/cloudevents-batch+json";
const NAME = /^[a-z0-9]{1,64}$/;
/** Control characters, lone surrogates and noncharacters. */
const FORBIDDEN = /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/u;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const REASONS = {
  "missing": "is required",
  "empty": "must not be empty",
  "wrong-type": "is of a JSON type that it cannot have",
  "too-long": "is longer than it may be",
  "too-many": "has more attributes than it may have",
  "too-deep": "is nested deeper than it may be",
  "name": "is no name of an attribute: 1 to 64 lower-case letters and digits",
  "character": "has a control character, a lone surrogate or a noncharacter",
  "format": "does not follow the grammar of the attribute",
  "unknown-value": "is none of the values allowed",
  "out-of-range": "is no integer of 32 bits",
  "conflict": "stands beside data: they say one thing twice",
  "base64": "is not base64, padded and without white space",
};
type FaultCode = keyof typeof REASONS;
/** What no attribute can be; it is not decoded, for it may be deeper than the runtime can bear. */
const NESTED = Symbol("an object or an array");

/** An input that breaks a rule. */
export class Refused extends Error {
  readonly code: string;
  readonly faults: readonly { readonly field: string; readonly code: FaultCode; readonly reason: string }[];

  constructor(code: string, faults: readonly (readonly [field: string, code: FaultCode])[] = []) {
    super(code);
    this.code = code;
    this.faults = faults.map(([field, code]) => ({
      field,
      code,
      reason: `${field || "the envelope"} ${REASONS[code]}`,
    }));
  }
}

/** What was published. */
export interface Envelope {
  readonly attributes: ReadonlyMap<string, string | number | boolean>;
  /** JSON, as the text that it came as. */
  readonly data?: string;
  readonly dataBase64?: string;
}

/** What a request publishes; a list for a batch. Throws {@linkcode Refused}. */
export function readRequest(
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
): Envelope | (Envelope | Refused)[] {
  const contentType = Object.entries(headers).find(([name]) => name.toLowerCase() === "content-type")?.[1] ?? "";
  const essence = contentType.split(";")[0].trim().toLowerCase();
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(contentType)?.[1] ?? "utf-8";
  // Binary mode, with its header ce-specversion, belongs to the profile http: it would be read here.
  if (essence !== STRUCTURED && essence !== BATCHED || charset.toLowerCase() !== "utf-8") {
    throw new Refused("content-type-unsupported");
  }
  if (body.length > (essence === STRUCTURED ? MAX_BYTES : MAX_BATCH_BYTES)) throw new Refused("body-too-large");
  const text = textOf(body);
  if (essence === STRUCTURED) return readEnvelope(text);
  const batch = partsOf(text);
  if (batch.kind !== "[") throw new Refused("envelope-malformed");
  if (batch.parts.length > MAX_BATCH_ENVELOPES) throw new Refused("batch-too-large");
  return batch.parts.map((item) => {
    try {
      return readEnvelope(item.text);
    } catch (error) {
      if (error instanceof Refused) return error;
      throw error;
    }
  });
}

/** The envelope in structured mode. Throws {@linkcode Refused} with every fault. */
export function readEnvelope(text: string): Envelope {
  if (new TextEncoder().encode(text).length > MAX_BYTES) throw new Refused("body-too-large");
  const { kind, parts: members } = partsOf(text);
  if (kind !== "{" || new Set(members.map(({ name }) => name)).size < members.length) {
    throw new Refused("envelope-malformed");
  }
  const attributes = new Map<string, unknown>();
  const faults: [field: string, code: FaultCode][] = [];
  let data: string | undefined;
  let dataBase64: unknown;
  for (const { name = "", text, depth } of members) {
    if (name === "data") {
      data = text;
      if (depth > MAX_DEPTH) faults.push([name, "too-deep"]);
    } else if (name !== "data_base64" && !NAME.test(name)) {
      faults.push([name, "name"]);
    } else if (text !== "null") {
      const value = text[0] === "{" || text[0] === "[" ? NESTED : JSON.parse(text);
      if (name === "data_base64") {
        dataBase64 = value;
        continue;
      }
      attributes.set(name, value);
      for (const code of attributeFaults(name, value)) faults.push([name, code]);
    }
  }
  for (const name of REQUIRED) if (!attributes.has(name)) faults.push([name, "missing"]);
  if (attributes.size > MAX_ATTRIBUTES) faults.push(["", "too-many"]);
  faults.push(...dataFaults(attributes.get("datacontenttype"), data, dataBase64));
  if (faults.length > 0) throw new Refused("envelope-invalid", faults);
  return { attributes, data, dataBase64 } as Envelope;
}

/** The envelope in structured mode, as text. */
export function writeEnvelope({ attributes, data, dataBase64 }: Envelope): string {
  const members = [...attributes].map(([name, value]) => [name, JSON.stringify(value)]);
  if (data !== undefined) members.push(["data", data]);
  if (dataBase64 !== undefined) members.push(["data_base64", JSON.stringify(dataBase64)]);
  return `{${members.map(([name, text]) => `"${name}":${text}`).join(",")}}`;
}

function textOf(body: Uint8Array): string {
  try {
    // A byte order mark stays in the text, and is no JSON.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    throw new Refused("envelope-malformed");
  }
}

function partsOf(text: string): ReturnType<typeof parts> {
  try {
    return parts(text);
  } catch (error) {
    if (error instanceof NotJson) throw new Refused("envelope-malformed");
    throw error;
  }
}

function attributeFaults(name: string, value: unknown): FaultCode[] {
  const known = ATTRIBUTES.get(name);
  if (typeof value === "string") return textFaults(value, known);
  if (known !== undefined || value === NESTED) return ["wrong-type"];
  return typeof value === "boolean" || value === (Number(value) | 0) ? [] : ["out-of-range"];
}

function textFaults(value: string, known?: ReturnType<typeof ATTRIBUTES.get>): FaultCode[] {
  if (value === "" && known !== undefined) return ["empty"];
  const [longest, grammar] = known ?? [MAX_ATTRIBUTE_LENGTH];
  const faults: FaultCode[] = [];
  if (value.length > longest) faults.push("too-long");
  if (FORBIDDEN.test(value)) faults.push("character");
  const fault = grammar?.(value);
  if (fault !== undefined) faults.push(fault);
  return faults;
}

function dataFaults(mediaType: unknown, data: string | undefined, base64: unknown): [string, FaultCode][] {
  const faults: [string, FaultCode][] = [];
  if (data !== undefined && base64 !== undefined) faults.push(["data_base64", "conflict"]);
  if (base64 !== undefined && typeof base64 !== "string") faults.push(["data_base64", "wrong-type"]);
  if (typeof base64 === "string" && !BASE64.test(base64)) faults.push(["data_base64", "base64"]);
  if (mediaType !== undefined && !isMediaType(mediaType)) return faults;
  const json = isJson(mediaType);
  if (data !== undefined && !json && data !== "null" && data[0] !== '"') faults.push(["data", "wrong-type"]);
  if (typeof base64 === "string" && json) faults.push(["data_base64", "wrong-type"]);
  return faults;
}
