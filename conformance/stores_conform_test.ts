import { assert, assertEquals } from "@std/assert";
import type { OpenStore } from "@bellhop/bellhop/ports";
import { denoKv } from "@bellhop/bellhop/stores/deno-kv";
import { sqlite } from "@bellhop/bellhop/stores/sqlite";
import { unstorageStore } from "@bellhop/bellhop/stores/unstorage";
import { createStorage } from "npm:unstorage@1.17.6";
import fsDriver from "npm:unstorage@1.17.6/drivers/fs";
import { DURABLE, notPassed } from "./runtimes/reference_checks.ts";
import { runChecks } from "./run.ts";
import { bellhop } from "./subjects/bellhop.ts";

/** The stores of this runtime that outlive a process, each on a place where nothing is yet. */
const STORES: Readonly<Record<string, (place: string) => OpenStore>> = {
  "sqlite()": (place) => sqlite(`${place}.db`),
  "denoKv()": (place) => denoKv(`${place}.kv`),
  // The driver keeps files as long as nothing but a process dies, and no power is cut in this test.
  "unstorageStore() on the driver fs, where the caller declares it flushed": (place) =>
    unstorageStore(createStorage({ driver: fsDriver({ base: place, noClear: true }) }), {
      durability: { level: "flushed", reliesOn: "the operating system of this test goes on" },
    }),
};

for (const [name, openAt] of Object.entries(STORES)) {
  Deno.test(`the reference passes on ${name} all that is about durability`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "bellhop-" });
    let count = 0;
    const open = bellhop({ disk: () => openAt(`${folder}/${++count}`) });
    assertEquals(notPassed(await runChecks({ open, checks: DURABLE, seed: 1, runs: 2 }), DURABLE), []);
    assert(count > DURABLE.length / 2, `${count} stores`);
    await Deno.remove(folder, { recursive: true });
  });
}
