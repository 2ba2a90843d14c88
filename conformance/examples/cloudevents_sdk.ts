/**
 * The CloudEvents SDK for JavaScript as a subject: what a general reader of CloudEvents makes of our profile.
 *
 * Thin on purpose: whatever the SDK throws is `envelope-malformed` where JSON was not readable, and `envelope-invalid`
 * with the fields that the SDK names otherwise. The `time` that the SDK adds to an event without one is taken out again,
 * or nothing would be left to compare.
 *
 * @module
 */
import { CloudEvent, type CloudEventV1, HTTP, ValidationError } from "npm:cloudevents@10.0.0";
import type { Answer, Command, Hello, JsonObject, OpenSubject } from "../control.ts";

const HELLO: Hello = {
  control: 1,
  name: "cloudevents (npm)",
  version: "10.0.0",
  spec: "0.1",
  profiles: ["core.envelope", "http"],
  clock: "virtual",
  asks: ["parse", "write"],
  can: [],
};

/** Opens it. */
export const cloudeventsSdk: OpenSubject = () =>
  Promise.resolve({
    send: (seq, command) => Promise.resolve({ seq, nowMs: 0, events: [], ...answer(command) }),
    close: () => Promise.resolve(),
  });

function answer(command: Command): Partial<Answer> {
  if (command.do === "hello") return { ok: HELLO as unknown as JsonObject };
  if (command.do === "stop") return { ok: {} };
  if (command.do !== "ask") return { unsupported: `${command.do} is not known` };
  try {
    return { ok: command.about === "parse" ? parse(command.input as never) : write(command.input as never) };
  } catch (error) {
    return refused(error);
  }
}

function parse(
  { headers, body, bodyBase64 }: { headers: Record<string, string>; body?: string; bodyBase64?: string },
): JsonObject {
  const bytes = bodyBase64 === undefined
    ? undefined
    : Uint8Array.from(atob(bodyBase64), (letter) => letter.charCodeAt(0));
  const text = body ?? new TextDecoder().decode(bytes);
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const read = HTTP.toEvent({ headers: lower, body: text });
  const timed = "ce-time" in lower || /"time"/.test(text);
  const json = (event: CloudEventV1<unknown>): JsonObject => {
    // It reads without judging: whoever wants to know asks for it.
    if (event instanceof CloudEvent) event.validate();
    const { time, ...rest } = JSON.parse(JSON.stringify(event));
    return timed ? { time, ...rest } : rest;
  };
  return Array.isArray(read) ? { batch: read.map(item) } : { envelope: json(read as CloudEventV1<unknown>) };

  function item(event: CloudEventV1<unknown>): JsonObject {
    try {
      return { envelope: json(event) };
    } catch (error) {
      return { refused: refused(error).refused as unknown as JsonObject };
    }
  }
}

function write({ envelope, mode }: { envelope: JsonObject; mode: "structured" | "binary" }): JsonObject {
  const event = new CloudEvent(envelope as never);
  const { headers, body } = mode === "binary" ? HTTP.binary(event) : HTTP.structured(event);
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)])
    .filter(([name]) => name !== "ce-time" || "time" in envelope);
  return { headers: Object.fromEntries(lower), ...(body === undefined ? {} : { body: String(body) }) };
}

function refused(error: unknown): Partial<Answer> {
  if (error instanceof SyntaxError) return { refused: { code: "envelope-malformed" } };
  const errors = error instanceof ValidationError && Array.isArray(error.errors) ? error.errors : [];
  const faults = errors.map((one) => {
    const { instancePath, params, message } = one as {
      readonly instancePath?: string;
      readonly params?: { readonly missingProperty?: string };
      readonly message?: string;
    };
    const missing = params?.missingProperty;
    return {
      field: missing ?? (instancePath ?? "").slice(1),
      code: missing === undefined ? "format" : "missing",
      reason: message ?? String(one),
    };
  });
  return { refused: { code: "envelope-invalid", faults } };
}
