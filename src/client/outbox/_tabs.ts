import { BellhopError, type ErrorCode } from "../../core/error.ts";
import type { OutboxEnd } from "../../core/outbox/mod.ts";
import type { Clock } from "../../ports/clock.ts";
import { newId } from "../_new_id.ts";
import { pause } from "../_time_limit.ts";
import { messageOf } from "./_message_of.ts";
import type { Desk, Sender } from "./_sender.ts";

/** What the tabs of one origin share an outbox by. */
export interface Tabs {
  /** The platform's Web Locks. */
  readonly locks: LockManager;
  /** Messages among the tabs. */
  readonly channel: BroadcastChannel;
  /** Of the lock. */
  readonly name: string;
}

/** The outbox, whoever owns it at the moment. */
export interface Place {
  ask<K extends keyof Desk>(method: K, ...given: Parameters<Desk[K]>): Said<K>;
  close(deadlineMs: number): Promise<void>;
}

/** It may have been said in another tab. */
type Said<K extends keyof Desk> = Promise<Awaited<ReturnType<Desk[K]>>>;

/** A question to the owner; it is put again to each new one until it is answered. */
interface Question {
  readonly method: keyof Desk;
  readonly given: readonly unknown[];
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

type Note =
  | { readonly kind: "ask"; readonly from: string; readonly n: number; method: keyof Desk; given: readonly unknown[] }
  | { readonly kind: "answer"; readonly to: string; readonly n: number; readonly value?: unknown; error?: Fault }
  | { readonly kind: "end"; readonly end: OutboxEnd }
  | { readonly kind: "owner" };

type Fault = { readonly code: ErrorCode; readonly detail: string; readonly field?: string | undefined };

/** The database's lock may outlast the owner's by a moment. */
const LOCKED_MS = 10_000;
const LOCKED_AGAIN_MS = 50;
/** A store that an heir cannot open. */
const FAILED_AGAIN_MS = 5_000;

/** The only owner there is: a process with a store of its own. */
export async function alone(
  start: (onEnd: (end: OutboxEnd) => void) => Promise<Sender>,
  onEnd: (end: OutboxEnd) => void,
): Promise<Place> {
  const { desk, close } = await start(onEnd);
  return { ask: (method, ...given) => call(desk, method, given) as never, close };
}

/**
 * One of the tabs owns the outbox: who holds the lock. The others ask it. When it is gone, however it went, the browser
 * gives the lock to the next, which is told by all what it has not answered, and what it has not seen the end of.
 *
 * @throws {BellhopError} as the store does, if nobody owned the outbox
 */
export async function shared(
  { locks, channel, name }: Tabs,
  clock: Clock,
  start: (onEnd: (end: OutboxEnd) => void) => Promise<Sender>,
  onEnd: (end: OutboxEnd) => void,
  onError: (error: unknown) => void,
): Promise<Place> {
  const me = newId();
  const closed = new AbortController();
  const questions = new Map<number, Question>();
  /** What we gave to an owner that keeps it in memory alone. */
  const handed = new Map<string, string>();
  let own: Sender | undefined;
  let count = 0;
  let over = false;
  let release = () => {};
  let held: Promise<unknown> = Promise.resolve();

  function put(n: number, { method, given, resolve, reject }: Question): void {
    if (own === undefined) return tell({ kind: "ask", from: me, n, method, given });
    questions.delete(n);
    call(own.desk, method, given).then(resolve, reject);
  }

  function question(asked: Question): void {
    questions.set(++count, asked);
    put(count, asked);
  }

  function tell(note: Note): void {
    if (!over) channel.postMessage(note);
  }

  function ask<K extends keyof Desk>(method: K, ...given: Parameters<Desk[K]>): Said<K> {
    if (method === "keep") remember(given[0] as string);
    return new Promise((resolve, reject) => {
      closed.signal.throwIfAborted();
      question({ method, given, resolve: resolve as Question["resolve"], reject });
    }) as Said<K>;
  }

  function remember(json: string): void {
    const { source, id, priority } = messageOf(json);
    if (own === undefined && priority !== "CRITICAL") handed.set(`${source} ${id}`, json);
  }

  /** There is a new owner. */
  function putAll(): void {
    for (const [n, question] of [...questions]) put(n, question);
    for (const json of handed.values()) {
      question({ method: "keep", given: [json], resolve() {}, reject: onError });
    }
  }

  function ended(end: OutboxEnd): void {
    handed.delete(`${end.message.source} ${end.message.id}`);
    onEnd(end);
  }

  channel.onmessage = ({ data }: MessageEvent<Note>) => {
    if (data.kind === "end") ended(data.end);
    else if (data.kind === "owner") putAll();
    // Who is closing answers no more: the next owner is asked again.
    else if (data.kind === "ask" && own !== undefined && !closed.signal.aborted) {
      const { from: to, n } = data;
      call(own.desk, data.method, data.given).then(
        (value) => tell({ kind: "answer", to, n, value }),
        (error) => tell({ kind: "answer", to, n, error: faultOf(error) }),
      );
    } else if (data.kind === "answer" && data.to === me) {
      const asked = questions.get(data.n);
      questions.delete(data.n);
      if (data.error === undefined) return asked?.resolve(data.value);
      const { code, detail, field } = data.error;
      if (asked?.method === "keep") {
        const { source, id } = messageOf(asked.given[0] as string);
        handed.delete(`${source} ${id}`);
      }
      asked?.reject(new BellhopError(code, detail, field === undefined ? {} : { field }));
    }
  };

  async function started(mostMs: number): Promise<Sender> {
    const untilMs = clock.nowMs() + mostMs;
    for (;;) {
      try {
        return await start((end) => {
          tell({ kind: "end", end });
          ended(end);
        });
      } catch (error) {
        const locked = (error as BellhopError).code === "store-locked";
        if (clock.nowMs() >= untilMs || (!locked && mostMs < Infinity)) throw error;
        if (!locked) onError(error);
        await pause(clock, locked ? LOCKED_AGAIN_MS : FAILED_AGAIN_MS, closed.signal);
      }
    }
  }

  /** Owns the outbox until it is closed. */
  async function hold(mostMs: number, begun: () => void): Promise<void> {
    own = await started(mostMs);
    if (closed.signal.aborted) return await own.close(0);
    begun();
    tell({ kind: "owner" });
    putAll();
    handed.clear();
    await new Promise<void>((resolve) => release = resolve);
  }

  function waitForLock(): void {
    held = locks.request(name, { signal: closed.signal }, () => hold(Infinity, () => {})).catch((error) => {
      if (!closed.signal.aborted) onError(error);
    });
  }

  await new Promise<void>((resolve, reject) => {
    held = locks.request(name, { ifAvailable: true }, (lock) => {
      if (lock !== null) return hold(LOCKED_MS, resolve);
      resolve();
      return "taken";
    }).then((answer) => {
      if (answer === "taken") waitForLock();
    }, reject);
  }).catch((error) => {
    channel.close();
    throw error;
  });

  return {
    ask,
    async close(deadlineMs) {
      closed.abort(new BellhopError("closing", "the outbox is closed"));
      for (const { reject } of questions.values()) reject(closed.signal.reason);
      await own?.close(deadlineMs);
      over = true;
      release();
      await held;
      channel.close();
    },
  };
}

async function call(desk: Desk, method: keyof Desk, given: readonly unknown[]): Promise<unknown> {
  return await (desk[method] as (...given: readonly unknown[]) => unknown)(...given);
}

function faultOf(error: unknown): Fault {
  if (error instanceof BellhopError) return { code: error.code, detail: error.message, field: error.field };
  return { code: "internal", detail: String(error) };
}
