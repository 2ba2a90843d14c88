import { PRIORITIES, type Priority } from "../core/priority/table.ts";
import type { Given } from "./arguments.ts";
import { EXIT, Stop } from "./exit_code.ts";
import { suggestion } from "./suggest.ts";

/** The priority that `--priority` says. @throws {Stop} `usage` for a word that is none */
export function priorityOf({ priority }: Given["values"]): Priority | undefined {
  if (priority === undefined || PRIORITIES.includes(priority as Priority)) return priority as Priority | undefined;
  const hint = suggestion(String(priority).toUpperCase(), PRIORITIES);
  throw new Stop(EXIT.usage, `--priority: wanted ${PRIORITIES.join(", ")}, got ${JSON.stringify(priority)}${hint}`);
}
