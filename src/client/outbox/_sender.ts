import type { Keyspace, StoreOperation } from "../../core/bus/operation.ts";
import { BellhopError } from "../../core/error.ts";
import { createOutboxMachine, type OutboxEnd, type OutboxEntry, type OutboxTurn } from "../../core/outbox/mod.ts";
import type { Durability, MessageStore, OpenStore, StoreRecord } from "../../ports/store.ts";
import type { Gateway } from "../_gateway.ts";
import { pause } from "../_time_limit.ts";
import { messageOf } from "./_message_of.ts";
import { post } from "./_post.ts";
import type { OutboxStatus } from "./terms.ts";

/** What can be asked of who owns the outbox. What goes in and out can be cloned: it may come from another tab. */
export interface Desk {
  /** Takes an envelope's JSON; resolves when it is as safe as its priority says. */
  keep(json: string): Promise<Durability>;
  status(): OutboxStatus;
  list(): readonly OutboxEntry[];
  deadLetters(): readonly OutboxEnd[];
  cancel(source: string, id: string): Promise<void>;
  redrive(source: string, id: string): Promise<void>;
  discard(source: string, id: string): Promise<void>;
  /** The platform's word on the network. */
  network(online: boolean): void;
}

/** Who owns the store and sends. */
export interface Sender {
  readonly desk: Desk;
  /** Sends nothing more, waits for what is under way, and gives the store up. */
  close(deadlineMs: number): Promise<void>;
}

/** What it needs. */
export interface SenderParts {
  readonly gateway: Gateway;
  readonly store?: OpenStore;
  readonly maxMessages: number;
  readonly maxLength: number;
  readonly maxInFlight: number;
  readonly criticalInMemory?: boolean;
  readonly onEnd: (end: OutboxEnd) => void;
  readonly onError: (error: unknown) => void;
}

const SCAN = 1_000;
/** What the record of an end has more than the envelope, at most: its reason has up to 64 characters, each of 6 in JSON. */
const END_BYTES = 512;
/** How long a store that failed is left alone: doubled from the first to the second. */
const SOONEST_MS = 100;
const LATEST_MS = 30_000;

/** Opens the store, if there is one, and begins with what lies in it. @throws {BellhopError} as the store does */
export async function openSender(parts: SenderParts): Promise<Sender> {
  const { gateway, store: open, criticalInMemory, onEnd, onError } = parts;
  const { clock, closed } = gateway;
  const machine = createOutboxMachine({ ...parts, random: gateway.random });
  const storing = new Map<string, Promise<void>>();
  const sending = new Set<Promise<void>>();
  let store: MessageStore | undefined;
  /** What a store that failed was to be told of messages that it holds, the last of each key. */
  const owed = new Map<string, StoreOperation>();
  /** Of the store when it was open last. */
  let durability: Durability = "memory";
  let ending = false;
  let cancelWake = () => {};

  async function openStore(): Promise<void> {
    if (open === undefined) return;
    const opened = await open();
    try {
      let found: readonly (readonly StoreRecord[])[];
      // What ends meanwhile must not be read as what goes on.
      do {
        const due = [...owed];
        await opened.write(due.map(([, operation]) => operation));
        for (const [name, operation] of due) if (owed.get(name) === operation) owed.delete(name);
        found = await Promise.all([all(opened, "messages"), all(opened, "deliveries"), all(opened, "outcomes")]);
      } while (owed.size > 0);
      // It was closed meanwhile: nobody else would close this store.
      if (ending) throw closed;
      const [messages, retries, ends] = found;
      const unfinished = machine.recover(clock.nowMs(), messages, retries, ends);
      store = opened;
      ({ durability } = opened.capabilities);
      apply({ operations: unfinished, ended: [] });
    } catch (error) {
      await opened.close().catch(() => {});
      throw error;
    }
  }

  async function reopen(): Promise<void> {
    for (let waitMs = SOONEST_MS; !ending; waitMs = Math.min(LATEST_MS, waitMs * 2)) {
      try {
        await pause(clock, waitMs, closed);
        await openStore();
        return pump();
      } catch (error) {
        if (!ending) onError(error);
      }
    }
  }

  /**
   * @param known whether it is about what the store holds: then a store that failed is told it when it is open again
   * @param patient whether that is waited for
   */
  async function write(operations: readonly StoreOperation[], known?: boolean, patient?: boolean): Promise<void> {
    if (operations.length === 0) return;
    const used = store;
    try {
      if (used === undefined) throw away();
      await used.write(operations);
    } catch (error) {
      const { code } = error as BellhopError;
      // These refuse one write, and leave the store as it is.
      if (code === "record-too-large" || code === "store-full" && !known) throw error;
      // After a failed write the store takes no other: it is opened anew. What it had acknowledged goes on meanwhile.
      if (used !== undefined && used === store) {
        store = undefined;
        onError(error);
        void used.close().catch(() => {}).then(reopen);
      }
      if (!known) throw error;
      // Whatever a message was owed before, its end is owed in the order in which it is written.
      for (const operation of operations) owed.set(operation.keyspace + operation.key, operation);
      if (!patient) throw error;
      // They are told together.
      while ([...owed.values()].includes(operations[0])) await pause(clock, SOONEST_MS, closed);
    }
  }

  /** A CRITICAL counts when it is flushed. */
  async function stored(message: Parameters<typeof machine.stored>[0], operations: readonly StoreOperation[]) {
    const name = `${message.source} ${message.id}`;
    const written = (async () => {
      try {
        // What would not fit as a dead letter would be lost when it fails for good.
        const most = store?.capabilities.maxRecordBytes ?? Infinity;
        if (new TextEncoder().encode(message.json).length + END_BYTES > most) {
          throw new BellhopError("record-too-large");
        }
        await write(operations);
        machine.stored(message);
      } catch (error) {
        machine.unstored(message);
        throw error;
      }
    })();
    storing.set(name, written);
    await written.finally(() => storing.delete(name));
    pump();
  }

  function apply({ operations, ended }: OutboxTurn): void {
    write(operations, true).catch(() => {}); // it is owed to the store
    ended.forEach(onEnd);
  }

  function pump(): void {
    cancelWake();
    if (ending) return;
    const nowMs = clock.nowMs();
    apply(machine.tick(nowMs));
    for (let entry = machine.take(nowMs); entry !== undefined; entry = machine.take(nowMs)) send(entry);
    const nextMs = machine.nextMs();
    if (nextMs < Infinity) cancelWake = clock.wakeAt(nextMs, pump);
  }

  function send(entry: OutboxEntry): void {
    const sent = post(gateway, entry.message.json).then((answer) => {
      sending.delete(sent);
      // What closing broke off says nothing of the network.
      if (!closed.aborted) apply(machine.settle(clock.nowMs(), entry, answer));
      pump();
    });
    sending.add(sent);
  }

  const desk: Desk = {
    async keep(json) {
      if (ending) throw new BellhopError("closing", "the outbox is closed");
      const message = messageOf(json);
      const durable = message.priority === "CRITICAL";
      if (durable && durability === "memory" && !criticalInMemory) {
        throw new BellhopError("store-required");
      }
      const operations = machine.accept(clock.nowMs(), message);
      if (operations === undefined) await storing.get(`${message.source} ${message.id}`);
      else if (durable) await stored(message, operations);
      pump();
      return durable ? durability : "memory";
    },
    status: machine.figures,
    list: machine.entries,
    deadLetters: machine.deadLetters,
    async cancel(source, id) {
      const { operations, ended } = machine.cancel(clock.nowMs(), source, id);
      const written = write(operations, true, true);
      pump();
      await written;
      // One that closing broke off may come again: it has not ended.
      ended.forEach(onEnd);
    },
    async redrive(source, id) {
      const { message, operations } = machine.redrive(clock.nowMs(), source, id);
      await stored(message, operations);
    },
    async discard(source, id) {
      // What it holds may be a redrive that failed, and then the letter is none.
      if (open !== undefined && store === undefined) throw away();
      await write(machine.discard(source, id), true, true);
    },
    network(online) {
      machine.network(clock.nowMs(), online);
      pump();
    },
  };

  async function close(deadlineMs: number): Promise<void> {
    ending = true;
    cancelWake();
    // What is left of it ends with the outbox, a moment later.
    await Promise.race([Promise.allSettled([...sending, ...storing.values()]), pause(clock, deadlineMs, closed)]);
    await store?.close();
  }

  await openStore();
  pump();
  return { desk, close };
}

function away(): BellhopError {
  return new BellhopError("not-durable", "the store is opened anew");
}

async function all(store: MessageStore, keyspace: Keyspace): Promise<readonly StoreRecord[]> {
  const records: StoreRecord[] = [];
  for (let after = "";;) {
    const page = await store.scan(keyspace, after, SCAN);
    records.push(...page);
    if (page.length < SCAN) return records;
    after = page[page.length - 1].key;
  }
}
