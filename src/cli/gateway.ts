/**
 * `bellhop gateway`: a gateway as a process of its own.
 *
 * @module
 */
import process from "node:process";
import { atMost, type Given, number, text, texts, whole } from "./arguments.ts";
import type { Command } from "./command.ts";
import { EXIT, Stop } from "./exit_code.ts";
import { print } from "./output.ts";
import { startGateway } from "./run_gateway.ts";
import { untilStopped } from "./stop_signal.ts";

export const GATEWAY: Command = {
  name: "gateway",
  summary: "run a gateway on this machine",
  about:
    "Runs a gateway until SIGINT or SIGTERM: for this machine alone, or with --credentials for whoever carries one. " +
    "Deliveries are then signed with BELLHOP_SIGNING_SECRET.",
  usage: "[--port N] [--store FILE|memory] [--service URL]... [--credentials FILE]",
  options: {
    port: { value: "N", help: "port to listen on; 0 takes any that is free (default 8000)" },
    store: {
      value: "FILE",
      help: `SQLite file that keeps CRITICAL messages (default bus.db); "memory" keeps nothing beyond this process`,
    },
    service: { value: "URL", many: true, help: "where a service is mounted, to be discovered; may be repeated" },
    credentials: { value: "FILE", help: "who may ask, and for what; `bellhop token` makes its entries" },
    host: {
      value: "ADDRESS",
      help: "address to listen on (default 127.0.0.1); others than loopback need --credentials",
    },
    "allow-host": {
      value: "HOST",
      many: true,
      help: "host of endpoints that may be private or loopback; may be repeated",
    },
    "max-bytes": { value: "N", help: "largest envelope in bytes, 65536 to 16777216 (default 262144)" },
    deadline: { value: "S", help: "seconds that attempts under way get when it is told to stop (default 10)" },
    json: { help: "say where it listens as one line of JSON" },
  },
  examples: [
    "bellhop gateway",
    "bellhop gateway --port 0 --store memory --json",
    "bellhop gateway --credentials credentials.json --host 0.0.0.0 --allow-host '*.internal'",
    "bellhop gateway --store /var/lib/bellhop/bus.db --service http://127.0.0.1:8001/bellhop",
  ],
  run,
};

const LOOPBACK = ["127.0.0.1", "localhost", "::1"];

async function run({ values, positionals }: Given): Promise<number> {
  atMost(positionals, 0, "no argument");
  const store = text(values, "store", "bus.db");
  const port = whole(values, "port", 8_000, 0, 65_535);
  const maxBytes = whole(values, "max-bytes", 262_144, 65_536, 16_777_216);
  const deadlineMs = number(values, "deadline", 10, 0, 3_600) * 1_000;
  const credentials = values.credentials === undefined ? undefined : text(values, "credentials", "");
  const host = text(values, "host", "127.0.0.1");
  if (credentials === undefined && !LOOPBACK.includes(host)) {
    throw new Stop(
      EXIT.usage,
      `--host ${host} needs --credentials: without them the gateway serves this machine alone`,
    );
  }
  const hosts = texts(values, "allow-host");
  if (credentials === undefined && hosts.length > 0) throw new Stop(EXIT.usage, "--allow-host needs --credentials");
  const stopped = untilStopped();
  const gateway = await startGateway({
    port,
    store,
    services: texts(values, "service"),
    maxBytes,
    credentials,
    host,
    ...(hosts.length === 0 ? {} : { allowHosts: hosts }),
  });
  announce(gateway.url, store, values.json === true);
  const signal = await stopped;
  if (values.json !== true) print(`${signal}: finishing what is under way`);
  await gateway.close(deadlineMs);
  return EXIT.done;
}

function announce(url: string, store: string, json: boolean): void {
  if (json) return print(JSON.stringify({ url, pid: process.pid, store }));
  print(`bellhop gateway at ${url} (pid ${process.pid}), ${keeping(store)}`);
  print(`  services register at ${url}/registry, messages go to ${url}/messages, the live trace is ${url}/trace`);
}

function keeping(store: string): string {
  return store === "memory" ? "nothing is kept on disk" : `CRITICAL messages are kept in ${store}`;
}
