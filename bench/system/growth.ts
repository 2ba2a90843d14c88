/**
 * What grows with the number of services, of subscriptions and of messages that stand in line.
 *
 * `in turn`: every service is asked for as often as any other, in an order without a pattern, so that the working set
 * grows with them and the caches of the CPU hold less of it. `64 busy`: as many services as there may be, of which 64
 * have traffic.
 */
import { createPatternTrie, type Envelope } from "@bellhop/bellhop";
import { createBus } from "@bellhop/bellhop/bus";
import { type Sampler, timed, timedBlocks } from "../harness.ts";
import { type Curve, type Group, type Part, ratio } from "../part.ts";
import { runParts } from "../run_part.ts";
import { draw, filledRegistry, patternsOf, typeOf } from "./registry_filled.ts";

const SERVICES = [10, 100, 1_000, 10_000];
const SUBSCRIPTIONS = [1, 10, 100, 1_000, 10_000];
const STANDING = [1_000, 10_000, 100_000, 1_000_000];
const BLOCK = 4_096;
const SUBMISSION = { principal: "/orders" };
const INSTANCES = 4;

export const part: Part = {
  url: import.meta.url,
  groups: [
    services("match", "Match a type against all patterns", matched),
    services("receivers", "Receivers of a type, by the registry with its cache", receivers),
    services("resolve", "Resolve a service to one of its 4 instances", resolved),
    sizes("bare-map", "What memory alone costs: a bare Map of the names of all services", "services", SERVICES, {
      "in turn": (size) => bareMap(size, size),
      "64 busy": (size) => bareMap(size, Math.min(size, 64)),
    }, "bare Map"),
    services("enqueue", "Enqueue a message for a service", enqueued),
    services("take", "Take a message and settle it", taken),
    sizes("subscriptions", "Match a type against so many subscriptions", "subscriptions", SUBSCRIPTIONS, {
      "one fits": (size) => subscribed(size, () => "a.b.c"),
    }),
    sizes("fan-out", "Match a type that all subscriptions fit, a subscriber", "subscriptions", SUBSCRIPTIONS, {
      "all fit": fannedOut,
    }),
    sizes("hostile", "Match a type against patterns made to be slow, a pattern", "subscriptions", [10_000], {
      "made to be slow": hostile,
    }),
    sizes("queued-enqueue", "Enqueue while so many stand in line", "messages in line", STANDING, {
      "one service": (size) => standing(size, "enqueue"),
    }),
    sizes("queued-take", "Take and settle while so many stand in line", "messages in line", STANDING, {
      "one service": (size) => standing(size, "take"),
    }),
  ],
};

if (import.meta.main) await runParts("deno run -A bench/system/growth.ts", [part]);

type Line = (size: number) => Sampler;

/** A curve over the number of services, once with all in turn and once with a few busy. */
function services(id: string, title: string, made: (size: number, busy: number) => Sampler): Group {
  const group = sizes(id, title, "services", SERVICES, {
    "in turn": (size) => made(size, size),
    "64 busy": (size) => made(size, Math.min(size, 64)),
  });
  const most = SERVICES.at(-1)!;
  const goal = ratio("<=", 1.5);
  return {
    ...group,
    goals: { [nameOf("in turn", most, "services")]: goal, [nameOf("64 busy", most, "services")]: goal },
  };
}

/** A curve of one line or more over sizes; the first line's smallest is the floor. */
function sizes(
  id: string,
  title: string,
  of: string,
  along: readonly number[],
  lines: Record<string, Line>,
  who = "Bellhop",
): Group {
  const all = Object.entries(lines).flatMap(([line, made]) =>
    along.map((size) => ({ name: nameOf(line, size, of, who), line, size, made }))
  );
  const points: Curve["points"] = Object.fromEntries(all.map(({ name, line, size }) => [name, { line, x: size }]));
  return {
    id: `system/growth/${id}`,
    title,
    unit: "ns",
    floor: all[0].name,
    cases: Object.fromEntries(all.map(({ name, size, made }) => [name, () => made(size)])),
    ...(along.length > 1 ? { curve: { x: { title: of, unit: "1", scale: "log" }, y: title, points } } : {}),
  };
}

function nameOf(line: string, size: number, of: string, who = "Bellhop"): string {
  return `${who}, ${size.toLocaleString("en")} ${of}, ${line}`;
}

/** So many places of the services 0 to size − 1, those that are busy spread over them, without an order to be foreseen. */
function placesOf(size: number, busy: number): Int32Array {
  const step = Math.max(1, Math.floor(size / busy));
  return Int32Array.from({ length: BLOCK * 4 }, () => Math.floor(draw() * busy) * step);
}

/** What stands for each of those places, a text of each service alone. */
function texts(size: number, busy: number, textOf: (service: number) => string): string[] {
  const all = Array.from({ length: size }, (_, service) => textOf(service));
  return Array.from(placesOf(size, busy), (place) => all[place]);
}

/** Walks through things over and over, a batch a call. */
function walked<T>(items: readonly T[], use: (item: T) => unknown): Sampler {
  const batch = 256;
  let at = 0;
  let kept: unknown;
  const walk = () => {
    for (let i = 0; i < batch; i++) kept = use(items[at++ % items.length]);
    return kept;
  };
  return timed(walk, { per: batch });
}

function matched(size: number, busy: number): Sampler {
  const trie = createPatternTrie<number>();
  for (let i = 0; i < size; i++) for (const pattern of patternsOf(i)) trie.add(pattern, i);
  return walked(texts(size, busy, typeOf), (type) => trie.match(type));
}

function receivers(size: number, busy: number): Sampler {
  const registry = filledRegistry(size, 1);
  return walked(texts(size, busy, typeOf), (type) => registry.receivers(type));
}

function resolved(size: number, busy: number): Sampler {
  const registry = filledRegistry(size, INSTANCES);
  return walked(texts(size, busy, (place) => `s${place}`), (name) => registry.choose(0, name, draw()));
}

/** A service's name to an object with its one instance, and nothing else in the memory. */
function bareMap(size: number, busy: number): Sampler {
  const names = new Map(Array.from({ length: size }, (_, i) => [`s${i}`, { instance: { place: i } }]));
  return walked(texts(size, busy, (place) => `s${place}`), (name) => names.get(name)!.instance.place);
}

/** A bus with so many targets, and blocks of messages for those that are busy. */
function traffic(size: number, busy: number) {
  const bus = createBus({ startMs: 0, random: draw, source: "/bus", maxRemembered: 100_000 });
  const targets = Array.from({ length: size }, (_, i) => Object.freeze([`s${i}`]));
  const places = placesOf(size, busy);
  let nowMs = 0;
  let block: Envelope[] = [];
  let at = 0;
  const make = () => {
    block = Array.from({ length: BLOCK }, () => envelopeOf());
    at = (at + BLOCK) % places.length;
    bus.wake(nowMs += 100);
  };
  const accept = () => {
    for (let i = 0; i < BLOCK; i++) bus.accept(nowMs, block[i], targets[places[at + i]], SUBMISSION);
  };
  const empty = () => {
    for (let i = 0; i < BLOCK; i++) bus.settle(nowMs, bus.take(nowMs, 16_000)!.lease, { verdict: "ack" });
  };
  // Every service has had a message once, so that its line exists.
  for (let i = 0; i < size; i++) {
    bus.accept(0, envelopeOf(), targets[i], SUBMISSION);
    bus.settle(0, bus.take(0, 16_000)!.lease, { verdict: "ack" });
  }
  return { make, accept, empty };
}

function enqueued(size: number, busy: number): Sampler {
  const { make, accept, empty } = traffic(size, busy);
  let full = false;
  const prepare = () => {
    if (full) empty();
    full = true;
    make();
  };
  return timedBlocks(prepare, accept, { per: BLOCK });
}

function taken(size: number, busy: number): Sampler {
  const { make, accept, empty } = traffic(size, busy);
  const prepare = () => {
    make();
    accept();
  };
  return timedBlocks(prepare, empty, { per: BLOCK });
}

function subscribed(size: number, type: () => string): Sampler {
  const trie = createPatternTrie<number>();
  trie.add("a.b.c", 0);
  for (let i = 1; i < size; i++) trie.add(`a.b${i}.*`, i);
  return timed(() => trie.match(type()));
}

function fannedOut(size: number): Sampler {
  const trie = createPatternTrie<number>();
  for (let i = 0; i < size; i++) trie.add(["a.b.c", "a.*.c", "a.>"][i % 3], i);
  return timed(() => trie.match("a.b.c"), { per: size });
}

/** Fourteen places, each `*` or `a` by a bit of i: the densest tree that 10,000 patterns make. */
function hostile(size: number): Sampler {
  const trie = createPatternTrie<number>();
  for (let i = 0; i < size; i++) {
    trie.add([...Array.from({ length: 14 }, (_, bit) => i >> bit & 1 ? "*" : "a"), "never"].join("."), i);
  }
  const type = Array(15).fill("a").join(".");
  return timed(() => trie.match(type), { per: size });
}

/** One service with so many messages in line, before and after each block. */
function standing(size: number, what: "enqueue" | "take"): Sampler {
  const bounds = { capacity: 2_000_000, maxDeliveries: 2_000_000, maxRemembered: 2_000_000 };
  const bus = createBus({ startMs: 0, random: draw, source: "/bus", ...bounds });
  const receivers = Object.freeze(["s0"]);
  let block: Envelope[] = [];
  const make = (length: number) => block = Array.from({ length }, () => envelopeOf());
  const accept = () => {
    for (const envelope of block) bus.accept(0, envelope, receivers, SUBMISSION);
  };
  const take = () => {
    for (let i = 0; i < block.length; i++) bus.settle(0, bus.take(0, 16_000)!.lease, { verdict: "ack" });
  };
  make(size);
  accept();
  const per = Math.min(BLOCK, size);
  make(per);
  if (what === "take") return timedBlocks(() => void (make(per), accept()), take, { per });
  let full = false;
  const prepare = () => {
    if (full) take();
    full = true;
    make(per);
  };
  return timedBlocks(prepare, accept, { per });
}

let ids = 0;

function envelopeOf(): Envelope {
  return { specversion: "1.0", id: `m${ids++}`, source: "/orders", type: "order.created", data: { order: 42 } };
}
