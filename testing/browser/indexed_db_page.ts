/**
 * What the browser's tests of `indexeddb()` run in a page and in a service worker: bundled, and driven from outside by
 * the functions in `globalThis.stores`.
 *
 * @module
 */
import type { MessageStore } from "@bellhop/bellhop/ports";
import { indexeddb, type IndexedDbOptions } from "@bellhop/bellhop/stores/indexeddb";
import { storeContract } from "@bellhop/bellhop/testing/store-contract";
import { keyOf, valueOf, WINDOW } from "../crash/numbered_record.ts";

/** What a promise came to: the error's code and text, or neither. */
export interface Outcome {
  readonly code?: string;
  readonly text?: string;
}

/** A transaction that somebody began: what was asked for, and what the browser made of it. */
export interface Begun {
  readonly mode: string;
  readonly durability: string;
}

type Operation = Parameters<MessageStore["write"]>[0][number];

const PUBLISHERS = 16;

const checks = new Map<string, () => Promise<void>>();
const opened = new Map<string, MessageStore>();
let begun: Begun[] = [];
let deletion: Promise<void> | undefined;

// Before anything is opened: every transaction of this page is seen.
const begin = IDBDatabase.prototype.transaction;
IDBDatabase.prototype.transaction = function (...args) {
  const transaction = begin.apply(this, args);
  begun.push({ mode: transaction.mode, durability: transaction.durability });
  return transaction;
};

// A page without https has no crypto.randomUUID.
const life = `${performance.timeOrigin}-${Math.random()}`;
let fresh = 0;
storeContract(() => indexeddb(`contract-${life}-${fresh++}`), {
  register: (name, check) => checks.set(name, check),
  runs: 15,
});

const stores = {
  checks: () => [...checks.keys()],
  check: (name: string) => outcome(checks.get(name)!()),

  /** The transactions begun since the last call. */
  begun() {
    const seen = begun;
    begun = [];
    return seen;
  },

  open: (name: string, options?: IndexedDbOptions) =>
    outcome(indexeddb(name, options)().then((store) => void opened.set(name, store))),

  close: (name: string) => outcome(opened.get(name)!.close()),

  /** Many writes at one moment. */
  write: (name: string, writes: readonly (readonly Operation[])[]) =>
    Promise.all(writes.map((operations) => outcome(opened.get(name)!.write(operations)))),

  /** One record of so many characters, which no compression makes fewer. */
  fill: (name: string, key: string, length: number) =>
    outcome(opened.get(name)!.write([{ keyspace: "messages", key, value: noise(length) }])),

  /** Writes without a pause until a write is refused, and tells what became of each. */
  async writeUntilRefused(name: string) {
    const codes: string[] = [];
    while (codes.at(-1) !== "store-closed") {
      const writes = [0, 1, 2].map((n) =>
        opened.get(name)!.write([{ keyspace: "messages", key: `w${n}`, value: noise(90_000) }])
      );
      for (const { code } of await Promise.all(writes.map(outcome))) codes.push(code ?? "kept");
    }
    return codes;
  },

  scan: (name: string, keyspace: Operation["keyspace"], limit = 1_000) => opened.get(name)!.scan(keyspace, "", limit),

  scanOutcome: (name: string) => outcome(opened.get(name)!.scan("messages", "", 1)),

  keys: async (name: string) => (await opened.get(name)!.scan("messages", "", 1_000)).map(({ key }) => key),

  /** Numbered records as fast as the store takes them, each told to `acknowledged(n)` or a later one in its stead. */
  writeForEver(name: string, from: number) {
    const store = opened.get(name)!;
    let next = from;
    let highest = 0;
    let telling = false;
    const tell = async (): Promise<void> => {
      if (telling) return;
      telling = true;
      for (let told = 0; told < highest;) {
        told = highest;
        await (globalThis as unknown as { acknowledged: (n: number) => Promise<void> }).acknowledged(told);
      }
      telling = false;
    };
    const publish = async (): Promise<never> => {
      for (;;) {
        const n = next++;
        const gone = keyOf(Math.max(0, n - WINDOW));
        await store.write([
          { keyspace: "messages", key: keyOf(n), value: valueOf(n) },
          { keyspace: "deliveries", key: keyOf(n), value: valueOf(n) },
          { keyspace: "messages", key: gone, value: undefined },
          { keyspace: "deliveries", key: gone, value: undefined },
        ]);
        // Writes settle in their order: whoever hears of n knows of all before it.
        highest = n;
        void tell();
      }
    };
    for (let publisher = 0; publisher < PUBLISHERS; publisher++) void publish();
  },

  /** The numbers kept in a keyspace, and the keys of records that were never written so. */
  async numbered(name: string, keyspace: Operation["keyspace"]) {
    const records = await opened.get(name)!.scan(keyspace, "", 1_000);
    const invented = records.filter(({ key, value }) => key !== keyOf(Number(key)) || value !== valueOf(Number(key)));
    return { numbers: records.map(({ key }) => Number(key)), invented: invented.map(({ key }) => key) };
  },

  /** A database made by other means, as a fixture or another program would have. */
  make: (name: string, version: number, contents: Readonly<Record<string, readonly (readonly [string, string])[]>>) =>
    new Promise<void>((resolve, reject) => {
      const request = indexedDB.open(name, version);
      request.onerror = () => reject(request.error);
      request.onupgradeneeded = () => {
        for (const [store, records] of Object.entries(contents)) {
          const made = request.result.createObjectStore(store);
          for (const [key, value] of records) made.put(value, key);
        }
      };
      request.onsuccess = () => {
        request.result.close();
        resolve();
      };
    }),

  /** A connection of other code's, until the page ends. */
  hold: (name: string) =>
    new Promise<void>((resolve, reject) => {
      const request = indexedDB.open(name);
      request.onerror = () => reject(request.error);
      request.onsuccess = () => resolve();
    }),

  /** Returns when the browser has told every connection, and found one that stays. */
  startDeleting: (name: string) =>
    new Promise<void>((resolve, reject) => {
      const request = indexedDB.deleteDatabase(name);
      request.onblocked = () => resolve();
      deletion = new Promise((resolve) => request.onsuccess = () => resolve());
      deletion.then(() => reject(new Error("nothing kept the browser from deleting")));
    }),

  deleted: () => deletion,

  steal: (name: string) =>
    new Promise<void>((resolve, reject) => {
      navigator.locks.request(`bellhop:indexeddb:${name}`, { steal: true }, () => resolve()).catch(reject);
    }),

  /** What a database is, seen by other means. */
  look: (name: string) =>
    new Promise<{ readonly version: number; readonly stores: readonly string[] }>((resolve, reject) => {
      const request = indexedDB.open(name);
      request.onerror = () => reject(request.error);
      request.onsuccess = () => {
        const { version, objectStoreNames } = request.result;
        request.result.close();
        resolve({ version, stores: [...objectStoreNames] });
      };
    }),
};

/** The functions that tests call. */
export type Stores = typeof stores;

Object.assign(globalThis, { stores });

function noise(length: number): string {
  let text = "";
  while (text.length < length) {
    text += String.fromCharCode(...crypto.getRandomValues(new Uint8Array(8_192)).map((byte) => 33 + byte % 94));
  }
  return text.slice(0, length);
}

async function outcome(asked: Promise<unknown>): Promise<Outcome> {
  try {
    await asked;
    return {};
  } catch (error) {
    const { code, message } = error as { readonly code?: string; readonly message?: string };
    return { code: code ?? "no-code", text: `${message}` };
  }
}
