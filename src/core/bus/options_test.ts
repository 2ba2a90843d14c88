import { assertEquals } from "@std/assert";
import { PRIORITIES } from "../priority/table.ts";
import { PRIORITY_POLICIES, type ResolvedPolicy } from "../retry/policy.ts";
import { busOptions } from "./options.ts";

Deno.test("busOptions() gives up no CRITICAL by time, whatever policy is given", () => {
  const policies = Object.fromEntries(
    PRIORITIES.map((
      priority,
    ) => [priority, { ...PRIORITY_POLICIES[priority], maxElapsedMs: 10_000 } as ResolvedPolicy]),
  ) as Record<typeof PRIORITIES[number], ResolvedPolicy>;
  const options = busOptions({ startMs: 0, random: () => 0, source: "/bus", policies });
  assertEquals(PRIORITIES.map((priority) => options.policies[priority].maxElapsedMs), [10_000, 10_000, 10_000, null]);
});

Deno.test("busOptions() fills in the defaults that each option states", () => {
  const random = () => 0;
  const { policies, ...options } = busOptions({ startMs: 7, random, source: "/bus" });
  assertEquals(policies, PRIORITY_POLICIES);
  assertEquals(options, {
    startMs: 7,
    random,
    source: "/bus",
    maxDeliveries: 1_000_000,
    capacity: 10_000,
    maxInFlight: 64,
    maxDeadLetters: 10_000,
    maxDurableBytes: 67_108_864,
    maxRecordBytes: 1_048_576,
    horizonMs: 600_000,
    durableHorizonMs: 86_400_000,
    maxRemembered: 1_000_000,
    idSecret: "",
    receiptTtlMs: 86_400_000,
    maxDelayMs: 604_800_000,
  });
});

Deno.test("busOptions() remembers for twice the longest backoff, and delays by 20 days at most", () => {
  const settings = { startMs: 0, random: () => 0, source: "/bus" };
  const horizonMs = (capMs: number) =>
    busOptions({ ...settings, policies: { ...PRIORITY_POLICIES, HIGH: { ...PRIORITY_POLICIES.HIGH, capMs } } })
      .horizonMs;
  assertEquals([300_000, 300_001, 4_000_000].map(horizonMs), [600_000, 600_002, 8_000_000]);
  assertEquals(busOptions({ ...settings, horizonMs: 5 }).horizonMs, 5);
  const maxDelayMs = (maxDelayMs: number) => busOptions({ ...settings, maxDelayMs }).maxDelayMs;
  assertEquals([0, 1_728_000_000, 1_728_000_001, Infinity].map(maxDelayMs), [0, ...Array(3).fill(1_728_000_000)]);
});
