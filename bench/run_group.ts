/**
 * Runs one group: its subjects started, asked in rounds, ended; and all of it again, as often as its pace says.
 *
 * @module
 */
import { type Apart, startApart } from "./apart.ts";
import { inRounds } from "./harness.ts";
import type { Seen } from "./measures.ts";
import type { Group, Pace } from "./part.ts";

const SAMPLE_MS = 60;

/** The numbers of a group, from as many launches and rounds as the pace says. */
export async function runGroup(url: string, group: Group, pace: Pace): Promise<Seen> {
  const failures = new Map<string, string>();
  const values = new Map<string, number[]>(Object.keys(group.cases).map((name) => [name, []]));
  const sampleMs = (group.sampleMs ?? SAMPLE_MS) * pace.share;
  const rounds = Math.min(group.maxRounds ?? Infinity, pace.rounds);
  const launches = Math.min(group.maxRounds ?? Infinity, pace.launches);

  for (let launch = 0; launch < launches; launch++) {
    const running = new Map<string, Apart>();
    const failed = (name: string, error: unknown) => {
      running.delete(name);
      values.delete(name);
      failures.set(name, (error as Error).message);
    };
    const sample = async (name: string, ms = sampleMs) => {
      try {
        return await running.get(name)!.sample(ms);
      } catch (error) {
        failed(name, error);
      }
    };
    try {
      for (const name of values.keys()) {
        try {
          running.set(name, await startApart(url, group.id, name));
        } catch (error) {
          failed(name, error);
        }
      }
      const warmMs = Math.max(pace.warmMs, sampleMs);
      if (group.maxRounds === undefined) await inRounds([...running.keys()], 1, (name) => sample(name, warmMs));
      const seen = await inRounds([...running.keys()], rounds, (name) => sample(name));
      for (const [name, numbers] of seen) values.get(name)!.push(...numbers);
    } finally {
      await Promise.all(Array.from(running.values(), (apart) => apart.close()));
    }
  }
  return { values, failures };
}
