/**
 * Resolving a type, finding its receivers anew, and choosing an instance, at 10 and at 10,000 services.
 *
 * What must hold: the cost does not grow with the number of services; a resolved type costs a map look-up.
 */
import { createPatternTrie, createRegistry, type Registry } from "../mod.ts";
import { interleave } from "./harness.ts";

const sizes = [10, 100, 1_000, 10_000];

/** Every service has its own events, as most do; a few audit everything of one area. */
function patternsOf(i: number): string[] {
  const audits = i < 3 ? [`area${i}.>`, `*.thing${i}.created`] : [];
  return [`area${i}.thing${i}.created`, `area${i}.*.deleted`, `area${i}.log.>`, ...audits];
}

function filled(services: number, instances: number, strategy: "least-loaded-of-two" | "round-robin"): Registry {
  const registry = createRegistry({ strategy });
  for (let i = 0; i < services; i++) {
    const data = { name: `s${i}`, version: "1", endpoint: `http://127.0.0.1/${i}`, subscriptions: patternsOf(i) };
    for (let k = 0; k < instances; k++) registry.register(0, data, `${i}-${k}`, `i${k}`);
    registry.takeEvents();
    registry.takeWrites();
  }
  return registry;
}

/** A draw as cheap as it can be, for the choice itself is measured. */
let seed = 1;
function draw(): number {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) | 0;
  return (seed >>> 1) / 2_147_483_648;
}

const tries = sizes.map((size) => {
  const trie = createPatternTrie<number>();
  for (let i = 0; i < size; i++) for (const pattern of patternsOf(i)) trie.add(pattern, i);
  return { size, trie };
});
await interleave(
  "match a type in the trie, nothing cached",
  Object.fromEntries(tries.map(({ size, trie }) => {
    const types = Array.from({ length: 64 }, (_, i) => `area${i % size}.thing${i % size}.created`);
    let at = 0;
    return [`${size} services`, () => trie.match(types[at++ & 63])];
  })),
);

const slow = createPatternTrie<number>();
for (let i = 0; i < 10_000; i++) {
  // Fourteen places, each `*` or `a` by a bit of i: the densest tree that 10,000 patterns make.
  slow.add([...Array.from({ length: 14 }, (_, bit) => i >> bit & 1 ? "*" : "a"), "never"].join("."), i);
}
const hostile = Array(15).fill("a").join(".");
await interleave("10,000 patterns made to be slow, per pattern", { "no match": () => slow.match(hostile) }, {
  per: 10_000,
});

const registries = sizes.map((size) => ({ size, registry: filled(size, 4, "least-loaded-of-two") }));
await interleave(
  "receivers(type), cached",
  Object.fromEntries(registries.map(({ size, registry }) => {
    const types = Array.from({ length: 64 }, (_, i) => `area${i % size}.thing${i % size}.created`);
    let at = 0;
    return [`${size} services`, () => registry.receivers(types[at++ & 63])];
  })),
);

for (const avoid of [undefined, "i1"]) {
  await interleave(
    `choose() of 4 instances${avoid === undefined ? "" : ", avoiding one"}`,
    Object.fromEntries(registries.map(({ size, registry }) => {
      const names = Array.from({ length: 64 }, (_, i) => `s${i % size}`);
      let at = 0;
      return [`${size} services`, () => registry.choose(0, names[at++ & 63], draw(), avoid)];
    })),
  );
}

await interleave(
  "a whole delivery: choose, began, verdict, ended",
  Object.fromEntries(registries.map(({ size, registry }) => {
    const names = Array.from({ length: 64 }, (_, i) => `s${i % size}`);
    let at = 0;
    return [`${size} services`, () => {
      const name = names[at++ & 63];
      const choice = registry.choose(0, name, draw());
      if (choice.kind !== "chosen") return;
      registry.began(0, name, choice.instance);
      registry.verdict(0, name, choice.instance, true, false);
      registry.ended(0, name, choice.instance);
    }];
  })),
);

const crowds = ([4, 1_000] as const).flatMap((instances) =>
  (["least-loaded-of-two", "round-robin"] as const).map((strategy) => {
    const registry = filled(1, instances, strategy);
    const impaired = filled(1, instances, strategy);
    for (let i = 0; i < 3; i++) impaired.health(0, "s0", "i0", "fail");
    return { name: `${strategy} of ${instances}`, registry, impaired };
  })
);
await interleave(
  "choose(), all healthy",
  Object.fromEntries(crowds.map(({ name, registry }) => [name, () => registry.choose(0, "s0", draw())])),
);
await interleave(
  "choose(), one unhealthy",
  Object.fromEntries(crowds.map(({ name, impaired }) => [name, () => impaired.choose(0, "s0", draw())])),
);
