/**
 * The envelope of every message: a profile of CloudEvents 1.0, its JSON and its three HTTP modes.
 *
 * @module
 */
export * from "./envelope.ts";
export * from "./limits.ts";
export { assertEnvelope, validate } from "./validate.ts";
export { type BatchItem, fromJson, parse, parseBatch } from "./parse.ts";
export { serialize, serializeBatch } from "./serialize.ts";
export {
  BATCHED_TYPE,
  fromHttp,
  type HttpContent,
  type HttpMessage,
  STRUCTURED_TYPE,
  toBatched,
  toBinary,
  toStructured,
} from "./http.ts";
export { fingerprint } from "./fingerprint.ts";
