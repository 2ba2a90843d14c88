import { assert, assertEquals, assertGreater, assertRejects, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { DatabaseSync } from "node:sqlite";
import { damage, damaged, judged, readAll } from "../../../testing/stores/damage.ts";
import { effort } from "../../../testing/effort.ts";
import type { Keyspace, StoreOperation } from "../../core/bus/operation.ts";
import { BellhopError } from "../../core/error.ts";
import { sqlite } from "./sqlite.ts";

const directory = Deno.makeTempDirSync({ prefix: "bellhop-" });
globalThis.addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));
let files = 0;

const PARTS = ["", "-wal", "-mark"] as const;
/** A store that was killed, part of it in the log, and the same closed; with what they hold. */
const kept = new Map<string, string>();
const [killed, shut] = await made();

Deno.test("sqlite() opens a damaged store with all that was acknowledged, or tells; it never leaves a record out", async () => {
  const seen = { refused: 0, unreadable: 0, whole: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom([killed, ""], [killed, "-wal"], [killed, "-wal"], [killed, "-mark"], [shut, ""] as const),
      damage,
      async ([from, part], how) => {
        const path = await copied(from);
        await Deno.writeFile(path + part, damaged(await Deno.readFile(path + part), how));
        seen[await judged(sqlite(path), kept)]++;
      },
    ),
    { numRuns: effort(80, 400) },
  );
  for (const [what, count] of Object.entries(seen)) assertGreater(count, 0, `none was ${what}: the test sees nothing`);
});

Deno.test("sqlite() tells when its file or its log is gone, or empty", async () => {
  for (const [from, part] of [[killed, ""], [killed, "-wal"], [shut, ""]] as const) {
    for (const gone of [true, false]) {
      if (from === shut && gone) continue;
      const path = await copied(from);
      if (gone) await Deno.remove(path + part);
      else await Deno.truncate(path + part, 0);
      const before = await everything(path);
      const error = await assertRejects(() => sqlite(path)(), BellhopError);
      assertEquals(error.code, "store-failed");
      assertEquals(await everything(path), before);
    }
  }
  // The word of an operator who takes the loss.
  const path = await copied(killed);
  await Deno.truncate(`${path}-wal`, 0);
  const error = await assertRejects(() => sqlite(path)(), BellhopError);
  assertStringIncludes(error.message, `remove ${path}-mark to go on without it`);
  await Deno.remove(`${path}-mark`);
  await (await sqlite(path)()).close();
});

Deno.test("sqlite() tells when a page says that it holds fewer rows than it does", async () => {
  const bytes = await Deno.readFile(shut);
  let refused = 0;
  for (let page = 4_096; page < bytes.length; page += 4_096) {
    const changed = bytes.slice();
    const count = new DataView(changed.buffer).getUint16(page + 3);
    // Leaves of tables and of indexes; what overflows has no such number.
    if ((bytes[page] !== 13 && bytes[page] !== 10) || count < 2 || count > 500) continue;
    new DataView(changed.buffer).setUint16(page + 3, count - 1);
    const path = `${directory}/${files++}.db`;
    await Deno.writeFile(path, changed);
    if (await judged(sqlite(path), kept) === "refused") refused++;
  }
  assertGreater(refused, 5);
});

Deno.test("sqlite() opens what was killed again and again, with its log or after the log was folded", async () => {
  const path = await copied(killed);
  for (let life = 0; life < 4; life++) {
    const next = `${directory}/${files++}.db`;
    const store = await sqlite(path)();
    for (let n = 0; n < 100 * life; n++) await store.write([put("messages", `life-${n}`, "x".repeat(9_000))]);
    for (const part of PARTS) if (await exists(path + part)) await Deno.copyFile(path + part, next + part);
    await store.close();
    assert(!await exists(`${path}-mark`), "a closed store is one file");
    await (await sqlite(next)()).close();
  }
});

Deno.test("write() over a record that could not be read sets it aside first", async () => {
  for (const value of ["new", undefined]) {
    const path = await copied(shut);
    const database = new DatabaseSync(path);
    database.exec("UPDATE deliveries SET value = 'changed' WHERE key = 'key-7'");
    database.close();
    const store = await sqlite(path)();
    const [record] = (await readAll(store, "deliveries")).filter(({ key }) => key === "key-7");
    assertEquals([record.value, typeof record.damaged], ["", "string"]);
    await store.write([{ keyspace: "deliveries", key: "key-7", value }, put("messages", "other", "1")]);
    await store.write([put("deliveries", "key-7", "newer")]);
    const [again] = (await readAll(store, "deliveries")).filter(({ key }) => key === "key-7");
    assertEquals(again, { key: "key-7", value: "newer" });
    await store.close();
    const reader = new DatabaseSync(path);
    const aside = reader.prepare("SELECT keyspace, key, value FROM damaged").all().map((row) => ({ ...row }));
    assertEquals(aside, [{ keyspace: "deliveries", key: "key-7", value: "changed" }]);
    reader.close();
  }
});

async function made(): Promise<readonly [killed: string, shut: string]> {
  const [path, one, other] = ["live", "killed", "shut"].map((name) => `${directory}/${name}.db`);
  let store = await sqlite(path)();
  const write = async (operations: readonly StoreOperation[]): Promise<void> => {
    await store.write(operations);
    for (const { keyspace, key, value } of operations) {
      if (value === undefined) kept.delete(`${keyspace} ${key}`);
      else kept.set(`${keyspace} ${key}`, value);
    }
  };
  for (let n = 0; n < 40; n++) {
    await write([
      put("messages", `key-${n}`, `${n}:${"é€😀x".repeat((n * 7_919) % 900)}`),
      put("deliveries", `key-${n}`, "\0".repeat(n)),
      put("outcomes", `key-${n % 7}`, `${n}`),
      { keyspace: "messages", key: `key-${n - 30}`, value: undefined },
    ]);
    if (n !== 19) continue;
    // So that the killed one has its first half in the file, and the rest in the log.
    await store.close();
    store = await sqlite(path)();
  }
  await write([put("registry", "service", "{}")]);
  for (const part of PARTS) await Deno.copyFile(path + part, one + part);
  await store.close();
  await Deno.copyFile(path, other);
  return [one, other];
}

async function copied(from: string): Promise<string> {
  const path = `${directory}/${files++}.db`;
  for (const part of PARTS) if (await exists(from + part)) await Deno.copyFile(from + part, path + part);
  return path;
}

async function everything(path: string): Promise<readonly (Uint8Array | undefined)[]> {
  return await Promise.all(PARTS.map((part) => Deno.readFile(path + part).catch(() => undefined)));
}

function put(keyspace: Keyspace, key: string, value: string): StoreOperation {
  return { keyspace, key, value };
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
