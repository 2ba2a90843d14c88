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
import { Hono } from "hono";
import type { StartOptions } from "../control.ts";

const { policy, healthIntervalMs, limits, capacity, maxInFlight, maxDeadLetters, mount, bounds = {} }: StartOptions =
  JSON
    .parse(process.env.BELLHOP_CONFORM ?? "{}");
const policies = policy === undefined ? {} : {
  policies: Object.fromEntries(
    Object.entries(PRIORITY_POLICIES).map(([priority, preset]) => [
      priority,
      resolvePolicy({ ...preset, ...policy as RetryPolicy, retries: preset.retries }),
    ]),
  ),
};
const given = (options: object) =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
const bus = gateway({
  open: true,
  store: memory(),
  limits: {
    ...limits,
    ...given({
      maxWaits: bounds.waits,
      maxCalls: bounds.calls,
      maxPulls: bounds.pulls,
      maxStreamBytes: bounds.streamBytes,
      bodyTimeoutMs: bounds.bodyMs,
      heartbeatMs: bounds.commentMs,
      callTimeoutMs: policy?.attemptTimeoutMs,
    }),
  },
  bus: { ...policies, ...given({ capacity, maxInFlight, maxDeadLetters }) } as never,
  registry: healthIntervalMs === undefined ? {} : { healthIntervalMs },
});
await bus.ready;
const server = await serve(mount === undefined ? bus : new Hono().route(mount, bus), { port: 0 });
process.stdout.write(`${JSON.stringify({ url: server.url + (mount ?? ""), can: ["mount", "bounds"] })}\n`);
