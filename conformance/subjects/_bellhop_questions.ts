import {
  backoffDelay,
  busPolicy,
  fromHttp,
  matches,
  serialize,
  toBinary,
  toStructured,
  validatePattern,
  withRetryAfter,
} from "@bellhop/bellhop";
import { BellhopError } from "@bellhop/bellhop";
import { importKeys, signWebhook, verifyWebhook } from "@bellhop/bellhop/security";
import { fetchTransport } from "@bellhop/bellhop/transports/fetch";
import type { JsonObject, Question } from "../control.ts";

/** The longest delay that a receiver may ask for. */
const MAX_ASKED_MS = 3_600_000;

/** Whatever it is: the answer to it is judged. */
const DELIVERY = {
  envelope: { specversion: "1.0", id: "1", source: "/s", type: "a.b" },
  deliveryId: "dlv_1",
  attempt: 1,
  receiver: "users",
  instance: "a1",
  endpoint: "http://127.0.0.1:8001/bellhop",
  timeoutMs: 60_000,
} as const;

/** The answer to a question that needs no bus. @throws {BellhopError} where the input is refused */
export async function answerTo(about: Question, input: JsonObject): Promise<JsonObject> {
  return await ANSWERS[about](input as never) as JsonObject;
}

const ANSWERS: Readonly<Record<Question, (input: never) => unknown>> = {
  parse: ({ headers, ...body }: HttpInput) => {
    const content = fromHttp(new Headers(headers), bytesOf(body));
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
    const policy = busPolicy(fields as never, "CRITICAL");
    let draws = 0;
    const computed = backoffDelay(policy, retry, () => {
      draws++;
      return u ?? 0;
    });
    return { waitMs: askedMs === undefined || askedMs === null ? computed : withRetryAfter(computed, askedMs), draws };
  },
  policy: ({ policy, priority }: { policy: JsonObject; priority?: never }) => ({
    policy: busPolicy(policy as never, priority),
  }),
  match: ({ pattern, type }: { pattern: string; type: string }) => {
    if (validatePattern(pattern) !== undefined) throw new BellhopError("registration-invalid", "no pattern");
    return { matches: matches(pattern, type) };
  },
  verdict: async ({ status, headers, nowMs }: { status: number; headers: Record<string, string>; nowMs: number }) => {
    const transport = fetchTransport({
      fetch: () => Promise.resolve(new Response(null, { status, headers })),
      nowMs: () => nowMs,
    });
    const { verdict, reason, retryAfterMs, blameHealth, removeEndpoint } = await transport.deliver(DELIVERY);
    return {
      verdict,
      ...(verdict === "ack" ? {} : { reason }),
      askedMs: retryAfterMs === undefined ? null : Math.min(retryAfterMs, MAX_ASKED_MS),
      charged: blameHealth === true,
      removed: removeEndpoint === true,
    };
  },
  sign: async ({ secret, id, timestampS, ...body }: SignInput) => {
    const [key] = await importKeys(secret);
    return { signature: await signWebhook(key, id, timestampS, bytesOf(body)) };
  },
  verify: async ({ secrets, headers, nowMs, ...body }: VerifyInput) => {
    await verifyWebhook(await importKeys(secrets), new Headers(headers), bytesOf(body), nowMs);
    return { ok: true };
  },
};

interface Body {
  readonly body?: string;
  readonly bodyBase64?: string;
}

interface HttpInput extends Body {
  readonly headers: Record<string, string>;
}

interface SignInput extends Body {
  readonly secret: string;
  readonly id: string;
  readonly timestampS: number;
}

interface VerifyInput extends Body {
  readonly secrets: readonly string[];
  readonly headers: Record<string, string>;
  readonly nowMs: number;
}

function bytesOf({ body, bodyBase64 }: Body): Uint8Array<ArrayBuffer> {
  return bodyBase64 === undefined ? utf8(body ?? "") : base64(bodyBase64);
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
