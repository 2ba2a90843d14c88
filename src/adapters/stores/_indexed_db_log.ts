/**
 * What has to happen to a browser's disk before the store's own database is opened.
 *
 * Chromium keeps the databases of an origin in LevelDB. A kill or a power cut in the middle of a write leaves half a
 * record at the end of its log. The next start reads up to there, which is right, and goes on writing behind it; the
 * start after that takes both for one record, finds its checksum wrong and deletes every database of the origin. So what
 * was flushed and acknowledged is lost by a crash that happened long before.
 *
 * Deleting a database makes LevelDB put what it has into a table and begin another log; the old one goes. Elsewhere it
 * costs two small transactions and changes nothing.
 *
 * @module
 */

import { promisifyRequest } from "idb-keyval";
import { BellhopError } from "../../core/error.ts";

/** What Chromium says besides when it makes a database: whether it had to delete what was there. */
interface DataLoss {
  readonly dataLoss?: string;
  readonly dataLossMessage?: string;
}

/**
 * Makes and deletes a database, `<name>~`, for the sake of a new log.
 *
 * @throws {BellhopError} `store-failed` if the browser found the origin's databases damaged and deleted them. It says so
 * once, to the first database made after that; the next opening finds an empty store.
 */
export async function beginNewLog(name: string): Promise<void> {
  let lost: BellhopError | undefined;
  try {
    const request = indexedDB.open(`${name}~`);
    request.onupgradeneeded = (event) => lost = lossOf(name, event as DataLoss);
    (await promisifyRequest(request)).close();
    await promisifyRequest(indexedDB.deleteDatabase(`${name}~`));
  } catch {
    // No room for it, say: then the log goes on as it is, and what matters is whether the store itself opens.
  }
  if (lost !== undefined) throw lost;
}

function lossOf(name: string, { dataLoss = "none", dataLossMessage }: DataLoss): BellhopError | undefined {
  if (dataLoss === "none") return undefined;
  return new BellhopError(
    "store-failed",
    `${name}: the browser found its databases damaged and deleted those of this origin: what was acknowledged is ` +
      `gone; opened anew, the store is empty (${dataLossMessage})`,
  );
}
