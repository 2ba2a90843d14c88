import type { MessageStatus } from "../core/bus/status.ts";
import { ask } from "./ask_gateway.ts";
import type { GatewayAddress } from "./gateway_address.ts";

/** One page of delayed messages; `after` asks for the next, and is `null` on the last. */
export interface DelayedPage {
  readonly messages: readonly MessageStatus[];
  readonly after: string | null;
}

const PAGE = 1_000;

/** Asks for a page. @param after empty for the first page */
export async function delayedPage(address: GatewayAddress, limit: number, after: string): Promise<DelayedPage> {
  const more = after === "" ? "" : `&after=${encodeURIComponent(after)}`;
  const page = await ask(address, "GET", `/messages?state=delayed&limit=${limit}${more}`) as Partial<DelayedPage>;
  return { messages: page?.messages ?? [], after: page?.after ?? null };
}

/** All, as they are now: what is cancelled would change the pages. */
export async function allDelayed(address: GatewayAddress): Promise<readonly MessageStatus[]> {
  const all: MessageStatus[] = [];
  let after: string | null = "";
  while (after !== null) {
    const page: DelayedPage = await delayedPage(address, PAGE, after);
    all.push(...page.messages);
    after = page.after;
  }
  return all;
}
