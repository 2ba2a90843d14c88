import { assertEquals, assertGreater, assertRejects, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { effort } from "../../../testing/effort.ts";
import { damage, damaged, judged } from "../../../testing/stores/damage.ts";
import type { Keyspace, StoreOperation } from "../../core/bus/operation.ts";
import { BellhopError } from "../../core/error.ts";
import { denoKv } from "./deno_kv.ts";

const directory = Deno.makeTempDirSync({ prefix: "bellhop-" });
globalThis.addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));
let files = 0;

const PARTS = ["", "-wal", "-lock"] as const;

/** A store that was killed, part of it in the log, and the same closed; with what they hold. */
const kept = new Map<string, string>();
const [killed, shut] = await made();

Deno.test("denoKv() opens a damaged store with all that was acknowledged, or tells; it never leaves a record out", async () => {
  const seen = { refused: 0, unreadable: 0, whole: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(
        [killed, ""],
        [killed, "-wal"],
        [killed, "-wal"],
        [killed, "-lock"],
        [shut, ""],
        [shut, ""] as const,
      ),
      damage,
      async ([from, part], how) => {
        const path = await copied(from);
        await Deno.writeFile(path + part, damaged(await Deno.readFile(path + part), how));
        seen[await judged(denoKv(path), kept)]++;
      },
    ),
    { numRuns: effort(60, 400) },
  );
  for (const [what, count] of Object.entries(seen)) assertGreater(count, 0, `none was ${what}: the test sees nothing`);
});

Deno.test("denoKv() tells when its file or its log is empty, and takes the word of an operator who takes the loss", async () => {
  for (const [from, part] of [[killed, ""], [killed, "-wal"], [shut, ""]] as const) {
    const path = await copied(from);
    await Deno.truncate(path + part, 0);
    const error = await assertRejects(() => denoKv(path)(), BellhopError);
    assertEquals(error.code, "store-failed");
    if (part === "") continue;
    assertStringIncludes(error.message, `remove ${path}-lock to go on without it`);
    await Deno.remove(`${path}-lock`);
    await (await denoKv(path)()).close();
  }
});

async function made(): Promise<readonly [killed: string, shut: string]> {
  const [path, one, other] = ["live", "killed", "shut"].map((name) => `${directory}/${name}.kv`);
  let store = await denoKv(path)();
  for (let n = 0; n < 30; n++) {
    const operations: readonly StoreOperation[] = [
      put("messages", `key-${n}`, `${n}:${"é€😀x".repeat((n * 7_919) % 900)}`),
      put("deliveries", `key-${n}`, "\0".repeat(n)),
      put("outcomes", `key-${n % 7}`, `${n}`),
      { keyspace: "messages", key: `key-${n - 20}`, value: undefined },
    ];
    await write(operations);
    if (n !== 14) continue;
    await write([put("messages", "long", "long ".repeat(20_000))]);
    // So that the killed one has its first half in the file, and the rest in the log.
    await store.close();
    await folded(path);
    store = await denoKv(path)();
  }
  await write([put("registry", "service", "{}")]);
  for (const part of PARTS) await Deno.copyFile(path + part, one + part);
  await store.close();
  await folded(path);
  for (const part of ["", "-lock"]) await Deno.copyFile(path + part, other + part);
  return [one, other];

  async function write(operations: readonly StoreOperation[]): Promise<void> {
    await store.write(operations);
    for (const { keyspace, key, value } of operations) {
      if (value === undefined) kept.delete(`${keyspace} ${key}`);
      else kept.set(`${keyspace} ${key}`, value);
    }
  }
}

/** Deno folds the log into the file in a thread of its own, which ends after close(). */
async function folded(path: string): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (await exists(`${path}-wal`)) {
    if (performance.now() > deadline) throw new Error("the log is still there");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function copied(from: string): Promise<string> {
  const path = `${directory}/${files++}.kv`;
  for (const part of PARTS) if (await exists(from + part)) await Deno.copyFile(from + part, path + part);
  return path;
}

function put(keyspace: Keyspace, key: string, value: string): StoreOperation {
  return { keyspace, key, value };
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
