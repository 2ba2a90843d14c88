/**
 * Security, over WebCrypto: bearer credentials with scopes, signed deliveries, the webhook handshake, and the guard that
 * keeps endpoints off private addresses.
 *
 * @module
 */
export type { Envelope } from "../core/envelope/envelope.ts";
export type { BellhopError, ErrorCode, Fault } from "../core/error.ts";
export type { Priority } from "../core/priority/table.ts";
export { nextPassMs, openRateGate, passed, type RateGate } from "../core/registry/rate_gate.ts";
export { type AddressKind, addressKind, isPublicAddress } from "./address.ts";
export * from "./credentials.ts";
export * from "./endpoint_guard.ts";
export * from "./handshake.ts";
export * from "./keyring.ts";
export * from "./permission.ts";
export { Secret } from "./redact.ts";
export { type Grants, MAX_SCOPES, parseScopes } from "./scope.ts";
export * from "./signature.ts";
export { bindsSource } from "./source_prefix.ts";
export { hashToken, newToken } from "./token.ts";
