/**
 * The parent of all: asks the engines' processes in turn, so that a slow minute of the machine hurts all alike.
 *
 * @module
 */
import { CASES } from "./cases.ts";
import { engineProcess } from "./engine_process.ts";
import type { Programs, Runtime } from "./runtimes.ts";
import type { Answer, Hello, Time } from "./serve_engine.ts";
import type { WaitingCost } from "./_waiting.ts";

/** How much is measured. */
export interface Effort {
  readonly rounds: number;
  /** For each engine and case in each round. */
  readonly ms: number;
  /** Numbers of calls that wait, ascending. */
  readonly waiting: readonly number[];
  /** Processes for what waiting costs, one after the other. */
  readonly waitingRounds: number;
}

/** What one engine gave on one runtime. */
export interface EngineCost {
  readonly hello: Hello;
  /** By name of the case: nanoseconds of each round, or why there are none. */
  readonly times: ReadonlyMap<string, readonly number[] | string>;
  /** Of each process, or why there is none. */
  readonly waiting: readonly WaitingCost[] | string;
}

/** Anything that can be asked; a process, but for tests. */
export interface Asked {
  ask<T>(question: { readonly do: "time"; readonly name: string; readonly ms: number }): Promise<Answer<T>>;
}

/**
 * All engines on one runtime, the first of which is the floor.
 *
 * @param tell is told what is measured now
 * @throws {Error} if an engine cannot be started
 */
export async function engineCosts(
  runtime: Runtime,
  adapters: readonly string[],
  made: Programs,
  effort: Effort,
  tell: (what: string) => void,
): Promise<EngineCost[]> {
  await using stack = new AsyncDisposableStack();
  const hellos: Hello[] = [];
  const processes = [];
  for (const adapter of adapters) {
    const one = stack.use(engineProcess(await made.command(runtime, adapter)));
    const hello = await one.ask<Hello>({ do: "hello" });
    if (hello.why !== undefined) throw new Error(`${adapter} on ${runtime.name}: ${hello.why}`);
    hellos.push(hello);
    processes.push(one);
  }
  const times = hellos.map(() => new Map<string, readonly number[] | string>());
  for (const { name } of CASES) {
    tell(`${runtime.name}: ${name}`);
    (await interleaved(processes, name, effort)).forEach((seen, i) => times[i].set(name, seen));
  }
  const costs: EngineCost[] = [];
  for (const [i, adapter] of adapters.entries()) {
    tell(`${runtime.name}: ${hellos[i].name} waits`);
    costs.push({ hello: hellos[i], times: times[i], waiting: await waitingCosts(runtime, adapter, made, effort) });
  }
  return costs;
}

/**
 * One case of all that are asked, in rounds; each round begins with another one. A round before them is thrown away: in
 * it the engines are compiled. Who says why is asked no more.
 */
export async function interleaved(
  asked: readonly Asked[],
  name: string,
  { rounds, ms }: Pick<Effort, "rounds" | "ms">,
): Promise<(number[] | string)[]> {
  const seen: (number[] | string)[] = asked.map(() => []);
  for (let round = -1; round < rounds; round++) {
    for (let turn = 0; turn < asked.length; turn++) {
      const i = (turn + round + 1) % asked.length;
      const values = seen[i];
      if (typeof values === "string") continue;
      const answer = await asked[i].ask<Time>({ do: "time", name, ms });
      if (answer.why !== undefined) seen[i] = answer.why;
      else if (round >= 0) values.push(answer.ns);
    }
  }
  return seen;
}

async function waitingCosts(
  runtime: Runtime,
  adapter: string,
  made: Programs,
  { waiting, waitingRounds }: Effort,
): Promise<WaitingCost[] | string> {
  const [path, ...args] = await made.command(runtime, adapter);
  const seen: WaitingCost[] = [];
  for (let round = 0; round < waitingRounds; round++) {
    await using one = engineProcess([path, ...args, "--count-timers"]);
    const answer = await one.ask<WaitingCost>({ do: "waiting", counts: waiting });
    if (answer.why !== undefined) return answer.why;
    seen.push(answer);
  }
  return seen;
}
