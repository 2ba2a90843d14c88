/**
 * Clients, network and server as events in virtual time. Who decides about retries stands outside and is told.
 *
 * Every step takes whole milliseconds and at least one, and requests of one millisecond reach the server in an order of
 * chance that depends on their names alone. So the order in which a driver does things within a millisecond changes
 * nothing, and engines with promises can be compared with plain functions.
 *
 * @module
 */
import { createSchedule } from "../../mod.ts";
import { between, DRAW, drawn, scrambled, unscrambled } from "./chance.ts";
import { count, emptyRun, END, type Run } from "./run.ts";
import type { Scenario } from "./scenario.ts";
import { createServer, FATE, FATES } from "./server.ts";

/** Told what happens; answers by {@linkcode World.send} and {@linkcode World.end}. */
export interface Driver {
  /** An operation is due. */
  begin(operation: number, nowMs: number): void;
  /** An attempt has ended. */
  answered(operation: number, ok: boolean, nowMs: number): void;
}

export interface World {
  readonly run: Run;
  /** When to advance next, perhaps too early; `Infinity`: nothing is under way. */
  nextMs(): number;
  /** Does what is due at `nowMs`. */
  advance(nowMs: number): void;
  /** An attempt leaves the client. */
  send(operation: number, atMs: number): void;
  /** The operation is over. */
  end(operation: number, done: boolean, atMs: number): void;
}

/** What an operation waits for: to begin, to reach the server, or its answer, which is this plus its fate. */
const WAITS = { begin: 0, arrival: 1, answer: 2 } as const;

export function createWorld(scenario: Scenario, seed: number, driver: Driver): World {
  const { clients, operations, everyMs, spreadMs, networkMs, timeoutMs } = scenario;
  const run = emptyRun(scenario, seed);
  const { ends, latenciesMs, attempts, startsMs, fates, windows } = run;
  const server = createServer(scenario);
  const schedule = createSchedule({ capacity: clients * operations, originMs: 0 });
  const waits = new Uint8Array(clients * operations);
  let arrivals = new Uint32Array(1_024);
  let arrived = 0;
  let presentMs = 0;

  for (let client = 0; client < clients; client++) {
    startsMs[client] = Math.floor(drawn(seed, client, 0, DRAW.start) * spreadMs);
    schedule.add(client, startsMs[client]);
  }

  function fire(operation: number): void {
    const wait = waits[operation];
    if (wait === WAITS.begin) begin(operation);
    else if (wait === WAITS.arrival) {
      if (arrived === arrivals.length) arrivals = grown(arrivals);
      arrivals[arrived++] = scrambled(operation, presentMs);
    } else {
      const fate = wait - WAITS.answer;
      fates[FATES[fate]]++;
      driver.answered(operation, fate === FATE.done, presentMs);
    }
  }

  function begin(operation: number): void {
    count(windows.begun, presentMs);
    const next = operation + clients;
    if (next < ends.length) schedule.add(next, presentMs + everyMs);
    driver.begin(operation, presentMs);
  }

  function arrive(operation: number): void {
    count(windows.arrived, presentMs);
    const attempt = attempts[operation];
    let fate = server.take(presentMs, drawn(seed, operation, attempt, DRAW.fault));
    if (server.startMs < Infinity) count(windows.served, server.startMs);
    const backMs = between(networkMs, drawn(seed, operation, attempt, DRAW.back));
    const untilMs = presentMs - thereMs(operation, attempt) + timeoutMs;
    let atMs = Math.ceil(server.answerMs) + backMs;
    if (atMs > untilMs) {
      atMs = Math.max(untilMs, presentMs + 1);
      fate = FATE.late;
    }
    waits[operation] = WAITS.answer + fate;
    schedule.add(operation, atMs);
  }

  function thereMs(operation: number, attempt: number): number {
    return between(networkMs, drawn(seed, operation, attempt, DRAW.there));
  }

  return {
    run,
    nextMs: () => schedule.size === 0 ? Infinity : schedule.nextMs(),
    advance(nowMs) {
      if (nowMs < presentMs) throw new RangeError(`virtual time would step back from ${presentMs} to ${nowMs} ms`);
      presentMs = nowMs;
      schedule.advance(nowMs, fire);
      const order = arrivals.subarray(0, arrived).sort();
      arrived = 0;
      for (let i = 0; i < order.length; i++) arrive(unscrambled(order[i], presentMs));
    },
    send(operation, atMs) {
      waits[operation] = WAITS.arrival;
      schedule.add(operation, Math.ceil(atMs) + thereMs(operation, ++attempts[operation]));
    },
    end(operation, done, atMs) {
      if (ends[operation] !== END.none) throw new Error(`operation ${operation} ended twice`);
      ends[operation] = done ? END.done : END.givenUp;
      const client = operation % clients;
      const dueMs = startsMs[client] + (operation - client) / clients * everyMs;
      latenciesMs[operation] = Math.ceil(atMs) - dueMs;
      count(windows.ended, atMs);
      run.endMs = Math.max(run.endMs, Math.ceil(atMs));
    },
  };
}

function grown(small: Uint32Array): Uint32Array<ArrayBuffer> {
  const large = new Uint32Array(2 * small.length);
  large.set(small);
  return large;
}
