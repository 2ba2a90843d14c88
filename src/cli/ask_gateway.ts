/**
 * One request to a gateway, and its answer as JSON; whatever goes wrong is a sentence with what to do.
 *
 * @module
 */
import { EXIT, Stop } from "./exit_code.ts";
import { credentialHeaders, type GatewayAddress } from "./gateway_address.ts";
import { printable } from "./printable.ts";

/** A refusal by the gateway, with its stable code. */
export class Refusal extends Stop {
  constructor(readonly code: string, exitCode: number, message: string) {
    super(exitCode, message);
  }
}

/** Milliseconds for an answer. */
const TIMEOUT_MS = 30_000;
/** A page of dead letters carries their messages. */
const MOST_BYTES = 268_435_456;

/**
 * Asks a gateway.
 *
 * @returns the JSON of its answer; `undefined` if that has none
 * @throws {Stop} `gateway` if nobody answers; {@linkcode Refusal} for what the gateway refuses
 */
export async function ask(address: GatewayAddress, method: string, path: string, body?: unknown): Promise<unknown> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(address.url + path, {
      method,
      headers: {
        accept: "application/json",
        ...credentialHeaders(address),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    text = await bounded(response);
  } catch (error) {
    throw error instanceof Stop ? error : unreachable(address);
  }
  const answer = jsonOf(text);
  if (response.ok) return answer;
  throw refusalOf(address, response.status, answer);
}

/** What to say when nobody answers. */
export function unreachable({ url, from }: GatewayAddress): Stop {
  const named = from === "--gateway" ? "" : ` (from ${from})`;
  return new Stop(
    EXIT.gateway,
    `no gateway answers at ${url}${named}: start one with \`bellhop dev\`, or say where it is with --gateway URL`,
  );
}

/** What to say of an answer of 300 or above. */
export function refusalOf({ url, token }: GatewayAddress, status: number, answer: unknown): Stop {
  const problem = (answer ?? {}) as Record<string, unknown>;
  if (typeof problem.code !== "string") {
    return new Stop(
      EXIT.gateway,
      `what answers at ${url} (status ${status}) is no gateway: is the path it is mounted at missing?`,
    );
  }
  const code = printable(problem.code, 64);
  if (status === 401 || (status === 403 && code === "forbidden")) {
    const advice = token === undefined
      ? "give a credential by BELLHOP_TOKEN or --token-file"
      : "the credential given does not allow this";
    return new Refusal(code, EXIT.denied, `${code}: ${sentence(problem)}; ${advice}`);
  }
  const fix = typeof problem.fix === "string" ? `\n${printable(problem.fix, 500)}` : "";
  return new Refusal(code, EXIT.failed, `${code}: ${sentence(problem)}${fix}`);
}

/** The JSON in a text, or `undefined`. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function sentence({ detail, title, faults }: Record<string, unknown>): string {
  const said = printable(typeof detail === "string" ? detail : typeof title === "string" ? title : "refused", 1_000);
  if (!Array.isArray(faults)) return said;
  const each = faults.slice(0, 20).map((fault) => printable(`${fault?.field}: ${fault?.reason}`, 300));
  return [said, ...each].join("\n  ");
}

async function bounded(response: Response): Promise<string> {
  if (response.body === null) return "";
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.byteLength;
    if (bytes > MOST_BYTES) {
      await reader.cancel();
      throw new Stop(EXIT.failed, "the answer is longer than 256 MiB: ask for less with --limit");
    }
    text += decoder.decode(value, { stream: true });
  }
}
