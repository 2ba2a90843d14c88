/**
 * The gateway beside a bare Hono route. Each server is a process of its own and accepts NORMAL events of 500 bytes, each
 * with an id of its own, over 50 connections kept alive; the bare route parses the same JSON and answers 202.
 */
import { gatewayRoutes } from "@bellhop/bellhop/hono";
import { systemClock } from "@bellhop/bellhop/clocks/system";
import { embedded } from "@bellhop/bellhop/engines/embedded";
import { memory } from "@bellhop/bellhop/stores/memory";
import { memoryTransport } from "@bellhop/bellhop/transports/memory";
import { Hono } from "hono";
import type { Sampler } from "../harness.ts";
import { type Part, ratio } from "../part.ts";
import { runParts } from "../run_part.ts";
import { load } from "./gateway_load.ts";

type Engine = Awaited<ReturnType<typeof embedded>>;

const SERVERS: Readonly<Record<string, () => Hono | Promise<Hono>>> = {
  "Hono, bare route": () =>
    new Hono().post("/bus/messages", async (c) => {
      const event = await c.req.json();
      const { source, id } = event;
      return c.json({ source, id, durability: "memory", receivers: [], duplicate: false }, 202);
    }),
  "Bellhop gateway, engine that keeps nothing": () => mounted({ publish } as unknown as Engine),
  "Bellhop gateway, nobody subscribes": async () => mounted(await engine()),
  "Bellhop gateway, delivered to one service": async () => mounted(await engine(["document.created"])),
};

export const part: Part = {
  url: import.meta.url,
  versions: { "Hono": "4.13.19" },
  groups: [
    {
      id: "system/gateway/rate",
      title: "Gateway, 50 connections; requests a second",
      unit: "1/s",
      floor: "Hono, bare route",
      sampleMs: 700,
      cases: Object.fromEntries(Object.keys(SERVERS).map((name) => [name, () => serverOf(name, "rate")])),
      goals: {
        "Bellhop gateway, delivered to one service": ratio(">=", 0.75),
        "Bellhop gateway, engine that keeps nothing": ratio(">=", 0.75),
      },
    },
    {
      id: "system/gateway/cpu",
      title: "Gateway, time of CPU for a request",
      unit: "ns",
      floor: "Hono, bare route",
      sampleMs: 700,
      cases: Object.fromEntries(Object.keys(SERVERS).map((name) => [name, () => serverOf(name, "cpu")])),
    },
  ],
};

if (import.meta.main && Deno.args[0] === "serve") {
  const app = await SERVERS[Deno.args[1]]();
  const onListen = ({ port }: { port: number }) => void Deno.stdout.writeSync(new TextEncoder().encode(`${port}\n`));
  Deno.serve({ hostname: "127.0.0.1", port: 0, onListen }, app.fetch);
} else if (import.meta.main) await runParts("deno run -A bench/system/gateway.ts", [part]);

async function serverOf(name: string, what: "rate" | "cpu"): Promise<Sampler> {
  const args = ["run", "-A", import.meta.filename!, "serve", name];
  const server = new Deno.Command(Deno.execPath(), { args, stdout: "piped" }).spawn();
  const { value } = await server.stdout.pipeThrough(new TextDecoderStream()).getReader().read();
  const port = Number(value);
  return {
    async sample(ms) {
      const before = cpuNs(server.pid);
      const accepted = await load(port, ms);
      return what === "rate" ? accepted / ms * 1_000 : (cpuNs(server.pid) - before) / accepted;
    },
    async close() {
      server.kill();
      await server.status;
    },
  };
}

function mounted(engine: Engine): Hono {
  return new Hono().route("/bus", gatewayRoutes({ engine, open: true }));
}

function publish({ source, id }: { source: string; id: string }) {
  return { source, id, durability: "memory", receivers: [], duplicate: false };
}

async function engine(subscriptions: string[] = []): Promise<Engine> {
  const endpoint = "http://127.0.0.1:1/search";
  const opened = await embedded({
    store: memory(),
    transport: memoryTransport(new Map([[endpoint, { handle: () => {} }]])),
    clock: systemClock(),
    random: Math.random,
    token: () => crypto.randomUUID(),
  });
  await opened.register({ name: "search", version: "1", endpoint, subscriptions });
  return opened;
}

/** User and system time of a process; Linux alone shows it, in hundredths of a second. */
function cpuNs(pid: number): number {
  const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 1e7;
}
