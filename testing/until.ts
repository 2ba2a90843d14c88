/** How long a test waits for another process, a browser or the disk; all of them are done in a fraction of it. */
const PATIENCE_MS = 20_000;
const AGAIN_MS = 10;

/**
 * Asks again and again until it holds.
 *
 * @param what what was waited for; the question itself if it is not said
 * @throws {Error} when it has not come to that within `ms`
 */
export async function until(
  holds: () => boolean | undefined | Promise<boolean | undefined>,
  what: string | (() => string) = () => String(holds),
  ms = PATIENCE_MS,
): Promise<void> {
  for (const endMs = performance.now() + ms; await holds() !== true;) {
    if (performance.now() > endMs) {
      throw new Error(`not within ${ms} ms: ${typeof what === "string" ? what : what()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}
