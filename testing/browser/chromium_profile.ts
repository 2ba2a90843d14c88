/**
 * Chromium on a profile that stays, as a process of ours that can be killed: its databases lie on the disk, while those
 * of `startChromium()` are a private window's, in memory.
 *
 * @module
 */
import process from "node:process";
import { type BrowserContext, chromium } from "npm:playwright-core@1.65.1";
import { CHROMIUM, FLAGS } from "../chromium.ts";
import { gone } from "../gone.ts";

/** A running browser. */
export interface ProfiledChromium {
  /** Its only context: that of the profile. */
  readonly context: BrowserContext;
  /** The process that keeps the databases. */
  readonly pid: number;
  /** SIGKILL to it and all that it started; resolves when they are gone, and nothing writes into the profile any more. */
  kill(): Promise<void>;
  /** Ends it as a user would; resolves when all that it started is gone too. */
  close(): Promise<void>;
}

const START_MS = 30_000;

/** Starts Chromium on a folder, which it makes if it is missing. */
export async function startChromiumOn(profile: string): Promise<ProfiledChromium> {
  const portFile = `${profile}/DevToolsActivePort`;
  await Deno.remove(portFile).catch(() => {});
  const child = new Deno.Command(CHROMIUM, {
    args: [...FLAGS, "--headless", "--remote-debugging-port=0", `--user-data-dir=${profile}`, "about:blank"],
    stdin: "null",
    stdout: "null",
    stderr: "null",
    // A group of its own, so that its children can be ended, and waited for, with it.
    detached: true,
  }).spawn();
  try {
    const port = await lineOf(portFile);
    const browser = await chromium.connectOverCDP(`http://127.0.0.1:${port}`);
    const session = await browser.newBrowserCDPSession();
    const { processInfo } = await session.send("SystemInfo.getProcessInfo");
    const main = processInfo.find(({ type }) => type === "browser")?.id;
    if (main !== child.pid) throw new Error(`the browser is process ${main}, started was ${child.pid}`);
    return {
      context: browser.contexts()[0],
      pid: child.pid,
      async kill() {
        killGroup(child.pid);
        await groupEnds(child);
        await browser.close().catch(() => {});
      },
      async close() {
        // It answers or is gone already, and either will do.
        await session.send("Browser.close").catch(() => {});
        await groupEnds(child);
        await browser.close().catch(() => {});
      },
    };
  } catch (error) {
    killGroup(child.pid);
    await groupEnds(child);
    throw error;
  }
}

function killGroup(leader: number): void {
  try {
    process.kill(-leader, "SIGKILL");
  } catch (error) {
    if ((error as { code?: string }).code !== "ESRCH") throw error;
  }
}

async function groupEnds(leader: Deno.ChildProcess): Promise<void> {
  await leader.status;
  await gone(({ group }) => group === leader.pid);
}

/** The first line of a file that is about to be written. */
async function lineOf(path: string): Promise<string> {
  for (const deadline = Date.now() + START_MS; Date.now() < deadline;) {
    const text = await Deno.readTextFile(path).catch(() => "");
    if (text.includes("\n")) return text.split("\n")[0];
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`Chromium did not write ${path} in ${START_MS} ms`);
}
