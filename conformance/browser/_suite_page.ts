/** The suite and the reference in a page: what `suite_browser_test.ts` bundles and calls. */
import type { OpenStore } from "@bellhop/bellhop/ports";
import { indexeddb } from "@bellhop/bellhop/stores/indexeddb";
import { CHECKS, type Report, runChecks, selectChecks } from "../mod.ts";
import { bellhop } from "../subjects/bellhop.ts";

/** What was opened last, and is deleted before the next. */
let last: string | undefined;
let count = 0;

const suite = {
  inMemory: (seed: number, runs: number): Promise<Report> => runChecks({ open: bellhop(), checks: CHECKS, seed, runs }),

  /** All that is about durability, and how many databases that took. */
  async inIndexedDb(seed: number, runs: number): Promise<{ report: Report; databases: number }> {
    const checks = selectChecks(CHECKS, { profiles: ["durable"] });
    const report = await runChecks({ open: bellhop({ disk: fresh }), checks, seed, runs });
    await deleteLast();
    return { report, databases: count };
  },

  /** The databases that are left. */
  left: async () => (await indexedDB.databases()).map(({ name }) => name),
};

/** The functions that the test calls. */
export type Suite = typeof suite;

Object.assign(globalThis, { suite });

/** A database where nothing is; the one before it, which its engine has closed, is deleted first. */
function fresh(): OpenStore {
  const deleted = deleteLast();
  const open = indexeddb(last = `suite-${++count}`);
  return () => deleted.then(open);
}

function deleteLast(): Promise<void> {
  const name = last;
  if (name === undefined) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error(`${name} was not closed`));
  });
}
