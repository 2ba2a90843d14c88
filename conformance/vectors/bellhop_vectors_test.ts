import { assert, assertEquals } from "@std/assert";
import {
  backoffDelay,
  BellhopError,
  busPolicy,
  type Envelope,
  fromHttp,
  matches,
  type PRIORITIES,
  PRIORITY_POLICIES,
  PriorityQueue,
  rankOf,
  serialize,
  toBinary,
  toStructured,
  validatePattern,
  withRetryAfter,
} from "@bellhop/bellhop";
import { importKeys, signWebhook, verifyWebhook } from "@bellhop/bellhop/security";
import { fetchTransport } from "@bellhop/bellhop/transports/fetch";
import { bodyBytes, readVectors, type Vector } from "./expand.ts";

type Priority = typeof PRIORITIES[number];
type Json = Record<string, unknown>;

const FOLDER = new URL("./", import.meta.url);
const HOUR_MS = 3_600_000;
const STRUCTURED = new Headers({ "content-type": "application/cloudevents+json" });

/** What this implementation makes of one vector, in the words of its expectation; a refusal is thrown. */
type Answers = (vector: Vector) => unknown | Promise<unknown>;

const ANSWERS: Readonly<Record<string, Answers>> = {
  parse: ({ input }) => {
    const content = fromHttp(new Headers(input.headers), bodyBytes(input));
    if (content.mode !== "batched") return { envelope: jsonOf(content.envelope) };
    return {
      batch: content.results.map(({ envelope, error }) => error ? refusal(error) : { envelope: jsonOf(envelope) }),
    };
  },
  write: ({ input }) => {
    const envelope = envelopeOf(input.envelope);
    const { headers, body } = input.mode === "binary" ? toBinary(envelope) : toStructured(envelope);
    return { headers, bytes: typeof body === "string" ? new TextEncoder().encode(body) : body ?? new Uint8Array() };
  },
  delay: ({ input }) => {
    let draws = 0;
    const policy = { ...PRIORITY_POLICIES.CRITICAL, ...fieldsOf(input, ["baseMs", "factor", "capMs", "jitter"]) };
    const computed = backoffDelay(policy, input.retry, () => {
      draws++;
      return input.u;
    });
    return { waitMs: input.askedMs === null ? computed : withRetryAfter(computed, input.askedMs), draws };
  },
  policy: ({ input }) => ({ policy: busPolicy(input.policy, input.priority) }),
  match: ({ input }) =>
    validatePattern(input.pattern) === undefined ? { matches: matches(input.pattern, input.type) } : { refused: true },
  verdict: async ({ input }) => {
    const answer = await withClock(
      input.nowMs,
      () =>
        fetchTransport({ fetch: () => Promise.resolve(new Response(null, input)) }).deliver({
          envelope: { specversion: "1.0", id: "1", source: "/s", type: "a.b" },
          deliveryId: "dlv_1",
          attempt: 1,
          receiver: "users",
          instance: "a1",
          endpoint: "http://127.0.0.1:8001/bellhop",
          timeoutMs: 60_000,
        }),
    );
    return {
      verdict: answer.verdict,
      ...(answer.verdict === "ack" ? {} : { reason: answer.reason }),
      askedMs: answer.retryAfterMs === undefined ? null : Math.min(answer.retryAfterMs, HOUR_MS),
      charged: answer.blameHealth === true,
      removed: answer.removeEndpoint === true,
    };
  },
  order: ({ input }) => {
    const queue = new PriorityQueue();
    let accepted = 0;
    for (const [priority, count] of input.queued as [Priority, number][]) {
      for (let i = 0; i < count; i++) queue.push(accepted++, rankOf(priority));
    }
    return { started: Array.from({ length: accepted }, () => queue.pop()) };
  },
  sign: async ({ input }) => {
    const [key] = await importKeys(input.secret);
    return { signature: await signWebhook(key, input.id, input.timestampS, bodyBytes(input)) };
  },
  verify: async ({ input }) => {
    await verifyWebhook(await importKeys(input.secrets), new Headers(input.headers), bodyBytes(input), input.nowMs);
    return { ok: true };
  },
};

for (const [kind, answer] of Object.entries(ANSWERS)) {
  Deno.test(`Bellhop gives what the vectors of ${kind} expect`, async () => {
    const { vectors } = readVectors(await Deno.readTextFile(new URL(`${kind}.json`, FOLDER)));
    const differing: string[] = [];
    for (const vector of vectors) {
      try {
        judge(kind, vector, await answered(answer, vector));
      } catch (error) {
        differing.push(`${vector.id} (${vector.requirements}) ${vector.title}: ${(error as Error).message}`);
      }
    }
    assertEquals(differing.length, 0, `${differing.length} of ${vectors.length}\n${differing.join("\n")}`);
  });
}

async function answered(answer: Answers, vector: Vector): Promise<unknown> {
  try {
    return await answer(vector);
  } catch (error) {
    if (error instanceof BellhopError) return refusal(error);
    throw error;
  }
}

function refusal({ code, field, faults = [] }: BellhopError) {
  return { refused: { code, field, faults } };
}

function judge(kind: string, { input, expect }: Vector, found: unknown): void {
  if (kind === "parse") return judgeParsed(expect, found as Json);
  if (kind === "write") return judgeWritten(input, expect, found as Written);
  const { refused } = found as { refused?: { code: string; field?: string } };
  if (kind === "verify" && refused !== undefined) return assertEquals({ refused: refused.code }, expect);
  if (kind === "policy" && refused !== undefined) {
    return assertEquals({ refused: { code: refused.code, field: refused.field } }, expect);
  }
  assertEquals(found, expect);
}

interface Refused {
  readonly code: string;
  readonly faults: readonly { readonly field?: string; readonly code?: string; readonly reason?: string }[];
}

function judgeParsed(expect: Json, found: Json): void {
  assertEquals(Object.keys(found), Object.keys(expect), shown(found));
  if (Array.isArray(expect.batch)) {
    const results = found.batch as Json[];
    assertEquals(results.length, expect.batch.length);
    expect.batch.forEach((item, at) => judgeParsed(item, results[at]));
  } else if (expect.envelope !== undefined) {
    assertEquals(comparable(found.envelope as Json), comparable(expect.envelope as Json));
  } else {
    const [wanted, got] = [expect.refused as Refused, found.refused as Refused];
    assertEquals(got.code, wanted.code, shown(found));
    for (const { field, code } of wanted.faults) {
      const named = got.faults.some((one) => (field ?? one.field) === one.field && (code ?? one.code) === one.code);
      assert(named, `no fault ${field} ${code}: ${shown(got.faults)}`);
    }
    // ENV-005
    for (const one of got.faults) {
      for (const part of [one.field, one.code, one.reason]) assertEquals(typeof part, "string");
    }
  }
}

interface Written {
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

function judgeWritten(input: Json, expect: Json, { headers, bytes }: Written): void {
  const wanted = expect.headers as Record<string, string>;
  if (input.mode === "structured") {
    assertEquals(headers["content-type"].split(";")[0].toLowerCase(), wanted["content-type"]);
    const [found, hoped] = [bytes, bodyBytes(expect)].map((one) => JSON.parse(new TextDecoder().decode(one)));
    return assertEquals(comparable(found), comparable(hoped));
  }
  assertEquals(Object.keys(headers).toSorted(), Object.keys(wanted).toSorted());
  for (const [name, value] of Object.entries(headers)) {
    if (name === "content-type") assertEquals(value, wanted[name]);
    else {
      assert(/^(?:[!#$&-~]|%[0-9A-Fa-f]{2})*$/.test(value), `${name}: ${value}`);
      assertEquals(decodeURIComponent(value), decodeURIComponent(wanted[name]));
    }
  }
  const json = /[/+]json$/.test(wanted["content-type"] ?? "");
  if (!json) return assertEquals(bytes, bodyBytes(expect));
  assertEquals(JSON.parse(new TextDecoder().decode(bytes)), JSON.parse(new TextDecoder().decode(bodyBytes(expect))));
}

/** The envelope with data of no JSON media type as base64, be it text or bytes; members in one order. */
function comparable(envelope: Json): string {
  const { data, ...rest } = envelope;
  const essence = String(envelope.datacontenttype ?? "application/json").split(";")[0].trim().toLowerCase();
  const text = typeof data === "string" && !/[/+]json$/.test(essence);
  const whole: Json = text ? { ...rest, data_base64: base64(new TextEncoder().encode(data)) } : envelope;
  return JSON.stringify(Object.entries(whole).toSorted(([a], [b]) => a < b ? -1 : 1));
}

function jsonOf(envelope: Envelope): Json {
  return JSON.parse(serialize(envelope));
}

function envelopeOf(json: unknown): Envelope {
  const content = fromHttp(STRUCTURED, new TextEncoder().encode(JSON.stringify(json)));
  assert(content.mode === "structured");
  return content.envelope;
}

function fieldsOf(input: Json, names: readonly string[]): Json {
  return Object.fromEntries(names.map((name) => [name, input[name]]));
}

/** The transport reads the platform's clock. */
async function withClock<T>(nowMs: number, act: () => T | Promise<T>): Promise<T> {
  const { now } = Date;
  Date.now = () => nowMs;
  try {
    return await act();
  } finally {
    Date.now = now;
  }
}

function base64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

function shown(value: unknown): string {
  return JSON.stringify(value).slice(0, 300);
}
