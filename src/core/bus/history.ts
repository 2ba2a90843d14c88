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
const PAIR = 5;
const LAST_PAIRS = 7;
const MAX_REASONS = 4_096;
const MAX_INSTANCES = 1 << 20;

/**
 * The failed attempts of every waiting delivery, 8 bytes each in one arena: pairs of attempts, linked.
 *
 * Of a long history the first 2 and at least the last 12 attempts are kept. Words are interned; past 4,096
 * reasons or 1,048,576 instances a new word reads as `other` or as no instance.
 */
export class History {
  /** Each pair: time, what, time, what, next. Times are relative to the message's acceptance. */
  private cells = new Uint32Array(PAIR * 16);
  private used = 0;
  private free = NONE;
  private readonly reasons = new Words(MAX_REASONS, "other");
  private readonly instances = new Words(MAX_INSTANCES, "");

  /**
   * Adds a failed attempt.
   *
   * @param head what the last `append` for this delivery gave, or -1
   * @param sinceMs milliseconds since the message's acceptance; at most 2^32 - 2 are kept
   * @returns the head to keep
   */
  append(head: number, sinceMs: number, reason: string, instance: string | undefined): number {
    const at = Math.min(0xffff_fffe, Math.max(0, Math.floor(sinceMs))) + 1;
    const what = (this.reasons.indexOf(reason) << 20) | this.instances.indexOf(instance ?? "");
    if (head === NONE) {
      head = this.claim();
      this.set(head, 0, at, what);
      return head;
    }
    let pairs = 1;
    let last = head;
    for (let next = this.next(last); next !== NONE; next = this.next(last)) {
      last = next;
      pairs++;
    }
    if (this.cells[last * PAIR + 2] === 0) {
      this.set(last, 1, at, what);
      return head;
    }
    if (pairs > LAST_PAIRS) {
      const second = this.next(head);
      this.link(head, this.next(second));
      this.release(second);
    }
    const added = this.claim();
    this.set(added, 0, at, what);
    this.link(last, added);
    return head;
  }

  /** The attempts kept, oldest first; `attempts` is how many there were in all. */
  read(head: number, acceptedMs: number, attempts: number): AttemptRecord[] {
    const kept: { at: number; what: number }[] = [];
    for (let pair = head; pair !== NONE; pair = this.next(pair)) {
      for (let half = 0; half < 2; half++) {
        const at = this.cells[pair * PAIR + 2 * half];
        if (at !== 0) kept.push({ at: at - 1, what: this.cells[pair * PAIR + 2 * half + 1] });
      }
    }
    return kept.map(({ at, what }, i) => {
      const instance = this.instances.word(what & 0xf_ffff);
      return {
        attempt: i < 2 ? i + 1 : attempts - kept.length + i + 1,
        atMs: acceptedMs + at,
        ...(instance === "" ? {} : { instance }),
        reason: this.reasons.word(what >>> 20),
      };
    });
  }

  /** Reason and instance of the newest attempt, or `undefined` if there is none. */
  last(head: number): { reason: string; instance: string } | undefined {
    if (head === NONE) return undefined;
    let pair = head;
    for (let next = this.next(pair); next !== NONE; next = this.next(pair)) pair = next;
    const half = this.cells[pair * PAIR + 2] === 0 ? 0 : 1;
    const what = this.cells[pair * PAIR + 2 * half + 1];
    return { reason: this.reasons.word(what >>> 20), instance: this.instances.word(what & 0xf_ffff) };
  }

  /** Gives a delivery's pairs back. */
  drop(head: number): void {
    while (head !== NONE) {
      const next = this.next(head);
      this.release(head);
      head = next;
    }
  }

  private claim(): number {
    let pair = this.free;
    if (pair === NONE) {
      pair = this.used++;
      if (this.used * PAIR > this.cells.length) {
        const grown = new Uint32Array(Math.ceil(this.cells.length / PAIR * 1.25) * PAIR);
        grown.set(this.cells);
        this.cells = grown;
      }
    } else {
      this.free = this.next(pair);
    }
    this.cells.fill(0, pair * PAIR, pair * PAIR + PAIR);
    return pair;
  }

  private release(pair: number): void {
    this.link(pair, this.free);
    this.free = pair;
  }

  private set(pair: number, half: number, at: number, what: number): void {
    this.cells[pair * PAIR + 2 * half] = at;
    this.cells[pair * PAIR + 2 * half + 1] = what;
  }

  private next(pair: number): number {
    return this.cells[pair * PAIR + 4] - 1;
  }

  private link(pair: number, next: number): void {
    this.cells[pair * PAIR + 4] = next + 1;
  }
}

/** Words as small numbers, up to a bound; what comes past it reads as the first word. */
class Words {
  private readonly byWord = new Map<string, number>();
  private readonly words: string[];

  constructor(private readonly most: number, overflow: string) {
    this.words = [overflow];
    this.byWord.set(overflow, 0);
  }

  indexOf(word: string): number {
    const known = this.byWord.get(word);
    if (known !== undefined) return known;
    if (this.words.length >= this.most) return 0;
    this.byWord.set(word, this.words.length);
    return this.words.push(word) - 1;
  }

  word(index: number): string {
    return this.words[index];
  }
}
