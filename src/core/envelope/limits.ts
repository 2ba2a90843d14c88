/**
 * How large an envelope may be.
 *
 * @module
 */

/** Bounds on envelopes, advertised by the gateway. Every one of them is inclusive. */
export interface EnvelopeLimits {
  /** Bytes of one envelope as structured JSON, or of the body in binary mode; at least 65,536 to conform. */
  readonly maxBytes: number;
  /** Bytes of one batch. */
  readonly maxBatchBytes: number;
  /** Envelopes in one batch. */
  readonly maxBatchEnvelopes: number;
  /** Attributes of one envelope, the required ones included and `data` left out. */
  readonly maxAttributes: number;
  /** UTF-16 code units of one attribute's value, where no smaller bound is stated. */
  readonly maxAttributeLength: number;
  /** Nesting of `data`: a scalar is 0, `{}` is 1; at most 1,000, for recursion depends on it. */
  readonly maxDepth: number;
}

/**
 * The limits that hold where none are given: 256 KiB an envelope, 1 MiB and 1,000 envelopes a batch, 64 attributes
 * of 4,096 code units, data nested 64 deep.
 *
 * @example
 * ```ts
 * import { DEFAULT_ENVELOPE_LIMITS } from "@bellhop/bellhop";
 * import { assertEquals } from "@std/assert";
 * assertEquals({ ...DEFAULT_ENVELOPE_LIMITS, maxBytes: 1_048_576 }.maxDepth, 64);
 * ```
 */
export const DEFAULT_ENVELOPE_LIMITS: EnvelopeLimits = Object.freeze({
  maxBytes: 262_144,
  maxBatchBytes: 1_048_576,
  maxBatchEnvelopes: 1_000,
  maxAttributes: 64,
  maxAttributeLength: 4_096,
  maxDepth: 64,
});

/** Code units of an `id`, a `type` and a `datacontenttype`. */
export const MAX_NAME_LENGTH = 256;
/** Code units of a `source` and a `dataschema`. */
export const MAX_URI_LENGTH = 1_024;
/** Characters of an attribute's name. */
export const MAX_ATTRIBUTE_NAME_LENGTH = 64;
