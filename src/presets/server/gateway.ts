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
import { fetchTransport } from "../../adapters/transports/fetch.ts";
import { BellhopError } from "../../core/error.ts";
import type { Engine } from "../../ports/engine.ts";
import { token } from "./_token.ts";

/** What a gateway is told; only `open` is needed. */
export interface GatewayOptions
  extends
    Partial<Omit<EmbeddedOptions, "services">>,
    Pick<GatewayRoutesOptions, "limits" | "name" | "version" | "peer" | "onFault"> {
  /** URLs of services, to be discovered, and asked again every 10 s while they have no instance. At most 1,000. */
  readonly services?: readonly string[];
  /**
   * Open mode: everybody on this machine may do everything, and nobody else anything. It has to be asked for, and this
   * version knows no other: it has no credentials yet.
   */
  readonly open: true;
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
 * @throws {BellhopError} `open-mode-required` unless `open`; `argument-invalid` for a limit out of its range
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
 */
export function gateway(options: GatewayOptions): GatewayApp {
  const { limits = {}, name, version, peer, onFault, open, ...given } = options;
  if (open !== true) throw new BellhopError("open-mode-required");
  const ended = new AbortController();
  const routes: Partial<GatewayRoutesOptions> = Object.fromEntries(
    Object.entries({ name, version, peer, onFault, source: given.source }).filter(([, value]) => value !== undefined),
  );
  // What is advertised and what holds are one.
  const { capacity, maxDurableBytes } = { ...limits, ...given.bus };
  const bounds = {
    ...(capacity === undefined ? {} : { capacity }),
    ...(maxDurableBytes === undefined ? {} : { maxDurableBytes }),
  };
  // The routes come first: what they refuse must not leave a store open.
  let start!: (opening: Promise<Engine>) => void;
  const engine = new Promise<Engine>((resolve) => start = resolve);
  const app = gatewayRoutes({ ...routes, engine, open: true, limits: { ...limits, ...bounds }, signal: ended.signal });
  const opening = embedded({
    store: memory(),
    transport: fetchTransport(),
    clock: systemClock(),
    random: Math.random,
    token,
    ...given,
    bus: { ...given.bus, ...bounds },
  });
  start(opening);
  const ready = opening.then(() => {});
  // Who does not look at `ready` learns it from each request.
  ready.catch(() => {});

  async function end(deadlineMs: number): Promise<void> {
    const engine = await opening.catch(() => undefined);
    await engine?.close({ deadlineMs });
    ended.abort(new BellhopError("closing"));
  }

  let closing: Promise<void> | undefined;
  const close: GatewayApp["close"] = ({ deadlineMs = 5_000 } = {}) => closing ??= end(deadlineMs);
  return Object.assign(app, { ready, close, [Symbol.asyncDispose]: () => close() });
}
