import { type Ended, type Outbox, outbox, type OutboxOptions } from "@bellhop/bellhop/outbox";
import type { OpenStore } from "@bellhop/bellhop/ports";
import type { ManualClock } from "@bellhop/bellhop/testing";
import type { CallAnswer, Command, JsonObject, StartOptions, SubjectEvent } from "../control.ts";
import { responseOf } from "./_bodies.ts";

/** What the outbox stands on. */
export interface OutboxParts {
  readonly clock: ManualClock;
  readonly store: OpenStore | undefined;
  readonly options: StartOptions;
  readonly draws: readonly number[];
  readonly changes: Partial<OutboxOptions> | undefined;
  /** Asks the suite, as long as the signal has not aborted. */
  readonly call: (
    call: { readonly for: "publish"; readonly [member: string]: unknown },
    signal: AbortSignal,
  ) => Promise<CallAnswer | undefined>;
  readonly tell: (event: SubjectEvent) => void;
}

/** The client of a subject. */
export interface Client {
  /** Does what is said; `undefined` if it does not know that. */
  hear(command: Command): Promise<JsonObject | undefined>;
  close(): Promise<void>;
}

/** Plays a client with an outbox. */
export async function client(parts: OutboxParts): Promise<Client> {
  const { clock, store, options, draws, changes, tell } = parts;
  let drawn = 0;
  let over = false;

  function ended({ source, id, priority, outcome, reason, attempts }: Ended): void {
    const event = { kind: "ended", atMs: clock.nowMs(), source, id, priority, outcome, reason, attempts };
    if (!over) tell({ kind: "trace", event });
  }

  const box = await outbox({
    gateway: "http://127.0.0.1:8000/bus",
    source: "/suite",
    ...(store === undefined ? {} : { store, criticalInMemory: true }),
    clock,
    random: () => draws[drawn++ % draws.length],
    fetch: (url, init) => posted(parts, url, init),
    onSent: ended,
    onFailed: ended,
    ...(options.capacity === undefined ? {} : { maxMessages: options.capacity }),
    ...(options.maxInFlight === undefined ? {} : { maxInFlight: options.maxInFlight }),
    ...changes,
  });
  return {
    hear: (command) => heard(box, command),
    async close() {
      over = true;
      const closing = box.close({ deadlineMs: 0 });
      // Its deadline is by the clock, which stands still.
      await clock.settle(0);
      await closing;
    },
  };
}

async function heard(box: Outbox, command: Command): Promise<JsonObject | undefined> {
  switch (command.do) {
    case "publish": {
      const { type, data, ...attributes } = JSON.parse(command.body ?? "");
      return { ...await box.publish(type, data, { attributes }) };
    }
    case "cancel":
      await box.cancel(command);
      return {};
    case "letter":
      await box[command.action]({ source: box.source, id: command.id });
      return {};
    case "list": {
      if (command.what !== "unfinished" && command.what !== "dead-letters") return undefined;
      const found = await (command.what === "unfinished" ? box.list() : box.deadLetters());
      const from = found.findIndex(({ id }) => id === command.after) + 1;
      const page = found.slice(from, from + (command.limit ?? 100));
      const after = from + page.length < found.length ? page.at(-1)!.id : null;
      return JSON.parse(JSON.stringify({ entries: page, after }));
    }
    default:
      return undefined;
  }
}

/** As the platform's `fetch` does it, which follows a redirect unless it is told otherwise. */
async function posted(parts: OutboxParts, url: string, init: RequestInit): Promise<Response> {
  const { body, method = "GET", redirect, signal } = init;
  const request = { method, url, headers: Object.fromEntries(new Headers(init.headers)), body };
  const answer = await parts.call({ for: "publish", envelope: JSON.parse(body as string), request }, signal!);
  if (answer !== undefined && "verdict" in answer) return new Response(null, { status: 202 });
  const response = responseOf(answer, signal!);
  const location = response.headers.get("location");
  const followed = location !== null && redirect !== "manual" && [301, 302, 303, 307, 308].includes(response.status);
  return followed ? await posted(parts, new URL(location, url).href, init) : response;
}
