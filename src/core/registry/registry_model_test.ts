import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { BellhopError } from "../error.ts";
import type { HealthStatus } from "./health.ts";
import { matches } from "./pattern.ts";
import type { ChoiceStrategy } from "./choice.ts";
import { createRegistry, type Registry } from "./registry.ts";

/*
 * The registry beside a model that keeps plain lists and looks at everything each time. A restart is a command like any
 * other: the real registry is thrown away and restored from the writes it made.
 */

const TTL_MS = 20_000;
const OPEN_MS = 3_000;
const OPTIONS = { subscriptionTtlMs: TTL_MS, healthIntervalMs: 0, breakerFailures: 2, breakerOpenMs: OPEN_MS };
const TYPES = ["user.created", "user.deleted", "order.created", "message.delivered", "user"];
const PATTERNS = ["user.*", "user.created", ">", "message.>", "message.delivered", "order.>", "*.created"];
const NAMES = ["users", "orders", "audit"];
const IDS = ["a", "b", "c"];

interface ModelInstance {
  id: string;
  token: string;
  leaseMs: number;
  leaseEndMs: number;
  suspectSinceMs: number | undefined;
  checks: string;
  charges: number;
  healthy: boolean;
  failures: number;
  openUntilMs: number | undefined;
  probing: boolean;
  inFlight: number;
}

interface ModelService {
  name: string;
  subscriptions: readonly string[];
  ephemeral: boolean;
  endMs: number | undefined;
  lastLeaseMs: number;
  instances: ModelInstance[];
}

interface Model {
  nowMs: number;
  /** In order of registration. */
  services: ModelService[];
  tokens: number;
  gone: string[];
}

interface Real {
  strategy: ChoiceStrategy;
  registry: Registry;
  disk: Map<string, string>;
  gone: string[];
}

abstract class Step implements fc.Command<Model, Real> {
  check(): boolean {
    return true;
  }
  abstract act(model: Model, real: Real): void;
  abstract toString(): string;
  run(model: Model, real: Real): void {
    this.act(model, real);
    for (const { key, record } of real.registry.takeWrites()) {
      if (record === undefined) real.disk.delete(key);
      else real.disk.set(key, JSON.stringify(record));
    }
    for (const event of real.registry.takeEvents()) if (event.kind === "service-gone") real.gone.push(event.service);
    compare(model, real);
  }
}

class Register extends Step {
  constructor(
    readonly name: string,
    readonly id: string,
    readonly subscriptions: string[],
    readonly leaseMs: number,
    readonly ephemeral: boolean,
  ) {
    super();
  }
  act(model: Model, { registry }: Real): void {
    const token = `token-${model.tokens++}`;
    const { name, id, leaseMs, ephemeral } = this;
    const before = model.services.find((service) => service.name === name);
    const instance = before?.instances.find((instance) => instance.id === id);
    const data = { name, version: "1", instance: id, endpoint: "http://a", subscriptions: this.subscriptions, leaseMs };
    const registered = registry.register(model.nowMs, { ...data, ephemeral }, token, "unused");
    assertEquals(registered, {
      name,
      instance: id,
      lease: token,
      leaseMs,
      renewEveryMs: Math.floor(leaseMs / 3),
      newService: before === undefined,
      newInstance: instance === undefined,
    });
    const service = before ?? { name, subscriptions: [], ephemeral, endMs: undefined, lastLeaseMs: 0, instances: [] };
    if (before === undefined) model.services.push(service);
    service.subscriptions = this.subscriptions;
    service.ephemeral = ephemeral;
    service.endMs = undefined;
    service.instances = service.instances.filter((other) => other.id !== id);
    service.instances.push(fresh(id, token, leaseMs, model.nowMs + leaseMs, undefined, instance?.inFlight ?? 0));
  }
  toString(): string {
    return `register ${this.name}@${this.id} ${this.subscriptions} ${this.leaseMs}${
      this.ephemeral ? " ephemeral" : ""
    }`;
  }
}

/** What is done to one instance, named by its place among all that there are. */
class OnInstance extends Step {
  constructor(readonly what: string, readonly place: number, readonly times: number) {
    super();
  }
  act(model: Model, real: Real): void {
    for (let i = 0; i < this.times; i++) this.once(model, real);
  }
  once(model: Model, { registry }: Real): void {
    const all = model.services.flatMap((service) => service.instances.map((instance) => ({ service, instance })));
    if (all.length === 0) return;
    const { service, instance } = all[this.place % all.length];
    const { nowMs } = model;
    const at = [service.name, instance.id] as const;
    const renewed = (): void => {
      instance.leaseEndMs = nowMs + instance.leaseMs;
      instance.suspectSinceMs = undefined;
    };
    switch (this.what) {
      case "renew":
        registry.renew(nowMs, instance.token);
        return renewed();
      case "touch":
        registry.touch(nowMs, ...at);
        return renewed();
      case "pass":
      case "warn":
      case "fail":
        registry.health(nowMs, ...at, this.what as HealthStatus);
        if (this.what !== "fail") renewed();
        instance.checks += this.what === "fail" ? "f" : "p";
        if (instance.healthy && instance.checks.endsWith("fff")) instance.healthy = false;
        else if (!instance.healthy && instance.checks.endsWith("pp")) {
          instance.healthy = true;
          instance.charges = 0;
        } else return;
        instance.checks = ""; // counting begins anew at each turn
        return;
      case "ack":
      case "nak":
      case "refused": {
        const ok = this.what === "ack";
        registry.verdict(nowMs, ...at, ok, this.what === "refused");
        if (ok) renewed();
        if (instance.healthy && this.what !== "nak") instance.charges = ok ? 0 : instance.charges + 1;
        if (instance.healthy && instance.charges >= 3) {
          instance.healthy = false;
          instance.checks = "";
        }
        if (instance.openUntilMs !== undefined && !instance.probing) return;
        instance.failures = ok ? 0 : instance.failures + 1;
        instance.openUntilMs = !ok && (instance.probing || instance.failures >= 2) ? nowMs + OPEN_MS : undefined;
        instance.probing = false;
        return;
      }
      case "began":
        registry.began(nowMs, ...at);
        instance.inFlight++;
        if (instance.openUntilMs !== undefined && nowMs >= instance.openUntilMs) instance.probing = true;
        return;
      case "ended":
        registry.ended(nowMs, ...at);
        if (instance.inFlight === 0) return;
        instance.inFlight--;
        if (instance.inFlight === 0) instance.probing = false;
        return;
      case "deregister":
      case "deregister service": {
        const wholeService = this.what === "deregister service";
        const { serviceGone } = registry.deregister(nowMs, instance.token, { service: wholeService });
        if (wholeService) end(model, service);
        else leave(model, service, instance);
        assertEquals(serviceGone, !model.services.includes(service));
        return;
      }
      case "remove":
        assert(registry.removeInstance(nowMs, ...at));
        return leave(model, service, instance);
    }
  }
  toString(): string {
    return `${this.times} x ${this.what} #${this.place}`;
  }
}

class Wake extends Step {
  constructor(readonly afterMs: number) {
    super();
  }
  act(model: Model, { registry }: Real): void {
    const nowMs = model.nowMs += this.afterMs;
    for (const service of [...model.services]) {
      for (const instance of [...service.instances]) {
        if (instance.suspectSinceMs === undefined) {
          if (nowMs >= instance.leaseEndMs) instance.suspectSinceMs = nowMs;
        } else if (nowMs >= instance.suspectSinceMs + instance.leaseMs) {
          leave(model, service, instance, instance.suspectSinceMs);
        }
      }
      if (service.endMs !== undefined && nowMs >= service.endMs) end(model, service);
    }
    registry.wake(nowMs);
    registry.wake(nowMs); // spurious
  }
  toString(): string {
    return `wake +${this.afterMs}`;
  }
}

class Restart extends Step {
  act(model: Model, real: Real): void {
    real.registry = createRegistry({ ...OPTIONS, strategy: real.strategy });
    const records = [...real.disk.values()].map((text) => JSON.parse(text)).reverse();
    const restored = real.registry.restore(model.nowMs, records);
    assertEquals([restored.dropped, restored.services], [0, model.services.length]);
    for (const service of model.services) {
      service.instances = service.instances.map((instance) =>
        fresh(instance.id, instance.token, instance.leaseMs, model.nowMs, model.nowMs, 0)
      );
    }
  }
  toString(): string {
    return "restart";
  }
}

class Choose extends Step {
  constructor(readonly name: string, readonly u: number, readonly avoid: string | undefined) {
    super();
  }
  act(model: Model, { registry, strategy }: Real): void {
    const { nowMs } = model;
    const choice = registry.choose(nowMs, this.name, this.u, this.avoid);
    const instances = model.services.find((service) => service.name === this.name)?.instances ?? [];
    if (instances.length === 0) return assertEquals(choice, { kind: "absent", reason: "no-instance" });
    const anyHealthy = instances.some((instance) => instance.healthy);
    const tier = instances.filter((instance) => instance.healthy === anyHealthy);
    const open = tier.filter((instance) => allows(instance, nowMs));
    if (open.length === 0) {
      const untilMs = Math.min(
        ...tier.map((instance) => instance.probing ? nowMs + 1_000 : instance.openUntilMs!),
      );
      return assertEquals(choice, { kind: "deferred", deferUntilMs: untilMs });
    }
    const preferred = open.filter((instance) => instance.id !== this.avoid);
    assert(choice.kind === "chosen");
    const chosen = (preferred.length > 0 ? preferred : open).find((instance) => instance.id === choice.instance);
    assert(chosen !== undefined, `chose ${choice.instance}`);
    const other = preferred.find((instance) => instance !== chosen);
    if (strategy === "least-loaded-of-two" && preferred.length === 2) assert(chosen.inFlight <= other!.inFlight);
  }
  toString(): string {
    return `choose ${this.name} avoiding ${this.avoid}`;
  }
}

function fresh(
  id: string,
  token: string,
  leaseMs: number,
  leaseEndMs: number,
  suspectSinceMs: number | undefined,
  inFlight: number,
): ModelInstance {
  const health = { checks: "", charges: 0, healthy: true, failures: 0, openUntilMs: undefined, probing: false };
  return { id, token, leaseMs, leaseEndMs, suspectSinceMs, inFlight, ...health };
}

function allows(instance: ModelInstance, nowMs: number): boolean {
  return instance.openUntilMs === undefined || (!instance.probing && nowMs >= instance.openUntilMs);
}

function leave(model: Model, service: ModelService, instance: ModelInstance, endedMs = model.nowMs): void {
  service.lastLeaseMs = Math.max(service.lastLeaseMs, endedMs);
  service.instances = service.instances.filter((other) => other !== instance);
  if (service.instances.length > 0) return;
  if (service.ephemeral) end(model, service);
  else service.endMs = service.lastLeaseMs + TTL_MS;
}

function end(model: Model, service: ModelService): void {
  service.instances = [];
  model.services = model.services.filter((other) => other !== service);
  model.gone.push(service.name);
}

function compare(model: Model, { registry, gone }: Real): void {
  const seen = registry.list().map((service) => ({
    name: service.name,
    endMs: service.endMs,
    instances: service.instances.map((instance) => ({
      id: instance.instance,
      state: instance.state,
      healthy: instance.healthy,
      breaker: instance.breaker,
      inFlight: instance.inFlight,
    })).toSorted((a, b) => a.id < b.id ? -1 : 1),
  }));
  const wanted = model.services.map((service) => ({
    name: service.name,
    endMs: service.endMs,
    instances: service.instances.map((instance) => ({
      id: instance.id,
      state: instance.suspectSinceMs === undefined ? "live" as const : "suspect" as const,
      healthy: instance.healthy,
      breaker: instance.openUntilMs === undefined ? "closed" as const : "open" as const,
      inFlight: instance.inFlight,
    })).toSorted((a, b) => a.id < b.id ? -1 : 1),
  }));
  assertEquals(seen, wanted);
  assertEquals(gone.toSorted(), model.gone.toSorted());
  for (const type of TYPES) {
    const names = model.services.filter((service) => service.subscriptions.some((p) => matches(p, type)));
    const receivers = registry.receivers(type);
    assertEquals(receivers, names.map((service) => service.name));
    assert(receivers === registry.receivers(type) && Object.isFrozen(receivers));
  }
  const due = model.services.flatMap((service) => [
    service.endMs ?? Infinity,
    ...service.instances.map(({ suspectSinceMs, leaseMs, leaseEndMs }) =>
      suspectSinceMs === undefined ? leaseEndMs : suspectSinceMs + leaseMs
    ),
  ]);
  assert(registry.nextWakeMs() <= Math.min(Infinity, ...due), "wakes in time");
  assertEquals(registry.nextWakeMs() === Infinity, due.length === 0 || due.every((ms) => ms === Infinity));
  const error = assertThrows(() => registry.renew(model.nowMs, "never given"), BellhopError);
  assertEquals(error.code, "lease-unknown");
}

const acts = ["renew", "touch", "pass", "warn", "fail", "fail", "ack", "nak", "nak", "refused", "began", "began"];
const ends = ["ended", "deregister", "deregister service", "remove"];
const commands = [
  fc.tuple(
    fc.constantFrom(...NAMES),
    fc.constantFrom(...IDS),
    fc.uniqueArray(fc.constantFrom(...PATTERNS), { maxLength: 3 }),
    fc.constantFrom(1_000, 3_000, 9_000),
    fc.boolean(),
  ).map((args) => new Register(...args)),
  fc.tuple(fc.constantFrom(...acts), fc.nat(8), fc.constantFrom(1, 3)).map((args) => new OnInstance(...args)),
  fc.tuple(fc.constantFrom(...acts, ...ends), fc.nat(8), fc.constant(1)).map((args) => new OnInstance(...args)),
  fc.oneof(fc.nat(2_000), fc.constantFrom(0, 1_000, 3_000, 25_000)).map((afterMs) => new Wake(afterMs)),
  fc.tuple(
    fc.constantFrom(...NAMES),
    fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    fc.option(fc.constantFrom(...IDS), { nil: undefined }),
  ).map((args) => new Choose(...args)),
  fc.constant(new Restart()),
];

for (const strategy of ["least-loaded-of-two", "round-robin"] as const) {
  Deno.test(`createRegistry() does what the model does, with ${strategy}`, () => {
    fc.assert(
      fc.property(fc.commands(commands, { maxCommands: 100, size: "max" }), (commands) => {
        const real: Real = {
          strategy,
          registry: createRegistry({ ...OPTIONS, strategy }),
          disk: new Map(),
          gone: [],
        };
        fc.modelRun(
          () => ({ model: { nowMs: 1_000_000, services: [], tokens: 0, gone: [] }, real }),
          commands,
        );
      }),
      { numRuns: 400 },
    );
  });
}
