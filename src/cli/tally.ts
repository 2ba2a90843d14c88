import type { Outcome } from "../core/bus/outcome.ts";

/** What became of one message, as far as the command saw it. */
export interface Report {
  /** Where in the input it stands. */
  readonly line: number;
  readonly source?: string;
  readonly id?: string;
  /** `refused` was not taken; `pending` had not ended in time; without `--wait` it is `accepted` and no more. */
  readonly result: "accepted" | "delivered" | "failed" | "pending" | "refused";
  /** Whether the gateway knew it already. */
  readonly duplicate?: boolean;
  readonly durability?: string;
  readonly receivers?: readonly string[];
  readonly deliveries?: readonly {
    readonly receiver: string;
    readonly outcome?: Outcome | undefined;
    readonly attempts: number;
    readonly lastError?: string;
  }[];
  /** Why it was refused: a stable code, and a sentence. */
  readonly code?: string;
  readonly detail?: string;
}

/** All messages of a command, counted. */
export interface Totals {
  readonly messages: number;
  readonly accepted: number;
  readonly duplicates: number;
  readonly delivered: number;
  readonly failed: number;
  readonly pending: number;
  readonly refused: number;
  /** Accepted, but nobody subscribes to them. */
  readonly unsubscribed: number;
  /** How many were refused with which code. */
  readonly codes: Readonly<Record<string, number>>;
  /** Deliveries that ended, by receiver and outcome. */
  readonly deliveries: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Counts reports. */
export class Tally {
  private readonly counts = {
    messages: 0,
    accepted: 0,
    duplicates: 0,
    delivered: 0,
    failed: 0,
    pending: 0,
    refused: 0,
    unsubscribed: 0,
  };
  private readonly codes = new Map<string, number>();
  private readonly deliveries = new Map<string, Map<string, number>>();

  add({ result, duplicate, receivers, code, deliveries = [] }: Report): void {
    const { counts } = this;
    counts.messages++;
    counts[result]++;
    if (result !== "refused" && result !== "accepted") counts.accepted++;
    if (duplicate === true) counts.duplicates++;
    if (receivers?.length === 0) counts.unsubscribed++;
    if (code !== undefined) this.codes.set(code, (this.codes.get(code) ?? 0) + 1);
    for (const { receiver, outcome } of deliveries) {
      if (outcome === undefined || receiver === "") continue;
      const outcomes = this.deliveries.get(receiver) ?? new Map<string, number>();
      this.deliveries.set(receiver, outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1));
    }
  }

  totals(): Totals {
    const deliveries = [...this.deliveries].map(([receiver, outcomes]) => [receiver, Object.fromEntries(outcomes)]);
    return { ...this.counts, codes: Object.fromEntries(this.codes), deliveries: Object.fromEntries(deliveries) };
  }
}

/** The totals as lines to read. */
export function summary(totals: Totals, seconds: number, waited: boolean): string[] {
  const { messages, accepted, duplicates, delivered, failed, pending, refused, unsubscribed, codes, deliveries } =
    totals;
  const rows: [string, number][] = [["accepted", accepted]];
  if (duplicates > 0) rows.push(["  of them known already", duplicates]);
  if (unsubscribed > 0) rows.push(["  without a subscriber", unsubscribed]);
  if (waited) rows.push(["  delivered to every receiver", delivered], ["  failed at a receiver", failed]);
  if (pending > 0) rows.push(["  not ended in time", pending]);
  rows.push(["refused", refused]);
  for (const [code, count] of Object.entries(codes)) rows.push([`  ${code}`, count]);
  for (const [receiver, outcomes] of Object.entries(deliveries)) {
    for (const [outcome, count] of Object.entries(outcomes)) rows.push([`${outcome} at ${receiver}`, count]);
  }
  const label = Math.max(...rows.map(([name]) => name.length));
  const digits = Math.max(...rows.map(([, count]) => String(count).length));
  return [
    `${messages} ${messages === 1 ? "message" : "messages"} in ${seconds.toFixed(1)} s`,
    ...rows.map(([name, count]) => `  ${name.padEnd(label)}  ${String(count).padStart(digits)}`),
  ];
}
