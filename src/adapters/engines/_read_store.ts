import type { FoundRecord } from "../../core/bus/recover.ts";
import type { Keyspace } from "../../core/bus/operation.ts";
import type { MessageStore } from "../../ports/store.ts";

const PAGE = 500;

/** All that lies in a store. */
export interface FoundInStore {
  readonly messages: readonly FoundRecord[];
  readonly deliveries: readonly FoundRecord[];
  readonly outcomes: readonly FoundRecord[];
  /** The registry's records as JSON data; `undefined` for one that is not JSON. */
  readonly registry: readonly unknown[];
}

/** Reads a store whole, a page at a time. */
export async function readStore(store: MessageStore): Promise<FoundInStore> {
  return {
    messages: await readKeyspace(store, "messages"),
    deliveries: await readKeyspace(store, "deliveries"),
    outcomes: await readKeyspace(store, "outcomes"),
    registry: (await readKeyspace(store, "registry")).map(({ value }) => parsed(value)),
  };
}

async function readKeyspace(store: MessageStore, keyspace: Keyspace): Promise<readonly FoundRecord[]> {
  const found: FoundRecord[] = [];
  for (let after = "";;) {
    const page = await store.scan(keyspace, after, PAGE);
    for (const record of page) found.push(record);
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
