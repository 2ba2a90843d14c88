import { Faults } from "./_faults.ts";

/** One failed attempt, as a dead letter tells it. */
export interface AttemptRecord {
  /** 1 = the first attempt of the run. */
  readonly attempt: number;
  /** When it failed, epoch milliseconds. */
  readonly atMs: number;
  /** The instance that was called; absent if none was. */
  readonly instance?: string;
  /** Stable word for what went wrong: `status-503`, `timeout`, `no-instance`, … */
  readonly reason: string;
}

const NONE = -1;
const LAST_PAIRS = 7;

// A pair is four words: two times, two faults. The 28 bits of the link to the next pair lie above the faults.
const FAULT_BITS = 18;
const FAULT = (1 << FAULT_BITS) - 1;
const LINK_BITS = 32 - FAULT_BITS;
const LINK = (1 << LINK_BITS) - 1;

// The arena grows by 64 KiB at a time: nothing is copied, and there is next to no room to spare.
const CHUNK_BITS = 12;
const IN_CHUNK = (1 << CHUNK_BITS) - 1;

/**
 * The failed attempts of every waiting delivery, 8 bytes each in one arena: pairs of attempts, linked.
 *
 * Of a long history the first 2 and at least the last 12 attempts are kept. Reasons and instances are numbers of
 * `Faults`, which says what happens when there are too many.
 */
export class History {
  /** Each pair: time, time, fault and low part of the link, fault and high part. Times count from the acceptance. */
  private readonly chunks: Uint32Array[] = [];
  private used = 0;
  private free = NONE;
  private readonly faults = new Faults();

  /**
   * Adds a failed attempt.
   *
   * @param head what the last `append` for this delivery gave, or -1
   * @param sinceMs milliseconds since the message's acceptance; at most 2^32 - 2 are kept
   * @returns the head to keep
   */
  append(head: number, sinceMs: number, reason: string, instance: string | undefined): number {
    const at = Math.min(0xffff_fffe, Math.max(0, Math.floor(sinceMs))) + 1;
    const fault = this.faults.claim(reason, instance ?? "");
    if (head === NONE) return this.begin(at, fault);
    let pairs = 1;
    let last = head;
    for (let next = this.next(last); next !== NONE; next = this.next(last)) {
      last = next;
      pairs++;
    }
    const chunk = this.chunks[last >>> CHUNK_BITS];
    const cell = (last & IN_CHUNK) << 2;
    if (chunk[cell + 1] === 0) {
      chunk[cell + 1] = at;
      chunk[cell + 3] |= fault;
      return head;
    }
    if (pairs > LAST_PAIRS) {
      const second = this.next(head);
      this.link(head, this.next(second));
      this.release(second);
    }
    this.link(last, this.begin(at, fault));
    return head;
  }

  /** The attempts kept, oldest first; `attempts` is how many there were in all. */
  read(head: number, acceptedMs: number, attempts: number): AttemptRecord[] {
    const kept: { at: number; fault: number }[] = [];
    for (let pair = head; pair !== NONE; pair = this.next(pair)) {
      const chunk = this.chunks[pair >>> CHUNK_BITS];
      const cell = (pair & IN_CHUNK) << 2;
      for (let half = 0; half < 2; half++) {
        const at = chunk[cell + half];
        if (at !== 0) kept.push({ at: at - 1, fault: chunk[cell + half + 2] & FAULT });
      }
    }
    return kept.map(({ at, fault }, i) => {
      const instance = this.faults.instance(fault);
      return {
        attempt: i < 2 ? i + 1 : attempts - kept.length + i + 1,
        atMs: acceptedMs + at,
        ...(instance === "" ? {} : { instance }),
        reason: this.faults.reason(fault),
      };
    });
  }

  /** Reason and instance of the newest attempt, or `undefined` if there is none. */
  last(head: number): { reason: string; instance: string } | undefined {
    if (head === NONE) return undefined;
    let pair = head;
    for (let next = this.next(pair); next !== NONE; next = this.next(pair)) pair = next;
    const chunk = this.chunks[pair >>> CHUNK_BITS];
    const cell = (pair & IN_CHUNK) << 2;
    const fault = chunk[cell + (chunk[cell + 1] === 0 ? 2 : 3)] & FAULT;
    return { reason: this.faults.reason(fault), instance: this.faults.instance(fault) };
  }

  /** Gives a delivery's pairs back. */
  drop(head: number): void {
    while (head !== NONE) {
      const next = this.next(head);
      this.release(head);
      head = next;
    }
  }

  /** A pair of which the second half is still to come. */
  private begin(at: number, fault: number): number {
    let pair = this.free;
    if (pair === NONE) {
      pair = this.used++;
      if (pair >>> CHUNK_BITS === this.chunks.length) this.chunks.push(new Uint32Array(4 << CHUNK_BITS));
    } else {
      this.free = this.next(pair);
    }
    const chunk = this.chunks[pair >>> CHUNK_BITS];
    const cell = (pair & IN_CHUNK) << 2;
    chunk[cell] = at;
    chunk[cell + 1] = 0;
    chunk[cell + 2] = fault;
    chunk[cell + 3] = 0;
    return pair;
  }

  private release(pair: number): void {
    const chunk = this.chunks[pair >>> CHUNK_BITS];
    const cell = (pair & IN_CHUNK) << 2;
    this.faults.release(chunk[cell + 2] & FAULT);
    if (chunk[cell + 1] !== 0) this.faults.release(chunk[cell + 3] & FAULT);
    this.link(pair, this.free);
    this.free = pair;
  }

  private next(pair: number): number {
    const chunk = this.chunks[pair >>> CHUNK_BITS];
    const cell = (pair & IN_CHUNK) << 2;
    return ((chunk[cell + 2] >>> FAULT_BITS) | ((chunk[cell + 3] >>> FAULT_BITS) << LINK_BITS)) - 1;
  }

  private link(pair: number, next: number): void {
    const chunk = this.chunks[pair >>> CHUNK_BITS];
    const cell = (pair & IN_CHUNK) << 2;
    chunk[cell + 2] = (chunk[cell + 2] & FAULT) | (((next + 1) & LINK) << FAULT_BITS);
    chunk[cell + 3] = (chunk[cell + 3] & FAULT) | (((next + 1) >>> LINK_BITS) << FAULT_BITS);
  }
}
