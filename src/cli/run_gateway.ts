/**
 * A gateway in this process, from its start to its end.
 *
 * @module
 */
import { BellhopError } from "../core/error.ts";
import { memory } from "../adapters/stores/memory.ts";
import type { Transport } from "../ports/transport.ts";
import { gateway, type GatewayApp, readCredentials, serve, sqlite } from "../presets/server/mod.ts";
import { EXIT, Stop } from "./exit_code.ts";

/** What the gateway is started with. */
export interface GatewayStart {
  /** 0 takes any that is free. */
  readonly port: number;
  /** A SQLite file, or `memory`. */
  readonly store: string;
  readonly services?: readonly string[];
  /** Largest envelope, in bytes. */
  readonly maxBytes?: number;
  readonly transport?: Transport;
  /** A file of credentials; without one it is open to this machine. */
  readonly credentials?: string | undefined;
  /** Address to listen on. */
  readonly host?: string;
  /** Hosts of endpoints that may have private addresses. */
  readonly allowHosts?: readonly string[];
}

/** A gateway that runs. */
export interface RunningGateway {
  readonly url: string;
  /** Gives what is under way so many milliseconds; what hangs beyond them is cut by the end of the process. */
  close(deadlineMs: number): Promise<void>;
}

/** Longer than any deadline that is given: the process ends before it. */
const NEVER_MS = 7_200_000;
const MAX_BYTES = 262_144;

/** Starts a gateway, in open mode if it has no credentials. @throws {Stop} `gateway` with why it could not start, and what to do */
export async function startGateway(start: GatewayStart): Promise<RunningGateway> {
  const { port, store, services = [], maxBytes = MAX_BYTES, transport, host, allowHosts } = start;
  let bus: GatewayApp | undefined;
  try {
    bus = gateway({
      ...(start.credentials === undefined ? { open: true } : { credentials: await readCredentials(start.credentials) }),
      ...(allowHosts === undefined ? {} : { allowHosts }),
      store: store === "memory" ? memory() : sqlite(store),
      services,
      limits: { maxBytes, maxBatchBytes: Math.max(1_048_576, maxBytes) },
      ...(transport === undefined ? {} : { transport }),
    });
    await bus.ready;
    const app = bus;
    const server = await serve(app, { port, ...(host === undefined ? {} : { hostname: host }) });
    return {
      url: server.url,
      async close(deadlineMs) {
        const untilMs = performance.now() + deadlineMs;
        await app.close({ deadlineMs });
        const timeUp = new Promise((resolve) => setTimeout(resolve, Math.max(0, untilMs - performance.now())));
        await Promise.race([server.close({ deadlineMs: NEVER_MS }), timeUp]);
      },
    };
  } catch (error) {
    await bus?.close({ deadlineMs: 0 });
    if (!(error instanceof BellhopError)) throw error;
    const fix = error.field === "port" ? "Say --port with another port, or 0 for any that is free." : error.fix;
    throw new Stop(EXIT.gateway, `cannot start the gateway: ${error.message}\n${fix}`);
  }
}
