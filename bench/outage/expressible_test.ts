import { assertEquals } from "@std/assert";
import { PRIORITY_POLICIES } from "../../mod.ts";
import type { RetryEngine } from "../retry/engine.ts";
import { expressed, wantedPolicy } from "./expressible.ts";

const ALL: RetryEngine["supports"] = {
  clock: true,
  random: true,
  jitters: ["none", "full", "equal", "decorrelated"],
  cap: true,
  firstAtOnce: true,
  unlimited: true,
  signal: true,
  retryAfter: true,
};

Deno.test("expressed() leaves a policy alone when the engine can do all of it", () => {
  const wanted = wantedPolicy(PRIORITY_POLICIES.CRITICAL);
  assertEquals(wanted, {
    retries: Infinity,
    baseMs: 1_000,
    factor: 2,
    capMs: 300_000,
    jitter: "full",
    firstAtOnce: true,
  });
  assertEquals(expressed(wanted, { supports: ALL }), { policy: wanted, notes: [] });
});

Deno.test("expressed() says whatever it changes", () => {
  const wanted = wantedPolicy(PRIORITY_POLICIES.CRITICAL);
  const supports = { ...ALL, jitters: ["none"] as const, cap: false, firstAtOnce: false, unlimited: false };
  const { policy, notes } = expressed(wanted, { supports });
  assertEquals(policy, { ...wanted, jitter: "none", firstAtOnce: false, retries: 1_000 });
  assertEquals(notes.map((note) => note.match(/jitter|first|without end|cap/)?.[0]), [
    "jitter",
    "first",
    "without end",
    "cap",
  ]);
  assertEquals(expressed(wanted, { supports: { ...ALL, jitters: ["none", "equal"] } }).policy.jitter, "equal");
});
