/**
 * What handlers say, written to the platform's console.
 *
 * @module
 */
import type { LogRecord } from "../../service/log.ts";

/**
 * Writes a record as one line of JSON, by the console's method of its level: platforms that collect logs read it as it
 * is. Fields stand beside the rest, which they cannot replace.
 *
 * @example
 * ```ts
 * import { consoleLog } from "@bellhop/bellhop/hono";
 * import { service } from "@bellhop/bellhop/service";
 * import { assertEquals } from "@std/assert";
 * // All but what is for whoever looks for a fault.
 * const users = service({
 *   name: "users",
 *   version: "1.0.0",
 *   log: (record) => record.level === "debug" ? undefined : consoleLog(record),
 * });
 * assertEquals(users.settings.name, "users");
 * ```
 */
export function consoleLog(record: LogRecord): void {
  const { fields, atMs, level, ...rest } = record;
  const line = JSON.stringify({ ...fields, time: new Date(atMs).toISOString(), level, ...rest });
  // deno-lint-ignore no-console
  console[level](line);
}
