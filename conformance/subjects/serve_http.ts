/**
 * A Bellhop gateway for the HTTP driver: options from `BELLHOP_CONFORM`, its URL on the first line.
 *
 *     deno run -A conformance/subjects/serve_http.ts
 *
 * @module
 */
import process from "node:process";
import { PRIORITY_POLICIES, resolvePolicy, type RetryPolicy } from "@bellhop/bellhop";
import { gateway, memory, serve } from "@bellhop/bellhop/server";
import type { StartOptions } from "../control.ts";

const { policy, healthIntervalMs, limits, capacity, maxInFlight, maxDeadLetters }: StartOptions = JSON.parse(
  process.env.BELLHOP_CONFORM ?? "{}",
);
const policies = policy === undefined ? {} : {
  policies: Object.fromEntries(
    Object.entries(PRIORITY_POLICIES).map(([priority, preset]) => [
      priority,
      resolvePolicy({ ...preset, ...policy as RetryPolicy, retries: preset.retries }),
    ]),
  ),
};
const given = Object.entries({ capacity, maxInFlight, maxDeadLetters }).filter(([, value]) => value !== undefined);
const bus = gateway({
  open: true,
  store: memory(),
  ...(limits === undefined ? {} : { limits }),
  bus: { ...policies, ...Object.fromEntries(given) } as never,
  registry: healthIntervalMs === undefined ? {} : { healthIntervalMs },
});
await bus.ready;
const server = await serve(bus, { port: 0 });
process.stdout.write(`${JSON.stringify({ url: server.url })}\n`);
