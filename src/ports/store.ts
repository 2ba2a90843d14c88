import type { Keyspace, StoreOperation } from "../core/bus/operation.ts";

/** How strong a promise a store's flush is: this process alone, its disk, or several machines. */
export type Durability = "memory" | "flushed" | "replicated";

/** What a store says of itself; the contract test verifies each word. */
export interface StoreCapabilities {
  /** What it is called in reports. */
  readonly name: string;
  /** What has happened to a record when {@linkcode MessageStore.write} resolves. */
  readonly durability: Durability;
  /** Largest value it keeps, in UTF-8 bytes; at least 98,304 (96 KiB). */
  readonly maxRecordBytes: number;
  /** How a second owner is kept out; `given-lock` is one that the caller handed in. */
  readonly ownership: "process" | "file-lock" | "web-lock" | "durable-object" | "given-lock";
}

/** One record as a scan returns it. */
export interface StoreRecord {
  /** Its key. */
  readonly key: string;
  /** What was put under it; empty if it is {@linkcode StoreRecord.damaged}. */
  readonly value: string;
  /**
   * Why it cannot be read, if something has changed it since it was written: by a store that can tell for one record.
   * The store leaves it as it is; whoever writes to its key first makes the store set it aside.
   */
  readonly damaged?: string;
}

/**
 * Where unfinished messages are kept. It promises only what the weakest store can keep: atomic writes per key, writes
 * that settle in the order in which they were asked for, a bounded scan, one owner.
 *
 * An open store has one owner; whoever opens it meanwhile gets `store-locked`. Every method fails with a typed error:
 * `store-failed`, `store-closed`, `record-too-large`, `not-durable`.
 */
export interface MessageStore {
  /** What it promises. */
  readonly capabilities: StoreCapabilities;
  /**
   * Applies the operations in their order and resolves when all are as durable as the capabilities say. Writes asked
   * for in one turn of the event loop share one flush (group commit). A crash may keep any prefix of the operations.
   * If the flush fails, every write of its group rejects with `not-durable`, and the store accepts no further
   * write until it is opened anew.
   */
  write(operations: readonly StoreOperation[]): Promise<void>;
  /**
   * Reads at most `limit` (1 to 1,000) records of a keyspace whose keys are greater than `after`, in the order of
   * their keys' code units.
   */
  scan(keyspace: Keyspace, after: string, limit: number): Promise<readonly StoreRecord[]>;
  /** Waits for the writes under way, then gives up ownership. Idempotent. */
  close(): Promise<void>;
}

/** Opens a store and becomes its owner; rejects with `store-locked` if somebody else is. */
export type OpenStore = () => Promise<MessageStore>;
