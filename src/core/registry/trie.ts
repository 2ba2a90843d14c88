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
        at = at.rest ??= node<V>();
        break;
      }
      at = token === "*" ? at.star ??= node<V>() : childOf(at, token);
    }
    if (addValue(at, value)) size++;
  }

  function remove(pattern: string, value: V): boolean {
    const removed = removeBelow(root, pattern.split("."), 0, value);
    if (removed) size--;
    return removed;
  }

  function match(type: string): V[] {
    // One token more than any pattern has tells "longer than all" apart; the rest of a long type is never looked at.
    const tokens = type.split(".", MAX_PATTERN_TOKENS + 1);
    const found: V[] = [];
    if (isReservedType(type)) exactly(root, tokens, found);
    else collect(root, tokens, 0, found);
    return found.length < 2 ? found : Array.from(new Set(found));
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

/**
 * What is alone lies in the node itself, and only what has company in a map or a set: most nodes have one child or one
 * value, and with many services it is the way to another place in memory that takes the time.
 */
interface Node<V> {
  /** Token of the one literal child. */
  token: string;
  only: Node<V> | undefined;
  /** Two literal children or more. */
  literals: Map<string, Node<V>> | undefined;
  star: Node<V> | undefined;
  /** Values of the patterns that go on with `>` here. */
  rest: Node<V> | undefined;
  /** The one value of the patterns that end at this node. */
  value: V | typeof NONE;
  /** Two values or more. */
  values: Set<V> | undefined;
}

const NONE = Symbol("none");

function node<V>(): Node<V> {
  return {
    token: "",
    only: undefined,
    literals: undefined,
    star: undefined,
    rest: undefined,
    value: NONE,
    values: undefined,
  };
}

function literal<V>(at: Node<V>, token: string): Node<V> | undefined {
  if (at.only !== undefined) return at.token === token ? at.only : undefined;
  return at.literals?.get(token);
}

function childOf<V>(parent: Node<V>, token: string): Node<V> {
  const known = literal(parent, token);
  if (known !== undefined) return known;
  const child = node<V>();
  if (parent.literals !== undefined) parent.literals.set(token, child);
  else if (parent.only === undefined) {
    parent.token = token;
    parent.only = child;
  } else {
    parent.literals = new Map([[parent.token, parent.only], [token, child]]);
    parent.token = "";
    parent.only = undefined;
  }
  return child;
}

/** Whether it is new there. */
function addValue<V>(at: Node<V>, value: V): boolean {
  if (at.values !== undefined) {
    if (at.values.has(value)) return false;
    at.values.add(value);
    return true;
  }
  if (at.value === value) return false;
  if (at.value === NONE) at.value = value;
  else {
    at.values = new Set([at.value, value]);
    at.value = NONE;
  }
  return true;
}

function takeValues<V>({ value, values }: Node<V>, found: V[]): void {
  if (value !== NONE) found.push(value);
  else if (values !== undefined) { for (const each of values) found.push(each); }
}

function exactly<V>(root: Node<V>, tokens: readonly string[], found: V[]): void {
  let at: Node<V> | undefined = root;
  for (const token of tokens) at = at === undefined ? undefined : literal(at, token);
  if (at !== undefined) takeValues(at, found);
}

function collect<V>(at: Node<V>, tokens: readonly string[], depth: number, found: V[]): void {
  if (depth === tokens.length) return takeValues(at, found);
  if (at.rest !== undefined) takeValues(at.rest, found);
  const child = literal(at, tokens[depth]);
  if (child !== undefined) collect(child, tokens, depth + 1, found);
  if (at.star !== undefined) collect(at.star, tokens, depth + 1, found);
}

function removeBelow<V>(at: Node<V>, tokens: readonly string[], depth: number, value: V): boolean {
  if (depth === tokens.length) return removeValue(at, value);
  const token = tokens[depth];
  if (token === ">") {
    if (at.rest === undefined || !removeValue(at.rest, value)) return false;
    if (isEmpty(at.rest)) at.rest = undefined;
    return true;
  }
  const child = token === "*" ? at.star : literal(at, token);
  if (child === undefined || !removeBelow(child, tokens, depth + 1, value)) return false;
  if (isEmpty(child)) {
    if (token === "*") at.star = undefined;
    else removeChild(at, token);
  }
  return true;
}

function removeValue<V>(at: Node<V>, value: V): boolean {
  if (at.values === undefined) {
    if (at.value !== value) return false;
    at.value = NONE;
    return true;
  }
  if (!at.values.delete(value)) return false;
  if (at.values.size === 1) {
    [at.value] = at.values;
    at.values = undefined;
  }
  return true;
}

function removeChild<V>(at: Node<V>, token: string): void {
  if (at.only !== undefined) {
    at.token = "";
    at.only = undefined;
    return;
  }
  const literals = at.literals!;
  literals.delete(token);
  if (literals.size > 1) return;
  [[at.token, at.only]] = literals;
  at.literals = undefined;
}

function isEmpty<V>({ only, literals, star, rest, value, values }: Node<V>): boolean {
  return only === undefined && literals === undefined && star === undefined && rest === undefined && value === NONE &&
    values === undefined;
}
