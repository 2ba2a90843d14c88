import { assert, assertEquals, assertLess, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import type { StoreOperation } from "../../core/bus/operation.ts";
import { RECORDS } from "../../../testing/stores/make_sqlite_1.ts";
import { BellhopError, type ErrorCode } from "../../core/error.ts";
import { storeContract } from "../../testing/store_contract.ts";
import { sqlite } from "./sqlite.ts";

const directory = Deno.makeTempDirSync({ prefix: "bellhop-" });
globalThis.addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));
let files = 0;

storeContract(() => sqlite(fresh()), { register: (name, check) => Deno.test(`sqlite(): ${name}`, check) });

Deno.test("sqlite() throws argument-invalid for a path or a bound that cannot be", () => {
  for (const path of ["", ":memory:", "a\0b"]) throws("argument-invalid", () => sqlite(path));
  for (const maxRecordBytes of [98_303, 1.5, NaN, 67_108_865]) {
    throws("argument-invalid", () => sqlite("a", { maxRecordBytes }));
  }
  for (const maxFileBytes of [1_048_575, Infinity]) throws("argument-invalid", () => sqlite("a", { maxFileBytes }));
});

Deno.test("sqlite() takes a path that looks like a URI for the name of a file", async () => {
  const path = `file:${crypto.randomUUID()}?mode=memory`;
  const store = await sqlite(path)();
  await store.close();
  await Deno.remove(path);
});

Deno.test("sqlite() leaves one file behind when it is closed, and its log while it is open", async () => {
  const path = fresh();
  const store = await sqlite(path)();
  await store.write([put("a", "1")]);
  assert(exists(`${path}-wal`));
  await store.close();
  assert(exists(path));
  assert(!exists(`${path}-wal`));
  assert(!exists(`${path}-shm`));
});

Deno.test("sqlite() rejects with store-locked at once while another process owns the file", async () => {
  const path = fresh();
  const owner = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", new URL("../../../testing/crash/sqlite_writer.ts", import.meta.url).pathname, path],
    stdout: "piped",
  }).spawn();
  const output = owner.stdout.getReader();
  assert(!(await output.read()).done);
  const started = performance.now();
  await rejects("store-locked", sqlite(path)());
  assertLess(performance.now() - started, 1_000);
  owner.kill("SIGKILL");
  await owner.status;
  await output.cancel();
  // The lock went with the process.
  await (await sqlite(path)()).close();
});

Deno.test("sqlite() leaves a file alone that is no Bellhop store", async () => {
  const [text, other, log] = [fresh(), fresh(), fresh()];
  await Deno.writeTextFile(text, "Dear diary, ".repeat(1_000));
  const database = new DatabaseSync(other);
  database.exec("CREATE TABLE diary (day TEXT); INSERT INTO diary VALUES ('Monday')");
  database.close();
  const logged = new DatabaseSync(log);
  logged.exec("PRAGMA journal_mode = WAL; CREATE TABLE diary (day TEXT); PRAGMA user_version = 1");
  logged.close();
  for (const path of [text, other, log]) {
    const before = await Deno.readFile(path);
    await rejects("store-failed", sqlite(path)());
    assertEquals(await Deno.readFile(path), before);
  }
  // Nor does it keep the lock of what it refused.
  const again = new DatabaseSync(other);
  again.exec("INSERT INTO diary VALUES ('Tuesday')");
  again.close();
});

Deno.test("sqlite() rejects with store-version when another version wrote the file", async () => {
  const path = fresh();
  await (await sqlite(path)()).close();
  const database = new DatabaseSync(path);
  database.exec("PRAGMA user_version = 3");
  database.close();
  const error = await rejects("store-version", sqlite(path)());
  assertStringIncludes(error.message, "schema version 3");
});

Deno.test("sqlite() rejects with store-failed when the directory is missing", async () => {
  const error = await rejects("store-failed", sqlite(`${directory}/no/such/bus.db`)());
  assertStringIncludes(error.message, "its directory must exist");
});

Deno.test("sqlite() reads what schema version 1 wrote, and makes it a store of today", async () => {
  const path = fresh();
  await Deno.copyFile(new URL("../../../testing/stores/sqlite_1.db", import.meta.url), path);
  for (const opening of [1, 2]) {
    const store = await sqlite(path)();
    for (const keyspace of ["messages", "deliveries", "outcomes", "registry"] as const) {
      const written = RECORDS.filter((record) => record.keyspace === keyspace);
      assertEquals(await store.scan(keyspace, "", 10), written.map(({ key, value }) => ({ key, value })), `${opening}`);
    }
    await store.write(RECORDS);
    await store.close();
  }
  const database = new DatabaseSync(path);
  assertEquals(database.prepare("PRAGMA user_version").get()!.user_version, 2);
  database.close();
});

Deno.test("write() rejects its whole group with not-durable when the disk is full, and the store takes no more", async () => {
  const path = fresh();
  const store = await sqlite(path, { maxFileBytes: 1_048_576 })();
  await store.write([put("before", "1")]);
  const fits = store.write([put("fits", "1")]);
  const large = store.write([put("large", "x".repeat(1_000_000)), put("larger", "x".repeat(1_000_000))]);
  const late = store.write([put("late", "1")]);
  for (const write of [fits, large, late]) {
    const error = await rejects("not-durable", write);
    assertStringIncludes(error.message, "the disk is full");
    assertStringIncludes(String(error.cause), "full");
  }
  await rejects("store-closed", store.write([put("after", "1")]));
  assertEquals(await store.scan("messages", "", 10), [{ key: "before", value: "1" }]);
  await store.close();

  const again = await sqlite(path, { maxFileBytes: 1_048_576 })();
  assertEquals(await again.scan("messages", "", 10), [{ key: "before", value: "1" }]);
  await again.write([put("after", "1")]);
  await again.close();
});

Deno.test("a full store can be emptied", async () => {
  const path = fresh();
  const open = sqlite(path, { maxFileBytes: 1_048_576 });
  let store = await open();
  let kept = 0;
  for (let full = false; !full;) {
    await store.write([put(`${kept}`, "x".repeat(1_000))]).then(() => kept++, () => full = true);
  }
  await store.close();
  store = await open();
  assertEquals((await store.scan("messages", "", 1_000)).length, kept);
  await store.write(range(0, kept).map((_, n) => ({ keyspace: "messages", key: `${n}`, value: undefined })));
  for (let n = 0; n < kept; n++) await store.write([put(`${n}`, "x".repeat(1_000))]);
  await store.close();
});

Deno.test("the log beside the file stays bounded, whatever is written", async () => {
  const path = fresh();
  const store = await sqlite(path)();
  let most = 0;
  for (let n = 0; n < 200; n++) {
    // Each round writes something else: SQLite leaves pages alone that would not change.
    const value = String.fromCharCode(97 + n % 26).repeat(20_000);
    await Promise.all(range(0, 16).map((key) => store.write([put(key, value)])));
    most = Math.max(most, (await Deno.stat(`${path}-wal`)).size);
  }
  // 62 MiB were written; a log is folded in at 4 MiB.
  assertLess(most, 6 * 1_048_576);
  await store.write(range(0, 30).map((key) => put(key, "x".repeat(1_000_000))));
  assert((await Deno.stat(`${path}-wal`)).size > 20 * 1_048_576);
  await store.write([put("next", "1")]);
  assertEquals((await Deno.stat(`${path}-wal`)).size, 8 * 1_048_576);
  await store.close();
});

Deno.test("a scan sees the writes asked for before it, awaited or not", async () => {
  const store = await sqlite(fresh())();
  const write = store.write([put("a", "1")]);
  assertEquals(await store.scan("messages", "", 10), [{ key: "a", value: "1" }]);
  await write;
  await store.close();
});

Deno.test("a group that grows large is flushed in parts", async () => {
  const store = await sqlite(fresh())();
  await Promise.all(range(0, 40).map((key) => store.write([put(key, "x".repeat(1_000_000))])));
  assertEquals((await store.scan("messages", "", 1_000)).length, 40);
  await Promise.all(range(0, 10_000).map((key) => store.write([put(key, "x")])));
  await store.close();
});

function fresh(): string {
  return `${directory}/${files++}.db`;
}

function put(key: string, value: string): StoreOperation {
  return { keyspace: "messages", key, value };
}

function range(from: number, length: number): readonly string[] {
  return Array.from({ length }, (_, n) => `key-${from + n}`);
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

async function rejects(code: ErrorCode, promise: Promise<unknown>): Promise<BellhopError> {
  const error = await assertRejects(() => promise, BellhopError);
  assertEquals(error.code, code, error.message);
  return error;
}

function throws(code: ErrorCode, fn: () => unknown): void {
  assertEquals(assertThrows(fn, BellhopError).code, code);
}
