import type { FoundRecord } from "../../core/bus/recover.ts";
import type { Keyspace } from "../../core/bus/operation.ts";
import type { MessageStore } from "../../ports/store.ts";

const PAGE = 500;

/** A record that cannot be taken up. It stays where it is. */
export interface UnreadableRecord {
  /** The drawer that it lies in. */
  readonly keyspace: Keyspace;
  /** Its key. */
  readonly key: string;
  /** Why it cannot be read, in a sentence or a part of one. */
  readonly reason: string;
}

/** All that lies in a store. */
export interface FoundInStore {
  readonly messages: readonly FoundRecord[];
  readonly deliveries: readonly FoundRecord[];
  readonly outcomes: readonly FoundRecord[];
  /** The registry's records as JSON data; `undefined` for one that is not JSON. */
  readonly registry: readonly unknown[];
  /** What the store itself could not read: it is in the lists above as well, without a value. */
  readonly damaged: readonly UnreadableRecord[];
}

/** Reads a store whole, a page at a time. */
export async function readStore(store: MessageStore): Promise<FoundInStore> {
  const damaged: UnreadableRecord[] = [];
  const read = (keyspace: Keyspace) => readKeyspace(store, keyspace, damaged);
  return {
    messages: await read("messages"),
    deliveries: await read("deliveries"),
    outcomes: await read("outcomes"),
    registry: (await read("registry")).map(({ value }) => parsed(value)),
    damaged,
  };
}

async function readKeyspace(
  store: MessageStore,
  keyspace: Keyspace,
  damaged: UnreadableRecord[],
): Promise<readonly FoundRecord[]> {
  const found: FoundRecord[] = [];
  for (let after = "";;) {
    const page = await store.scan(keyspace, after, PAGE);
    for (const record of page) {
      found.push(record);
      if (record.damaged !== undefined) damaged.push({ keyspace, key: record.key, reason: record.damaged });
    }
    if (page.length === 0) return found;
    after = page[page.length - 1].key;
  }
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}
