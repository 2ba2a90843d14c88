/**
 * `bellhop gateway`: a gateway as a process of its own.
 *
 * @module
 */
import process from "node:process";
import { BellhopError } from "../core/error.ts";
import { memory } from "../adapters/stores/memory.ts";
import { gateway, type GatewayApp, serve, type Server, sqlite } from "../presets/server/mod.ts";
import { given, number, text } from "./arguments.ts";
import { EXIT, Stop } from "./exit_code.ts";
import { print } from "./output.ts";
import { USAGE } from "./usage.ts";

const OPTIONS = {
  port: { type: "string" },
  store: { type: "string" },
  service: { type: "string", multiple: true },
  "max-bytes": { type: "string" },
  deadline: { type: "string" },
  json: { type: "boolean" },
} as const;

const LONGEST_DEADLINE_S = 3_600;

/** Runs the command until it is told to stop. @returns the exit code */
export async function gatewayCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = given(args, OPTIONS);
  if (values.help === true) return print(USAGE.gateway), EXIT.done;
  if (positionals.length > 0) throw new Stop(EXIT.usage, `gateway takes no argument, got ${positionals.join(" ")}`);
  const store = text(values, "store", "bus.db");
  const port = number(values, "port", 8_000, 0, 65_535);
  const maxBytes = number(values, "max-bytes", 262_144, 65_536, 16_777_216);
  const deadlineMs = number(values, "deadline", 10, 0, LONGEST_DEADLINE_S) * 1_000;
  const services = (values.service ?? []) as readonly string[];

  const stopped = untilStopped();
  const { bus, server } = await start(store, services, maxBytes, port);
  announce(server.url, store, values.json === true);
  const signal = await stopped;
  if (values.json !== true) print(`${signal}: finishing what is under way`);
  const untilMs = performance.now() + deadlineMs;
  await bus.close({ deadlineMs });
  // What hangs beyond the deadline is cut by the end of this process.
  const timeUp = new Promise((resolve) => setTimeout(resolve, Math.max(0, untilMs - performance.now())));
  await Promise.race([server.close({ deadlineMs: 2 * LONGEST_DEADLINE_S * 1_000 }), timeUp]);
  return EXIT.done;
}

async function start(
  store: string,
  services: readonly string[],
  maxBytes: number,
  port: number,
): Promise<{ bus: GatewayApp; server: Server }> {
  let bus: GatewayApp | undefined;
  try {
    bus = gateway({
      open: true,
      store: store === "memory" ? memory() : sqlite(store),
      services,
      limits: { maxBytes, maxBatchBytes: Math.max(1_048_576, maxBytes) },
    });
    await bus.ready;
    return { bus, server: await serve(bus, { port }) };
  } catch (error) {
    await bus?.close({ deadlineMs: 0 });
    if (!(error instanceof BellhopError)) throw error;
    throw new Stop(EXIT.gateway, `cannot start the gateway: ${error.message}\n${error.fix}`);
  }
}

function announce(url: string, store: string, json: boolean): void {
  if (json) return print(JSON.stringify({ url, pid: process.pid, store }));
  print(`bellhop gateway at ${url} (pid ${process.pid}), ${keeping(store)}`);
  print(`  services register at ${url}/registry, messages go to ${url}/messages, the live trace is ${url}/trace`);
}

function keeping(store: string): string {
  return store === "memory" ? "nothing is kept on disk" : `CRITICAL messages are kept in ${store}`;
}

function untilStopped(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve(signal));
  });
}
