import type { DeadLetter } from "../core/bus/dead_letter.ts";
import { ask } from "./ask_gateway.ts";
import type { GatewayAddress } from "./gateway_address.ts";

/** One page of dead letters; `after` asks for the next, and is `null` on the last. */
export interface DeadLetterPage {
  readonly deadLetters: readonly DeadLetter[];
  readonly after: string | null;
}

/** Dead letters of one page: they carry their messages, of 256 KiB each. */
const PAGE = 100;

/** Asks for a page. @param receiver empty for all; @param after empty for the first page */
export async function deadLetterPage(
  address: GatewayAddress,
  limit: number,
  receiver: string,
  after: string,
): Promise<DeadLetterPage> {
  const query = Object.entries({ limit: String(limit), receiver, after })
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join("&");
  const page = await ask(address, "GET", `/dead-letters?${query}`) as Partial<DeadLetterPage>;
  return { deadLetters: page?.deadLetters ?? [], after: page?.after ?? null };
}

/** The ids of all, as they are now: what is done to them would change the pages. */
export async function deadLetterIds(address: GatewayAddress, receiver: string): Promise<readonly string[]> {
  const ids: string[] = [];
  let after: string | null = "";
  while (after !== null) {
    const page: DeadLetterPage = await deadLetterPage(address, PAGE, receiver, after);
    for (const { id } of page.deadLetters) ids.push(id);
    after = page.after;
  }
  return ids;
}
