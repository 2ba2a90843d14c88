/**
 * Prefixes of `source`, by which a credential is bound to names of its own.
 *
 * @module
 */

/**
 * Whether the prefix binds the source: they are equal, or the source goes on behind the prefix with a new path segment.
 * A source with a dot segment, encoded or not, is bound by none: who resolves it would find itself elsewhere.
 *
 * Both are compared as they are written, as the protocol compares sources everywhere. Time is linear in the source.
 *
 * Source: spec SEC, "Scopes".
 *
 * @example
 * ```ts
 * import { bindsSource } from "@bellhop/bellhop/security";
 * import { assertEquals } from "@std/assert";
 * assertEquals(bindsSource("/orders", "/orders"), true);
 * assertEquals(bindsSource("/orders", "/orders/eu"), true);
 * assertEquals(bindsSource("/orders", "/orders-evil"), false);
 * assertEquals(bindsSource("/orders", "/orders/../billing"), false);
 * assertEquals(bindsSource("/", "/anything/that/begins/so"), true);
 * ```
 */
export function bindsSource(prefix: string, source: string): boolean {
  if (!source.startsWith(prefix) || hasDotSegment(source)) return false;
  return source.length === prefix.length || prefix.endsWith("/") || source.charAt(prefix.length) === "/";
}

/** Whether a path segment of the text is `.` or `..`, also where dots and slashes are percent-encoded. */
export function hasDotSegment(source: string): boolean {
  const plain = source.replace(/%2e/gi, ".").replace(/%2f|%5c|\\/gi, "/");
  return plain.split(/[/?#]/).some((segment) => segment === "." || segment === "..");
}
