import type { Envelope } from "../core/envelope/envelope.ts";
import { BellhopError } from "../core/error.ts";
import { PRIORITY_POLICIES } from "../core/retry/policy.ts";
import { checkData } from "../schema/check_data.ts";
import type { EventDefinition } from "../schema/define_event.ts";
import type { StandardSchema } from "../schema/standard_schema.ts";
import type { PublishOptions } from "../service/outgoing.ts";
import { newId } from "./_new_id.ts";

/** Attributes of the envelope, under their names there. */
export type EnvelopeOptions = Omit<PublishOptions, "delayMs" | "timeoutMs" | "waitMs" | "signal">;

/** @throws {BellhopError} `data-invalid`, or `argument-invalid` for a priority that is none */
export async function newEnvelope(
  source: string,
  nowMs: number,
  event: EventDefinition | string,
  data: unknown,
  { attributes, ...known }: EnvelopeOptions,
): Promise<Envelope> {
  const { type, schema }: { type: string; schema?: StandardSchema } = typeof event === "string"
    ? { type: event }
    : event;
  // What the schema gives is for the receiver, whose schema makes it anew from what was sent.
  if (schema !== undefined) await checkData(schema, data);
  const envelope: Envelope = {
    specversion: "1.0",
    id: newId(),
    source,
    type,
    time: new Date(nowMs).toISOString(),
    ...attributes,
    ...known,
    ...(data === undefined ? {} : { data }),
  };
  if (PRIORITY_POLICIES[envelope.priority ?? "NORMAL"] === undefined) {
    throw new BellhopError("argument-invalid", "priority: wanted LOW, NORMAL, HIGH or CRITICAL", { field: "priority" });
  }
  return envelope;
}
