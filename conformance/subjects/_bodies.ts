import type { BellhopError } from "@bellhop/bellhop";
import type { CallAnswer, Refusal } from "../control.ts";

/**
 * The answer of the suite as one of HTTP.
 *
 * @param leaving ends a body that never does, as a platform does it
 * @throws {TypeError} as `fetch` does, where nobody answered
 */
export function responseOf(answer: CallAnswer | undefined, leaving?: AbortSignal): Response {
  if (answer === undefined || "fault" in answer || "verdict" in answer) throw new TypeError("the call was cut off");
  const empty = answer.status === 204 || answer.status === 304 || answer.status === 205;
  // A stream of this realm: those of a platform take turns of it, of which nobody could tell how many.
  const body = streamed(bytesOf(answer.body), answer.unfinished !== true, leaving);
  return new Response(empty ? null : body, { status: answer.status, headers: answer.headers });
}

/** Why a command is refused. */
export function refusalOf({ code, field, faults, retryAfterMs }: BellhopError): Refusal {
  return {
    code,
    ...(field === undefined ? {} : { field }),
    ...(faults === undefined ? {} : { faults }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** What is given, and an end or never one, unless whoever reads leaves. */
export function streamed(
  bytes: Uint8Array | undefined,
  ends: boolean,
  leaving?: AbortSignal,
): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(stream) {
      if (bytes !== undefined && bytes.length > 0) stream.enqueue(bytes);
      if (ends) stream.close();
      else leaving?.addEventListener("abort", () => stream.error(leaving.reason), { once: true });
    },
  });
}

/** The body, as far as it has come when whoever asked goes away: then a server cancels it. */
export async function textOf({ body }: Response, leaving: AbortSignal): Promise<string> {
  if (body === null) return "";
  const reader = body.getReader();
  const leave = () => void reader.cancel().catch(() => {});
  leaving.addEventListener("abort", leave);
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
  }
  leaving.removeEventListener("abort", leave);
  return text + decoder.decode();
}

/** Text as bytes. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** The bytes that base64 stands for. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}
