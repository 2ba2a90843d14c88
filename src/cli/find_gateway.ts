import { EXIT, Stop } from "./exit_code.ts";

/** Milliseconds that a gateway may take to say who it is. */
const TIMEOUT_MS = 5_000;

/**
 * Makes sure that a gateway is there before anything is sent.
 *
 * @returns the bytes that it takes in one batch
 * @throws {Stop} `usage` for a text that is no URL, `gateway` if nobody answers there or somebody else does
 */
export async function findGateway(url: string): Promise<number> {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new Stop(EXIT.usage, `--gateway: wanted a URL such as http://127.0.0.1:8000, got ${JSON.stringify(url)}`);
  }
  let manifest: { profiles?: unknown; limits?: { maxBatchBytes?: unknown } } | undefined;
  let status: number;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: "manual" });
    status = response.status;
    manifest = await response.json().catch(() => undefined);
  } catch {
    throw new Stop(EXIT.gateway, `no gateway answers at ${url}: start one with \`bellhop gateway\`, or say --gateway`);
  }
  if (Array.isArray(manifest?.profiles)) return Number(manifest.limits?.maxBatchBytes) || 0;
  throw new Stop(
    EXIT.gateway,
    `what answers at ${url} (status ${status}) is no gateway: is the path it is mounted at missing?`,
  );
}
