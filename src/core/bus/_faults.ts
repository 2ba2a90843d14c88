import { Fifo } from "../priority/fifo.ts";

const MAX_FAULTS = 1 << 18;
/** Numbers out of use that still know their words, for what fails today failed a moment ago. */
const KEPT_UNUSED = 1_024;
const OTHER = 0;

/**
 * What can go wrong, as small numbers: a reason and the instance it befell, counted by use, so that words which no
 * history holds any more make room for others.
 *
 * With 262,143 in use at once a new one reads without its instance, or as `other`.
 */
export class Faults {
  private readonly byReason = new Map([["other", new Map([["", OTHER]])]]);
  private readonly reasons: string[] = ["other"];
  private readonly instances: string[] = [""];
  /** Uses in the upper bits; the lowest bit is set while the number stands in `unused`. */
  private readonly uses: number[] = [0];
  private readonly unused = new Fifo();

  /**
   * @param most how many numbers there are, that of `other` among them
   * @param keptUnused how many out of use wait to be used again before the oldest gives way
   */
  constructor(private readonly most = MAX_FAULTS, private readonly keptUnused = KEPT_UNUSED) {}

  /** Counts one use more. @returns its number */
  claim(reason: string, instance: string): number {
    const known = this.byReason.get(reason)?.get(instance);
    const fault = known ?? this.add(reason, instance);
    this.uses[fault] += 2;
    return fault;
  }

  /** Counts one use less. */
  release(fault: number): void {
    const left = this.uses[fault] -= 2;
    if (left !== 0 || fault === OTHER) return;
    this.uses[fault] = 1;
    this.unused.push(fault);
  }

  reason(fault: number): string {
    return this.reasons[fault];
  }

  /** The instance, or nothing. */
  instance(fault: number): string {
    return this.instances[fault];
  }

  private add(reason: string, instance: string): number {
    const fault = this.room();
    if (fault === OTHER) return instance === "" ? OTHER : this.byReason.get(reason)?.get("") ?? OTHER;
    this.reasons[fault] = reason;
    this.instances[fault] = instance;
    this.uses[fault] = 0;
    const befallen = this.byReason.get(reason);
    if (befallen === undefined) this.byReason.set(reason, new Map([[instance, fault]]));
    else befallen.set(instance, fault);
    return fault;
  }

  /** A number to give out, or that of `other` if all are in use. */
  private room(): number {
    const full = this.reasons.length === this.most;
    while (this.unused.size > (full ? 0 : this.keptUnused)) {
      const fault = this.unused.shift();
      if (--this.uses[fault] > 0) continue; // In use again.
      this.forget(fault);
      return fault;
    }
    return full ? OTHER : this.reasons.length;
  }

  private forget(fault: number): void {
    const befallen = this.byReason.get(this.reasons[fault])!;
    befallen.delete(this.instances[fault]);
    if (befallen.size === 0) this.byReason.delete(this.reasons[fault]);
  }
}
