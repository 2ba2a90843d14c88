/**
 * Where the gateway is mounted.
 *
 * @module
 */
import type { Context } from "hono";
import { basePath } from "hono/route";

/** The mount as a path from the root, empty for the root, as far as the app knows it: a proxy before it may know better. */
export function mountOf(c: Context): string {
  // Read as Hono reads paths: what means something in a URL is still escaped.
  const mount = encodeURI(basePath(c).replace(/^\/+|\/+$/g, "")).replaceAll("%25", "%");
  return mount === "" ? "" : `/${mount}`;
}
