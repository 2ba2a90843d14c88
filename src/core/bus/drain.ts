/**
 * The bus closes: from the engine; what only memory knows of a CRITICAL delivery goes to `adapters/stores` in time.
 *
 * @module
 */
import { runOf } from "./message.ts";
import type { StoreOperation } from "./operation.ts";
import { deliveryKey, type DeliveryRecord, writeRecord } from "./record.ts";
import { type BusState, write } from "./_state.ts";
import { State } from "./transitions.ts";

/**
 * Writes the retry state of each CRITICAL delivery that stands in line after a failure. A retry without a wait follows
 * without a write, and after the end of the process nobody would know of the attempt before it.
 */
export function storeInLine(state: BusState, nowMs: number): void {
  const operations: StoreOperation[] = [];
  for (const message of state.messages) {
    if (message?.rank !== 3) continue;
    for (const [place, progress] of message.progress.entries()) {
      const slot = ~progress;
      if (progress >= 0) continue;
      const at = state.deliveries.stateOf(slot);
      const attempts = state.deliveries.attemptsOf(slot);
      if (attempts === 0 || (at !== State.queued && at !== State.deferred)) continue;
      const record: DeliveryRecord = {
        run: runOf(message, place),
        attempts,
        dueMs: nowMs,
        waitMs: 0,
        history: state.history.read(state.deliveries.history[slot], message.acceptedMs, attempts),
      };
      const key = deliveryKey(message.sequence, message.targets[place].name);
      operations.push({ keyspace: "deliveries", key, value: writeRecord(record) });
    }
  }
  if (operations.length > 0) write(state, operations, { kind: "none" });
}
