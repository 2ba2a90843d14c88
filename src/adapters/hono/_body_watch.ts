/**
 * One timer over all bodies that are being read: a timer for each would cost a third of a publish.
 *
 * The timer ticks while requests come and stops after a tick without any, or when the gateway ends.
 *
 * @module
 */
import { BellhopError } from "../../core/error.ts";

/** Settles as the reading does, or rejects with `timeout` after having called `expire`. */
export type BodyWatch = <T>(reading: Promise<T>, expire: () => void) => Promise<T>;

interface Entry {
  readonly tick: number;
  readonly expire: () => void;
}

const TICKS = 30;

/** @param timeoutMs time for a body; it may take a thirtieth more */
export function bodyWatch(timeoutMs: number, signal?: AbortSignal): BodyWatch {
  const entries = new Set<Entry>();
  let timer: ReturnType<typeof setInterval> | undefined;
  let tick = 0;
  let lastUse = 0;

  function stop(): void {
    clearInterval(timer);
    timer = undefined;
  }

  function turn(): void {
    tick++;
    for (const entry of entries) {
      if (tick - entry.tick <= TICKS) break; // the oldest come first
      entries.delete(entry);
      entry.expire();
    }
    if (entries.size === 0 && lastUse < tick - 1) stop();
  }

  signal?.addEventListener("abort", stop, { once: true });

  return (reading, expire) =>
    new Promise((resolve, reject) => {
      const entry: Entry = {
        tick,
        expire() {
          reject(new BellhopError("timeout", `The body did not arrive within ${timeoutMs} ms`));
          expire();
        },
      };
      entries.add(entry);
      lastUse = tick;
      if (timer === undefined && signal?.aborted !== true) {
        timer = setInterval(turn, Math.max(1, timeoutMs / TICKS));
        letProcessEnd(timer);
      }
      reading.then((value) => {
        entries.delete(entry);
        resolve(value);
      }, (error) => {
        entries.delete(entry);
        reject(error);
      });
    });
}

/** A timer that waits for nobody must not keep a process alive. */
function letProcessEnd(timer: unknown): void {
  const platform = globalThis as { Deno?: { unrefTimer?: (id: number) => void } };
  if (typeof timer === "number") platform.Deno?.unrefTimer?.(timer);
  else (timer as { unref?: () => void }).unref?.();
}
