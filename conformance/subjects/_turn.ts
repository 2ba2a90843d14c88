// The `dom` types know nothing of it, and pages and bare Workers have none.
const platform: { readonly setImmediate?: (act: () => void) => unknown } = globalThis as never;

/**
 * One turn of the platform's event loop: what promises cannot wait for themselves, as the end of a stream, happens
 * meanwhile. A timer of 0 ms would do too, but costs 1 ms, and 4 ms in a page that sets one from another.
 */
export const turn: () => Promise<void> = immediate() ?? posted() ?? timed;

function immediate(): (() => Promise<void>) | undefined {
  const { setImmediate } = platform;
  return setImmediate && (() => new Promise((resolve) => setImmediate(resolve)));
}

function posted(): (() => Promise<void>) | undefined {
  if (typeof MessageChannel !== "function") return undefined;
  const { port1, port2 } = new MessageChannel();
  const waiting: (() => void)[] = [];
  port1.onmessage = () => waiting.shift()?.();
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      port2.postMessage(null);
    });
}

function timed(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
