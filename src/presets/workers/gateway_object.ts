/**
 * `gatewayObject()`: a class of Durable Objects, each of which is a whole bus with its registry.
 *
 * @module
 */
import { Hono } from "hono";
import { systemClock } from "../../adapters/clocks/system.ts";
import { embedded, type EmbeddedEngine, type EmbeddedOptions } from "../../adapters/engines/embedded.ts";
import { gatewayRoutes, type GatewayRoutesOptions } from "../../adapters/hono/gateway.ts";
import { problemResponse } from "../../adapters/hono/problem_response.ts";
import { durableObject, revive } from "../../adapters/stores/durable_object.ts";
import { fetchTransport } from "../../adapters/transports/fetch.ts";
import { BellhopError } from "../../core/error.ts";
import { createCredentials, type CredentialOptions, type Credentials } from "../../security/credentials.ts";
import { createEndpointGuard } from "../../security/endpoint_guard.ts";
import { createKeyring, type SigningSecret } from "../../security/keyring.ts";
import { newToken } from "../../security/token.ts";
import { MOUNT_HEADER } from "./gateway.ts";
import type { ObjectState, ServiceBinding } from "./object_namespace.ts";

export type { ObjectState, ServiceBinding } from "./object_namespace.ts";

/** What a gateway in an object is told. */
export interface GatewayObjectOptions
  extends
    Pick<EmbeddedOptions, "services" | "source" | "bus" | "registry" | "healthTimeoutMs">,
    Pick<GatewayRoutesOptions, "limits" | "errorsUrl" | "onFault"> {
  /** Who may ask, and for what. */
  readonly credentials: readonly CredentialOptions[] | Credentials;
  /** The secrets by which deliveries are signed, `whsec_…`: one for all services, or one for each by its name. */
  readonly signingSecrets: SigningSecret | Readonly<Record<string, SigningSecret>>;
  /** Services that are other Workers, bound to this one: the host of their endpoints, and the binding. At most 1,000. */
  readonly workers?: Readonly<Record<string, ServiceBinding>>;
  /** Hosts of endpoints that may have private addresses, as in development. At most 1,000. */
  readonly allowHosts?: readonly string[];
  /** The name by which endpoints are asked for their consent; a host name. Default `bellhop`. */
  readonly webhookOrigin?: string;
}

/** An object as the platform drives it. */
export interface GatewayObject {
  /** Serves one request. */
  fetch(request: Request): Promise<Response>;
  /** Wakes it after it was evicted or crashed. */
  alarm(): Promise<void>;
}

/** A class of such objects, to be exported by the Worker. */
export type GatewayObjectClass<Env> = new (state: ObjectState, env: Env) => GatewayObject;

/** Different mounts that one object serves: more than one app needs, fewer than would hurt. */
const MOST_MOUNTS = 16;

/**
 * Makes the class. The engine of one process runs in each object, on the object's own SQLite; what is CRITICAL survives
 * eviction and crash, and while such a message is kept an alarm brings the object back to it. What is not CRITICAL is in
 * memory, as everywhere, and lost if the object is evicted before it was delivered.
 *
 * @param options asked once for each life of an object
 *
 * @example
 * ```ts ignore
 * import { gateway, gatewayObject } from "@bellhop/bellhop/workers";
 * interface Env { BUS: DurableObjectNamespace; SECRET: string; TOKEN: string }
 * export const Bus = gatewayObject<Env>((env) => ({
 *   signingSecrets: env.SECRET,
 *   credentials: [{ name: "shop", token: env.TOKEN, scopes: ["publish:order.*"], sources: ["/shop"] }],
 *   services: ["https://stock.example/bellhop"],
 * }));
 * export default gateway<Env>((env) => ({ object: env.BUS }));
 * ```
 */
export function gatewayObject<Env>(
  options: (env: Env, state: ObjectState) => GatewayObjectOptions,
): GatewayObjectClass<Env> {
  return class implements GatewayObject {
    readonly #state: ObjectState;
    readonly #running: Running;

    constructor(state: ObjectState, env: Env) {
      this.#state = state;
      this.#running = run(() => options(env, state), state);
    }

    async fetch(request: Request): Promise<Response> {
      return await this.#running.serve(request);
    }

    async alarm(): Promise<void> {
      const engine = await this.#running.engine;
      await revive(this.#state.storage, engine.nextWakeMs());
    }
  };
}

interface Running {
  readonly engine: Promise<EmbeddedEngine>;
  serve(request: Request): Response | Promise<Response>;
}

function run(options: () => GatewayObjectOptions, state: ObjectState): Running {
  try {
    return begin(options(), state);
  } catch (error) {
    if (!(error instanceof BellhopError)) throw error;
    const engine = Promise.reject(error);
    engine.catch(() => {});
    // Who configured it reads it where it is seen first.
    return { engine, serve: () => problemResponse(error) };
  }
}

function begin(options: GatewayObjectOptions, { storage }: ObjectState): Running {
  const { credentials: given, signingSecrets, workers = {}, allowHosts = [], webhookOrigin = "bellhop" } = options;
  const { limits, errorsUrl, onFault, ...engineOptions } = options;
  if (given === undefined || given === null) throw new BellhopError("open-mode-required");
  if (signingSecrets === undefined || signingSecrets === null) {
    throw new BellhopError("secret-missing", "signingSecrets: every delivery is signed", { field: "signingSecrets" });
  }
  const credentials = typeof given === "object" && "authenticate" in given ? given : createCredentials(given);
  const bound = new Map(Object.entries(workers));
  // The platform reaches no private network, and a binding leads to a Worker alone.
  const guard = createEndpointGuard({ level: "platform", allowHosts: [...allowHosts, ...bound.keys()] });
  const dial = (url: string, init: RequestInit): Promise<Response> => {
    const worker = bound.get(new URL(url).host);
    return worker === undefined ? fetch(url, init) : worker.fetch(new Request(url, init));
  };
  const clock = systemClock();
  const engine = embedded({
    ...engineOptions,
    store: durableObject(storage),
    transport: fetchTransport({ fetch: dial, guard, keysOf: createKeyring(signingSecrets), origin: webhookOrigin }),
    clock,
    random: Math.random,
    token: newToken,
  });
  // Each request learns why it failed.
  engine.catch(() => {});
  const { source } = options;
  const routes = gatewayRoutes({
    engine,
    credentials,
    guard,
    clock,
    fetch: dial,
    ...(limits === undefined ? {} : { limits }),
    ...(errorsUrl === undefined ? {} : { errorsUrl }),
    ...(onFault === undefined ? {} : { onFault }),
    ...(source === undefined ? {} : { source }),
  });
  const mounted = new Map<string, Hono>();
  return {
    engine,
    serve(request) {
      const mount = request.headers.get(MOUNT_HEADER) ?? "";
      let app = mounted.get(mount);
      if (app === undefined) {
        if (mounted.size >= MOST_MOUNTS) mounted.clear();
        mounted.set(mount, app = mount === "" ? routes : new Hono().route(mount, routes));
      }
      return app.fetch(request);
    },
  };
}
