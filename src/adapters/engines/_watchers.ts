import type { BusMessage } from "../../core/bus/message.ts";
import type { Clock } from "../../ports/clock.ts";

/** Those who wait until a message has ended. */
export class Watchers {
  private readonly waiting = new Map<BusMessage, Set<() => void>>();

  /** Resolves when every delivery of the message has ended, at `untilMs`, or when the signal aborts. */
  ended(message: BusMessage, clock: Clock, untilMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const release = () => {
        cancel();
        signal?.removeEventListener("abort", release);
        const others = this.waiting.get(message);
        others?.delete(release);
        if (others?.size === 0) {
          this.waiting.delete(message);
          message.watched = false;
        }
        resolve();
      };
      const look = () => {
        if (clock.nowMs() >= untilMs) release();
        else cancel = clock.wakeAt(untilMs, look);
      };
      let cancel = clock.wakeAt(untilMs, look);
      if (signal?.aborted) return release();
      signal?.addEventListener("abort", release);
      let others = this.waiting.get(message);
      if (others === undefined) this.waiting.set(message, others = new Set());
      others.add(release);
      message.watched = true;
    });
  }

  /** A delivery of the message has ended. */
  tell(message: BusMessage): void {
    if (message.open > 0) return;
    for (const release of [...this.waiting.get(message) ?? []]) release();
  }

  /** Nothing more will end. */
  releaseAll(): void {
    for (const waiting of [...this.waiting.values()]) for (const release of [...waiting]) release();
  }
}
