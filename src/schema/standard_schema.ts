/**
 * The interface by which valibot, zod, arktype and others let anybody use their schemas: Standard Schema, version 1
 * (standardschema.dev), written down here so that nothing need be installed.
 *
 * @module
 */

/** Any schema of any library that speaks Standard Schema. */
export interface StandardSchema<Input = unknown, Output = Input> {
  /** What the library offers to strangers. */
  readonly "~standard": StandardProps<Input, Output>;
}

/** The properties under `~standard`. */
export interface StandardProps<Input = unknown, Output = Input> {
  /** Version of the interface. */
  readonly version: 1;
  /** Name of the library. */
  readonly vendor: string;
  /** Judges a value; it may take its time. */
  readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
  /** For inference alone; never there at run time. */
  readonly types?: StandardTypes<Input, Output> | undefined;
}

/** The inferred types of a schema. */
export interface StandardTypes<Input = unknown, Output = Input> {
  /** What the schema takes. */
  readonly input: Input;
  /** What it gives, after its defaults and transformations. */
  readonly output: Output;
}

/** The result of a validation: a value, or issues. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

/** One thing wrong with a value. */
export interface StandardIssue {
  /** A sentence. */
  readonly message: string;
  /** Where in the value. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** What a schema takes. */
export type InferInput<Schema extends StandardSchema> = NonNullable<Schema["~standard"]["types"]>["input"];

/** What a schema gives. */
export type InferOutput<Schema extends StandardSchema> = NonNullable<Schema["~standard"]["types"]>["output"];
