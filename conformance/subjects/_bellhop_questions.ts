import {
  backoffDelay,
  fromHttp,
  matches,
  parseRetryAfter,
  resolvePolicy,
  serialize,
  toBinary,
  toStructured,
  validatePattern,
  verdictOf,
  withRetryAfter,
} from "@bellhop/bellhop";
import { BellhopError } from "@bellhop/bellhop";
import { importKeys, signWebhook, verifyWebhook } from "@bellhop/bellhop/security";
import type { JsonObject, Question } from "../control.ts";

/** The answer to a question that needs no bus. @throws {BellhopError} where the input is refused */
export async function answerTo(about: Question, input: JsonObject): Promise<JsonObject> {
  return await ANSWERS[about](input as never) as JsonObject;
}

const ANSWERS: Readonly<Record<Question, (input: never) => unknown>> = {
  parse: ({ headers, body, bodyBase64 }: HttpInput) => {
    const content = fromHttp(new Headers(headers), bodyBase64 === undefined ? utf8(body ?? "") : base64(bodyBase64));
    if (content.mode !== "batched") return { envelope: JSON.parse(serialize(content.envelope)) };
    return {
      batch: content.results.map(({ envelope, error }) =>
        error === undefined
          ? { envelope: JSON.parse(serialize(envelope)) }
          : { refused: { code: error.code, faults: error.faults ?? [] } }
      ),
    };
  },
  write: ({ envelope, mode }: { envelope: JsonObject; mode: "structured" | "binary" }) => {
    const [{ headers: type }] = [{ headers: { "content-type": "application/cloudevents+json" } }];
    const read = fromHttp(new Headers(type), utf8(JSON.stringify(envelope)));
    if (read.mode === "batched") throw new BellhopError("argument-invalid", "one envelope is written");
    const { headers, body } = mode === "binary" ? toBinary(read.envelope) : toStructured(read.envelope);
    const rest = body === undefined ? {} : typeof body === "string" ? { body } : { bodyBase64: toBase64(body) };
    return { headers, ...rest };
  },
  delay: ({ retry, u, askedMs, ...fields }: { retry: number; u?: number; askedMs?: number }) => {
    const policy = resolvePolicy({ retries: "unlimited", ...withoutNull(fields) });
    let draws = 0;
    const computed = backoffDelay(policy, retry, () => {
      draws++;
      return u ?? 0;
    });
    return { waitMs: askedMs === undefined || askedMs === null ? computed : withRetryAfter(computed, askedMs), draws };
  },
  policy: ({ policy }: { policy: JsonObject }) => ({ policy: resolvePolicy(policy as never) }),
  match: ({ pattern, type }: { pattern: string; type: string }) => {
    if (validatePattern(pattern) !== undefined) throw new BellhopError("registration-invalid", "no pattern");
    return { matches: matches(pattern, type) };
  },
  verdict: ({ status, headers, nowMs }: { status: number; headers: Record<string, string>; nowMs: number }) => {
    const read = new Headers(headers);
    const { verdict, blame, removeEndpoint } = verdictOf(status, read.get("bellhop-verdict"));
    const askedMs = parseRetryAfter(read.get("retry-after"), nowMs);
    return {
      verdict,
      askedMs: askedMs === undefined ? null : askedMs,
      charged: blame === "health",
      removed: removeEndpoint === true,
    };
  },
  sign: async ({ secret, id, timestampS, body }: SignInput) => {
    const [key] = await importKeys(secret);
    return { signature: await signWebhook(key, id, timestampS, body) };
  },
  verify: async ({ secrets, headers, body, nowMs }: VerifyInput) => {
    await verifyWebhook(await importKeys(secrets), new Headers(headers), body, nowMs);
    return { ok: true };
  },
};

interface HttpInput {
  readonly headers: Record<string, string>;
  readonly body?: string;
  readonly bodyBase64?: string;
}

interface SignInput {
  readonly secret: string;
  readonly id: string;
  readonly timestampS: number;
  readonly body: string;
}

interface VerifyInput {
  readonly secrets: readonly string[];
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly nowMs: number;
}

function withoutNull(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([name, value]) => value !== null && name !== "retries"));
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function base64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

function toBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}
