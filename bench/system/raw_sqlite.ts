/**
 * SQLite by itself, in a file with the settings of the store: what a group commit is measured against.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";

/** A database in a folder of its own, with one table of keys and values for each name. */
export interface RawSqlite {
  begin(): void;
  put(table: string, key: string, value: string): void;
  commit(): void;
  prepare(statement: string): (...values: string[]) => void;
  /** Closes it and removes its folder. */
  close(): void;
}

export function rawSqlite(tables: readonly string[]): RawSqlite {
  const directory = Deno.makeTempDirSync({ prefix: "bellhop-" });
  const raw = new DatabaseSync(`${directory}/raw.db`);
  raw.exec(`PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL; PRAGMA fullfsync = 1;
    PRAGMA cell_size_check = ON; PRAGMA journal_mode = WAL`);
  for (const table of tables) raw.exec(`CREATE TABLE ${table} (key TEXT NOT NULL PRIMARY KEY, value)`);
  const puts = new Map(tables.map((table) => [
    table,
    raw.prepare(
      `INSERT INTO ${table} (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
    ),
  ]));
  return {
    begin: () => raw.exec("BEGIN"),
    put: (table, key, value) => void puts.get(table)!.run(key, value),
    commit: () => raw.exec("COMMIT"),
    prepare(statement) {
      const prepared = raw.prepare(statement);
      return (...values) => void prepared.run(...values);
    },
    close() {
      raw.close();
      Deno.removeSync(directory, { recursive: true });
    },
  };
}
