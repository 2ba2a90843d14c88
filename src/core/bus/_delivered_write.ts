import { type BusMessage, runOf, type SharedRecord } from "./message.ts";
import type { StoreOperation } from "./operation.ts";
import { endRecord } from "./_quota.ts";
import { deliveredHead, deliveredParty, deliveredRow, deliveryKey, outcomeKey } from "./record.ts";
import { type BusState, type DeliveredWrite, type OpenWrite, write } from "./_state.ts";

/** A record takes no more rows when it has this many characters: with the longest row they fit any store's record. */
const MOST_CHARS = 12_288;

/**
 * Writes that a delivery ended well and nobody is owed a receipt: the fate of most. Those that end in one turn share a
 * record and a write, for one each would cost as much as the message's own. The record goes before what it replaces.
 */
export function writeDelivered(state: BusState, nowMs: number, message: BusMessage, place: number, slot: number): void {
  const receiver = message.targets[place].name;
  const open = joinable(state) ?? openWrite(state, message, receiver);
  const { source, type, principal } = message;
  if (
    open.receiver !== receiver || open.type !== type || open.source !== source || open.principal !== principal
  ) {
    open.put.value += deliveredParty({ receiver, source, type, principal });
    Object.assign(open, { receiver, source, type, principal });
  }
  open.put.value += deliveredRow(message, runOf(message, place), state.deliveries.attemptsOf(slot), nowMs);
  open.record.left++;
  if (message.targets.length === 1) message.shared = open.alone;
  else message.shared = message.targets.map((_, at) => at === place ? open.record : message.shared?.[at]);
  open.pending.messages.push(message);
  open.pending.slots.push(slot);
  if (state.deliveries.history[slot] !== -1) {
    open.operations.push({ keyspace: "deliveries", key: deliveryKey(message.sequence, receiver), value: undefined });
  }
  endRecord(state, message, open.operations);
}

function joinable(state: BusState): OpenWrite | undefined {
  const { delivered } = state;
  if (delivered?.token !== state.tokens || delivered.effects !== state.effects) return undefined;
  return delivered.put.value.length < MOST_CHARS ? delivered : undefined;
}

/** A record lies under the key that its first row would have alone: what was delivered is never written again. */
function openWrite(state: BusState, message: BusMessage, receiver: string): OpenWrite {
  const key = outcomeKey(message.sequence, receiver);
  const put = { keyspace: "outcomes" as const, key, value: deliveredHead() };
  const operations: StoreOperation[] = [put];
  const pending: DeliveredWrite = { kind: "delivered", messages: [], slots: [] };
  const record: SharedRecord = { key, left: 0 };
  return state.delivered = {
    token: write(state, operations, pending),
    effects: state.effects,
    pending,
    operations,
    put,
    record,
    alone: [record],
    source: "",
    type: "",
    principal: "",
    receiver: "",
  };
}
