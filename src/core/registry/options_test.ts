import { assert, assertEquals, assertThrows } from "@std/assert";
import { BellhopError } from "../error.ts";
import { type RegistryOptions, resolveRegistryOptions } from "./options.ts";

const DEFAULTS = {
  maxServices: 10_000,
  maxInstancesPerService: 1_000,
  maxInstances: 100_000,
  subscriptionTtlMs: 604_800_000,
  defaultLeaseMs: 30_000,
  healthIntervalMs: 10_000,
  healthFailures: 3,
  healthPasses: 2,
  breakerFailures: 10,
  breakerOpenMs: 10_000,
  strategy: "least-loaded-of-two",
  receiverCacheSize: 16_384,
  maxQueued: 100_000,
  wakeBatch: 1_000,
} as const;

const ENDS: Readonly<Record<string, readonly [least: number, most: number]>> = {
  maxServices: [1, 1_000_000],
  maxInstancesPerService: [1, 100_000],
  maxInstances: [1, 1_000_000],
  subscriptionTtlMs: [1_000, 31_536_000_000],
  defaultLeaseMs: [1_000, 3_600_000],
  healthIntervalMs: [0, 3_600_000],
  healthFailures: [1, 1_000],
  healthPasses: [1, 1_000],
  breakerFailures: [1, 1_000_000],
  breakerOpenMs: [1, 3_600_000],
  receiverCacheSize: [1, 1_000_000],
  maxQueued: [1, 10_000_000],
  wakeBatch: [1, 1_000_000],
};

const refused = (options: Record<string, unknown>): BellhopError =>
  assertThrows(() => resolveRegistryOptions(options as RegistryOptions), BellhopError);

Deno.test("resolveRegistryOptions() fills in the defaults that the page states, and freezes them", () => {
  assertEquals(resolveRegistryOptions(), DEFAULTS);
  assertEquals(resolveRegistryOptions({ strategy: "round-robin", wakeBatch: 7 }), {
    ...DEFAULTS,
    strategy: "round-robin",
    wakeBatch: 7,
  });
  assert(Object.isFrozen(resolveRegistryOptions()));
});

Deno.test("resolveRegistryOptions() takes each option at the ends of its range and refuses it by name just outside", () => {
  assertEquals([...Object.keys(ENDS), "strategy"].sort(), Object.keys(DEFAULTS).sort());
  for (const [field, [least, most]] of Object.entries(ENDS)) {
    for (const value of [least, most]) {
      assertEquals(resolveRegistryOptions({ [field]: value })[field as keyof RegistryOptions], value);
    }
    for (const value of [least - 1, most + 1, least + 0.5, NaN, `${least}`]) {
      const error = refused({ [field]: value });
      const message = `cannot set ${field}: wanted a whole number from ${least} to ${most}, got ${value}`;
      assertEquals([error.code, error.field, error.message], ["argument-invalid", field, message]);
    }
  }
  const error = refused({ strategy: "best" });
  const message = "cannot set strategy: wanted least-loaded-of-two or round-robin";
  assertEquals([error.code, error.field, error.message], ["argument-invalid", "strategy", message]);
});
