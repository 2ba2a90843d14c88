/**
 * An OpenAPI document as a judge of answers, for tests.
 *
 * @module
 */
import { assert, assertEquals, fail } from "@std/assert";
import { Ajv2020, type ValidateFunction } from "npm:ajv@8.20.0/dist/2020.js";

type Content = Readonly<Record<string, { readonly schema?: object }>>;

/** One operation, as far as these tests look. */
export interface Described {
  readonly operationId: string;
  readonly description?: string;
  readonly security?: readonly object[];
  readonly "x-bellhop-scopes"?: readonly string[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}

/** A document, as far as these tests look. */
export interface OpenApi {
  readonly openapi: string;
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>>; readonly securitySchemes?: object };
}

/** Checks answers and bodies against the document; it takes down which refusals it has seen. */
export interface Judge {
  /** @param route method and path as the document has them: `GET /services/{name}` */
  answer(route: string, response: Response): Promise<unknown>;
  body(route: string, type: string, body: unknown): void;
  schema(name: string, value: unknown): void;
  readonly seen: Set<string>;
}

export function judge(document: OpenApi): Judge {
  // Strict: a keyword that is misspelt, or does not go with its type, is an error.
  const ajv = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true, allErrors: true });
  ajv.addVocabulary(["components"]);
  const made = new Map<object, ValidateFunction>();
  const seen = new Set<string>();

  function fits(schema: object, value: unknown, where: string): void {
    let validate = made.get(schema);
    if (validate === undefined) {
      validate = ajv.compile({ ...schema, components: { schemas: document.components.schemas } });
      made.set(schema, validate);
    }
    assert(validate(value), `${where}: ${JSON.stringify(validate.errors)} in ${JSON.stringify(value)}`);
  }

  function operation(route: string): Described {
    const [method, path] = route.split(" ");
    const found = document.paths[path]?.[method.toLowerCase()];
    assert(found !== undefined, `${route} is not in the document`);
    return found;
  }

  return {
    seen,
    async answer(route, response) {
      const where = `${route} ${response.status}`;
      const told = operation(route).responses[response.status];
      if (told === undefined) fail(`${where} is not in the document: ${await response.text()}`);
      const type = response.headers.get("content-type")?.split(";")[0];
      if (told.content === undefined) {
        assertEquals(await response.text(), "", where);
        return;
      }
      const schema = told.content[type ?? ""]?.schema;
      assert(schema !== undefined, `${where}: ${type} is not in the document`);
      if (type === "text/event-stream") return await response.body?.cancel();
      const body = type === "text/html" ? await response.text() : await response.json();
      fits(schema, body, where);
      seen.add(`${where}${type === "application/problem+json" ? ` ${body.code}` : ""}`);
      return body;
    },
    body(route, type, body) {
      const schema = operation(route).requestBody?.content[type]?.schema;
      assert(schema !== undefined, `${route} takes no ${type}`);
      fits(schema, body, route);
    },
    schema(name, value) {
      fits({ $ref: `#/components/schemas/${name}` }, value, name);
    },
  };
}

/** Every operation of a document, as `GET /services/{name}`. */
export function routesOf({ paths }: OpenApi): string[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`)
  );
}
