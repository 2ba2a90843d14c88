import { Lanes } from "../priority/lanes.ts";
import { PriorityQueue } from "../priority/queue.ts";

/** What the bus knows of one receiving service. */
export interface Target {
  /** The name of the service. */
  readonly name: string;
  /** Its place in the state's list. */
  readonly number: number;
  /** What may be tried now. */
  readonly queue: PriorityQueue;
  /** What must wait for its turn. */
  readonly lanes: Lanes;
  /** Attempts under way. */
  inFlight: number;
  /** Most attempts at once. */
  maxInFlight: number;
  /** Deliveries that have not ended. */
  unfinished: number;
  /** Those of them that are kept for later. */
  delayed: number;
  /** Whether it stands in the round of targets with work. */
  listed: boolean;
  /** Whether the service has deregistered. */
  gone: boolean;
  /** Whether its deliveries are taken only by whoever asks for this target. */
  held: boolean;
}

/** A target with nothing to do. */
export function createTarget(name: string, number: number, maxInFlight: number): Target {
  return {
    name,
    number,
    queue: new PriorityQueue(),
    lanes: new Lanes(),
    inFlight: 0,
    maxInFlight,
    unfinished: 0,
    delayed: 0,
    listed: false,
    gone: false,
    held: false,
  };
}
