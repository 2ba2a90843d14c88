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
