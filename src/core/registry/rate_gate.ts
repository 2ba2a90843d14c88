/**
 * Keeping to a granted rate: when the next delivery to an endpoint may begin.
 *
 * The handshake grants the rate; whoever begins deliveries asks here first, and defers what must wait.
 *
 * @module
 */
import { BellhopError } from "../error.ts";

/** What is known of one endpoint's rate: plain data, to be kept and stored. */
export interface RateGate {
  /** Deliveries that may begin in any 60,000 ms. */
  readonly ratePerMinute: number;
  /** Epoch milliseconds at which the last delivery began; 0 before the first. */
  readonly lastMs: number;
  /** Milliseconds from then until the whole burst is free again. Relative, so that it stays exact. */
  readonly busyMs: number;
}

const WINDOW_MS = 60_000;
/** This part of a minute's rate may begin at once; what is left of it is spread over the minute. */
const BURST = 0.1;
/** Fractions of a gap do not add up to the last bit; a whole millisecond must not be lost to that. */
const ROUNDING_MS = 1e-6;

/**
 * A gate through which nothing has passed yet.
 *
 * @param ratePerMinute whole, from 1
 * @throws {BellhopError} `argument-invalid`
 *
 * @example
 * ```ts
 * import { nextPassMs, openRateGate, passed } from "@bellhop/bellhop/security";
 * import { assertEquals } from "@std/assert";
 * let gate = openRateGate(2); // two a minute
 * assertEquals(nextPassMs(gate, 1_000), 1_000);
 * gate = passed(gate, 1_000);
 * assertEquals(nextPassMs(gate, 1_500), 31_000);
 * ```
 */
export function openRateGate(ratePerMinute: number): RateGate {
  if (!Number.isSafeInteger(ratePerMinute) || ratePerMinute < 1) {
    throw new BellhopError("argument-invalid", `ratePerMinute: wanted a whole number from 1, got ${ratePerMinute}`, {
      field: "ratePerMinute",
    });
  }
  return { ratePerMinute, lastMs: 0, busyMs: 0 };
}

/** The first moment, whole milliseconds and not before `nowMs`, at which a delivery may begin. */
export function nextPassMs({ ratePerMinute, lastMs, busyMs }: RateGate, nowMs: number): number {
  const { burst, gapMs } = pace(ratePerMinute);
  return Math.max(nowMs, lastMs + Math.ceil(busyMs - (burst - 1) * gapMs - ROUNDING_MS));
}

/**
 * The gate after a delivery has begun. Of those that begin no earlier than {@linkcode nextPassMs} says, any 60,000 ms
 * see at most the rate.
 *
 * Source: the generic cell rate algorithm (ITU-T I.371), its pace set so that burst and pace together keep to the rate.
 */
export function passed({ ratePerMinute, lastMs, busyMs }: RateGate, nowMs: number): RateGate {
  const { gapMs } = pace(ratePerMinute);
  return { ratePerMinute, lastMs: nowMs, busyMs: Math.max(0, busyMs - (nowMs - lastMs)) + gapMs };
}

/** A window sees a burst, and then one more with each gap that ends within it. */
function pace(ratePerMinute: number): { readonly burst: number; readonly gapMs: number } {
  const burst = Math.max(1, Math.floor(ratePerMinute * BURST));
  return { burst, gapMs: WINDOW_MS / (ratePerMinute - burst + 1) };
}
