/**
 * One engine, alone in a process on Deno, Node or Bun: it measures what it is asked to, by JSON lines on stdio.
 *
 * @module
 */
import process from "node:process";
import { createInterface } from "node:readline";
import { measure } from "npm:mitata@1.0.34";
import { ANSWER } from "../../answer.ts";
import type { RetryEngine, Supports } from "../engine.ts";
import { CASES } from "./cases.ts";
import { type WaitingCost, waitingCost } from "./_waiting.ts";

/** What the process is asked: who it is, the time of a case, or what waiting costs. */
export type Question =
  | { readonly do: "hello" }
  | { readonly do: "time"; readonly name: string; readonly ms: number }
  | { readonly do: "waiting"; readonly counts: readonly number[] };

export interface Hello {
  readonly name: string;
  readonly version: string;
  readonly supports: Supports;
}

/** `why`: it cannot do this, or it failed. */
export type Answer<T> = T & { readonly why?: undefined } | { readonly why: string };

/** Nanoseconds of one operation: the median of the samples. */
export interface Time {
  readonly ns: number;
}

/**
 * Samples so short that most of them are not interrupted, whatever else runs; few, where one takes long. Garbage is not
 * collected by force, which throws compiled code away as well.
 */
const SAMPLING = { warmup_samples: 2, min_samples: 3, batch_samples: 256, gc: false as const };

/** Answers until standard input ends. */
export async function serveEngine(engine: RetryEngine): Promise<void> {
  // Also in the middle of a question that is never answered.
  process.stdin.on("end", () => process.exit(0));
  for await (const line of createInterface({ input: process.stdin })) {
    let answer: Answer<Hello | Time | WaitingCost>;
    try {
      answer = await answered(engine, JSON.parse(line));
    } catch (error) {
      answer = { why: error instanceof Error ? error.message : String(error) };
    }
    process.stdout.write(`${ANSWER}${JSON.stringify(answer)}\n`);
  }
  process.exit(0); // whoever still waits does so for an hour
}

async function answered(engine: RetryEngine, question: Question): Promise<Answer<Hello | Time | WaitingCost>> {
  if (question.do === "hello") return { name: engine.name, version: engine.version, supports: engine.supports };
  if (question.do === "waiting") return await waitingCost(engine, question.counts);
  const found = CASES.find(({ name }) => name === question.name)!;
  const why = found.whyNot?.(engine);
  if (why !== undefined) return { why };
  const limits = { ...SAMPLING, min_cpu_time: question.ms * 1e6 };
  const { p50 } = await measure(found.made(engine), limits);
  return { ns: p50 / found.per };
}
