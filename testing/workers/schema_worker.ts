/**
 * A Worker whose object shows what lies in its tables, or is given them as an older version left them: what
 * `make_durable_object_1.ts` and the test of schema versions ask.
 *
 * @module
 */
import { KEYSPACES, type StoreOperation } from "@bellhop/bellhop/bus";
import type { StoreRecord } from "@bellhop/bellhop/ports";
import { durableObject, type ObjectStorage } from "@bellhop/bellhop/stores/durable-object";

/** Tables as they lie in an object: how each was made, and its rows in the order of its columns. */
export interface Tables {
  readonly made: readonly string[];
  readonly rows: Readonly<Record<string, readonly (readonly (string | number)[])[]>>;
}

/** What is found in tables of which this version is not the writer. */
export interface Found {
  /** By keyspace. */
  readonly records: Readonly<Record<string, readonly StoreRecord[]>>;
  /** After a record was added and the store opened anew. */
  readonly again: readonly StoreRecord[];
  /** What opening said when the tables claimed the version after the last. */
  readonly later: { readonly code: string; readonly message: string };
}

/** Answers `POST /written` with the tables of a store that has the operations, and `POST /found` with what is in tables. */
export class Schema {
  readonly #storage: ObjectStorage;

  constructor(context: { readonly storage: ObjectStorage }) {
    this.#storage = context.storage;
  }

  async fetch(request: Request): Promise<Response> {
    const isWritten = new URL(request.url).pathname === "/written";
    return Response.json(
      isWritten ? await this.#written(await request.json()) : await this.#found(await request.json()),
    );
  }

  async #written(operations: readonly StoreOperation[]): Promise<Tables> {
    const store = await durableObject(this.#storage)();
    await store.write(operations);
    await store.close();
    const tables = this.#rows(
      "SELECT name, sql FROM sqlite_master WHERE name LIKE 'bellhop%' AND sql IS NOT NULL ORDER BY name",
    );
    return {
      made: tables.map(([, sql]) => sql as string),
      rows: Object.fromEntries(tables.map(([name]) => [name, this.#rows(`SELECT * FROM ${name} ORDER BY 1`)])),
    };
  }

  async #found({ made, rows }: Tables): Promise<Found> {
    const { sql } = this.#storage;
    for (const statement of made) sql.exec(statement);
    for (const [table, values] of Object.entries(rows)) {
      for (const row of values) sql.exec(`INSERT INTO ${table} VALUES (${row.map(() => "?").join(", ")})`, ...row);
    }
    const open = durableObject(this.#storage);
    const store = await open();
    const records: Record<string, readonly StoreRecord[]> = {};
    for (const keyspace of KEYSPACES) records[keyspace] = await store.scan(keyspace, "", 1_000);
    await store.write([{ keyspace: "messages", key: "added", value: "today" }]);
    await store.close();
    const reader = await open();
    const again = await reader.scan("messages", "", 1_000);
    await reader.close();
    sql.exec("UPDATE bellhop_schema SET version = version + 1");
    const later = await open().then(
      () => ({ code: "opened", message: "" }),
      ({ code, message }) => ({ code, message }),
    );
    return { records, again, later };
  }

  #rows(query: string): (string | number)[][] {
    return this.#storage.sql.exec(query).toArray().map((row) => Object.values(row) as (string | number)[]);
  }
}

interface Env {
  readonly SCHEMA: {
    idFromName(name: string): unknown;
    get(id: unknown): { fetch(request: Request): Promise<Response> };
  };
}

export default {
  fetch: (request: Request, { SCHEMA }: Env) => SCHEMA.get(SCHEMA.idFromName(request.url)).fetch(request),
};
