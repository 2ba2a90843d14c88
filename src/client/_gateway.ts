import { BellhopError } from "../core/error.ts";
import { permissionMissing } from "../core/permission_missing.ts";
import type { Clock } from "../ports/clock.ts";
import type { Credential } from "./_credential.ts";
import { problemError, readObject } from "./_problem.ts";
import type { Fetch } from "./fetch.ts";

/** Most bytes of an answer that are read: a status with as many deliveries as there may be services. */
const MAX_ANSWER_BYTES = 4_194_304;

/** A gateway, as its clients speak to it. */
export interface Gateway {
  readonly clock: Clock;
  readonly random: () => number;
  readonly fetch: Fetch;
  /** The gateway's URL without a slash at its end. */
  readonly url: string;
  /** Aborted when the client closes. */
  readonly closed: AbortSignal;
  /** For every request to the gateway, and for nobody else. */
  readonly credential: Credential;
}

/** An answer below 400. */
export interface Answer {
  readonly body: Record<string, unknown>;
  readonly headers: Headers;
}

/**
 * One request, without a retry.
 *
 * @throws {BellhopError} what the gateway's problem document says, or `unreachable`; the signal's reason if it aborts
 */
export async function ask(
  gateway: Gateway,
  method: string,
  path: string,
  signal: AbortSignal,
  headers: Readonly<Record<string, string>> = {},
  body?: string,
): Promise<Answer> {
  let response: Response;
  let text: string;
  try {
    response = await gateway.fetch(`${gateway.url}/${path}`, {
      method,
      headers: { accept: "application/json", ...await gateway.credential(signal), ...headers },
      signal,
      redirect: "manual",
      ...(body === undefined ? {} : { body }),
    });
    text = await readText(response, MAX_ANSWER_BYTES);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (error instanceof BellhopError) throw error;
    throw unreached(gateway.url, error);
  }
  if (response.ok) return { body: readObject(text), headers: response.headers };
  throw problemError(response, text, gateway.clock.nowMs(), gateway.url);
}

/** Why a request did not get there. */
export function unreached(where: string, cause: unknown): BellhopError {
  const deed = `cannot reach ${where}`;
  return permissionMissing(deed, cause) ?? new BellhopError("unreachable", deed, { cause });
}

/** {@linkcode ask} with the JSON of an envelope, in structured mode. */
export function send(
  gateway: Gateway,
  path: string,
  envelope: string,
  signal: AbortSignal,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const type = { "content-type": "application/cloudevents+json; charset=utf-8" };
  return ask(gateway, "POST", path, signal, { ...headers, ...type }, envelope);
}

/** Reads a body up to a bound, for what is beyond it is no answer of ours. */
export async function readText(response: Response, maxBytes: number): Promise<string> {
  if (response.body === null) return "";
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.byteLength;
    if (bytes > maxBytes) {
      await reader.cancel();
      throw new BellhopError("response-too-large", `the answer has more than ${maxBytes} bytes`);
    }
    text += decoder.decode(value, { stream: true });
  }
}
