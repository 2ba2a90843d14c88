import { matches, validatePattern } from "../core/registry/pattern.ts";
import { texts } from "./arguments.ts";
import type { Given } from "./arguments.ts";
import { EXIT, Stop } from "./exit_code.ts";
import type { TraceStep } from "./trace_step.ts";

/** The options that say which steps are shown. */
export const FILTER_OPTIONS = {
  service: { value: "NAME", many: true, help: "steps of this service alone; may be repeated" },
  type: { value: "PATTERN", many: true, help: "steps of messages of such types, as 'document.*'; may be repeated" },
  id: { value: "ID", many: true, help: "steps of the message with this id, or an id that begins so; may be repeated" },
  renewals: { help: "renewals of leases too" },
} as const;

/**
 * Which steps are asked for.
 *
 * @throws {Stop} `usage` for a pattern that is none
 */
export function traceFilter(values: Given["values"]): (step: TraceStep) => boolean {
  const [services, types, ids] = ["service", "type", "id"].map((name) => texts(values, name));
  for (const type of types) {
    const fault = validatePattern(type, "--type");
    if (fault !== undefined) throw new Stop(EXIT.usage, `--type ${JSON.stringify(type)}: ${fault.reason}`);
  }
  return ({ kind, service, receiver, type, id }) => {
    if (kind === "renewed" && values.renewals !== true) return false;
    // Steps of the registry are of no type and no message; of no service are those of the message as a whole.
    if (services.length > 0 && !services.includes(receiver ?? service ?? "")) return false;
    if (types.length > 0 && !(type !== undefined && types.some((pattern) => matches(pattern, type)))) return false;
    return ids.length === 0 || ids.some((wanted) => id?.startsWith(wanted) === true);
  };
}
