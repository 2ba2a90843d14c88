/**
 * `service()`: what a service is called and what it does with events. How they reach it is an adapter's affair.
 *
 * @module
 */
import { BellhopError } from "../core/error.ts";
import type { Manifest } from "../core/registry/manifest.ts";
import { isReservedType, parsePattern } from "../core/registry/pattern.ts";
import { registrationFaults } from "../core/registry/registration.ts";
import { createPatternTrie } from "../core/registry/trie.ts";
import type { EventDefinition, TypedEnvelope } from "../schema/define_event.ts";
import type { StandardSchema } from "../schema/standard_schema.ts";
import type { HandlerResult } from "./answer.ts";
import type { HandlerContext } from "./context.ts";
import type { LogSink } from "./log.ts";
import type { Outlet } from "./outgoing.ts";
import { createRuntime, type ServiceRuntime } from "./runtime.ts";

export type { HandlerContext } from "./context.ts";

/** What a service says of its own health. */
export interface HealthReport {
  /** `fail` takes the instance out of service while another is healthy. */
  readonly status: "pass" | "warn" | "fail";
  /** A sentence if not `pass`. */
  readonly output?: string;
}

/** What a service is, apart from its handlers. `Env` is what the platform binds: `service<Env>({ … })`. */
export interface ServiceOptions<Env = unknown> {
  /** `[a-z0-9][a-z0-9-]{0,62}`: instances of one name compete for its messages. */
  readonly name: string;
  /** 1 to 64 characters. */
  readonly version: string;
  /** `[A-Za-z0-9._-]{1,128}`; the gateway gives one if absent. */
  readonly instance?: string;
  /** The lease to ask for, 1,000 to 3,600,000 ms; default 30,000. */
  readonly leaseMs?: number;
  /** Whether the service ends with its last instance, messages and all; default false. */
  readonly ephemeral?: boolean;
  /** Whether it takes receipts of what it publishes; default: whether it has a handler for one. */
  readonly receipts?: boolean;
  /** Most deliveries to the service at once, 1 to 10,000; default 64. */
  readonly maxInFlight?: number;
  /** Asked at each health check; by default all is well. What it throws counts as `fail`. */
  readonly health?: () => HealthReport | HealthReport["status"] | Promise<HealthReport | HealthReport["status"]>;
  /**
   * Told what handlers, their `waitUntil` and the health check throw, of data that does not fit a schema, and once each
   * of what makes deliveries fail until somebody mends it: `body-used`, `secret-missing`, signatures that do not fit. What it throws
   * itself is ignored.
   */
  readonly onError?: (error: unknown) => void;
  /** Takes what handlers say by `ctx.log`; by default the routes write it to the console. */
  readonly log?: LogSink;
  /**
   * Makes what handlers publish and call through where the service is not connected, as on a platform that starts it
   * for a request: `(env) => connect({ gateway: env.GATEWAY, token: env.TOKEN })`. Asked once, when it is first needed.
   */
  outlet?(env: Env): Outlet | Promise<Outlet>;
}

/** What is done with an event. Returning nothing acks; throwing naks, unless a `Nak` or `Term` is thrown. */
export type Handler<Type extends string = string, Data = unknown, Env = unknown> = (
  event: TypedEnvelope<Type, Data>,
  context: HandlerContext<Env>,
) => HandlerResult | Promise<HandlerResult>;

/** A handler with what it is for. */
export interface Subscription {
  /** The pattern it was given. */
  readonly pattern: string;
  /** Judges the data before the handler runs. */
  readonly schema: StandardSchema | undefined;
  /** The handler. */
  readonly handler: Handler<string, never, never>;
}

/** A service: name, version, handlers. */
export interface ServiceDefinition<Env = unknown> {
  /** What it was made with. */
  readonly settings: ServiceOptions<Env>;
  /** Its outlet, and the work under way. */
  readonly runtime: ServiceRuntime;
  /**
   * Adds a handler for an event, or for every type that a pattern matches (`*` one token, `>` the rest), and gives the
   * definition back. Of several that match a type, the one added first gets it: put the special before the general.
   *
   * Add handlers before the service is mounted, announced or discovered.
   *
   * @throws {BellhopError} `argument-invalid` for a text that is no pattern, a pattern that has a handler, or beyond 64
   */
  on<Type extends string, Input, Output>(
    event: EventDefinition<Type, Input, Output>,
    handler: Handler<Type, Output, Env>,
  ): this;
  /** As above, for a type or pattern of which nothing is known. */
  on(pattern: string, handler: Handler<string, unknown, Env>): this;
  /** The subscription that gets events of the type. */
  subscriptionFor(type: string): Subscription | undefined;
  /** What the service says of itself at its own URL. */
  manifest(): Manifest;
}

/** Most handlers of one service: as many as a registration may subscribe to. */
const MAX_HANDLERS = 64;

/**
 * Defines a service. It does nothing by itself: mount it with `serviceRoutes` and announce it with `connect`.
 *
 * @throws {BellhopError} `registration-invalid` with every fault of the options
 *
 * @example
 * ```ts
 * import { Nak, service, Term } from "@bellhop/bellhop/service";
 * import { assertEquals } from "@std/assert";
 * const documents = service({ name: "documents", version: "1.2.0" })
 *   .on("user.*", (event) => event.data ? undefined : new Term("no data"))
 *   .on("audit.>", () => new Nak({ delayMs: 5_000 }));
 * assertEquals(documents.manifest(), {
 *   name: "documents",
 *   version: "1.2.0",
 *   subscriptions: ["user.*", "audit.>"],
 *   health: "health",
 * });
 * ```
 */
export function service<Env = unknown>(options: ServiceOptions<Env>): ServiceDefinition<Env> {
  const { name, version, instance, leaseMs, ephemeral, maxInFlight } = options ?? {};
  const faults = registrationFaults({ ...options, subscriptions: [], endpoint: "http://localhost", health: undefined });
  if (faults.length > 0) {
    const first = `${faults[0].field}: ${faults[0].reason}`;
    throw new BellhopError("registration-invalid", `cannot define the service: ${first}`, { faults });
  }
  const subscriptions: Subscription[] = [];
  const places = createPatternTrie<number>();

  const definition = {
    settings: options,
    runtime: createRuntime(options.outlet),
    on(this: unknown, wanted: EventDefinition | string, handler: Subscription["handler"]): unknown {
      const event: { type: string; schema?: StandardSchema } = typeof wanted === "string" ? { type: wanted } : wanted;
      const pattern = parsePattern(event.type).join(".");
      if (subscriptions.some((known) => known.pattern === pattern)) {
        throw invalid(`${pattern} has a handler already`);
      }
      if (subscriptions.length === MAX_HANDLERS) throw invalid(`a service has at most ${MAX_HANDLERS} handlers`);
      places.add(pattern, subscriptions.length);
      subscriptions.push({ pattern, schema: event.schema, handler });
      return this;
    },
    subscriptionFor(type: string): Subscription | undefined {
      const found = places.match(type);
      return found.length === 0 ? undefined : subscriptions[Math.min(...found)];
    },
    manifest(): Manifest {
      const patterns = subscriptions.map((subscription) => subscription.pattern);
      const receipts = options.receipts ?? patterns.some(isReceiptType);
      return {
        name,
        version,
        ...(instance === undefined ? {} : { instance }),
        // Receipts come by address, not by subscription.
        subscriptions: patterns.filter((pattern) => !isReceiptType(pattern)),
        health: "health",
        ...(leaseMs === undefined ? {} : { leaseMs }),
        ...(ephemeral === undefined ? {} : { ephemeral }),
        ...(receipts ? { receipts } : {}),
        ...(maxInFlight === undefined ? {} : { maxInFlight }),
      };
    },
  };
  return definition as unknown as ServiceDefinition<Env>;
}

function isReceiptType(type: string): boolean {
  return isReservedType(type) && type.startsWith("message.");
}

function invalid(detail: string): BellhopError {
  return new BellhopError("argument-invalid", `cannot subscribe: ${detail}`, { field: "pattern" });
}
