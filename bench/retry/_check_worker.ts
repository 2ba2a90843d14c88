/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
import type { Checked } from "./check.ts";
import { engineOf } from "./engines.ts";
import { triedClaims } from "./expresses.ts";
import { specWaits } from "./spec_waits.ts";

addEventListener("message", async ({ data }: MessageEvent<{ readonly specifier: string; readonly url: string }>) => {
  try {
    const engine = engineOf(await import(data.url), data.specifier);
    const { name, version } = engine;
    const found: Checked = { name, version, claims: await triedClaims(engine), waits: await specWaits(engine) };
    postMessage(found);
  } catch (error) {
    postMessage({ error: error instanceof Error ? error.message : String(error) });
  }
});
