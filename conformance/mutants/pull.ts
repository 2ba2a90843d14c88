/**
 * Mutants of the chapter Pull delivery.
 *
 * @module
 */
import type { Mutant } from "./mutant.ts";

/** Faults that break its sentences. */
export const PULL_MUTANTS: readonly Mutant[] = [
  {
    id: "pull-mixed-with-push",
    requirement: "PULL-002",
    check: "pull/registration",
    file: "core/registry/_membership.ts",
    find: "if (service === undefined || service.settings.delivery === delivery) return;",
    replace: "return;",
  },
  {
    id: "pull-endpoint-passed-over",
    requirement: "PULL-001",
    check: "pull/registration",
    file: "core/registry/registration.ts",
    find: "if (isGiven(endpoint) && endpoint !== PULL_ENDPOINT) {",
    replace: 'if (isGiven(endpoint) && typeof endpoint !== "string") {',
  },
  {
    id: "pull-target-not-held",
    requirement: "PULL-003",
    check: "pull/nobody-is-called",
    file: "core/bus/bus.ts",
    find: "target.held = held;",
    replace: "target.held = held && target.inFlight > 0;",
  },
  {
    id: "pull-old-ticket-held",
    requirement: "PULL-016",
    check: "pull/strange-tickets",
    file: "adapters/engines/_pulls.ts",
    find: "const ticket = `${delivery}.${this.epoch}.${lease.toString(36)}`;",
    replace: "const ticket = delivery;",
  },
  {
    id: "pull-ticket-of-any-instance",
    requirement: "PULL-016",
    check: "pull/strange-tickets",
    file: "adapters/engines/_pulls.ts",
    find:
      "if (taken === undefined || taken.instance !== instance || taken.flight.target.name !== service) return false;",
    replace: "if (taken === undefined || taken.flight.target.name !== service) return false;",
  },
  {
    id: "pull-working-adds-nothing",
    requirement: "PULL-015",
    check: "pull/working",
    file: "adapters/engines/_pulls.ts",
    find: "return this.bus.extend(nowMs, lease, taken.leaseMs);",
    replace: "return this.bus.extend(nowMs, lease, 2 * taken.leaseMs);",
  },
  {
    id: "pull-lease-without-grace",
    requirement: "PULL-004",
    check: "pull/takes-and-answers",
    file: "adapters/engines/_loop.ts",
    find: "this.timeoutsMs.map((ms) => ms + LEASE_GRACE_MS)",
    replace: "this.timeoutsMs",
  },
  {
    id: "pull-delay-forgotten",
    requirement: "PULL-013",
    check: "pull/takes-and-answers",
    file: "adapters/hono/_gateway_deliveries.ts",
    find: "...(delayMs === undefined ? {} : { delayMs: Number(delayMs) }) };",
    replace: "};",
  },
  {
    id: "pull-pinned-to-anyone",
    requirement: "PULL-007",
    check: "pull/for-one-instance",
    file: "adapters/engines/_pulls.ts",
    find: "const only = message.pinned ? message.instance : undefined;",
    replace: "const only = undefined;",
  },
  {
    id: "pull-first-waits-takes-all",
    requirement: "PULL-008",
    check: "pull/in-turn",
    file: "adapters/engines/_pulls.ts",
    find: "    waits.push(wait);\n  }",
    replace: "    waits.unshift(wait);\n  }",
  },
  {
    id: "pull-gone-reader-takes",
    requirement: "PULL-009",
    check: "pull/gone-reader",
    file: "adapters/hono/_gateway_deliveries.ts",
    find: "{ ...request, signal: gone.signal }",
    replace: "request",
  },
  {
    id: "pull-window-never-full",
    requirement: "PULL-018",
    check: "pull/stream-window",
    file: "adapters/hono/_delivery_stream.ts",
    find: "while (open.size >= max && !signal.aborted) {",
    replace: "while (open.size > max && !signal.aborted) {",
  },
  {
    id: "pull-lost-lease-keeps-its-place",
    requirement: "PULL-018",
    check: "pull/stream-window",
    file: "adapters/hono/_tickets.ts",
    find: "stop: after(leaseMs, () => end(ticket)) });",
    replace: "stop: after(2 * leaseMs, () => end(ticket)) });",
  },
  {
    id: "pull-batch-half-done",
    requirement: "PULL-010",
    check: "pull/refusals",
    file: "adapters/hono/_gateway_deliveries.ts",
    find: "  const read = readAnswers(body);",
    replace: "  const data = JSON.parse(new TextDecoder().decode(body));\n" +
      "  const early = data?.answers?.[0];\n" +
      '  if (early?.verdict === "ack") await engine.answer(lease, early.ticket, { verdict: "ack" });\n' +
      "  const read = readAnswers(body);",
  },
  {
    id: "pull-stream-ends-silently",
    requirement: "PULL-021",
    check: "pull/stream-ended",
    file: "adapters/hono/_delivery_stream.ts",
    find: "if (signal.aborted) return;\n        const code",
    replace: 'if (signal.aborted || error.code === "lease-unknown") return;\n        const code',
  },
];
