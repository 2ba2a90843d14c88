import type { MessageStore, OpenStore } from "@bellhop/bellhop/ports";

type Operations = Parameters<MessageStore["write"]>[0];

/** A store whose process may die between any two writes of one key. */
export interface TornStore {
  /** Opens the wrapped store. */
  readonly open: OpenStore;
  /** Writes of one key that hang at this moment. */
  readonly held: number;
  /** Lets that many writes of one key pass from now on; those after them hang until `release` or `die`. */
  hold(writes: number): void;
  /** Lets what hangs go on, in its order. */
  release(): void;
  /** Loses what hangs. Gives how many writes of one key that were, and whether some asked for with them had passed. */
  die(): { readonly held: number; readonly torn: boolean };
}

/** Wraps a store. */
export function tornStore(open: OpenStore): TornStore {
  let left = Infinity;
  let held = 0;
  let torn = false;
  let hanging: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];

  async function openTorn(): Promise<MessageStore> {
    const store = await open();

    async function write(operations: Operations): Promise<void> {
      if (operations.length <= left) {
        left -= operations.length;
        return await store.write(operations);
      }
      const passing = operations.slice(0, left);
      const rest = operations.slice(left);
      left = 0;
      held += rest.length;
      torn ||= passing.length > 0;
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      hanging.push({ resolve, reject });
      await Promise.all([promise, passing.length > 0 ? store.write(passing) : undefined]);
      await store.write(rest);
    }

    return {
      capabilities: store.capabilities,
      write,
      scan: (...place) => store.scan(...place),
      close: () => store.close(),
    };
  }

  return {
    open: openTorn,
    get held() {
      return held;
    },
    hold(writes) {
      left = writes;
    },
    release() {
      const gone = hanging;
      left = Infinity;
      held = 0;
      torn = false;
      hanging = [];
      for (const { resolve } of gone) resolve();
    },
    die() {
      const lost = { held, torn };
      const gone = hanging;
      left = 0;
      held = 0;
      hanging = [];
      for (const { reject } of gone) reject(new Error("the process died"));
      return lost;
    },
  };
}
