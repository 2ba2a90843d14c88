/**
 * An engine in a few lines, for the tests of the HTTP binding: it keeps what is published and says what it is told to.
 *
 * @module
 */
import type { DeadLetter } from "../../core/bus/dead_letter.ts";
import type { MessageStatus } from "../../core/bus/status.ts";
import type { Envelope } from "../../core/envelope/mod.ts";
import { BellhopError } from "../../core/error.ts";
import type { ServiceView } from "../../core/registry/view.ts";
import type { Acknowledgement, Engine, EngineTrace, Publisher, Route } from "../../ports/engine.ts";

export interface FakeEngine extends Engine {
  readonly published: { readonly envelope: Envelope; readonly publisher: Publisher }[];
  readonly letters: Map<string, DeadLetter>;
  readonly renewed: string[];
  /** Ends of calls, as `service ok answered`. */
  readonly calls: string[];
  readonly listeners: Set<(step: EngineTrace) => void>;
  /** Where calls go; none means that no instance can be called. */
  endpoint: string | undefined;
  state: "queued" | "ended";
  closing: boolean;
  /** Makes the next publish fail. */
  fault: unknown;
  emit(step: EngineTrace): void;
}

export const VIEW: ServiceView = {
  name: "users",
  version: "1",
  subscriptions: ["user.*"],
  ephemeral: false,
  receipts: false,
  registeredMs: 1,
  instances: [],
};

export function fakeEngine(): FakeEngine {
  const messages = new Map<string, Envelope>();
  const key = (source: string, id: string) => JSON.stringify([source, id]);

  function statusOf(source: string, id: string): MessageStatus {
    const envelope = messages.get(key(source, id));
    if (envelope === undefined) throw new BellhopError("message-unknown", undefined, { field: "id" });
    const delivery = { receiver: "users", run: 1, attempts: 1 };
    return {
      source,
      id,
      type: envelope.type,
      priority: envelope.priority ?? "NORMAL",
      acceptedMs: 1,
      deliveries: [
        fake.state === "ended"
          ? { ...delivery, state: "ended", outcome: "delivered" }
          : { ...delivery, state: fake.state },
      ],
    };
  }

  function letter(id: string): DeadLetter {
    const found = fake.letters.get(id);
    if (found === undefined) throw new BellhopError("dead-letter-unknown");
    return found;
  }

  function known(name: string): void {
    if (name !== "users") throw new BellhopError("service-unknown");
  }

  function holder(lease: string): void {
    if (lease !== "lse_1") throw new BellhopError("lease-unknown");
  }

  // deno-lint-ignore require-await
  async function register(data: unknown) {
    if ((data as { name?: unknown } | null)?.name !== "users") {
      throw new BellhopError("registration-invalid", "cannot register", {
        faults: [{ field: "name", code: "missing", reason: "wanted a string" }],
      });
    }
    return {
      name: "users",
      instance: "a1",
      lease: "lse_1",
      leaseMs: 30_000,
      renewEveryMs: 10_000,
      newService: true,
      newInstance: true,
    };
  }

  const fake: FakeEngine = {
    durability: "flushed",
    maxRecordBytes: 1_048_576,
    closing: false,
    published: [],
    letters: new Map(),
    renewed: [],
    calls: [],
    listeners: new Set(),
    endpoint: undefined,
    state: "queued",
    fault: undefined,
    emit(step) {
      for (const listener of fake.listeners) listener(step);
    },
    publish(envelope: Envelope, publisher: Publisher): Acknowledgement | Promise<Acknowledgement> {
      const { fault } = fake;
      fake.fault = undefined;
      if (fault !== undefined) throw fault;
      if (publisher.lease !== undefined) holder(publisher.lease);
      const { source, id } = envelope;
      const duplicate = messages.has(key(source, id));
      messages.set(key(source, id), envelope);
      fake.published.push({ envelope, publisher });
      const critical = envelope.priority === "CRITICAL";
      const acknowledgement: Acknowledgement = {
        source,
        id,
        durability: critical ? "flushed" : "memory",
        receivers: ["users"],
        duplicate,
      };
      return critical ? Promise.resolve(acknowledgement) : acknowledgement;
    },
    // deno-lint-ignore require-await
    async status(source, id) {
      return statusOf(source, id);
    },
    // deno-lint-ignore require-await
    async settled(source, id) {
      return statusOf(source, id);
    },
    // deno-lint-ignore require-await
    async cancel(source, id) {
      const status = statusOf(source, id);
      if (fake.state === "ended") throw new BellhopError("message-ended");
      return status;
    },
    // deno-lint-ignore require-await
    async delayed() {
      return { entries: [], after: null };
    },
    // deno-lint-ignore require-await
    async unfinishedCritical(limit, after) {
      const entries = [...messages.values()].map(({ source, id }) => ({ ...statusOf(source, id), ageMs: 5 }));
      const from = Number(after ?? 0);
      return {
        entries: entries.slice(from, from + limit),
        after: from + limit < entries.length ? String(from + limit) : null,
      };
    },
    // deno-lint-ignore require-await
    async deadLetters(limit, after, receiver) {
      const all = [...fake.letters.values()].filter((one) => receiver === undefined || one.receiver === receiver);
      const from = after === undefined ? 0 : all.findIndex((one) => one.id === after) + 1;
      const entries = all.slice(from, from + limit);
      return { entries, after: from + limit < all.length ? entries[entries.length - 1].id : null };
    },
    // deno-lint-ignore require-await
    async deadLetter(id) {
      return letter(id);
    },
    // deno-lint-ignore require-await
    async redrive(id) {
      const { envelope } = letter(id);
      messages.set(key(envelope.source, envelope.id), envelope);
      fake.letters.delete(id);
      return statusOf(envelope.source, envelope.id);
    },
    // deno-lint-ignore require-await
    async discard(id) {
      letter(id);
      fake.letters.delete(id);
    },
    register,
    // deno-lint-ignore require-await
    async renew(lease) {
      holder(lease);
      fake.renewed.push(lease);
      return { name: "users", instance: "a1", leaseMs: 30_000, renewEveryMs: 10_000 };
    },
    // deno-lint-ignore require-await
    async deregister(lease, wholeService) {
      holder(lease);
      return { name: "users", instance: "a1", serviceGone: wholeService };
    },
    discover(url) {
      if (!url.includes("users")) return Promise.reject(new BellhopError("discovery-failed"));
      return register({ name: "users" });
    },
    // deno-lint-ignore require-await
    async pull(lease) {
      holder(lease);
      return [];
    },
    // deno-lint-ignore require-await
    async answer(lease) {
      holder(lease);
      return false;
    },
    async putBack() {},
    // deno-lint-ignore require-await
    async services() {
      return [VIEW];
    },
    // deno-lint-ignore require-await
    async service(name) {
      known(name);
      return VIEW;
    },
    // deno-lint-ignore require-await
    async route(name): Promise<Route> {
      known(name);
      const { endpoint } = fake;
      if (endpoint === undefined) throw new BellhopError("no-instance");
      return {
        service: name,
        instance: "a1",
        endpoint,
        done: (ok, answered) => fake.calls.push(`${name} ${ok} ${answered}`),
      };
    },
    trace(listener) {
      fake.listeners.add(listener);
      return () => fake.listeners.delete(listener);
    },
    // deno-lint-ignore require-await
    async health() {
      const counts = { unfinished: 12, inFlight: 1, waiting: 2, deadLetters: 3, services: 1, instances: 1 };
      return fake.fault === undefined
        ? { status: "pass", ...counts }
        : { status: "fail", output: "The gateway is closing", ...counts };
    },
    async close() {},
  };
  return fake;
}
