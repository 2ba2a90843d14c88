/**
 * The gateway of `bus_worker.ts` in workerd, and how it is asked.
 *
 * @module
 */
import { bundled, type Workerd, workerd } from "./workerd.ts";

const TOKEN = "tok_d29ya2Vycy10ZXN0LXRva2Vu";
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

let program: Promise<string> | undefined;

/** Starts it; objects are kept in `folder`. @param objects without them the gateway has nowhere to run */
export async function busWorld(folder?: string, objects = { BUS: "Bus" } as Record<string, string>): Promise<Workerd> {
  const bindings = { TOKEN, SECRET };
  program ??= bundled("testing/workers/bus_worker.ts");
  return await workerd(await program, { objects, bindings, ...(folder === undefined ? {} : { folder }) });
}

/** One request with the credential of an administrator, and an envelope if there is one. */
export function ask(
  worker: Workerd,
  method: string,
  path: string,
  event?: Readonly<Record<string, unknown>>,
): Promise<Response> {
  return fetch(`${worker.url}/bus${path}`, {
    method,
    headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/cloudevents+json" },
    ...(event === undefined ? {} : { body: JSON.stringify({ specversion: "1.0", source: "/test", ...event }) }),
  });
}

/** Registers the service `b`, which takes every `thing.*`, for an hour. */
export async function register(worker: Workerd, endpoint: string): Promise<void> {
  const response = await ask(worker, "POST", "/registry", {
    id: crypto.randomUUID(),
    type: "service.register",
    data: { name: "b", version: "1.0.0", endpoint, subscriptions: ["thing.*"], leaseMs: 3_600_000 },
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`b was not registered: ${text}`);
}

/** Looks every 20 ms, for 60 s at most. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  for (const endMs = Date.now() + 60_000; !holds(); await new Promise((resolve) => setTimeout(resolve, 20))) {
    if (Date.now() > endMs) throw new Error(`60 s have passed without ${what}`);
  }
}
