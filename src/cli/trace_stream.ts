/**
 * The live trace of a gateway, for as long as one listens.
 *
 * @module
 */
import { backoffDelay } from "../core/retry/backoff.ts";
import { PRIORITY_POLICIES } from "../core/retry/policy.ts";
import { jsonOf, refusalOf, unreachable } from "./ask_gateway.ts";
import { EXIT, Stop } from "./exit_code.ts";
import { credentialHeaders, type GatewayAddress } from "./gateway_address.ts";
import { lines } from "./lines.ts";
import { pause } from "./pause.ts";
import { serverSentEvents } from "./server_sent_events.ts";
import { type TraceStep, traceStep } from "./trace_step.ts";

/** What a reader of the trace is told besides the steps. */
export interface TraceListener {
  onStep(step: TraceStep): void;
  /** Steps come from now on; `again` if there was a gap before. */
  onOpen?(again: boolean): void;
  /** The stream broke off, and is opened again. */
  onLost?(): void;
}

/** Milliseconds for the headers; milliseconds without a sign of life, of which there is one each 15 s. */
const OPEN_MS = 10_000;
const SILENCE_MS = 45_000;
// Never at once: a stream that ends as soon as it is open must not be asked for in a circle.
const AGAIN = {
  ...PRIORITY_POLICIES.NORMAL,
  firstRetry: "backoff",
  jitter: "equal",
  baseMs: 250,
  capMs: 5_000,
} as const;

/**
 * Tells each step of the trace until `signal` aborts; a stream that breaks off is opened again.
 *
 * @throws {Stop} if the stream cannot be opened the first time, or later if the credential is refused
 */
export async function followTrace(
  address: GatewayAddress,
  signal: AbortSignal,
  listener: TraceListener,
): Promise<void> {
  let failures = 0;
  let opened = false;
  while (!signal.aborted) {
    try {
      await readOnce(address, signal, listener.onStep, () => {
        listener.onOpen?.(opened);
        opened = true;
        failures = 0;
      });
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Stop) || !opened || error.exitCode === EXIT.denied) throw error;
    }
    if (signal.aborted) return;
    if (failures === 0) listener.onLost?.();
    failures++;
    await pause(backoffDelay(AGAIN, failures, Math.random), signal);
  }
}

async function readOnce(
  address: GatewayAddress,
  signal: AbortSignal,
  onStep: (step: TraceStep) => void,
  onOpen: () => void,
): Promise<void> {
  const quiet = new AbortController();
  const abort = () => quiet.abort();
  signal.addEventListener("abort", abort, { once: true });
  let timer = setTimeout(abort, OPEN_MS);
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(abort, SILENCE_MS);
  };
  try {
    const response = await open(address, quiet.signal);
    alive();
    onOpen();
    for await (const data of serverSentEvents(lines(chunks(response), alive))) {
      const step = traceStep(data);
      if (step !== undefined) onStep(step);
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
    abort();
  }
}

async function open(address: GatewayAddress, signal: AbortSignal): Promise<Response> {
  const headers = { accept: "text/event-stream", ...credentialHeaders(address) };
  const response = await fetch(`${address.url}/trace`, { headers, redirect: "manual", signal })
    .catch(() => Promise.reject(unreachable(address)));
  if (response.ok && response.headers.get("content-type")?.startsWith("text/event-stream")) return response;
  const text = await response.text().catch(() => "");
  throw refusalOf(address, response.status, jsonOf(text));
}

/** A stream that breaks off has ended. */
async function* chunks({ body }: Response): AsyncGenerator<Uint8Array> {
  const reader = body!.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(() => ({ done: true as const, value: undefined }));
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
