// deno-lint-ignore-file no-console
/**
 * The gateway beside a bare Hono route. Run: `deno run -A bench/gateway.ts [--json]`
 *
 * Each server is a process of its own and accepts NORMAL events of 500 bytes, each with an id of its own, over 50
 * connections kept alive; the bare route parses the same JSON and answers 202. Goal: the gateway accepts at least 0.75
 * times as many a second. Rounds are interleaved and begin with another server each; CPU time is that of the server.
 */
import { Hono } from "hono";
import { embedded } from "../src/adapters/engines/embedded.ts";
import { gatewayRoutes } from "../src/adapters/hono/mod.ts";
import { memory } from "../src/adapters/stores/memory.ts";
import { memoryTransport } from "../src/adapters/transports/memory.ts";

type Engine = Awaited<ReturnType<typeof embedded>>;

const CONNECTIONS = 50;
const ROUNDS = 9;
const ROUND_MS = 700;
const ID_DIGITS = 10;
let sent = 0;

const servers: Record<string, () => Hono | Promise<Hono>> = {
  "bare Hono route": () =>
    new Hono().post("/bus/messages", async (c) => {
      const event = await c.req.json();
      const { source, id } = event;
      return c.json({ source, id, durability: "memory", receivers: [], duplicate: false }, 202);
    }),
  "gateway, engine that keeps nothing": () => mounted({ publish } as unknown as Engine),
  "gateway, nobody subscribes": async () => mounted(await engine()),
  "gateway, delivered to one service": async () => mounted(await engine(["document.created"])),
};

if (Deno.args[0] === "serve") {
  const app = await servers[Deno.args[1]]();
  Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: ({ port }) => console.log(port) }, app.fetch);
} else await compare();

async function compare(): Promise<void> {
  const running = await Promise.all(Object.keys(servers).map(start));
  for (const server of running) await load(server.port, 2 * ROUND_MS);
  for (let round = 0; round < ROUNDS; round++) {
    for (const at of running.keys()) {
      const server = running[(round + at) % running.length];
      const before = cpuMicroseconds(server.process.pid);
      const accepted = await load(server.port, ROUND_MS);
      server.perSecond.push(accepted / ROUND_MS * 1_000);
      server.cpuMicroseconds.push((cpuMicroseconds(server.process.pid) - before) / accepted);
    }
  }
  const bare = median(running[0].perSecond);
  const rows = running.map(({ name, perSecond, cpuMicroseconds }) => ({
    name,
    perSecond: Math.round(median(perSecond)),
    low: Math.round(Math.min(...perSecond)),
    high: Math.round(Math.max(...perSecond)),
    ratio: +(median(perSecond) / bare).toFixed(3),
    cpuMicroseconds: +median(cpuMicroseconds).toFixed(1),
  }));
  if (Deno.args.includes("--json")) console.log(JSON.stringify({ title: "gateway beside a bare Hono route", rows }));
  else console.table(rows);
  for (const { process } of running) {
    process.kill();
    await process.status;
  }
}

async function start(name: string) {
  const args = ["run", "-A", import.meta.filename!, "serve", name];
  const process = new Deno.Command(Deno.execPath(), { args, stdout: "piped" }).spawn();
  const { value } = await process.stdout.pipeThrough(new TextDecoderStream()).getReader().read();
  return { name, process, port: Number(value), perSecond: [] as number[], cpuMicroseconds: [] as number[] };
}

/** How many requests were answered 202 in that time; any other answer ends the bench. */
async function load(port: number, ms: number): Promise<number> {
  const endMs = performance.now() + ms;
  let accepted = 0;
  await Promise.all(Array.from({ length: CONNECTIONS }, async () => {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    const { bytes, idAt } = request();
    const answer = new Uint8Array(4_096);
    while (performance.now() < endMs) {
      bytes.set(new TextEncoder().encode(String(++sent).padStart(ID_DIGITS, "0")), idAt);
      await connection.write(bytes);
      const length = await connection.read(answer) ?? 0;
      const status = new TextDecoder().decode(answer.subarray(9, 12));
      if (status !== "202") throw new Error(new TextDecoder().decode(answer.subarray(0, length)));
      accepted++;
    }
  }));
  return accepted;
}

function request(): { bytes: Uint8Array; idAt: number } {
  const id = "0".repeat(ID_DIGITS);
  const event = { specversion: "1.0", id, source: "/documents", type: "document.created", data: { text: "" } };
  event.data.text = "x".repeat(500 - JSON.stringify(event).length);
  const body = JSON.stringify(event);
  const text = `POST /bus/messages HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/cloudevents+json\r\n` +
    `content-length: ${body.length}\r\naccept: */*\r\n\r\n${body}`;
  return { bytes: new TextEncoder().encode(text), idAt: text.indexOf(id) };
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
    clock: {
      nowMs: () => Date.now(),
      wakeAt(atMs, wake) {
        const timer = setTimeout(wake, Math.max(0, atMs - Date.now()));
        return () => clearTimeout(timer);
      },
    },
    random: Math.random,
    token: () => crypto.randomUUID(),
  });
  await opened.register({ name: "search", version: "1", endpoint, subscriptions });
  return opened;
}

/** User and system time of a process, where the platform shows it. */
function cpuMicroseconds(pid: number): number {
  try {
    const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ")[1].split(" ");
    return (Number(fields[11]) + Number(fields[12])) * 10_000;
  } catch {
    return NaN;
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
