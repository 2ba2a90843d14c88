/**
 * One operation of OpenAPI 3.1 from what a route takes, answers and refuses.
 *
 * @module
 */
import { type ErrorCode, ERRORS } from "../../core/error.ts";
import { ref, type Schema } from "./_openapi_schemas.ts";

/** An operation, and who may ask for it. */
export interface Operation {
  /** As OpenAPI has it, without `security`. */
  readonly operation: Readonly<Record<string, unknown>>;
  /** Whether it is answered without a credential, also outside open mode. */
  readonly open: boolean;
}

/** What is said of a route. */
export interface Told {
  readonly summary: string;
  readonly description?: string;
  /** Any one of these scopes does; none are needed where the list is empty; absent where no credential is. */
  readonly scopes?: readonly string[];
  readonly parameters?: readonly Schema[];
  /** Schemas of the body by content type. */
  readonly body?: Readonly<Record<string, Schema>>;
  /** The answers that are no refusals, by status. */
  readonly answers: Readonly<Record<string, Schema>>;
  /** The codes of its own refusals, besides those of every route. */
  readonly refusals?: readonly ErrorCode[];
  /** Whether it answers without the engine. */
  readonly still?: boolean;
}

const PROBLEM_TYPE = "application/problem+json";

/** What any request can be refused with. */
const EVERY: readonly ErrorCode[] = ["open-mode-refused", "headers-too-large", "internal"];
/** What one that needs the engine can be: it may not open, it may close, and the lease it carries may have ended. */
const ENGINE: readonly ErrorCode[] = [
  "lease-unknown",
  "closing",
  "store-locked",
  "store-unavailable",
  "engine-required",
  "store-failed",
  "store-version",
  "store-closed",
  "permission-missing",
];

/** What reading a body can come to. */
export const BODY: readonly ErrorCode[] = ["body-too-large", "body-used", "timeout", "envelope-malformed"];

/** The token of a lease, which any request may carry. */
export const LEASE: Schema = header("bellhop-lease", "Lease token of the instance that asks: it is renewed.");

/** The operation. */
export function operation(operationId: string, told: Told): Operation {
  const { summary, description, scopes, parameters, body, answers, refusals = [], still = false } = told;
  const codes = [
    ...EVERY,
    ...(scopes === undefined ? [] : ["unauthorized" as const]),
    ...(scopes === undefined || scopes.length === 0 ? [] : ["forbidden" as const]),
    ...(still ? [] : ENGINE),
    ...refusals,
  ];
  const asked = scopes === undefined || scopes.length === 0 ? [] : [`Scope: ${scopes.map(code).join(" or ")}.`];
  const text = [...(description === undefined ? [] : [description]), ...asked].join("\n\n");
  return {
    open: scopes === undefined,
    operation: {
      operationId,
      summary,
      ...(text === "" ? {} : { description: text }),
      ...(scopes === undefined ? {} : { "x-bellhop-scopes": scopes }),
      parameters: [...(parameters ?? []), ...(still ? [] : [LEASE])],
      ...(body === undefined ? {} : {
        requestBody: { required: true, content: mapped(body, (schema) => ({ schema })) },
      }),
      responses: withProblems(answers, codes),
    },
  };
}

/** An answer with a body, or without one. */
export function answer(description: string, schema?: Schema, type = "application/json"): Schema {
  return schema === undefined ? { description } : { description, content: { [type]: { schema } } };
}

/** A part of the query. */
export function query(name: string, schema: Schema, required = false): Schema {
  return { name, in: "query", required, schema };
}

/** A header that may be there. */
export function header(name: string, description: string, schema: Schema = { type: "string" }): Schema {
  return { name, in: "header", required: false, description, schema };
}

/** A part of the path. */
export function segment(name: string, description: string): Schema {
  return { name, in: "path", required: true, description, schema: { type: "string" } };
}

/** The answers and, under the status of each, the refusals; some share a status with an answer. */
function withProblems(
  answers: Readonly<Record<string, Schema>>,
  codes: readonly ErrorCode[],
): Readonly<Record<string, Schema>> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of new Set(codes)) {
    const { status } = ERRORS[code];
    byStatus.set(status, [...byStatus.get(status) ?? [], code]);
  }
  const all: Record<string, Schema> = { ...answers };
  for (const [status, found] of [...byStatus].sort(([one], [other]) => one - other)) {
    all[status] = problem(status, found, all[status]);
  }
  return all;
}

function problem(status: number, codes: readonly ErrorCode[], beside: Schema | undefined): Schema {
  const refused = `Refused: ${codes.map(code).join(", ")}.`;
  const members = { status: { const: status }, code: { type: "string", enum: codes } };
  return {
    description: beside === undefined ? refused : `${beside.description} ${refused}`,
    ...(status === ERRORS.unauthorized.status
      ? { headers: { "www-authenticate": { schema: { type: "string" } } } }
      : {}),
    ...(codes.some((found) => ERRORS[found].retry)
      ? { headers: { "retry-after": { description: "In seconds, where it is known.", schema: { type: "string" } } } }
      : {}),
    content: {
      ...beside?.content as Schema | undefined,
      [PROBLEM_TYPE]: { schema: { allOf: [ref("Problem"), { type: "object", properties: members }] } },
    },
  };
}

function code(text: string): string {
  return `\`${text}\``;
}

function mapped<Value, Result>(record: Readonly<Record<string, Value>>, to: (value: Value) => Result) {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, to(value)]));
}
