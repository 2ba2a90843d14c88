/**
 * `serve()`: one app on one port, on Deno, Bun and Node.
 *
 * @module
 */
import { BellhopError } from "../../core/error.ts";
import { permissionMissing } from "../../core/permission_missing.ts";

/** Anything that answers requests: a Hono app, a gateway, a service. */
export interface Servable {
  /** Answers a request; `env` is what the platform tells besides, the peer's address above all. */
  // deno-lint-ignore no-explicit-any
  fetch(request: Request, env?: any): Response | Promise<Response>;
}

/** Where to listen. */
export interface ServeOptions {
  /** 0 to 65,535; 0 takes any that is free. Default 8000. */
  readonly port?: number;
  /** A name or an address of this machine; `0.0.0.0` or `::` for all it has. Default `127.0.0.1`: this machine alone. */
  readonly hostname?: string;
}

/** A server that listens. */
export interface Server extends AsyncDisposable {
  /** Its URL, without a slash at the end. */
  readonly url: string;
  /** Accepts nothing more, waits at most `deadlineMs` (default 5,000) for what is under way, then cuts it. Idempotent. */
  close(options?: { readonly deadlineMs?: number }): Promise<void>;
}

/** A platform's server, as far as it is needed. */
interface Listening {
  readonly port: number;
  /** Resolves when what was under way has ended. */
  stop(): Promise<unknown>;
  /** Cuts what is under way. */
  cut(): unknown;
}

/**
 * Serves an app. Who may reach it is said by `hostname`; who is served there, by the app: a gateway in open mode and a
 * service without a signing secret refuse all but this machine by themselves.
 *
 * @throws {BellhopError} `argument-invalid` for a port that is none or is taken, or a hostname that is not this machine's;
 * `permission-missing` on Deno without `--allow-net`
 *
 * @example
 * ```ts
 * import { serve } from "@bellhop/bellhop/server";
 * import { assertEquals } from "@std/assert";
 * await using server = await serve({ fetch: () => new Response("hello") }, { port: 0 });
 * assertEquals(await (await fetch(server.url)).text(), "hello");
 * ```
 */
export async function serve(app: Servable, options: ServeOptions = {}): Promise<Server> {
  const { port = 8_000, hostname = "127.0.0.1" } = options;
  if (!(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    throw new BellhopError("argument-invalid", "port: wanted 0 to 65,535", { field: "port" });
  }
  const listening = await listen(app, port, hostname).catch((cause) => {
    const deed = `cannot listen on ${hostname}:${port}`;
    throw permissionMissing(deed, cause) ?? new BellhopError("argument-invalid", `${deed}: ${cause?.message}`, {
      field: "port",
      cause,
    });
  });
  let closing: Promise<void> | undefined;
  const close: Server["close"] = ({ deadlineMs = 5_000 } = {}) => closing ??= end(listening, deadlineMs);
  return {
    url: `http://${hostname.includes(":") ? `[${hostname}]` : hostname}:${listening.port}`,
    close,
    [Symbol.asyncDispose]: () => close(),
  };
}

async function end(listening: Listening, deadlineMs: number): Promise<void> {
  const stopped = listening.stop();
  const timer = setTimeout(() => listening.cut(), Math.min(deadlineMs, 0x7fff_ffff));
  await stopped;
  clearTimeout(timer);
}

function listen(app: Servable, port: number, hostname: string): Promise<Listening> {
  // Node's and Bun's servers are not among the types known here.
  const platform = globalThis as { Deno?: typeof Deno; Bun?: BunPlatform };
  if (platform.Bun !== undefined) return onBun(platform.Bun, app, port, hostname);
  if (platform.Deno !== undefined) return onDeno(platform.Deno, app, port, hostname);
  return onNode(app, port, hostname);
}

// deno-lint-ignore require-await -- what listening throws must reject
async function onDeno(deno: typeof Deno, app: Servable, port: number, hostname: string): Promise<Listening> {
  const controller = new AbortController();
  const options = { port, hostname, signal: controller.signal, onListen: () => {} };
  let running = 0;
  let stopping = false;
  let idle = (): void => {};
  let draining = false;
  let leave!: () => void;
  const left = new Promise<void>((resolve) => leave = resolve);
  const server = deno.serve(options, async (request, info) => {
    if (stopping) return new Response(null, { status: 503, headers: { connection: "close" } });
    running++;
    try {
      return await app.fetch(request, info);
    } finally {
      running--;
      if (running === 0) idle();
    }
  });
  return {
    port: server.addr.port,
    async stop() {
      await new Promise<void>((resolve) => {
        stopping = true;
        idle = resolve;
        if (running === 0) resolve();
      });
      if (controller.signal.aborted) return;
      draining = true;
      await Promise.race([server.shutdown(), left]);
    },
    // To abort a server that shuts down ends the process (seen in 2.9): a body that still streams is left to itself.
    cut() {
      if (draining) {
        server.unref();
        return leave();
      }
      controller.abort();
      idle();
    },
  };
}

interface BunPlatform {
  serve(options: {
    readonly port: number;
    readonly hostname: string;
    readonly fetch: (request: Request, server: unknown) => Response | Promise<Response>;
  }): { readonly port: number; stop(cut?: boolean): Promise<void> };
}

// deno-lint-ignore require-await -- what listening throws must reject
async function onBun(bun: BunPlatform, app: Servable, port: number, hostname: string): Promise<Listening> {
  const server = bun.serve({ port, hostname, fetch: (request, told) => app.fetch(request, told) });
  return { port: server.port, stop: () => server.stop(), cut: () => server.stop(true) };
}

async function onNode(app: Servable, port: number, hostname: string): Promise<Listening> {
  const { serve: serveOnNode } = await import("@hono/node-server");
  return await new Promise((resolve, reject) => {
    const fetch = (request: Request, env: unknown) => app.fetch(request, env);
    const server = serveOnNode({ fetch, port, hostname }, (info) => {
      server.off("error", reject);
      resolve({
        port: info.port,
        stop: () => new Promise((stopped) => server.close(stopped)),
        cut: () => "closeAllConnections" in server && server.closeAllConnections(),
      });
    });
    server.once("error", reject);
  });
}
