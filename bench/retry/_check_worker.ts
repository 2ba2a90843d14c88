/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
import { checkedHere } from "./check.ts";
import { engineOf } from "./engines.ts";

addEventListener("message", async ({ data }: MessageEvent<{ readonly specifier: string; readonly url: string }>) => {
  try {
    postMessage(await checkedHere(engineOf(await import(data.url), data.specifier)));
  } catch (error) {
    postMessage({ error: error instanceof Error ? error.message : String(error) });
  }
});
