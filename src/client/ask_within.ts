import { BellhopError } from "../core/error.ts";
import { ask, type Gateway } from "./_gateway.ts";
import { inRange } from "./_in_range.ts";
import { timeLimit } from "./_time_limit.ts";

/** How long one question to a gateway may take. */
export interface AskOptions {
  /** 1 to 3,600,000 ms; default 30,000. */
  readonly timeoutMs?: number;
  /** Ends the waiting; the gateway may have done it all the same. */
  readonly signal?: AbortSignal;
}

/** One request, without a retry, and the body of its answer. @throws {BellhopError} `timeout`, or as the gateway refuses */
export async function askWithin<T>(
  gateway: Gateway,
  method: string,
  path: string,
  query: Readonly<Record<string, string | number | undefined>> | undefined,
  { timeoutMs = 30_000, signal }: AskOptions = {},
): Promise<T> {
  inRange("timeoutMs", timeoutMs, 1, 3_600_000);
  const late = () => new BellhopError("timeout", `no answer within ${timeoutMs} ms`);
  const limit = timeLimit(gateway.clock, timeoutMs, late, gateway.closed, signal);
  const pairs = Object.entries(query ?? {}).filter(([, value]) => value !== undefined);
  // Not by URLSearchParams: a gateway takes a `+` for a plus.
  const asked = pairs.map(([name, value]) => `${name}=${encodeURIComponent(value!)}`).join("&");
  try {
    return (await ask(gateway, method, asked === "" ? path : `${path}?${asked}`, limit.signal)).body as T;
  } finally {
    limit.end();
  }
}
