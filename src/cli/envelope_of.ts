import { fromJson } from "../core/envelope/parse.ts";
import { DEFAULT_ENVELOPE_LIMITS } from "../core/envelope/limits.ts";
import type { Envelope } from "../core/envelope/envelope.ts";
import type { Priority } from "../core/priority/table.ts";
import { BellhopError } from "../core/error.ts";

/** What the command line says of every message. */
export interface Overrides {
  readonly type?: string;
  readonly source?: string;
  readonly priority?: Priority;
  readonly target?: string;
}

/** The gateway judges sizes by its own limits; here they only keep recursion bounded. */
const LIMITS = { ...DEFAULT_ENVELOPE_LIMITS, maxAttributes: 1_000, maxAttributeLength: 1_048_576, maxDepth: 1_000 };

/**
 * The envelope in a piece of JSON, or around it: with `type`, what has no `specversion` is data.
 *
 * @throws {BellhopError} `envelope-malformed`, `envelope-invalid` with every fault
 */
export function envelopeOf(value: unknown, { type, source = "/cli", priority, target }: Overrides): Envelope {
  const object = typeof value === "object" && value !== null ? value as Record<string, unknown> : undefined;
  const isEnvelope = object?.specversion !== undefined;
  if (!isEnvelope && type === undefined) {
    throw new BellhopError("envelope-malformed", "no envelope: `specversion` is missing; --type sends it as data");
  }
  const envelope = isEnvelope
    ? object
    : { specversion: "1.0", id: crypto.randomUUID(), source, type, time: new Date().toISOString(), data: value };
  const added = { ...(priority === undefined ? {} : { priority }), ...(target === undefined ? {} : { target }) };
  return fromJson({ ...envelope, ...added }, LIMITS);
}
