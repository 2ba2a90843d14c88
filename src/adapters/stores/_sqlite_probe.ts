import { BellhopError } from "../../core/error.ts";
import { damaged } from "./_sqlite_failure.ts";

/**
 * Whether a file may be opened by what else keeps its data in SQLite: throws what SQLite says if it is locked or no
 * database, `store-failed` if it has tables, but not these, or if its pages do not make whole trees. A file that is missing is made, with nothing in it.
 */
export async function probe(path: string, tables: readonly string[]): Promise<void> {
  const { DatabaseSync } = await import("node:sqlite");
  // SQLite takes a path that begins with "file:" for a URI with options.
  const database = new DatabaseSync(path.startsWith("file:") ? `./${path}` : path);
  try {
    database.exec("PRAGMA busy_timeout = 0; BEGIN IMMEDIATE");
    const found = new Set(database.prepare("SELECT name FROM sqlite_schema").all().map(({ name }) => name));
    const ours = found.size === 0 || tables.every((table) => found.has(table));
    const finding = ours ? Object.values(database.prepare("PRAGMA integrity_check(1)").get()!)[0] : "ok";
    database.exec("ROLLBACK");
    if (finding !== "ok") throw damaged(path, String(finding));
    if (ours) return;
    throw new BellhopError("store-failed", `${path} is a database of something else and was left as it is`);
  } finally {
    database.close();
  }
}
