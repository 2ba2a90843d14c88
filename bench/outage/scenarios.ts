/**
 * The scenarios that have a name.
 *
 * @module
 */
import type { Phase, Scenario } from "./scenario.ts";

/** What all of them can be given. */
export interface Sizes {
  readonly clients: number;
  /** How long the server is in trouble. */
  readonly outageMs: number;
}

/** Time before the trouble, in which all is well, and at least as much twice after it. */
const WARM_MS = 30_000;

interface Named {
  readonly about: string;
  readonly phases: (outageMs: number) => readonly Phase[];
  readonly changes?: Partial<Scenario>;
}

const NAMED: Readonly<Record<string, Named>> = {
  "steady": { about: "nothing happens: what retries cost when none is needed", phases: () => [] },
  "outage": {
    about: "the server is down, refuses at once, and is back in full",
    phases: (outageMs) => [{ fromMs: WARM_MS, capacity: 0 }, { fromMs: WARM_MS + outageMs, capacity: 1 }],
  },
  "silence": {
    about: "the server is down and does not answer, so clients wait for their timeout",
    phases: (outageMs) => [{ fromMs: WARM_MS, capacity: 0, silent: true }, { fromMs: WARM_MS + outageMs, capacity: 1 }],
  },
  "brown-out": {
    about: "40 % of the capacity is left, less than is asked for, and a tenth of what is served fails",
    phases: (outageMs) => [
      { fromMs: WARM_MS, capacity: 0.4, failing: 0.1 },
      { fromMs: WARM_MS + outageMs, capacity: 1 },
    ],
  },
  "slow-recovery": {
    about: "the server is down, then grows from a tenth of its capacity to all of it within a minute",
    phases: (outageMs) => [
      { fromMs: WARM_MS, capacity: 0 },
      { fromMs: WARM_MS + outageMs, capacity: 0.1, growsTo: 1 },
      { fromMs: WARM_MS + outageMs + 60_000, capacity: 1 },
    ],
  },
  "flapping": {
    about: "down for a sixth of the time, up for a twelfth, four times over",
    phases: (outageMs) =>
      [0, 3, 6, 9].flatMap((part) => [
        { fromMs: WARM_MS + Math.floor(part * outageMs / 12), capacity: 0 },
        { fromMs: WARM_MS + Math.floor((part + 2) * outageMs / 12), capacity: 1 },
      ]),
  },
  "herd": {
    about: "all clients begin within a second while the server is down: a job that runs everywhere on the hour",
    phases: (outageMs) => [{ fromMs: 0, capacity: 0 }, { fromMs: outageMs, capacity: 1 }],
    changes: { operations: 1, spreadMs: 1_000 },
  },
};

/** Names of the scenarios, with one line about each. */
export const SCENARIOS: readonly { readonly name: string; readonly about: string }[] = Object.entries(NAMED)
  .map(([name, { about }]) => ({ name, about }));

/** @returns `undefined` if there is none of that name */
export function namedScenario(name: string, { clients, outageMs }: Sizes): Scenario | undefined {
  if (!Object.hasOwn(NAMED, name)) return undefined;
  const { about, phases, changes } = NAMED[name];
  const everyMs = 10_000;
  return {
    name,
    about,
    clients,
    operations: Math.ceil(((phases(outageMs).at(-1)?.fromMs ?? WARM_MS) + 2 * WARM_MS) / everyMs),
    everyMs,
    spreadMs: everyMs,
    mix: { LOW: 30, NORMAL: 40, HIGH: 20, CRITICAL: 10 },
    utilisation: 0.5,
    serviceMs: 20,
    queueMs: 1_000,
    networkMs: [1, 5],
    timeoutMs: 15_000,
    phases: phases(outageMs),
    ...changes,
  };
}
