/**
 * cockatiel's exponential backoff as a subject: what its waits are beside our table of delays.
 *
 * Thin on purpose: the adapter makes the first retry at once, as our flow has it, and takes the n-th value of the
 * backoff for retry n + 1. cockatiel knows no request of the receiver: vectors with one cannot be kept.
 *
 * @module
 */
import { ExponentialBackoff, noJitterGenerator } from "npm:cockatiel@4.0.0";
import type { Answer, Command, Hello, JsonObject, OpenSubject } from "../control.ts";

const HELLO: Hello = {
  control: 1,
  name: "cockatiel (npm)",
  version: "4.0.0",
  spec: "0.1",
  profiles: ["core.retry"],
  clock: "virtual",
  asks: ["delay"],
  can: [],
};

/** Opens it. */
export const cockatiel: OpenSubject = () =>
  Promise.resolve({
    send: (seq, command) => Promise.resolve({ seq, nowMs: 0, events: [], ...answer(command) }),
    close: () => Promise.resolve(),
  });

function answer(command: Command): Partial<Answer> {
  if (command.do === "hello") return { ok: HELLO as unknown as JsonObject };
  if (command.do === "stop") return { ok: {} };
  if (command.do !== "ask") return { unsupported: `${command.do} is not known` };
  return { ok: delay(command.input as never) };
}

/** A vector asks for retry 2000; the backoff is made step by step. */
const MAX_RETRY = 10_000;

interface DelayInput {
  readonly baseMs: number;
  readonly factor: number;
  readonly capMs: number;
  readonly jitter: "full" | "none";
  readonly retry: number;
  readonly u?: number;
}

function delay({ baseMs, factor, capMs, jitter, retry, u }: DelayInput): JsonObject {
  if (retry === 1) return { waitMs: 0, draws: 0 };
  // Its own `fullJitterGenerator`, but for the number that the suite draws instead of `Math.random`.
  const full = (
    state: number | undefined,
    options: { readonly initialDelay: number; readonly exponent: number; readonly maxDelay: number },
  ): [number, number] => {
    const attempt = (state ?? 0) + 1;
    const ceiling = Math.min(options.maxDelay, options.initialDelay * options.exponent ** (attempt - 1));
    return [Math.floor((u ?? 0) * ceiling), attempt];
  };
  const generator = jitter === "none" ? noJitterGenerator : full;
  const options = { initialDelay: baseMs, maxDelay: capMs, exponent: factor, generator: generator as typeof full };
  let backoff = new ExponentialBackoff<number | undefined>(options as never).next();
  for (let n = 2; n < retry && n < MAX_RETRY; n++) backoff = backoff.next(undefined);
  return { waitMs: backoff.duration, draws: jitter === "none" ? 0 : 1 };
}
