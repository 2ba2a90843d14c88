/**
 * The store contract of the disk store as a program for runtimes other than Deno; bundled by the test that runs it.
 *
 * Argument: an empty directory. Prints one line: `unavailable`, or the number of checks that held.
 *
 * @module
 */

import { sqlite } from "../../src/adapters/stores/sqlite.ts";
import { storeContract } from "../../src/testing/store_contract.ts";

// @ts-ignore: every runtime that this is for has `process`; Deno's types name it only with a dependency.
const { argv, stdout } = globalThis.process;
const directory = argv[2];
let files = 0;

stdout.write(`${await verdict()}\n`);

async function verdict(): Promise<string> {
  try {
    await (await sqlite(`${directory}/first.db`)()).close();
  } catch (error) {
    if ((error as { code?: unknown }).code === "store-unavailable") return "unavailable";
    throw error;
  }
  const checks: [string, () => Promise<void>][] = [];
  storeContract(() => sqlite(`${directory}/${files++}.db`), { register: (...check) => checks.push(check), runs: 10 });
  for (const [name, check] of checks) {
    await check().catch((cause) => {
      throw new Error(name, { cause });
    });
  }
  return `${checks.length} checks held`;
}
