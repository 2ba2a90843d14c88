/**
 * `gateway()` for servers: the embedded engine, fetch, and the routes, wired together.
 *
 * @module
 */
import type { Hono } from "hono";
import { systemClock } from "../../adapters/clocks/system.ts";
import { embedded, type EmbeddedOptions } from "../../adapters/engines/embedded.ts";
import { gatewayRoutes, type GatewayRoutesOptions } from "../../adapters/hono/gateway.ts";
import { memory } from "../../adapters/stores/memory.ts";
import { fetchTransport, type FetchTransportOptions } from "../../adapters/transports/fetch.ts";
import { BellhopError } from "../../core/error.ts";
import type { Engine } from "../../ports/engine.ts";
import { createCredentials, type CredentialOptions, type Credentials } from "../../security/credentials.ts";
import { createEndpointGuard, createLoopbackGuard } from "../../security/endpoint_guard.ts";
import { createKeyring, type SigningSecret } from "../../security/keyring.ts";
import { signingSecretFromEnvironment } from "./_environment.ts";
import { type Environment, optionsOf } from "./_options_of.ts";
import { pinnedDial } from "./_pinned_dial.ts";
import { resolver } from "./_resolve.ts";
import { token } from "./_token.ts";

export type { CredentialOptions, Credentials, Principal } from "../../security/credentials.ts";
export type { Grants } from "../../security/scope.ts";
export type { SigningSecret } from "../../security/keyring.ts";
export type { Secret } from "../../security/redact.ts";
export type { Environment } from "./_options_of.ts";

/** What a gateway is told: `open`, or `credentials` and `signingSecrets`; the rest has defaults. */
export interface GatewayOptions
  extends
    Partial<Omit<EmbeddedOptions, "services">>,
    Pick<GatewayRoutesOptions, "limits" | "name" | "version" | "peer" | "errorsUrl" | "onFault"> {
  /** URLs of services, to be discovered, and asked again every 10 s while they have no instance. At most 1,000. */
  readonly services?: readonly string[];
  /**
   * Open mode: everybody on this machine may do everything, and nobody else anything. It has to be asked for, and goes
   * with no credentials.
   */
  readonly open?: boolean;
  /**
   * Who may ask, and for what: see {@linkcode readCredentials} to have them in a file. An object with `verify` and
   * `authenticate` of your own may change its mind while the gateway runs.
   */
  readonly credentials?: readonly CredentialOptions[] | Credentials;
  /**
   * The secrets by which deliveries are signed, `whsec_…`: one for all services, or one for each by its name, `*`
   * standing for the others. Two in a list while the old one is being replaced. Default: `BELLHOP_SIGNING_SECRET`.
   */
  readonly signingSecrets?: SigningSecret | Readonly<Record<string, SigningSecret>>;
  /**
   * Hosts of endpoints that may have private or loopback addresses: names, addresses, `*.` and a suffix. At most 1,000.
   * On Bun, whose client cannot be told which address to dial, no other host is called.
   */
  readonly allowHosts?: readonly string[];
  /** The name by which endpoints are asked for their consent; a host name. Default `bellhop`. */
  readonly webhookOrigin?: string;
}

/** A gateway as a Hono app, to be served or mounted: `app.route("/bus", bus)`. */
export interface GatewayApp extends Hono, AsyncDisposable {
  /** Resolves when the store is open; rejects with why it is not, as each request is told too. */
  readonly ready: Promise<void>;
  /**
   * Accepts nothing more, waits at most `deadlineMs` for the attempts under way, ends all streams, and gives the store
   * up. Messages in memory that have not ended are lost; CRITICAL lie on the disk. Idempotent.
   */
  close(options?: { readonly deadlineMs?: number }): Promise<void>;
}

/**
 * A gateway in this process. It begins at once, and its requests wait until its store is open.
 *
 * Without a store messages are in memory alone, and a CRITICAL is refused with `store-required`.
 *
 * With credentials, each request is judged by its scopes, endpoints are asked for their consent and must not lead to
 * private addresses, and deliveries are signed (spec SEC); a `transport` of your own has to see to the last three itself.
 *
 * @param given the options, or what makes them of the environment, as on Workers of what is bound
 * @throws {BellhopError} `open-mode-required` without both `open` and `credentials`; `secret-missing` with credentials
 * and no signing secret; `argument-invalid` for what is out of its range
 *
 * @example
 * ```ts
 * import { gateway, serve } from "@bellhop/bellhop/server";
 * import { Hono } from "hono";
 * import { assertEquals } from "@std/assert";
 * await using bus = gateway({ open: true });
 * await using server = await serve(new Hono().route("/bus", bus), { port: 0 });
 * const health = await (await fetch(`${server.url}/bus/health`)).json();
 * assertEquals(health.status, "pass");
 * ```
 *
 * @example From the environment
 * ```ts
 * import { gateway, memory, sqlite } from "@bellhop/bellhop/server";
 * await using bus = gateway(({ BUS_FILE }) => ({ open: true, store: BUS_FILE ? sqlite(BUS_FILE) : memory() }));
 * await bus.ready;
 * ```
 */
export function gateway(given: GatewayOptions | ((env: Environment) => GatewayOptions)): GatewayApp {
  const options = optionsOf(given ?? {});
  const { limits = {}, name, version, peer, errorsUrl, onFault, open, ...more } = options;
  const { credentials, signingSecrets, allowHosts, webhookOrigin, ...rest } = more;
  const { mode, transport, close: hangUp } = open === true
    ? openMode(credentials)
    : secureMode(credentials, signingSecrets, allowHosts, webhookOrigin);
  const ended = new AbortController();
  const routes: Partial<GatewayRoutesOptions> = Object.fromEntries(
    Object.entries({ name, version, peer, errorsUrl, onFault, source: rest.source, clock: rest.clock }).filter((
      [, value],
    ) => value !== undefined),
  );
  // What is advertised and what holds are one.
  const { capacity, maxDurableBytes } = { ...limits, ...rest.bus };
  const bounds = {
    ...(capacity === undefined ? {} : { capacity }),
    ...(maxDurableBytes === undefined ? {} : { maxDurableBytes }),
  };
  // The routes come first: what they refuse must not leave a store open.
  let start!: (opening: Promise<Engine>) => void;
  const engine = new Promise<Engine>((resolve) => start = resolve);
  const app = gatewayRoutes({ ...routes, ...mode, engine, limits: { ...limits, ...bounds }, signal: ended.signal });
  const opening = embedded({
    store: memory(),
    transport: fetchTransport(transport),
    clock: systemClock(),
    random: Math.random,
    token,
    ...rest,
    bus: { ...rest.bus, ...bounds },
  });
  start(opening);
  const ready = opening.then(() => {});
  // Who does not look at `ready` learns it from each request.
  ready.catch(() => {});

  async function end(deadlineMs: number): Promise<void> {
    const engine = await opening.catch(() => undefined);
    await engine?.close({ deadlineMs });
    hangUp();
    ended.abort(new BellhopError("closing"));
  }

  let closing: Promise<void> | undefined;
  const close: GatewayApp["close"] = ({ deadlineMs = 5_000 } = {}) => closing ??= end(deadlineMs);
  return Object.assign(app, { ready, close, [Symbol.asyncDispose]: () => close() });
}

/** What the mode decides of the routes and of the way out. */
interface Mode {
  readonly mode: Pick<GatewayRoutesOptions, "open" | "credentials" | "guard" | "fetch">;
  readonly transport: FetchTransportOptions;
  close(): void;
}

function openMode(credentials: GatewayOptions["credentials"]): Mode {
  if (credentials !== undefined) {
    throw new BellhopError("argument-invalid", "open: a gateway with credentials is not open", { field: "open" });
  }
  const guard = createLoopbackGuard();
  return { mode: { open: true, guard }, transport: { guard }, close: () => {} };
}

function secureMode(
  given: GatewayOptions["credentials"],
  secrets: GatewayOptions["signingSecrets"] = signingSecretFromEnvironment(),
  allowHosts: readonly string[] = [],
  origin = "bellhop",
): Mode {
  if (given === undefined || given === null) throw new BellhopError("open-mode-required");
  const credentials = typeof given === "object" && "authenticate" in given ? given : createCredentials(given);
  const keysOf = createKeyring(secrets);
  const pinned = canPin() ? pinnedDial() : undefined;
  const guard = createEndpointGuard({
    level: pinned === undefined ? "checked" : "pinned",
    allowHosts,
    resolve: resolver(),
  });
  const dial = pinned === undefined ? {} : { fetch: pinned.dial };
  return {
    mode: { credentials, guard, ...dial },
    transport: { guard, keysOf, origin, ...dial },
    close: () => pinned?.close(),
  };
}

/** Deno and Node dial the address that they are given, which is tried on both; of Bun that is not known. */
function canPin(): boolean {
  return !("Bun" in globalThis);
}
