/**
 * `defineEvent()`: the name of an event and the shape of its data, said once for who sends and who receives.
 *
 * @module
 */
import { BellhopError } from "../core/error.ts";
import { MAX_NAME_LENGTH } from "../core/envelope/limits.ts";
import type { Envelope } from "../core/envelope/envelope.ts";
import type { InferInput, InferOutput, StandardSchema } from "./standard_schema.ts";

/** An event as its sender and its receivers know it. */
export interface EventDefinition<Type extends string = string, Input = unknown, Output = Input> {
  /** The envelope's `type`. */
  readonly type: Type;
  /** Judges the data at both ends; absent where anything goes. */
  readonly schema?: StandardSchema<Input, Output>;
}

/** An envelope whose type and data are known. */
export interface TypedEnvelope<Type extends string = string, Data = unknown> extends Envelope<Data> {
  /** What happened. */
  readonly type: Type;
  /** The payload, as the schema gave it. */
  readonly data: Data;
}

/**
 * Defines an event whose data follows a schema of any library that speaks Standard Schema (standardschema.dev).
 *
 * The sender's data is checked before it is sent and the receiver's before its handler runs: the handler gets what the
 * schema gives, defaults filled in.
 *
 * @param type dot-separated tokens of visible ASCII without `*` and `>`, 1 to 256 characters
 * @throws {BellhopError} `argument-invalid` if the type is none
 *
 * @example
 * ```ts
 * import { defineEvent, type StandardSchema } from "@bellhop/bellhop/schema";
 * import { assertEquals } from "@std/assert";
 * // A schema by hand; any library's will do.
 * const document: StandardSchema<{ id: string }> = {
 *   "~standard": {
 *     version: 1,
 *     vendor: "none",
 *     validate: (value) =>
 *       typeof (value as { id?: unknown } | null)?.id === "string"
 *         ? { value: value as { id: string } }
 *         : { issues: [{ message: "wanted an id", path: ["id"] }] },
 *   },
 * };
 * const created = defineEvent("document.created", document);
 * assertEquals(created.type, "document.created");
 * ```
 */
export function defineEvent<Type extends string, Schema extends StandardSchema>(
  type: Type,
  schema: Schema,
): EventDefinition<Type, InferInput<Schema>, InferOutput<Schema>>;
/**
 * Defines an event whose data nobody checks: `defineEvent<"order.paid", Order>("order.paid")` says what it is for the
 * compiler alone, at both ends; without the two, data may be anything. What arrives was written elsewhere: where it
 * counts, take a schema.
 */
export function defineEvent<Type extends string, Data = unknown>(type: Type): EventDefinition<Type, Data>;
export function defineEvent(type: string, schema?: StandardSchema): EventDefinition {
  if (!isType(type)) {
    throw new BellhopError(
      "argument-invalid",
      `type: wanted 1 to ${MAX_NAME_LENGTH} visible ASCII characters without * and >, and no empty token`,
      { field: "type" },
    );
  }
  return Object.freeze(schema === undefined ? { type } : { type, schema });
}

function isType(type: unknown): type is string {
  if (typeof type !== "string" || type.length > MAX_NAME_LENGTH) return false;
  return type.split(".").every((token) => /^[!-)+-=?-~]+$/.test(token));
}
