import { type Browser, chromium } from "npm:playwright-core@1.65.1";

/** Where Debian's package puts the browser, as `scripts/browser_tools.ts` installs it. */
export const CHROMIUM = "/usr/bin/chromium";

/** No sandbox, since CI runs as root, and nothing that asks a network on its own. */
export const FLAGS: readonly string[] = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts Chromium with a profile of its own and without a network of its own; closing it removes the profile. */
export async function startChromium(): Promise<Browser & AsyncDisposable> {
  return await chromium.launch({ executablePath: CHROMIUM, headless: true, args: [...FLAGS] });
}
