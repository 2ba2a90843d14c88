/** The bus as a pure machine: one message through it, and a million that wait for their second retry. */
import type { Envelope } from "@bellhop/bellhop";
import { type Bus, createBus } from "@bellhop/bellhop/bus";
import { seededRandom } from "@bellhop/bellhop/testing";
import { bytesUsed } from "../bytes_used.ts";
import { timed } from "../harness.ts";
import { type Part, value } from "../part.ts";
import { runParts } from "../run_part.ts";

const BATCH = 256;
const SUBMISSION = { principal: "/orders" };
const RECEIVERS = ["billing"];
/** Few messages with many receivers, so that what is counted belongs to the deliveries. */
const [CROWD_MESSAGES, CROWD_RECEIVERS] = [1_000, 1_000];
const WAITING = CROWD_MESSAGES * CROWD_RECEIVERS;

const random = seededRandom(1);
let ids = 0;

export const part: Part = {
  url: import.meta.url,
  groups: [
    {
      id: "system/machine/message",
      title: "A message through the machine: accept, take, settle",
      unit: "ns",
      floor: "array as queue, two Maps of 100,000 ids",
      cases: {
        "array as queue, two Maps of 100,000 ids": bare,
        "Bellhop bus, NORMAL": () => through("NORMAL", 0),
        "Bellhop bus, first attempt fails": () => through("NORMAL", 1),
        "Bellhop bus, CRITICAL, store answers at once": () => through("CRITICAL", 0),
      },
    },
    {
      id: "system/machine/waiting-bytes",
      title: "A million waiting retries, memory of one",
      unit: "B",
      maxRounds: 1,
      cases: {
        "Bellhop bus, delivery in line": async () => sampled((await crowd()).queuedBytes),
        "Bellhop bus, delivery that waits": async () => sampled((await crowd()).waitingBytes),
      },
      goals: { "Bellhop bus, delivery that waits": value("<=", 48) },
    },
    {
      id: "system/machine/waiting-time",
      title: "A million waiting retries, time of one",
      unit: "ns",
      maxRounds: 3,
      sampleMs: 2_000,
      cases: {
        "Bellhop bus, attempt fails and waits": () => ({ sample: async () => (await crowd()).failNs }),
        "Bellhop bus, falls due and lines up": () => ({ sample: async () => (await crowd()).dueNs }),
      },
    },
  ],
};

if (import.meta.main) await runParts("deno run -A bench/system/machine.ts", [part]);

function envelopeOf(priority: "NORMAL" | "CRITICAL"): Envelope {
  return {
    specversion: "1.0",
    id: `m${ids++}`,
    source: "/orders",
    type: "order.created",
    priority,
    data: { order: 42 },
  };
}

function bare() {
  let known = new Map<string, Envelope>();
  let older = new Map<string, Envelope>();
  const line: Envelope[] = [];
  return timed(() => {
    for (let i = 0; i < BATCH; i++) {
      const envelope = envelopeOf("NORMAL");
      known.set(envelope.id, envelope);
      if (older.has(envelope.id)) throw new Error("twice");
      if (known.size === 100_000) [older, known] = [known, new Map()];
      line.push(envelope);
      line.shift();
    }
  }, { per: BATCH });
}

function through(priority: "NORMAL" | "CRITICAL", fails: number) {
  const bus = createBus({ startMs: 0, random, source: "/bus", maxDurableBytes: 2 ** 40 });
  let nowMs = 0;
  return timed(() => {
    nowMs += 100;
    bus.wake(nowMs);
    for (let i = 0; i < BATCH; i++) {
      bus.accept(nowMs, envelopeOf(priority), RECEIVERS, SUBMISSION);
      if (priority === "CRITICAL") flush(bus, nowMs);
      for (let attempt = 0; attempt < fails; attempt++) fail(bus, nowMs);
      bus.settle(nowMs, bus.take(nowMs, 16_000)!.lease, { verdict: "ack" });
      if (priority === "CRITICAL") flush(bus, nowMs);
    }
  }, { per: BATCH });
}

function flush(bus: Bus, nowMs: number): void {
  for (const effect of bus.effects()) if (effect.kind === "write") bus.flushed(nowMs, effect.token);
}

function fail(bus: Bus, nowMs: number): void {
  bus.settle(nowMs, bus.take(nowMs, 16_000)!.lease, { verdict: "nak", reason: "status-503" });
}

function sampled(number: number) {
  return { sample: () => number };
}

/** A million deliveries whose first retry, made at once, has failed too: all wait, then all fall due. */
async function crowd() {
  const names = Array.from({ length: CROWD_RECEIVERS }, (_, at) => `service-${at}`);
  const bus = createBus({ startMs: 0, random, source: "/bus", maxInFlight: 10_000 });
  const envelopes = Array.from({ length: CROWD_MESSAGES }, () => envelopeOf("NORMAL"));
  const emptyBytes = await bytesUsed();
  for (const envelope of envelopes) bus.accept(0, envelope, names, SUBMISSION);
  const queuedBytes = await bytesUsed() - emptyBytes;
  for (let i = 0; i < WAITING; i++) fail(bus, 0);
  let beganMs = performance.now();
  for (let i = 0; i < WAITING; i++) fail(bus, 0);
  const failMs = performance.now() - beganMs;
  const waitingBytes = await bytesUsed() - emptyBytes;
  if (bus.counts().waiting !== WAITING) throw new Error(`${bus.counts().waiting} wait instead of ${WAITING}`);
  beganMs = performance.now();
  for (let atMs = bus.nextWakeMs(); atMs <= 1_001; atMs = bus.nextWakeMs()) bus.wake(atMs);
  const dueMs = performance.now() - beganMs;
  if (bus.counts().waiting !== 0) throw new Error("some still wait");
  return {
    queuedBytes: queuedBytes / WAITING,
    waitingBytes: waitingBytes / WAITING,
    failNs: failMs * 1e6 / WAITING,
    dueNs: dueMs * 1e6 / WAITING,
  };
}
