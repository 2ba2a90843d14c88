/**
 * Messages that an application writes with its own data, in one transaction: either both are there, or neither.
 *
 * The outbox takes them over after the commit (`collect`). Between the two a crash costs nothing: they are collected when
 * the program starts anew, with the same id, so that the gateway knows one that it had already.
 *
 * @module
 */
import type { Sealed } from "./terms.ts";

/** Where sealed messages lie until an outbox collects them. */
export interface OutboxRows {
  /** The oldest of them, at most `limit`. */
  read(limit: number): readonly OutboxRow[] | Promise<readonly OutboxRow[]>;
  /** Removes some. */
  remove(keys: readonly unknown[]): void | Promise<void>;
}

/** One of them. */
export interface OutboxRow {
  /** Names it among the rows. */
  readonly key: unknown;
  /** The envelope as JSON. */
  readonly json: string;
}

/** Runs a statement on the application's own connection and gives its rows. */
export type RunSql = (sql: string, ...bindings: (string | number)[]) => readonly Record<string, unknown>[];

/** Rows in a table of the application's database. */
export interface SqlRows extends OutboxRows {
  /** Writes one, in whatever transaction the connection is in. */
  put(sealed: Sealed): void;
}

/**
 * Rows in a table beside the application's own, which is made if it is missing. For `node:sqlite` the statement is run by
 * `(sql, ...bindings) => database.prepare(sql).all(...bindings)`, in a Durable Object by
 * `(sql, ...bindings) => ctx.storage.sql.exec(sql, ...bindings).toArray()`, there within `transactionSync`.
 *
 * @param table name of the table, of letters, digits and `_`
 *
 * @example
 * ```ts
 * import { outbox, sqlRows } from "@bellhop/bellhop/outbox";
 * import { memory } from "@bellhop/bellhop/stores/memory";
 * import { DatabaseSync } from "node:sqlite";
 * import { assertEquals } from "@std/assert";
 * const fetch = () => Promise.resolve(new Response(null, { status: 202 }));
 * await using box = await outbox({ gateway: "http://127.0.0.1:8000/bus", store: memory(), criticalInMemory: true, fetch });
 * using database = new DatabaseSync(":memory:"); // the application's own
 * database.exec("CREATE TABLE orders (id TEXT)");
 * const rows = sqlRows((sql, ...bindings) => database.prepare(sql).all(...bindings));
 * const sealed = await box.seal("order.placed", { id: "7" });
 * database.exec("BEGIN");
 * database.exec("INSERT INTO orders VALUES ('7')");
 * rows.put(sealed);
 * database.exec("COMMIT");
 * assertEquals(await box.collect(rows), 1);
 * ```
 */
export function sqlRows(run: RunSql, table = "bellhop_outbox"): SqlRows {
  const quoted = `"${table.replaceAll('"', "")}"`;
  run(`CREATE TABLE IF NOT EXISTS ${quoted} (n INTEGER PRIMARY KEY AUTOINCREMENT, envelope TEXT NOT NULL)`);
  return {
    put: ({ json }) => void run(`INSERT INTO ${quoted} (envelope) VALUES (?)`, json),
    read: (limit) =>
      run(`SELECT n, envelope FROM ${quoted} ORDER BY n LIMIT ?`, limit)
        .map(({ n, envelope }) => ({ key: n, json: envelope as string })),
    remove(keys) {
      for (const key of keys) run(`DELETE FROM ${quoted} WHERE n = ?`, key as number);
    },
  };
}

/** What is needed of a `Deno.Kv`. */
export interface Kv {
  /** As `Deno.Kv.list`. */
  list(selector: { prefix: string[] }, options: { limit: number }): AsyncIterable<{ key: unknown; value: unknown }>;
  /** As `Deno.Kv.delete`. */
  // deno-lint-ignore no-explicit-any
  delete(key: any): Promise<void>;
}

/** Rows in a Deno KV. */
export interface KvRows extends OutboxRows {
  /** Adds one to the application's own commit, and gives that back. An envelope of more than 64 KiB does not fit. */
  put<Atomic extends { set(key: string[], value: unknown): unknown }>(atomic: Atomic, sealed: Sealed): Atomic;
}

/**
 * Rows in the application's own Deno KV, in the order of the clock of who wrote them.
 *
 * @param nowMs epoch milliseconds: `Date.now`
 * @param prefix first part of their keys
 */
export function kvRows(kv: Kv, nowMs: () => number, prefix = "bellhop_outbox"): KvRows {
  let count = 0;
  return {
    put(atomic, { id, json }) {
      const moment = [nowMs(), count++].map((part) => String(part).padStart(16, "0")).join(" ");
      atomic.set([prefix, moment, id], json);
      return atomic;
    },
    async read(limit) {
      const rows: OutboxRow[] = [];
      for await (const { key, value } of kv.list({ prefix: [prefix] }, { limit })) {
        rows.push({ key, json: value as string });
      }
      return rows;
    },
    async remove(keys) {
      for (const key of keys) await kv.delete(key);
    },
  };
}
