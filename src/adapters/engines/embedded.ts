/**
 * The engine of one process: it runs the bus and the registry beside one store, one transport and one wake-up.
 *
 * A message comes from `adapters/hono/gateway`, passes through `core/bus`, is written by a store if it is CRITICAL, and
 * leaves by a transport, whose answer `_loop.ts` brings back to the bus.
 *
 * @module
 */
import { type Bus, createBus } from "../../core/bus/bus.ts";
import type { Keyspace } from "../../core/bus/operation.ts";
import { deliveriesIn, type Recovered } from "../../core/bus/recover.ts";
import type { BusMessage } from "../../core/bus/message.ts";
import type { BusOptions } from "../../core/bus/options.ts";
import type { Envelope } from "../../core/envelope/mod.ts";
import { BellhopError } from "../../core/error.ts";
import type { Registered, Registry } from "../../core/registry/registry.ts";
import { createRegistry, parseRegistration, type RegistryOptions } from "../../core/registry/mod.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Acknowledgement, Engine, EngineHealth, EngineTrace, Publisher, Route } from "../../ports/engine.ts";
import type { MessageStore, OpenStore } from "../../ports/store.ts";
import type { Transport } from "../../ports/transport.ts";
import { Discovery } from "./_discovery.ts";
import { Loop } from "./_loop.ts";
import { readStore, type UnreadableRecord } from "./_read_store.ts";
import { Watchers } from "./_watchers.ts";

/** What the embedded engine needs. */
export interface EmbeddedOptions {
  /** Opens the store; it is this engine's until `close`. */
  readonly store: OpenStore;
  /** One hop out. */
  readonly transport: Transport;
  /** Time, and the one wake-up. */
  readonly clock: Clock;
  /** Uniform numbers in [0, 1): for the choice of an instance, and for the waits unless `bus.random` is given. */
  readonly random: () => number;
  /** Unguessable text of 16 to 128 characters from `[A-Za-z0-9._-]`, never the same twice: leases, instances. */
  readonly token: () => string;
  /** `source` of the messages that the gateway itself writes. Default `/bellhop`. */
  readonly source?: string;
  /** URLs of services that are to be found at; each is asked again every 10 s until it is registered. At most 1,000. */
  readonly services?: readonly string[];
  /** Limits, horizons and policies of the bus. */
  readonly bus?: Partial<Omit<BusOptions, "startMs" | "source">>;
  /** Limits and times of the registry. */
  readonly registry?: RegistryOptions;
  /** Accept CRITICAL although the store is memory alone: its durability is then `memory`. For tests and for play. */
  readonly criticalInMemory?: boolean;
  /** Milliseconds that a health check may take. Default 5,000. */
  readonly healthTimeoutMs?: number;
  /** Called for each step from the very first: only it hears what is `recovered`, for that is before the engine is there. */
  readonly trace?: (step: EngineTrace) => void;
}

/** The engine of one process. */
export interface EmbeddedEngine extends Engine {
  /**
   * No later than this some message wants something done, epoch milliseconds; `Infinity` if none does. For whoever must
   * bring the engine back by then, if it does not stay awake by itself.
   */
  nextWakeMs(): number;
  /**
   * Records that were found when it opened and could not be taken up, of the registry only those that the store itself
   * could not read. They stay in the store as they are; {@linkcode Engine.health} says `warn` while there are any.
   */
  unreadable(): readonly UnreadableRecord[];
}

export type { UnreadableRecord };

/** Most URLs of services to be found. */
const MAX_SERVICES = 1_000;
/** Milliseconds in which an endpoint must answer to the handshake: less than a client waits for its registration. */
const HANDSHAKE_TIMEOUT_MS = 3_000;
/** Most endpoints that are asked at once. */
const MAX_HANDSHAKES = 256;

/**
 * Opens the store, takes up what it holds, and runs.
 *
 * @throws {BellhopError} what the store throws when it cannot be opened: `store-locked`, `store-unavailable`,
 * `store-version`, `store-failed`; `argument-invalid` for more URLs than may be
 */
export async function embedded(options: EmbeddedOptions): Promise<EmbeddedEngine> {
  if ((options.services?.length ?? 0) > MAX_SERVICES) {
    throw new BellhopError("argument-invalid", `services: wanted at most ${MAX_SERVICES} URLs`, { field: "services" });
  }
  const store = await options.store();
  try {
    return await start(options, store);
  } catch (error) {
    // Why it cannot start is to be heard, whatever becomes of the closing.
    await store.close().catch(() => {});
    throw error;
  }
}

async function start(options: EmbeddedOptions, store: MessageStore): Promise<EmbeddedEngine> {
  const { clock, transport, token, source = "/bellhop" } = options;
  const { maxRecordBytes, durability } = store.capabilities;
  const found = await readStore(store);
  const nowMs = clock.nowMs();
  const maxDeliveries = Math.max(options.bus?.maxDeliveries ?? 1_000_000, deliveriesIn(found));
  const bus: Bus = createBus({
    idSecret: token(),
    random: options.random,
    ...options.bus,
    maxDeliveries,
    maxRecordBytes,
    startMs: nowMs,
    source,
  });
  const registry = createRegistry(options.registry);
  const restored = registry.restore(nowMs, found.registry);
  for (const { name, maxInFlight, delivery } of registry.list()) {
    if (maxInFlight !== undefined) bus.setMaxInFlight(name, maxInFlight);
    if (delivery === "pull") bus.hold(name, true);
  }
  bus.tracing = options.trace !== undefined;
  const recovered = bus.recover(nowMs, found);
  const unreadable = recovered.unreadable.length + restored.dropped;
  const unreadableRecords = unreadableIn(found.damaged, recovered.unreadable);
  if (restored.dropped === 0) endWhatLeft(bus, registry, nowMs);

  const watchers = new Watchers();
  const loop = new Loop(bus, registry, store, watchers, options, source);
  if (options.trace !== undefined) loop.trace(options.trace);
  const discovery = new Discovery(options.services ?? [], registry, transport, clock, discover);
  const targets = new Map<string, readonly string[]>();
  let asking = 0;
  loop.schedule();
  discovery.start();

  function known(source: string, id: string): BusMessage {
    const message = bus.find(source, id);
    // Not acknowledged yet; one that is being redriven was.
    if (message === undefined || (message.token !== 0 && message.runs === undefined)) {
      throw new BellhopError("message-unknown", `No message ${id} of ${source} is known`, { field: "id" });
    }
    return message;
  }

  function receiversOf(envelope: Envelope): readonly string[] {
    const { target } = envelope;
    if (target === undefined) return registry.receivers(envelope.type);
    const name = serviceOf(target);
    let alone = targets.get(name);
    if (alone === undefined) {
      if (targets.size >= 10_000) targets.clear();
      targets.set(name, alone = Object.freeze([name]));
    }
    return alone;
  }

  /** The service that a `target` names. @throws {BellhopError} `target-unknown` if it, or its instance, is not registered */
  function serviceOf(target: string): string {
    const at = target.indexOf("@");
    const name = at === -1 ? target : target.slice(0, at);
    if (registry.known(name) && (at === -1 || registry.knownInstance(name, target.slice(at + 1)))) return name;
    throw new BellhopError("target-unknown", `No ${at === -1 ? "service" : "instance"} ${target} is registered`, {
      field: "target",
    });
  }

  /** The receivers, or the first refusal in the order of the specification: duplicates and bad times come first. */
  function admitted(nowMs: number, envelope: Envelope, publisher: Publisher): readonly string[] {
    const homeless = envelope.priority === "CRITICAL" && durability === "memory" && options.criticalInMemory !== true;
    try {
      const receivers = receiversOf(envelope);
      if (!homeless) return receivers;
      throw new BellhopError("store-required", "This gateway's store is memory alone", { field: "priority" });
    } catch (refusal) {
      // The bus says of a known one that it is a duplicate, or a conflict, whoever its receivers would be today.
      if (bus.find(envelope.source, envelope.id) !== undefined) return [];
      bus.refuseUntimely(nowMs, envelope, publisher);
      throw refusal;
    }
  }

  async function discover(url: string): Promise<Registered> {
    const registration = await discovery.read(url);
    return await register(registration);
  }

  async function register(data: unknown): Promise<Registered> {
    refuseWhenClosed();
    // What breaks the rules of a registration is that, and no refusal of its address.
    const { endpoint, name, delivery } = parseRegistration(data);
    if (delivery === undefined) transport.check(endpoint);
    let granted: number | undefined;
    if (transport.consent !== undefined && delivery === undefined) {
      granted = await consentTo(endpoint, name);
      refuseWhenClosed();
    }
    const registered = registry.register(clock.nowMs(), data, token(), token(), granted);
    const settings = registry.settings(registered.name);
    bus.setMaxInFlight(registered.name, settings?.maxInFlight ?? bus.options.maxInFlight);
    bus.hold(registered.name, settings?.delivery === "pull");
    await loop.registryChanged();
    return registered;
  }

  /** Asks the endpoint for its consent; gives the rate that it grants. */
  async function consentTo(endpoint: string, name: string): Promise<number | undefined> {
    if (asking >= MAX_HANDSHAKES) {
      throw new BellhopError("registry-full", `${MAX_HANDSHAKES} endpoints are being asked for their consent`, {
        retryAfterMs: HANDSHAKE_TIMEOUT_MS,
      });
    }
    asking++;
    try {
      return (await transport.consent!(endpoint, name, HANDSHAKE_TIMEOUT_MS)).ratePerMinute;
    } finally {
      asking--;
    }
  }

  function refuseWhenClosed(): void {
    if (loop.closing) throw new BellhopError("closing");
  }

  return {
    durability,
    maxRecordBytes,
    get closing() {
      return loop.closing;
    },
    publish(envelope: Envelope, publisher: Publisher): Acknowledgement | Promise<Acknowledgement> {
      refuseWhenClosed();
      const { type } = envelope;
      const nowMs = clock.nowMs();
      let replyTo: string | undefined;
      let replyInstance: string | undefined;
      if (publisher.lease !== undefined) {
        const { name, instance } = registry.renew(nowMs, publisher.lease);
        if (registry.settings(name)?.receipts === true) {
          replyTo = name;
          replyInstance = instance;
        }
        loop.schedule(nowMs);
      }
      if (envelope.source === source) {
        throw new BellhopError("source-reserved", `${source} is the gateway's own`, { field: "source" });
      }
      if (type.startsWith("service.") || type.startsWith("message.")) {
        throw new BellhopError("type-reserved", `${type} belongs to the protocol`, { field: "type" });
      }
      const receivers = admitted(nowMs, envelope, publisher);
      const submission = replyTo === undefined ? publisher : { ...publisher, replyTo, replyInstance };
      const { message, duplicate } = bus.accept(nowMs, envelope, receivers, submission);
      loop.schedule(nowMs);
      const acknowledgement: Acknowledgement = {
        source: message.source,
        id: message.id,
        durability: message.rank === 3 ? durability : "memory",
        receivers: duplicate ? message.targets.map((target) => target.name) : receivers,
        duplicate,
      };
      return message.token === 0 ? acknowledgement : loop.written(message.token).then(() => acknowledgement);
    },
    // deno-lint-ignore require-await
    async status(source, id) {
      return bus.status(known(source, id));
    },
    async settled(source, id, timeoutMs, signal) {
      const message = known(source, id);
      if (message.open > 0) await watchers.ended(message, clock, clock.nowMs() + timeoutMs, signal);
      return bus.status(message);
    },
    async cancel(source, id) {
      bus.cancel(clock.nowMs(), source, id);
      await loop.allWritten();
      return bus.status(known(source, id));
    },
    // deno-lint-ignore require-await
    async unfinishedCritical(limit, after) {
      const nowMs = clock.nowMs();
      const page = bus.unfinishedCritical(positionIn(after), limit);
      return {
        entries: page.map((message) => ({ ...bus.status(message), ageMs: Math.floor(nowMs - message.acceptedMs) })),
        after: page.length < limit ? null : `c_${page[page.length - 1].order}`,
      };
    },
    // deno-lint-ignore require-await
    async delayed(limit, after) {
      const page = bus.delayed(positionIn(after), limit);
      const entries = page.map((message) => bus.status(message));
      return { entries, after: page.length < limit ? null : `m_${page[page.length - 1].index + 1}` };
    },
    // deno-lint-ignore require-await
    async deadLetters(limit, after, receiver) {
      const entries = bus.deadLetters(limit, positionIn(after), receiver);
      if (entries.length < limit) return { entries, after: null };
      return { entries, after: `d_${bus.deadLetterPosition(entries[entries.length - 1].id)}` };
    },
    // deno-lint-ignore require-await
    async deadLetter(id) {
      const letter = bus.deadLetter(id);
      if (letter === undefined) throw new BellhopError("dead-letter-unknown", `No dead letter ${id} is kept`);
      return letter;
    },
    async redrive(id) {
      const letter = bus.deadLetter(id);
      if (letter !== undefined && letter.receiver !== "") serviceOf(letter.envelope.target ?? letter.receiver);
      const receivers = letter?.receiver === "" ? registry.receivers(letter.envelope.type) : [];
      const message = bus.redrive(clock.nowMs(), id, receivers);
      loop.schedule();
      if (message.token !== 0) await loop.written(message.token);
      return bus.status(message);
    },
    async discard(id) {
      const written = bus.discard(id);
      loop.schedule();
      if (written !== 0) await loop.written(written);
    },
    register,
    async renew(lease) {
      const renewed = registry.renew(clock.nowMs(), lease);
      await loop.registryChanged();
      return renewed;
    },
    async deregister(lease, wholeService) {
      const gone = registry.deregister(clock.nowMs(), lease, { service: wholeService });
      await loop.registryChanged();
      return gone;
    },
    discover,
    async pull(lease, request) {
      refuseWhenClosed();
      // A stream asks once for each delivery: not each is an event.
      const { name, instance } = registry.renew(clock.nowMs(), lease, request.streams !== true);
      if (registry.settings(name)?.delivery !== "pull") {
        const detail = `${name} is called by the gateway: register with delivery "pull" to ask for deliveries`;
        throw new BellhopError("argument-invalid", detail, { field: "delivery" });
      }
      const pulled = loop.pulls.ask(name, instance, request);
      // A renewal writes nothing: what the store refuses is another's, who is told, and must not cost what is handed out.
      loop.registryChanged().catch(() => {});
      return await pulled;
    },
    // deno-lint-ignore require-await
    async answer(lease, ticket, verdict) {
      const nowMs = clock.nowMs();
      const { name, instance } = registry.renew(nowMs, lease);
      const held = loop.pulls.answer(nowMs, name, instance, ticket, verdict);
      loop.settled();
      loop.registryChanged().catch(() => {});
      return held;
    },
    // deno-lint-ignore require-await
    async putBack(ticket) {
      loop.pulls.putBack(clock.nowMs(), ticket);
      loop.settled();
      loop.schedule();
    },
    // deno-lint-ignore require-await
    async services() {
      return registry.list();
    },
    // deno-lint-ignore require-await
    async service(name) {
      const view = registry.get(name);
      if (view === undefined) throw new BellhopError("service-unknown", `No service ${name} is registered`);
      return view;
    },
    // deno-lint-ignore require-await
    async route(name): Promise<Route> {
      refuseWhenClosed();
      if (!registry.known(name)) throw new BellhopError("service-unknown", `No service ${name} is registered`);
      const nowMs = clock.nowMs();
      const pulls = registry.settings(name)?.delivery === "pull";
      const choice = pulls ? ABSENT : registry.choose(nowMs, name, options.random());
      if (choice.kind === "absent") throw new BellhopError("no-instance", `No instance of ${name} can be called`);
      if (choice.kind === "deferred") {
        throw new BellhopError("circuit-open", `Every instance of ${name} has an open breaker`, {
          retryAfterMs: Math.max(1, choice.deferUntilMs - nowMs),
        });
      }
      const { instance, endpoint } = choice;
      registry.began(nowMs, name, instance);
      let open = true;
      return {
        service: name,
        instance,
        endpoint,
        done(ok, answered) {
          if (!open) return;
          open = false;
          const nowMs = clock.nowMs();
          registry.verdict(nowMs, name, instance, ok, false, answered);
          registry.ended(nowMs, name, instance);
          loop.schedule();
        },
      };
    },
    trace: (listener) => loop.trace(listener),
    nextWakeMs: () => bus.nextWakeMs(),
    unreadable: () => unreadableRecords,
    // deno-lint-ignore require-await
    async health(): Promise<EngineHealth> {
      const { unfinished, inFlight, waiting, deadLetters, droppedDeadLetters } = bus.counts();
      const counts = { unfinished, inFlight, waiting, deadLetters, ...registry.counts() };
      if (loop.closing) return { status: "fail", output: "The gateway is closing", ...counts };
      if (loop.storeFault !== undefined) {
        return { status: "fail", output: `CRITICAL is refused: ${loop.storeFault}`, ...counts };
      }
      if (unreadable > 0) return { status: "warn", output: `${unreadable} records could not be read`, ...counts };
      if (droppedDeadLetters > 0) {
        return { status: "warn", output: `${droppedDeadLetters} dead letters gave way at the bound`, ...counts };
      }
      return { status: "pass", ...counts };
    },
    async close({ deadlineMs = 10_000 } = {}) {
      discovery.stop();
      try {
        await loop.close(deadlineMs);
      } finally {
        watchers.releaseAll();
      }
    },
  };
}

/** What the store could not read, then what it read and this version cannot make out. */
function unreadableIn(
  damaged: readonly UnreadableRecord[],
  unknown: Recovered["unreadable"],
): readonly UnreadableRecord[] {
  const told = new Set(damaged.map(({ keyspace, key }) => `${keyspace} ${key}`));
  const others = unknown.filter(({ keyspace, key }) => !told.has(`${keyspace} ${key}`));
  const reason = "it is no record that this version of Bellhop knows";
  return [...damaged, ...others.map(({ keyspace, key }) => ({ keyspace: keyspace as Keyspace, key, reason }))];
}

/** Ends what waits for services and instances that left while nobody was there to see it, or just before a crash. */
function endWhatLeft(bus: Bus, registry: Registry, nowMs: number): void {
  for (const { receiver, instances } of bus.receivers()) {
    if (!registry.known(receiver)) bus.removeReceiver(nowMs, receiver);
    for (const instance of instances) {
      if (!registry.knownInstance(receiver, instance)) bus.removeInstance(nowMs, receiver, instance);
    }
  }
}

/** Who asks by itself cannot be called. */
const ABSENT = { kind: "absent" } as const;

/** The number in a cursor of ours; one that is none begins at the beginning. */
function positionIn(cursor: string | undefined): number {
  return cursor === undefined ? 0 : Number(cursor.slice(2)) || 0;
}
