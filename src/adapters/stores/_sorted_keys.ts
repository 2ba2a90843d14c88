/** Keys in the order of their code units, in blocks: adding and dropping cost the length of a block, not of the whole. */
export interface SortedKeys {
  /** Adds a key that is not there yet. */
  add(key: string): void;
  /** Drops a key that is there. */
  drop(key: string): void;
  /** At most `limit` keys greater than `after`, in order. */
  after(after: string, limit: number): readonly string[];
}

const BLOCK = 512;

/** An empty set of sorted keys. */
export function sortedKeys(): SortedKeys {
  // No block is empty, but for the only one.
  const blocks: string[][] = [[]];

  function add(key: string): void {
    const at = blockOf(blocks, key);
    const block = blocks[at];
    block.splice(firstAbove(block, key), 0, key);
    if (block.length > BLOCK) blocks.splice(at + 1, 0, block.splice(BLOCK / 2));
  }

  function drop(key: string): void {
    const at = blockOf(blocks, key);
    const block = blocks[at];
    const index = firstAbove(block, key) - 1;
    if (block[index] === key) block.splice(index, 1);
    if (block.length === 0 && blocks.length > 1) blocks.splice(at, 1);
  }

  function after(after: string, limit: number): readonly string[] {
    const found: string[] = [];
    let at = blockOf(blocks, after);
    let from = firstAbove(blocks[at], after);
    while (at < blocks.length && found.length < limit) {
      found.push(...blocks[at].slice(from, from + limit - found.length));
      at++;
      from = 0;
    }
    return found;
  }

  return { add, drop, after };
}

/** The last block whose first key is at most `key`, or the first block. */
function blockOf(blocks: readonly (readonly string[])[], key: string): number {
  let low = 0;
  let high = blocks.length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (blocks[middle][0] <= key) low = middle;
    else high = middle;
  }
  return low;
}

function firstAbove(block: readonly string[], key: string): number {
  let low = 0;
  let high = block.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (block[middle] <= key) low = middle + 1;
    else high = middle;
  }
  return low;
}
