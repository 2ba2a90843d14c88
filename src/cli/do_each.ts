import { Refusal } from "./ask_gateway.ts";
import { EXIT } from "./exit_code.ts";
import { pool } from "./pool.ts";

/** What was refused, and why. */
export interface Failure<Item> {
  readonly item: Item;
  readonly code: string;
  readonly detail: string;
}

/** Requests under way at once. */
const WIDTH = 8;

/**
 * Asks a gateway for each item: what one of them is refused for does not stop the others.
 *
 * @throws {Stop} when the gateway is gone or refuses the credential
 */
export async function doEach<Item>(
  items: readonly Item[],
  act: (item: Item) => Promise<unknown>,
): Promise<{ readonly done: readonly Item[]; readonly failures: readonly Failure<Item>[] }> {
  const done: Item[] = [];
  const failures: Failure<Item>[] = [];
  await pool(each(items), { width: WIDTH, most: 1 }, async ([item]) => {
    try {
      await act(item);
      done.push(item);
    } catch (error) {
      if (!(error instanceof Refusal) || error.exitCode === EXIT.denied) throw error;
      failures.push({ item, code: error.code, detail: error.message });
    }
  });
  return { done, failures };
}

async function* each<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items;
}
