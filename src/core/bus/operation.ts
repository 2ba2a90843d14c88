/** The four drawers of a store: unfinished messages, their retry state, what became of them, and the registry. */
export const KEYSPACES = ["messages", "deliveries", "outcomes", "registry"] as const;

/** One drawer of a store. */
export type Keyspace = typeof KEYSPACES[number];

/** One write to a store: a value to put, or `undefined` to delete. Atomic by itself. */
export interface StoreOperation {
  /** The drawer that it is for. */
  readonly keyspace: Keyspace;
  /** 1 to 256 printable ASCII characters; records are scanned in the order of their keys' code units. */
  readonly key: string;
  /** What to put; `undefined` deletes the key. */
  readonly value: string | undefined;
}
