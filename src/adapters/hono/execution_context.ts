import type { Context } from "hono";

/** What the platform lends a request besides its bindings (`ctx` on Workers), if there is such a thing. */
export function executionContext(c: Context): Context["executionCtx"] | undefined {
  try {
    return c.executionCtx;
  } catch {
    // Hono throws where the platform has none.
    return undefined;
  }
}
