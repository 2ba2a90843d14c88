/**
 * The bus: queueing, delivery, retry, storage, receipts and dead letters as one pure machine.
 *
 * @module
 */
export * from "./bus.ts";
export type { Acceptance } from "./accept.ts";
export type { DeadLetter } from "./dead_letter.ts";
export { deliveryId } from "./delivery_id.ts";
export type { BusEffect, EndedEffect, TraceEffect, WriteEffect } from "./effect.ts";
export type { Flight } from "./flight.ts";
export type { AttemptRecord } from "./history.ts";
export { type BusMessage, isDurable, type Memory, runOf, type SharedRecord } from "./message.ts";
export { type Keyspace, KEYSPACES, type StoreOperation } from "./operation.ts";
export type { BusOptions, BusSettings } from "./options.ts";
export { type Outcome, OUTCOMES } from "./outcome.ts";
export type { ReceiptData } from "./receipt.ts";
export type { FoundRecord, Recovered, Recovery } from "./recover.ts";
export type { Settlement } from "./settle.ts";
export { type DeliveryStatus, isTerminal, type MessageStatus } from "./status.ts";
export type { Submission } from "./submission.ts";
export type { Target } from "./target.ts";
export { TRACE_KINDS, type TraceEvent, type TraceKind } from "./trace.ts";
export { type DeliveryEvent, type DeliveryState, EVENTS, STATES, type Transition, TRANSITIONS } from "./transitions.ts";
