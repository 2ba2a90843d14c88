/// <reference lib="deno.unstable" />
import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { effort } from "../../../testing/effort.ts";
import { RECORDS } from "../../../testing/stores/make_deno_kv_1.ts";
import type { StoreOperation } from "../../core/bus/operation.ts";
import { BellhopError, type ErrorCode } from "../../core/error.ts";
import { storeContract } from "../../testing/store_contract.ts";
import { denoKv } from "./deno_kv.ts";

const directory = Deno.makeTempDirSync({ prefix: "bellhop-" });
globalThis.addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));
let files = 0;

storeContract(() => denoKv(fresh()), {
  register: (name, check) => Deno.test(`denoKv(): ${name}`, check),
  runs: effort(5, 40),
});

Deno.test("denoKv() throws argument-invalid for a path or a bound that cannot be", () => {
  for (const path of ["", ":memory:", "a\0b", "https://api.deno.com/databases/1/connect", "http://127.0.0.1:4512"]) {
    throws("argument-invalid", () => denoKv(path));
  }
  for (const maxRecordBytes of [98_303, 1.5, NaN, 786_433]) {
    throws("argument-invalid", () => denoKv("a", { maxRecordBytes }));
  }
  for (const lockWaitMs of [0, 60_001]) throws("argument-invalid", () => denoKv("a", { lockWaitMs }));
});

Deno.test("denoKv() rejects with store-unavailable where Deno was started without --unstable-kv, and says so", async () => {
  const program = `import { denoKv } from ${JSON.stringify(new URL("./deno_kv.ts", import.meta.url))};
    await denoKv("never.kv")().catch(({ code, message }) => console.log(code, message));`;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-config", "--no-lock", program],
    cwd: directory,
  }).output();
  const said = new TextDecoder().decode(stdout);
  assertStringIncludes(said, "store-unavailable");
  assertStringIncludes(said, "--unstable-kv");
});

Deno.test("denoKv() keeps a record in as many values as it needs, and leaves none behind when it shrinks or goes", async () => {
  const path = fresh();
  const open = denoKv(path, { maxRecordBytes: 786_432 });
  const other = put("other", "é".repeat(100_000));
  let store = await open();
  await store.write([other]);
  for (const length of [786_432, 65_531, 65_532, 131_068, 0, 65_537, 262_144, 1]) {
    await store.write([put("a", "x".repeat(length))]);
    assertEquals((await rowsOf(path, "a")).length, Math.max(1, Math.ceil((length + 5) / 65_536)), `${length}`);
    // Who opens it anew knows as well how many there are.
    await store.close();
    store = await open();
    assertEquals(await store.scan("messages", "", 10), [records(put("a", "x".repeat(length))), records(other)].flat());
  }
  await store.write([put("a", "x".repeat(400_000)), put("a", "x".repeat(200_000)), drop("a")]);
  assertEquals(await rowsOf(path, "a"), []);
  assertEquals((await rowsOf(path, "other")).length, 4);
  await store.close();
});

Deno.test("scan() gives whole records, wherever the page of rows ends that they are read from", async () => {
  const store = await denoKv(fresh())();
  const long = Array.from({ length: 12 }, (_, n) => put(`long-${n}`, `${n % 10}`.repeat(140_000)));
  await store.write([...long, put("l", "1"), put("~", "1")]);
  const all = records(put("l", "1"), ...long.toSorted((a, b) => a.key < b.key ? -1 : 1), put("~", "1"));
  for (const limit of [1, 4, 5, 7, 13, 14, 20]) {
    assertEquals(await store.scan("messages", "", limit), all.slice(0, limit));
  }
  assertEquals((await store.scan("messages", "long-1", 2)).map(({ key }) => key), ["long-10", "long-11"]);
  await store.close();
});

Deno.test("write() of more than one commit of Deno KV takes goes in several, in order", async () => {
  const store = await denoKv(fresh())();
  const key = (n: number): string => `${"k".repeat(250)}${`${n}`.padStart(6, "0")}`;
  const many = Array.from({ length: 2_500 }, (_, n) => put(key(n), `${n}`));
  await Promise.all([
    store.write(many),
    store.write(Array.from({ length: 9 }, (_, n) => put(`l${n}`, "x".repeat(3e5)))),
  ]);
  assertEquals((await store.scan("messages", key(1_249), 1_000)).map(({ value }) => value)[0], "1250");
  assertEquals((await store.scan("messages", key(2_499), 1_000)).length, 9);
  await store.write(many.map(({ key }) => drop(key)));
  assertEquals((await store.scan("messages", "", 1_000)).length, 9);
  await store.close();
});

Deno.test("denoKv() rejects with store-locked at once while another process owns the file", async () => {
  const path = fresh();
  const owner = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--unstable-kv", new URL("../../../testing/crash/deno_kv_writer.ts", import.meta.url).pathname]
      .concat(path),
    stdout: "piped",
  }).spawn();
  const output = owner.stdout.getReader();
  assert(!(await output.read()).done);
  const started = performance.now();
  await rejects("store-locked", denoKv(path)());
  assertLess(performance.now() - started, 1_000);
  owner.kill("SIGKILL");
  await owner.status;
  await output.cancel();
  // The lock went with the process.
  await (await denoKv(path)()).close();
});

Deno.test("close() gives the lock up though a program that was started meanwhile still has the file", async () => {
  const starting = `for (;;) await Promise.all(Array.from({ length: 8 }, () => new Deno.Command("true").output()));`;
  const starter = new Worker(`data:text/javascript,${encodeURIComponent(starting)}`, { type: "module" });
  try {
    const open = denoKv(fresh());
    // About every 20th met such a program.
    for (let n = 0; n < effort(20, 200); n++) await (await open()).close();
  } finally {
    starter.terminate();
  }
});

Deno.test("write() rejects with store-locked once somebody has taken the store over by force, and changes nothing", async () => {
  const path = fresh();
  const first = await denoKv(path)();
  await first.write([put("a", "1")]);
  await Deno.remove(`${path}-lock`);
  const second = await denoKv(path)();
  const lost = [first.write([put("a", "2")]), first.write([put("b", "2")])];
  for (const write of lost) assertStringIncludes((await rejects("store-locked", write)).message, "taken over");
  await rejects("store-closed", first.write([put("a", "3")]));
  await second.write([put("c", "1")]);
  assertEquals(await second.scan("messages", "", 10), records(put("a", "1"), put("c", "1")));
  await first.close();
  await second.close();
});

Deno.test("an application keeps data of its own in the same file, and writes at the same time", async () => {
  const path = fresh();
  const store = await denoKv(path)();
  const application = await Deno.openKv(path);
  let busy = true;
  const writing = (async () => {
    let n = 0;
    while (busy) await application.set(["orders", n++ % 10], { n }).catch(() => undefined);
  })();
  for (let n = 0; n < 40; n++) await store.write([put(`${n}`, "1")]);
  busy = false;
  await writing;
  assertEquals((await store.scan("messages", "", 1_000)).length, 40);
  assertGreater(((await application.get<{ n: number }>(["orders", 0])).value!).n, 0);
  application.close();
  await store.close();
});

Deno.test("a database that another program holds locked: opening and writing reject with store-locked in bounded time", async () => {
  const path = fresh();
  const open = denoKv(path, { lockWaitMs: 50 });
  const store = await open();
  await store.write([put("a", "1")]);
  const other = new DatabaseSync(path);
  other.exec("BEGIN IMMEDIATE");
  assertStringIncludes((await rejects("store-locked", store.write([put("b", "1")]))).message, "50 ms");
  await rejects("store-closed", store.write([put("b", "1")]));
  await store.close();
  await rejects("store-locked", open());
  other.exec("ROLLBACK");
  other.close();
  const again = await open();
  assertEquals(await again.scan("messages", "", 10), records(put("a", "1")));
  await again.close();
});

Deno.test("denoKv() leaves a file alone that is no database of Deno KV, and needs its directory", async () => {
  const [text, other] = [fresh(), fresh()];
  await Deno.writeTextFile(text, "Dear diary, ".repeat(1_000));
  const database = new DatabaseSync(other);
  database.exec("CREATE TABLE diary (day TEXT); INSERT INTO diary VALUES ('Monday')");
  database.close();
  for (const path of [text, other]) {
    const before = await Deno.readFile(path);
    await rejects("store-failed", denoKv(path)());
    assertEquals(await Deno.readFile(path), before);
  }
  const error = await rejects("store-failed", denoKv(`${directory}/no/such/bus.kv`)());
  assertStringIncludes(error.message, "its directory must exist");
});

Deno.test("denoKv() reads what schema version 1 wrote, and rejects with store-version what a later one wrote", async () => {
  const path = fresh();
  await Deno.copyFile(new URL("../../../testing/stores/deno_kv_1.kv", import.meta.url), path);
  const store = await denoKv(path)();
  for (const keyspace of ["messages", "deliveries", "outcomes", "registry"] as const) {
    const written = RECORDS.filter((record) => record.keyspace === keyspace);
    assertEquals(await store.scan(keyspace, "", 10), records(...written));
  }
  // Shorter than what version 1 wrote there.
  await store.write([put("msg_2", "short")]);
  assertEquals((await rowsOf(path, "msg_2")).length, 1);
  await store.close();

  const kv = await Deno.openKv(path);
  await kv.set(["bellhop", "schema"], { version: 3 });
  kv.close();
  const error = await rejects("store-version", denoKv(path)());
  assertStringIncludes(error.message, "schema version 3");
});

Deno.test("scan() says that a record is damaged, by its checksum and its parts; the others can be read", async () => {
  const path = fresh();
  const open = denoKv(path);
  const written = [put("b", "long ".repeat(30_000)), put("a", "1"), put("c", "3")];
  const damages: readonly (readonly [string, (kv: Deno.Kv) => Promise<unknown>])[] = [
    ["a bit flipped", (kv) => change(kv, ["bellhop", "messages", "b", 1], (bytes) => bytes[70] ^= 1)],
    ["the number of parts changed", (kv) => change(kv, ["bellhop", "messages", "b"], (bytes) => bytes[0] = 2)],
    ["a part lost", (kv) => kv.delete(["bellhop", "messages", "b", 1])],
    ["the first part lost", (kv) => kv.delete(["bellhop", "messages", "b"])],
    ["another value", (kv) => kv.set(["bellhop", "messages", "b"], "text")],
  ];
  for (const [damage, apply] of damages) {
    const store = await open();
    await store.write([drop("b"), ...written]);
    await store.close();
    const kv = await Deno.openKv(path);
    await apply(kv);
    const reader = await open();
    const [a, b, c, ...more] = await reader.scan("messages", "", 10);
    assertEquals([a, c, ...more], records(put("a", "1"), put("c", "3")), damage);
    assertEquals([b.key, b.value, typeof b.damaged], ["b", "", "string"], damage);
    assertEquals(await reader.scan("messages", "", 1), records(put("a", "1")));
    assertEquals(await reader.scan("messages", "b", 10), records(put("c", "3")));
    const before = await rowsOf(path, "b");
    await reader.write([put("b", "again")]);
    assertEquals(await reader.scan("messages", "", 10), records(put("a", "1"), put("b", "again"), put("c", "3")));
    // Its rows were set aside, as they were.
    const aside: Deno.KvKey[] = [];
    for await (const { key } of kv.list({ prefix: ["bellhop", "damaged"] })) {
      aside.push(["bellhop", ...key.slice(2)]);
      await kv.delete(key);
    }
    assertEquals(aside, before.filter((key) => key[1] === "messages"), damage);
    await reader.close();
    kv.close();
  }
});

Deno.test("denoKv() says that a file is damaged, on opening it or when it reads there", async () => {
  const path = fresh();
  const store = await denoKv(path)();
  await store.write(Array.from({ length: 300 }, (_, n) => put(`${n}`, "x".repeat(900))));
  await store.close();
  await logGone(path);
  const bytes = await Deno.readFile(path);
  // Spare the first page, or it would not be a database at all.
  bytes.fill(0xa5, 4_096);
  await Deno.writeFile(path, bytes);
  const error = await rejects(
    "store-failed",
    denoKv(path)().then(async (store) => {
      await store.scan("messages", "", 1_000).finally(() => store.close());
    }),
  );
  assertStringIncludes(error.message, "damaged");
});

Deno.test("write() rejects its whole group with not-durable when a commit fails half-way, and the store takes no more", async () => {
  const path = fresh();
  const open = denoKv(path);
  const failing = await withCommits((nth) => {
    if (nth === 3) throw new Error("database or disk is full");
  }, open);
  await failing.write([put("before", "1")]);
  // Of a group, the second commit fails.
  const first = failing.write([put("fits", "x".repeat(500_000))]);
  const second = failing.write([put("fails", "x".repeat(500_000))]);
  const waiting = first.catch(() => failing.write([put("late", "1")]));
  for (const write of [first, second]) {
    assertStringIncludes((await rejects("not-durable", write)).message, "the disk is full");
  }
  await rejects("store-closed", waiting);
  await rejects("store-closed", failing.write([put("after", "1")]));
  await failing.close();
  const store = await open();
  // A prefix, though none of the group was accepted.
  assertEquals((await store.scan("messages", "", 10)).map(({ key }) => key), ["before", "fits"]);
  await store.write([put("after", "1")]);
  await store.close();
});

/** Opens the store on a Deno.openKv whose commits throw when `fail` does; the first commit is the opener's. */
async function withCommits(fail: (nth: number) => void, open: ReturnType<typeof denoKv>) {
  const { openKv } = Deno;
  const real = Object.getOwnPropertyDescriptor(Deno, "openKv")!;
  let commits = 0;
  const value = async (path: string): Promise<Deno.Kv> => {
    const kv = await openKv(path);
    const atomic = kv.atomic.bind(kv);
    kv.atomic = () => {
      const operation = atomic();
      const commit = operation.commit.bind(operation);
      operation.commit = () => {
        fail(commits++);
        return commit();
      };
      return operation;
    };
    return kv;
  };
  Object.defineProperty(Deno, "openKv", { configurable: true, value });
  try {
    return await open();
  } finally {
    Object.defineProperty(Deno, "openKv", real);
  }
}

/** How many rows the record has, read as anybody can. */
async function rowsOf(path: string, key: string): Promise<readonly Deno.KvKey[]> {
  const kv = await Deno.openKv(path);
  const rows: Deno.KvKey[] = [];
  for await (const row of kv.list({ prefix: ["bellhop"] })) {
    if (row.key[2] === key) rows.push(row.key);
  }
  kv.close();
  return rows;
}

async function change(kv: Deno.Kv, key: Deno.KvKey, how: (bytes: Uint8Array) => void): Promise<void> {
  const bytes = (await kv.get<Uint8Array>(key)).value!;
  how(bytes);
  await kv.set(key, bytes);
}

/** Deno folds the log into the file in a thread of its own, which ends after close(). */
async function logGone(path: string): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (performance.now() < deadline) {
    if (await Deno.stat(`${path}-wal`).then(() => false, () => true)) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error("the log is still there");
}

function fresh(): string {
  return `${directory}/${files++}.kv`;
}

function put(key: string, value: string): StoreOperation & { readonly value: string } {
  return { keyspace: "messages", key, value };
}

function drop(key: string): StoreOperation {
  return { keyspace: "messages", key, value: undefined };
}

function records(
  ...operations: readonly StoreOperation[]
): readonly { readonly key: string; readonly value: string }[] {
  return operations.map(({ key, value }) => ({ key, value: value! }));
}

async function rejects(code: ErrorCode, promise: Promise<unknown>): Promise<BellhopError> {
  const error = await assertRejects(() => promise, BellhopError);
  assertEquals(error.code, code, error.message);
  return error;
}

function throws(code: ErrorCode, fn: () => unknown): void {
  assertEquals(assertThrows(fn, BellhopError).code, code);
}
