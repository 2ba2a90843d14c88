/** Choosing an instance, by both strategies, in small and large services. */
import { timed } from "../harness.ts";
import type { Part } from "../part.ts";
import { runParts } from "../run_part.ts";
import { draw, filledRegistry } from "./registry_filled.ts";

const STRATEGIES = ["least-loaded-of-two", "round-robin"] as const;
const SIZES = [4, 1_000] as const;

const cases = SIZES.flatMap((instances) =>
  STRATEGIES.flatMap((strategy) => [
    [`Bellhop, ${strategy} of ${instances}`, () => choose(instances, strategy, false)] as const,
    [`Bellhop, ${strategy} of ${instances}, one unhealthy`, () => choose(instances, strategy, true)] as const,
  ])
);

export const part: Part = {
  url: import.meta.url,
  groups: [
    {
      id: "system/registry/choose",
      title: "Choose an instance of a service",
      unit: "ns",
      floor: cases[0][0],
      cases: Object.fromEntries(cases),
    },
  ],
};

if (import.meta.main) await runParts("deno run -A bench/system/registry.ts", [part]);

function choose(instances: number, strategy: typeof STRATEGIES[number], impaired: boolean) {
  const registry = filledRegistry(1, instances, strategy);
  for (let i = 0; i < 3 && impaired; i++) registry.health(0, "s0", "i0", "fail");
  return timed(() => registry.choose(0, "s0", draw()));
}
