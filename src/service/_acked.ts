/** Keys of messages that were acked: at least the last `capacity` of them, and never more than twice as many. */
export interface Acked {
  has(key: string): boolean;
  add(key: string): void;
}

/** Two generations: when the young one is full it becomes the old one, and the old one is forgotten whole. */
export function createAcked(capacity: number): Acked {
  let young = new Set<string>();
  let old = new Set<string>();
  return {
    has: (key) => young.has(key) || old.has(key),
    add(key) {
      young.add(key);
      if (young.size < capacity) return;
      old = young;
      young = new Set();
    },
  };
}
