/**
 * Mutants of the chapter Bus.
 *
 * @module
 */
import type { Mutant } from "./mutant.ts";

/** Faults that break its sentences. */
export const BUS_MUTANTS: readonly Mutant[] = [
  {
    id: "expiry-one-late",
    requirement: "BUS-004",
    check: "bus/expired-at-acceptance",
    file: "core/bus/accept.ts",
    find: "if (expiresMs <= nowMs) {",
    replace: "if (expiresMs < nowMs) {",
  },
  {
    id: "duplicate-any-content",
    requirement: "BUS-049",
    check: "bus/duplicates",
    file: "core/bus/accept.ts",
    find: "if (known.fingerprint !== content) {",
    replace: "if (false) {",
  },
  {
    id: "duplicate-judged-after-expiry",
    requirement: "BUS-001",
    check: "bus/order-of-refusals",
    file: "core/bus/accept.ts",
    find: "if (known !== undefined) return duplicate(state, nowMs, known, content);",
    replace:
      "if (known !== undefined && !(expiryOf(envelope) <= nowMs)) return duplicate(state, nowMs, known, content);",
  },
  {
    id: "duplicate-across-sources",
    requirement: "BUS-051",
    check: "bus/duplicates",
    file: "core/bus/accept.ts",
    find: "state.remembered.get(envelope.source, envelope.id) ??",
    replace: 'state.remembered.get("", envelope.id) ??',
  },
  {
    id: "delay-at-its-time-waits-1",
    requirement: "BUS-111",
    check: "bus/delayed",
    file: "core/bus/accept.ts",
    find: "if (dueMs - nowMs <= most) return dueMs;",
    replace: "if (dueMs - nowMs <= most) return dueMs - 1;",
  },
  {
    id: "delay-one-late",
    requirement: "BUS-113",
    check: "bus/delayed",
    file: "core/bus/accept.ts",
    find: "if (dueMs - nowMs <= most) return dueMs;",
    replace: "if (dueMs - nowMs <= most) return dueMs + 1;",
  },
  {
    id: "delay-unbounded",
    requirement: "BUS-114",
    check: "bus/delayed",
    file: "core/bus/accept.ts",
    find: "if (dueMs - nowMs <= most) return dueMs;",
    replace: "return dueMs;",
  },
  {
    id: "delay-beyond-expiry-kept",
    requirement: "BUS-115",
    check: "bus/delayed",
    file: "core/bus/accept.ts",
    find: "if (expiresMs <= dueMs) {",
    replace: "if (expiresMs < dueMs) {",
  },
  {
    id: "doom-beats-ack",
    requirement: "RET-047",
    check: "bus/cancel-while-in-flight-ack",
    file: "core/bus/settle.ts",
    find: 'end(state, nowMs, flight.slot, "delivered", "");',
    replace: 'end(state, nowMs, flight.slot, (flight.doom ?? "delivered") as "delivered", "");',
  },
  {
    id: "doom-forgotten-in-flight",
    requirement: "BUS-041",
    check: "bus/cancel-while-in-flight-nak",
    file: "core/bus/settle.ts",
    find: "if (flight.doom !== undefined) return end(state, nowMs, slot, flight.doom, flight.doom);",
    replace: "",
  },
  {
    id: "history-of-later-failures-lost",
    requirement: "BUS-079",
    check: "bus/dead-letters",
    file: "core/bus/settle.ts",
    find: "deliveries.history[slot] = history.append(",
    replace: "if (attempt === 1) deliveries.history[slot] = history.append(",
  },
  {
    id: "accepted-before-flushed",
    requirement: "BUS-013",
    check: "http/failed-store-is-told",
    file: "core/bus/accept.ts",
    find: '  add(state, nowMs, message);\n  message.token = write(state, [operation], { kind: "accept", message });',
    replace:
      '  add(state, nowMs, message);\n  write(state, [operation], { kind: "none" });\n  enter(state, nowMs, message, On.accept);',
  },
];
