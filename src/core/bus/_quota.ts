import { BellhopError } from "../error.ts";
import type { BusMessage } from "./message.ts";
import type { StoreOperation } from "./operation.ts";
import { messageKey, utf8Bytes, writeRecord } from "./record.ts";
import type { BusState } from "./_state.ts";

/** What the record of its outcome, or of its receipt, may have more than a message's own: ids again, and the attempts. */
const RESERVED_BYTES = 16_384;

/**
 * The write that makes a message durable, if its principal has room for it; sets `message.bytes`.
 *
 * @throws {BellhopError} `record-too-large`, `store-full`
 */
export function messageWrite(state: BusState, message: BusMessage): StoreOperation {
  const operation = rewrite(message);
  const bytes = utf8Bytes(operation.value!);
  const { maxRecordBytes, maxDurableBytes } = state.options;
  if (bytes > maxRecordBytes - RESERVED_BYTES) {
    const most = maxRecordBytes - RESERVED_BYTES;
    throw new BellhopError("record-too-large", `A CRITICAL may have ${most} bytes on disk: it has ${bytes}`);
  }
  if ((state.quota.get(message.principal) ?? 0) + bytes > maxDurableBytes) {
    throw new BellhopError(
      "store-full",
      `${message.principal} may have ${maxDurableBytes} bytes on disk: all are used`,
    );
  }
  message.bytes = bytes;
  return operation;
}

/** The write of a message's record as it is now. */
export function rewrite(message: BusMessage): StoreOperation {
  const { acceptedMs, order, runs, fingerprint, principal, replyTo, instance } = message;
  const notBeforeMs = message.notBeforeMs || undefined;
  const receivers = message.targets.map((target) => target.name);
  // JSON leaves out what is undefined.
  const record = { acceptedMs, order, receivers, runs, fingerprint, principal, replyTo, instance, notBeforeMs };
  const value = writeRecord(record, message.envelope);
  return { keyspace: "messages", key: messageKey(message.sequence), value };
}

/** The last outcome of a message takes its record away. */
export function endRecord(state: BusState, message: BusMessage, operations: StoreOperation[]): void {
  if (message.undecided > 0) return;
  charge(state, message.principal, -message.bytes);
  message.bytes = 0;
  operations.push({ keyspace: "messages", key: messageKey(message.sequence), value: undefined });
}

/** Changes what a principal has on disk. */
export function charge(state: BusState, principal: string, bytes: number): void {
  const used = (state.quota.get(principal) ?? 0) + bytes;
  if (used > 0) state.quota.set(principal, used);
  else state.quota.delete(principal);
}
