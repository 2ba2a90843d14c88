import { ask, refusalOf } from "./ask_gateway.ts";
import type { GatewayAddress } from "./gateway_address.ts";

/**
 * Makes sure that a gateway is there before anything is sent.
 *
 * @returns the bytes that it takes in one batch
 * @throws {Stop} `gateway` if nobody answers there or somebody else does, `denied` for a credential that it refuses
 */
export async function findGateway(address: GatewayAddress): Promise<number> {
  const manifest = await ask(address, "GET", "") as { profiles?: unknown; limits?: { maxBatchBytes?: unknown } };
  if (Array.isArray(manifest?.profiles)) return Number(manifest.limits?.maxBatchBytes) || 0;
  throw refusalOf(address, 200, undefined);
}
