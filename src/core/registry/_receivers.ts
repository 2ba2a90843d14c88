/** Which services get a type: the trie of subscriptions, with the answers for recent types kept. */
import { createPatternTrie } from "./trie.ts";

/** A service as the subscriptions see it. */
export interface Subscriber {
  readonly name: string;
  /** Place in the order of registration. */
  readonly order: number;
}

/** The subscriptions of all services. */
export interface Receivers {
  subscribe(subscriber: Subscriber, patterns: readonly string[]): void;
  unsubscribe(subscriber: Subscriber, patterns: readonly string[]): void;
  resolve(type: string): readonly string[];
}

/** Longest type whose answer is kept, so that the cache's size in bytes is bounded too. */
const MAX_CACHED_TYPE_LENGTH = 1_024;

const NOBODY: readonly string[] = Object.freeze([]);

/**
 * No subscriptions. Two generations of `cacheSize` types each are kept: what is asked for stays, what is not falls out
 * without any bookkeeping per lookup.
 */
export function createReceivers(cacheSize: number): Receivers {
  const trie = createPatternTrie<Subscriber>();
  let young = new Map<string, readonly string[]>();
  let old = new Map<string, readonly string[]>();

  function forget(): void {
    if (young.size > 0) young = new Map();
    if (old.size > 0) old = new Map();
  }

  function resolveAnew(type: string): readonly string[] {
    const answer = old.get(type) ?? namesOf(trie.match(type));
    if (type.length > MAX_CACHED_TYPE_LENGTH) return answer;
    if (young.size >= cacheSize) {
      old = young;
      young = new Map();
    }
    young.set(type, answer);
    return answer;
  }

  return {
    subscribe(subscriber: Subscriber, patterns: readonly string[]): void {
      if (patterns.length > 0) forget();
      for (const pattern of patterns) trie.add(pattern, subscriber);
    },
    unsubscribe(subscriber: Subscriber, patterns: readonly string[]): void {
      if (patterns.length > 0) forget();
      for (const pattern of patterns) trie.remove(pattern, subscriber);
    },
    resolve(type: string): readonly string[] {
      return young.get(type) ?? resolveAnew(type);
    },
  };
}

function namesOf(found: Subscriber[]): readonly string[] {
  if (found.length === 0) return NOBODY;
  if (found.length > 1) found.sort((a, b) => a.order - b.order);
  return Object.freeze(found.map((subscriber) => subscriber.name));
}
