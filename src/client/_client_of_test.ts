import { assert } from "@std/assert";
import { type ErrorCode, ERRORS } from "../core/error.ts";
import type { ServiceDefinition } from "../service/definition.ts";
import { type ManualClock, manualClock } from "../testing/manual_clock.ts";
import { type Client, connect, type ConnectOptions, type Fetch } from "./mod.ts";

/** The answer to a publish. */
export const ACCEPTED = { source: "/a", id: "1", durability: "memory", receivers: ["users"], duplicate: false };

/** A request that reached the gateway, or a service. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  // deno-lint-ignore no-explicit-any
  readonly body: any;
}

/** A client whose gateway is a function, and what it asked. */
export async function clientOf(
  answer: (asked: Asked, count: number) => Response | Promise<Response>,
  options: Partial<ConnectOptions> = {},
  service?: ServiceDefinition,
): Promise<{ readonly client: Client; readonly asked: Asked[]; readonly clock: ManualClock }> {
  const clock = manualClock();
  const asked: Asked[] = [];
  const fetch: Fetch = async (url, { method = "GET", headers, body, signal }) => {
    signal?.throwIfAborted();
    const one = {
      method,
      path: url.replace("http://gateway/bus/", ""),
      headers: new Headers(headers),
      body: typeof body === "string" ? JSON.parse(body) : undefined,
    };
    asked.push(one);
    return await new Promise<Response>((resolve, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
      Promise.resolve(answer(one, asked.length)).then(resolve, reject);
    });
  };
  const given = { gateway: "http://gateway/bus/", fetch, clock, random: () => 0.5, ...options };
  const client = await (service === undefined ? connect(given) : connect(service, given));
  return { client, asked, clock };
}

/** A refusal of the gateway. */
export function problem(code: ErrorCode, headers: HeadersInit = {}): Response {
  const { status, retry } = ERRORS[code];
  return Response.json({ type: `urn:bellhop:problem:${code}`, code, status, retry, detail: "why" }, {
    status,
    headers,
  });
}

/** Lets virtual time pass until the promise settles. */
export async function through<T>(
  clock: ManualClock,
  promise: Promise<T>,
  stepMs = 250,
  mostMs = 7_200_000,
): Promise<T> {
  let settled = false;
  promise.then(() => settled = true, () => settled = true);
  for (let ms = 0; !settled && ms < mostMs; ms += stepMs) await clock.settle(stepMs);
  assert(settled, "nothing came of it");
  return await promise;
}
