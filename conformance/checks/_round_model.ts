/** The round as the specification prints it. */
const ROUND = "C H C N C H C L C H C N C H C".split(" ");
const DESCENDING = ["CRITICAL", "HIGH", "NORMAL", "LOW"] as const;

/** One dispatch as it must be. */
export interface Dispatch {
  readonly id: string;
  readonly priority: string;
  /** Whether the priority of the cursor's place was served, or the place was given away. */
  readonly own: boolean;
}

/** A target's queues and its cursor, made from the text of the chapter alone. */
export class RoundModel {
  private readonly queues = new Map<string, string[]>(DESCENDING.map((priority) => [priority, []]));
  private cursor = 0;

  /** Puts a delivery at the tail of its queue. */
  join(id: string, priority: string): void {
    this.queues.get(priority)!.push(id);
  }

  /** Takes what is to be dispatched next. */
  dispatch(): Dispatch | undefined {
    const place = DESCENDING.find((priority) => priority[0] === ROUND[this.cursor])!;
    const holds = (priority: string) => this.queues.get(priority)!.length > 0;
    const priority = holds(place) ? place : DESCENDING.find(holds);
    if (priority === undefined) return undefined;
    this.cursor = (this.cursor + 1) % ROUND.length;
    return { id: this.queues.get(priority)!.shift()!, priority, own: priority === place };
  }
}
