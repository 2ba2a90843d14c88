/**
 * The outbox as a pure machine: what is sent next, what waits and until when, what has ended.
 *
 * Much smaller than the bus, which a page cannot afford: one receiver, the gateway, and no registry. It shares with the
 * bus what decides: the priority table, the round and the lanes (`core/priority`), and the delays (`core/retry`).
 *
 * @module
 */
import type { StoreOperation } from "../bus/operation.ts";
import { BellhopError } from "../error.ts";
import { ROUND } from "../priority/queue.ts";
import { type Rank, rankOf } from "../priority/table.ts";
import { backoffDelay, retryAllowed, withRetryAfter } from "../retry/backoff.ts";
import { PRIORITY_POLICIES } from "../retry/policy.ts";
import type { OutboxAnswer, OutboxEnd, OutboxEntry, OutboxMessage, OutboxOutcome, OutboxState } from "./message.ts";
import {
  endRecord,
  messageRecord,
  outboxKey,
  readEndRecord,
  readMessageRecord,
  readRetriesRecord,
  retriesRecord,
} from "./record.ts";

/** Bounds of an outbox, and its chance. */
export interface OutboxMachineOptions {
  /** Most messages kept: so many CRITICAL, dead letters included, and so many of the others together. */
  readonly maxMessages: number;
  /** Most UTF-16 code units of JSON kept, counted in the same two parts. */
  readonly maxLength: number;
  /** Most attempts at once; one alone while nothing is known of the network. */
  readonly maxInFlight: number;
  /** Uniform numbers in [0, 1). */
  readonly random: () => number;
}

/** What a step asks for: writes, in their order, and whom to tell. */
export interface OutboxTurn {
  /** To be written; a crash may keep any prefix. */
  readonly operations: readonly StoreOperation[];
  /** What has ended. */
  readonly ended: readonly OutboxEnd[];
}

/** The records of a store, as a scan gives them. */
export type OutboxRecords = readonly { readonly key: string; readonly value: string }[];

/** What is left and how it goes. */
export interface OutboxFigures {
  /** Messages without a final answer. */
  readonly waiting: number;
  /** Attempts under way. */
  readonly sending: number;
  /** CRITICAL messages that failed for good and are kept. */
  readonly deadLetters: number;
  /** Whether the last word of the network was an answer. */
  readonly reachable: boolean;
}

/** The machine. Times are epoch milliseconds. */
export interface OutboxMachine {
  /**
   * Takes a message. A CRITICAL is `storing` until {@linkcode OutboxMachine.stored} says that what is returned was
   * written; all others may be sent at once.
   *
   * @returns what to write; `undefined` if the message is known already
   * @throws {BellhopError} `queue-full`, `message-expired`, `id-conflict`
   */
  accept(nowMs: number, message: OutboxMessage): readonly StoreOperation[] | undefined;
  /** The writes of {@linkcode OutboxMachine.accept} are flushed, in the order of acceptance. */
  stored(message: OutboxMessage): void;
  /** They failed: the message was never taken. */
  unstored(message: OutboxMessage): void;
  /**
   * Takes what a store holds and is not known yet: all of it at first, and after a store that failed what was refused
   * and is there all the same. What is known goes on as it is.
   *
   * @returns what to write to finish what a crash cut off
   */
  recover(
    nowMs: number,
    messages: OutboxRecords,
    retries: OutboxRecords,
    ends: OutboxRecords,
  ): readonly StoreOperation[];
  /** Ends what is out of time, and readies what is due. To be called before {@linkcode OutboxMachine.take}. */
  tick(nowMs: number): OutboxTurn;
  /** The next message to send, which is under way from now on; `undefined` if none may be. */
  take(nowMs: number): OutboxEntry | undefined;
  /** What came of it. What is no longer under way is ignored. */
  settle(nowMs: number, entry: OutboxEntry, answer: OutboxAnswer): OutboxTurn;
  /** What the platform says of the network: with `true` the next attempt is made at once. */
  network(nowMs: number, online: boolean): void;
  /** When to call {@linkcode OutboxMachine.tick} and {@linkcode OutboxMachine.take} next at the latest; may be too early. */
  nextMs(): number;
  /** What has no final answer, in order of acceptance. */
  entries(): readonly OutboxEntry[];
  /** Dead letters, in order of their end. */
  deadLetters(): readonly OutboxEnd[];
  /**
   * Takes a message out.
   *
   * @throws {BellhopError} `message-unknown`, or `in-progress` while an attempt is under way
   */
  cancel(nowMs: number, source: string, id: string): OutboxTurn;
  /**
   * Takes a dead letter out.
   *
   * @returns what to write
   * @throws {BellhopError} `dead-letter-unknown`, or `in-progress` while it is being redriven
   */
  discard(source: string, id: string): readonly StoreOperation[];
  /**
   * Makes a dead letter a message again, at the end of its class and with a new budget; it is `storing`, and a dead
   * letter still, until {@linkcode OutboxMachine.stored} says that what is returned was written.
   *
   * @throws {BellhopError} `dead-letter-unknown`, `message-expired`, or `in-progress` while it is being redriven
   */
  redrive(
    nowMs: number,
    source: string,
    id: string,
  ): { readonly message: OutboxMessage; readonly operations: readonly StoreOperation[] };
  /** What is left and how it goes. */
  figures(): OutboxFigures;
}

interface Entry extends OutboxEntry {
  state: OutboxState;
  attempts: number;
  reason: string;
  dueMs: number;
  readonly name: string;
  readonly rank: Rank;
  /** Nothing is sent, and nothing waits, beyond it. */
  readonly giveUpMs: number;
  /** Its key in the store; empty in memory. */
  readonly key: string;
  /** Whether nothing was known of the network when it was sent. */
  probe: boolean;
  /** How many answers there had been when it had none; `Infinity` if it always had one. */
  silentAt: number;
}

interface Letter {
  readonly key: string;
  readonly end: OutboxEnd;
}

/** How long to leave a network alone that did not answer: about a second at first, at most about a minute. */
const PROBING = { ...PRIORITY_POLICIES.CRITICAL, capMs: 60_000 };
const CRITICAL = 3;
/** How long one stands back that had no answer twice while others had some. */
const SUSPECT_MS = 10_000;
/** After so many silences in a row each is tried in its turn: the first may be why nobody answers. */
const STUBBORN = 5;

/** Makes an empty outbox. */
export function createOutboxMachine(options: OutboxMachineOptions): OutboxMachine {
  const { maxMessages, maxLength, maxInFlight, random } = options;
  /** In order of acceptance. */
  const known = new Map<string, Entry>();
  const letters = new Map<string, Letter>();
  /** Those that are ready or under way, by rank, in the order in which they became ready. */
  const lines: readonly Set<Entry>[] = [new Set(), new Set(), new Set(), new Set()];
  let place = 0;
  /** Lanes with their heads and followers. */
  const lanes = new Map<string, Set<Entry>>();
  /** What is kept in memory, and what in the store. */
  const parts = [{ count: 0, length: 0 }, { count: 0, length: 0 }];
  let sending = 0;
  /** No entry is due, or out of time, before that. */
  let soonestMs = Infinity;
  let reachable = false;
  let silences = 0;
  let answers = 0;
  let probeMs = 0;
  let lastKey = 0;

  function room({ json }: OutboxMessage, rank: Rank, sign: 1 | -1): void {
    const part = parts[rank === CRITICAL ? 1 : 0];
    part.count += sign;
    part.length += sign * json.length;
  }

  function add(nowMs: number, message: OutboxMessage, acceptedMs: number, key: string): Entry {
    const rank = rankOf(message.priority);
    const { maxElapsedMs } = PRIORITY_POLICIES[message.priority];
    const entry: Entry = {
      name: nameOf(message.source, message.id),
      message,
      rank,
      key,
      state: "storing",
      attempts: 0,
      reason: "",
      acceptedMs,
      dueMs: nowMs,
      giveUpMs: Math.min(message.expiresMs, maxElapsedMs === null ? Infinity : acceptedMs + maxElapsedMs),
      probe: false,
      silentAt: Infinity,
    };
    known.set(entry.name, entry);
    room(message, rank, 1);
    return entry;
  }

  /** Joins its lane, and is ready if it is the head. */
  function enter(entry: Entry): void {
    const lane = laneOf(entry);
    entry.state = "following";
    if (lane === undefined) ready(entry);
    else {
      const followers = lanes.get(lane) ?? new Set();
      lanes.set(lane, followers.add(entry));
      if (followers.size === 1) ready(entry);
    }
    look(entry);
  }

  function ready(entry: Entry): void {
    entry.state = "ready";
    lines[entry.rank].add(entry);
  }

  function look(entry: Entry): void {
    soonestMs = Math.min(soonestMs, entry.giveUpMs, entry.state === "waiting" ? entry.dueMs : Infinity);
  }

  /** Takes it out, from wherever it stands. */
  function remove(entry: Entry): void {
    const lane = laneOf(entry);
    lines[entry.rank].delete(entry);
    if (entry.state === "sending") sending--;
    const followers = lane === undefined ? undefined : lanes.get(lane);
    if (followers?.delete(entry)) {
      const [next] = followers;
      if (next === undefined) lanes.delete(lane!);
      else if (next.state === "following") ready(next);
    }
    known.delete(entry.name);
    room(entry.message, entry.rank, -1);
  }

  function end(nowMs: number, entry: Entry, outcome: OutboxOutcome, reason: string): OutboxTurn {
    remove(entry);
    const { message, attempts, acceptedMs, key, rank } = entry;
    const ended: OutboxEnd = { message, outcome, reason, attempts, acceptedMs, endedMs: nowMs };
    if (key === "") return { operations: [], ended: [ended] };
    const operations: StoreOperation[] = [];
    if (outcome !== "accepted" && outcome !== "cancelled") {
      letters.set(entry.name, { key, end: ended });
      room(message, rank, 1);
      operations.push({ keyspace: "outcomes", key, value: endRecord(ended) });
    }
    operations.push(...dropped(key));
    return { operations, ended: [ended] };
  }

  function outOfTime(nowMs: number, entry: Entry): OutboxTurn {
    const expired = nowMs >= entry.message.expiresMs;
    return end(nowMs, entry, expired ? "expired" : "exhausted", entry.reason || (expired ? "expired" : "max-elapsed"));
  }

  function silent(nowMs: number): void {
    reachable = false;
    silences++;
    place = 0;
    probeMs = nowMs + backoffDelay(PROBING, silences + 1, random);
  }

  /** Takes a CRITICAL. */
  function kept(nowMs: number, message: OutboxMessage): StoreOperation[] {
    const key = outboxKey(++lastKey);
    add(nowMs, message, nowMs, key);
    return [{ keyspace: "messages", key, value: messageRecord(message, nowMs) }];
  }

  function letterOf(name: string): Letter {
    const letter = letters.get(name);
    if (letter === undefined) throw new BellhopError("dead-letter-unknown", "no such dead letter");
    if (known.has(name)) throw new BellhopError("in-progress", "it is under way");
    return letter;
  }

  function discarded(name: string, { key, end }: Letter): StoreOperation[] {
    letters.delete(name);
    room(end.message, CRITICAL, -1);
    return [{ keyspace: "outcomes", key, value: undefined }];
  }

  return {
    accept(nowMs, message) {
      const name = nameOf(message.source, message.id);
      const before = known.get(name)?.message ?? letters.get(name)?.end.message;
      if (before !== undefined) {
        if (untimed(before.json) === untimed(message.json)) return undefined;
        throw new BellhopError("id-conflict", "another message has that name", {
          field: "id",
        });
      }
      if (nowMs >= message.expiresMs) throw new BellhopError("message-expired", "its expirytime has passed");
      const rank = rankOf(message.priority);
      const { count, length } = parts[rank === CRITICAL ? 1 : 0];
      if (count >= maxMessages || length + message.json.length > maxLength) {
        throw new BellhopError("queue-full", `no room beside ${count} messages, ${length} characters`);
      }
      if (rank < CRITICAL) {
        enter(add(nowMs, message, nowMs, ""));
        return [];
      }
      return kept(nowMs, message);
    },
    stored({ source, id }) {
      const name = nameOf(source, id);
      const entry = known.get(name);
      if (entry?.state !== "storing") return;
      const letter = letters.get(name);
      if (letter !== undefined) discarded(name, letter);
      enter(entry);
    },
    unstored({ source, id }) {
      const entry = known.get(nameOf(source, id));
      if (entry?.state === "storing") remove(entry);
    },
    recover(nowMs, messages, retries, ends) {
      const operations: StoreOperation[] = [];
      const ended = new Set<string>();
      for (const { key, value } of ends) {
        const end = readEndRecord(value);
        const name = nameOf(end.message.source, end.message.id);
        ended.add(key);
        lastKey = Math.max(lastKey, Number(key));
        if (letters.has(name)) continue;
        letters.set(name, { key, end });
        room(end.message, CRITICAL, 1);
      }
      const resumed = new Map(retries.map(({ key, value }) => [key, value]));
      for (const { key, value } of messages) {
        lastKey = Math.max(lastKey, Number(key));
        const { message, acceptedMs } = readMessageRecord(value);
        const name = nameOf(message.source, message.id);
        const letter = letters.get(name);
        // It was redriven, and its letter was to be deleted next.
        if (letter !== undefined && letter.key !== key) operations.push(...discarded(name, letter));
        const before = known.get(name);
        if (before?.key === key) continue;
        // Its end was written, and it was to be deleted next; or its publisher was told no, and gave it once more.
        if (ended.has(key) || before !== undefined) operations.push(...dropped(key));
        else {
          const entry = add(nowMs, message, acceptedMs, key);
          const state = resumed.get(key);
          enter(entry);
          if (state !== undefined) {
            const { waitMs, ...resumed } = readRetriesRecord(state);
            Object.assign(entry, resumed, { dueMs: Math.min(resumed.dueMs, nowMs + waitMs) });
            if (entry.state === "ready") {
              lines[entry.rank].delete(entry);
              entry.state = "waiting";
              look(entry);
            }
          }
        }
      }
      return operations;
    },
    tick(nowMs) {
      if (nowMs < soonestMs) return NOTHING;
      soonestMs = Infinity;
      const operations: StoreOperation[] = [];
      const ended: OutboxEnd[] = [];
      for (const entry of known.values()) {
        if (entry.state === "sending" || entry.state === "storing") continue;
        if (nowMs >= entry.giveUpMs) {
          const turn = outOfTime(nowMs, entry);
          operations.push(...turn.operations);
          ended.push(...turn.ended);
          continue;
        }
        if (entry.state === "waiting" && nowMs >= entry.dueMs) ready(entry);
        look(entry);
      }
      return { operations, ended };
    },
    take(nowMs) {
      if (nowMs < probeMs || sending >= (reachable ? maxInFlight : 1)) return undefined;
      const all = silences > STUBBORN ? lines.flatMap((line) => [...line]) : [];
      let entry: Entry | undefined = all[silences % all.length];
      if (entry?.state !== "ready") {
        // A class with nothing to send gives its place to the highest that waits.
        entry = firstReady(lines[ROUND[place]]);
        for (const rank of [3, 2, 1, 0]) entry ??= firstReady(lines[rank]);
      }
      if (entry === undefined) return undefined;
      place = (place + 1) % ROUND.length;
      entry.state = "sending";
      entry.probe = !reachable;
      sending++;
      return entry;
    },
    settle(nowMs, given, answer) {
      const entry = given as Entry;
      const answered = answer.kind !== "silence";
      if (answered) {
        answers++;
        reachable = true;
        silences = 0;
        probeMs = 0;
      }
      if (known.get(entry.name) !== entry || entry.state !== "sending") return NOTHING;
      // Those that were under way beside one another fall silent together: that is one silence.
      if (!answered && (reachable || entry.probe)) silent(nowMs);
      if (answer.kind === "accepted") return end(nowMs, entry, "accepted", "");
      entry.reason = answer.reason;
      if (answer.kind === "refused") {
        entry.attempts++;
        return end(nowMs, entry, "rejected", answer.reason);
      }
      let waitMs = 0;
      if (answered) {
        const policy = PRIORITY_POLICIES[entry.message.priority];
        entry.attempts++;
        if (!retryAllowed(policy, entry.attempts)) return end(nowMs, entry, "exhausted", answer.reason);
        waitMs = withRetryAfter(backoffDelay(policy, entry.attempts, random), answer.retryAfterMs ?? 0);
      }
      if (nowMs >= entry.giveUpMs) return outOfTime(nowMs, entry);
      sending--;
      if (!answered) {
        // Others have been answered since it last was not: it may itself be why, and stands back for a while.
        if (answers > entry.silentAt) waitMs = SUSPECT_MS;
        entry.silentAt = answers;
      }
      // Who falls silent with all others keeps its place.
      if (answered || waitMs > 0) lines[entry.rank].delete(entry);
      entry.dueMs = nowMs + waitMs;
      if (waitMs === 0) ready(entry);
      else entry.state = "waiting";
      look(entry);
      const { key } = entry;
      if (key === "" || !answered) return NOTHING;
      return { operations: [{ keyspace: "deliveries", key, value: retriesRecord({ ...entry, waitMs }) }], ended: [] };
    },
    network(nowMs, online) {
      if (!online) return silent(nowMs);
      silences = 0;
      probeMs = 0;
    },
    nextMs: () => Math.min(soonestMs, sending > 0 || lines.every(({ size }) => size === 0) ? Infinity : probeMs),
    entries: () => [...known.values()],
    deadLetters: () => [...letters.values()].map(({ end }) => end),
    cancel(nowMs, source, id) {
      const entry = known.get(nameOf(source, id));
      if (entry === undefined) throw new BellhopError("message-unknown", "no such message");
      if (entry.state === "sending" || entry.state === "storing") {
        throw new BellhopError("in-progress", "it is under way");
      }
      return end(nowMs, entry, "cancelled", "cancelled");
    },
    discard(source, id) {
      const name = nameOf(source, id);
      return discarded(name, letterOf(name));
    },
    redrive(nowMs, source, id) {
      const name = nameOf(source, id);
      const letter = letterOf(name);
      const { message } = letter.end;
      if (nowMs >= message.expiresMs) throw new BellhopError("message-expired", "its expirytime has passed");
      const { key } = letter;
      return { message, operations: [...kept(nowMs, message), { keyspace: "outcomes", key, value: undefined }] };
    },
    figures: () => ({ waiting: known.size, sending, deadLetters: letters.size, reachable }),
  };
}

/** Those under way stand before it, and are few. */
function firstReady(line: Set<Entry>): Entry | undefined {
  for (const entry of line) if (entry.state === "ready") return entry;
  return undefined;
}

const NOTHING: OutboxTurn = { operations: [], ended: [] };

/** The message goes last: without it nothing is left to be confused with the next of that key. */
function dropped(key: string): StoreOperation[] {
  return (["deliveries", "messages"] as const).map((keyspace) => ({ keyspace, key, value: undefined }));
}

/** One of them is sent at a time: those of one priority with one key (spec PRI). */
function laneOf({ rank, message }: Entry): string | undefined {
  return message.partitionkey === undefined ? undefined : `${rank} ${message.partitionkey}`;
}

/** No source has a space in it. */
function nameOf(source: string, id: string): string {
  return `${source} ${id}`;
}

/** The envelope but for its `time`, which is new each time that it is made. What looks like it in a text is escaped. */
function untimed(json: string): string {
  return json.replace(/"time":"[^"]*"/, "");
}
