/**
 * Patterns of many subscribers as a trie, so that a lookup costs the tokens of the type and not the subscribers.
 *
 * @module
 */
import { isReservedType, MAX_PATTERN_TOKENS, parsePattern } from "./pattern.ts";

/** Patterns with the values that stand behind them. */
export interface PatternTrie<V> {
  /** How many (pattern, value) pairs are held. */
  readonly size: number;
  /**
   * Adds a pair; adding it again changes nothing.
   *
   * @throws {BellhopError} `argument-invalid` for a text that is no pattern
   */
  add(pattern: string, value: V): void;
  /** Takes a pair out, with the nodes that only it needed; whether it was there. */
  remove(pattern: string, value: V): boolean;
  /** The values whose patterns match, each once, in no stated order. */
  match(type: string): V[];
}

/**
 * An empty trie.
 *
 * A node is visited at most once per lookup, so even patterns chosen to be slow cost no more than their own nodes.
 *
 * @example
 * ```ts
 * import { createPatternTrie } from "@bellhop/bellhop";
 * import { assertEquals } from "@std/assert";
 * const trie = createPatternTrie<string>();
 * trie.add("user.*", "audit");
 * trie.add("user.>", "audit");
 * trie.add("order.created", "billing");
 * assertEquals(trie.match("user.created"), ["audit"]);
 * ```
 */
export function createPatternTrie<V>(): PatternTrie<V> {
  const root = node<V>();
  let size = 0;

  function add(pattern: string, value: V): void {
    let at = root;
    for (const token of parsePattern(pattern)) {
      if (token === ">") {
        if (!(at.rest ??= new Set()).has(value)) size++;
        at.rest.add(value);
        return;
      }
      at = token === "*" ? at.star ??= node<V>() : childOf(at, token);
    }
    if (!(at.ends ??= new Set()).has(value)) size++;
    at.ends.add(value);
  }

  function remove(pattern: string, value: V): boolean {
    const removed = removeBelow(root, pattern.split("."), 0, value);
    if (removed) size--;
    return removed;
  }

  function match(type: string): V[] {
    // One token more than any pattern has tells "longer than all" apart; the rest of a long type is never looked at.
    const tokens = type.split(".", MAX_PATTERN_TOKENS + 1);
    if (isReservedType(type)) return exactly(root, tokens);
    const found = new Set<V>();
    collect(root, tokens, 0, found);
    return found.size === 0 ? [] : Array.from(found);
  }

  return {
    get size(): number {
      return size;
    },
    add,
    remove,
    match,
  };
}

interface Node<V> {
  literals: Map<string, Node<V>> | undefined;
  star: Node<V> | undefined;
  /** Values of the patterns that end at this node. */
  ends: Set<V> | undefined;
  /** Values of the patterns that go on with `>` here. */
  rest: Set<V> | undefined;
}

function node<V>(): Node<V> {
  return { literals: undefined, star: undefined, ends: undefined, rest: undefined };
}

function childOf<V>(parent: Node<V>, token: string): Node<V> {
  const literals = parent.literals ??= new Map();
  let child = literals.get(token);
  if (child === undefined) literals.set(token, child = node<V>());
  return child;
}

function exactly<V>(root: Node<V>, tokens: readonly string[]): V[] {
  let at: Node<V> | undefined = root;
  for (const token of tokens) at = at?.literals?.get(token);
  return at?.ends === undefined ? [] : Array.from(at.ends);
}

function collect<V>(at: Node<V>, tokens: readonly string[], depth: number, found: Set<V>): void {
  if (depth === tokens.length) {
    if (at.ends !== undefined) { for (const value of at.ends) found.add(value); }
    return;
  }
  if (at.rest !== undefined) { for (const value of at.rest) found.add(value); }
  const literal = at.literals?.get(tokens[depth]);
  if (literal !== undefined) collect(literal, tokens, depth + 1, found);
  if (at.star !== undefined) collect(at.star, tokens, depth + 1, found);
}

function removeBelow<V>(at: Node<V>, tokens: readonly string[], depth: number, value: V): boolean {
  const token = tokens[depth];
  if (depth === tokens.length) {
    if (at.ends?.delete(value) !== true) return false;
    if (at.ends.size === 0) at.ends = undefined;
    return true;
  }
  if (token === ">") {
    if (at.rest?.delete(value) !== true) return false;
    if (at.rest.size === 0) at.rest = undefined;
    return true;
  }
  const child = token === "*" ? at.star : at.literals?.get(token);
  if (child === undefined || !removeBelow(child, tokens, depth + 1, value)) return false;
  if (isEmpty(child)) {
    if (token === "*") at.star = undefined;
    else {
      at.literals!.delete(token);
      if (at.literals!.size === 0) at.literals = undefined;
    }
  }
  return true;
}

function isEmpty<V>(at: Node<V>): boolean {
  return at.literals === undefined && at.star === undefined && at.ends === undefined && at.rest === undefined;
}
