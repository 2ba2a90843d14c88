/**
 * A registry, or its trie, as a bench of growth wants it.
 *
 * @module
 */
import { createRegistry, type Registry } from "@bellhop/bellhop";

/** Every service has its own events, as most do; a few audit everything of one area. */
export function patternsOf(service: number): string[] {
  const audits = service < 3 ? [`area${service}.>`, `*.thing${service}.created`] : [];
  return [
    `area${service}.thing${service}.created`,
    `area${service}.*.deleted`,
    `area${service}.log.>`,
    ...audits,
  ];
}

/** The type that this service alone gets, but for those who audit. */
export function typeOf(service: number): string {
  return `area${service}.thing${service}.created`;
}

/** A registry of so many services with so many instances each. */
export function filledRegistry(
  services: number,
  instances: number,
  strategy: "least-loaded-of-two" | "round-robin" = "least-loaded-of-two",
): Registry {
  const registry = createRegistry({ strategy });
  for (let i = 0; i < services; i++) {
    const data = { name: `s${i}`, version: "1", endpoint: `http://127.0.0.1/${i}`, subscriptions: patternsOf(i) };
    for (let k = 0; k < instances; k++) registry.register(0, data, `${i}-${k}`, `i${k}`);
    registry.takeEvents();
    registry.takeWrites();
  }
  return registry;
}

let seed = 1;

/** A draw as cheap as it can be, for the choice itself is measured. */
export function draw(): number {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) | 0;
  return (seed >>> 1) / 2_147_483_648;
}
