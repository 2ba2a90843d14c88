/**
 * `service()` for servers: the definition and its routes in one, so that an app mounts it as it is.
 *
 * @module
 */
import type { Hono } from "hono";
import { type SenderOptions, serviceRoutes, type ServiceRoutesOptions } from "../../adapters/hono/service.ts";
import { systemClock } from "../../adapters/clocks/system.ts";
import { BellhopError } from "../../core/error.ts";
import { type Client, connect } from "../../client/connect.ts";
import type { EventDefinition } from "../../schema/define_event.ts";
import {
  type Handler,
  service as define,
  type ServiceDefinition,
  type ServiceOptions,
} from "../../service/definition.ts";
import type { SigningSecret } from "../../security/keyring.ts";
import { type Environment, optionsOf } from "./_options_of.ts";
import { gatewayFromEnvironment, isDev, signingSecretFromEnvironment, tokenFromEnvironment } from "./_environment.ts";

/** What a service is, and the bounds of its routes. `Env` is what the platform binds: `service<Env>({ … })`. */
export interface ServiceAppOptions<Env = unknown> extends ServiceOptions<Env>, Partial<ServiceRoutesOptions> {
  /**
   * URL of the gateway that handlers publish and call through where the service is only discovered. One that is
   * connected needs none: `connect(service, …)` gives it its client. Default: `BELLHOP_URL`;
   * if `BELLHOP_DEV` is `1` and that is not of this machine, where `bellhop dev` listens, port 8000.
   */
  readonly gateway?: string;
  /** Credential for that gateway, sent as a bearer token. Default: `BELLHOP_TOKEN`. */
  readonly token?: string;
  /** As for `serviceRoutes`. Default: `BELLHOP_SIGNING_SECRET`, unless `open`. */
  readonly signingSecret?: SigningSecret;
  /** As for `serviceRoutes`. Default: `true` if `BELLHOP_DEV` is `1` and there is no secret. */
  readonly open?: boolean;
}

/** A definition that is a Hono app. Its `on` takes handlers of events, and routes as Hono's own does. */
export interface ServiceApp<Env = unknown> extends Hono, Omit<ServiceDefinition<Env>, "on">, AsyncDisposable {
  /** As `ServiceDefinition.on`; with a method, a path and handlers, as Hono's. */
  on: {
    <Type extends string, Input, Output>(
      event: EventDefinition<Type, Input, Output>,
      handler: Handler<Type, Output, Env>,
    ): ServiceApp<Env>;
    (pattern: string, handler: Handler<string, unknown, Env>): ServiceApp<Env>;
    // deno-lint-ignore no-explicit-any
    (method: string | string[], path: string | string[], ...handlers: any[]): any;
  };
  /**
   * Waits for the handlers under way and what they gave to `waitUntil`, at most `deadlineMs` (default 5,000), and
   * closes the client that `gateway` made. The client of a connected service does the same when it is closed.
   */
  close(options?: { readonly deadlineMs?: number }): Promise<void>;
}

/**
 * Defines a service that can be mounted: `new Hono().route("/bellhop", documents)`.
 *
 * What handlers throw is written to the console, unless `onError` is given.
 *
 * @param given the options, or what makes them of the environment
 * @throws {BellhopError} `registration-invalid` with every fault of the options
 *
 * @example
 * ```ts
 * import { service, Term } from "@bellhop/bellhop/server";
 * import { Hono } from "hono";
 * import { assertEquals } from "@std/assert";
 * const users = service({ name: "users", version: "1.0.0" })
 *   .on("user.*", (event) => event.data ? undefined : new Term("no data"));
 * const app = new Hono().route("/bellhop", users);
 * const manifest = await (await app.request("/bellhop")).json();
 * assertEquals(manifest.subscriptions, ["user.*"]);
 * ```
 *
 * @example From the environment
 * ```ts
 * import { service } from "@bellhop/bellhop/server";
 * import { assertEquals } from "@std/assert";
 * const users = service(({ REGION = "here" }) => ({ name: `users-${REGION}`, version: "1.0.0" }));
 * assertEquals(users.manifest().name, "users-here");
 * ```
 */
export function service<Env = unknown>(
  given: ServiceAppOptions<Env> | ((env: Environment) => ServiceAppOptions<Env>),
): ServiceApp<Env> {
  const options = optionsOf(given ?? {} as ServiceAppOptions<Env>);
  const { name, gateway = gatewayFromEnvironment(), clock = systemClock() } = options;
  const token = options.token ?? tokenFromEnvironment(options.gateway);
  let connecting: Promise<Client> | undefined;
  const client = (): Promise<Client> =>
    connecting ??= connect({
      gateway: gateway!,
      source: `/services/${name}`,
      ...(token === undefined ? {} : { token }),
    });
  // What the definition is given it shows in its settings.
  const { token: _token, signingSecret: _secret, ...shown } = options;
  const definition = define({
    onError: logged(name),
    ...(gateway === undefined ? {} : { outlet: client }),
    ...shown,
  });
  const app = serviceRoutes(definition, { ...options, ...senders(options), clock });
  const route = app.on as (...args: unknown[]) => unknown;
  const { settings, runtime, subscriptionFor, manifest } = definition;
  const on = (...args: unknown[]) => {
    if (args.length > 2 || typeof args[1] !== "function") return route(...args);
    (definition.on as (...args: unknown[]) => unknown)(...args);
    return app;
  };

  async function close({ deadlineMs = 5_000 }: { readonly deadlineMs?: number } = {}): Promise<void> {
    const untilMs = clock.nowMs() + deadlineMs;
    let cancel = () => {};
    const timeUp = new Promise<void>((resolve) => cancel = clock.wakeAt(untilMs, resolve));
    await Promise.race([runtime.drain(), timeUp]);
    cancel();
    await (await connecting)?.close({ deadlineMs: Math.max(0, untilMs - clock.nowMs()) });
  }

  const own = { on, settings, runtime, subscriptionFor, manifest, close, [Symbol.asyncDispose]: () => close() };
  return Object.assign(app, own) as unknown as ServiceApp<Env>;
}

/** Arguments win over the environment, and a secret over its absence. */
function senders({ signingSecret, open }: Pick<ServiceAppOptions, "signingSecret" | "open">): SenderOptions {
  const secret = signingSecret ?? (open === true ? undefined : signingSecretFromEnvironment());
  if (secret !== undefined) return { signingSecret: secret, ...(open === undefined ? {} : { open }) };
  return { open: open ?? isDev() };
}

/** What is ours says what to do; what is the handler's own shows where it was thrown. */
function logged(name: string): (error: unknown) => void {
  return (error) => {
    const ours = error instanceof BellhopError;
    // deno-lint-ignore no-console
    console.error(ours ? `bellhop: ${name}: ${error.code}: ${error.message}\n${error.fix}` : error);
  };
}
