/**
 * The closed list of what can go wrong, and the one error class that carries it.
 *
 * A code never changes its meaning; each has one HTTP status, one side to blame and one piece of advice.
 *
 * @module
 */

/** Whose fault an error is: the one who sent, the one who receives, the gateway, or who runs it. */
export type Blame = "sender" | "receiver" | "gateway" | "operator";

/** What is known of an error code, whatever its occurrence. */
export interface ErrorMeaning {
  /** HTTP status by which the gateway reports it. */
  readonly status: number;
  /** Whose fault it is. */
  readonly blame: Blame;
  /** Whether the same request may succeed later. */
  readonly retry: boolean;
  /** One line: what happened. */
  readonly title: string;
  /** One line: what to do about it. */
  readonly fix: string;
}

/** A stable name of something that can go wrong. */
export type ErrorCode =
  | "envelope-malformed"
  | "envelope-invalid"
  | "content-type-unsupported"
  | "body-too-large"
  | "body-used"
  | "headers-too-large"
  | "batch-too-large"
  | "type-reserved"
  | "source-reserved"
  | "message-expired"
  | "id-conflict"
  | "target-unknown"
  | "message-unknown"
  | "dead-letter-unknown"
  | "message-ended"
  | "queue-full"
  | "store-full"
  | "record-too-large"
  | "not-durable"
  | "store-locked"
  | "store-unavailable"
  | "store-failed"
  | "store-version"
  | "store-closed"
  | "store-required"
  | "engine-required"
  | "registration-invalid"
  | "registry-full"
  | "lease-unknown"
  | "service-unknown"
  | "no-instance"
  | "endpoint-refused"
  | "discovery-failed"
  | "in-progress"
  | "handler-missing"
  | "handler-failed"
  | "handler-nak"
  | "handler-term"
  | "data-invalid"
  | "not-connected"
  | "timeout"
  | "unreachable"
  | "response-too-large"
  | "deadline-exceeded"
  | "attempts-exhausted"
  | "circuit-open"
  | "unauthorized"
  | "forbidden"
  | "signature-missing"
  | "signature-invalid"
  | "signature-stale"
  | "secret-missing"
  | "open-mode-refused"
  | "open-mode-required"
  | "closing"
  | "too-many-streams"
  | "permission-missing"
  | "argument-invalid"
  | "route-unknown"
  | "method-unsupported"
  | "internal";

/** Of each code: HTTP status, and whether the same request may succeed later. What programs decide by. */
const FACTS: Readonly<Record<ErrorCode, readonly [status: number, retry: boolean]>> = {
  "envelope-malformed": [400, false],
  "envelope-invalid": [422, false],
  "content-type-unsupported": [415, false],
  "body-too-large": [413, false],
  "body-used": [500, false],
  "headers-too-large": [431, false],
  "batch-too-large": [413, false],
  "type-reserved": [422, false],
  "source-reserved": [422, false],
  "message-expired": [422, false],
  "id-conflict": [409, false],
  "target-unknown": [404, false],
  "message-unknown": [404, false],
  "dead-letter-unknown": [404, false],
  "message-ended": [409, false],
  "queue-full": [503, true],
  "store-full": [507, true],
  "record-too-large": [413, false],
  "not-durable": [503, true],
  "store-locked": [503, true],
  "store-unavailable": [501, false],
  "store-failed": [500, true],
  "store-version": [500, false],
  "store-closed": [503, true],
  "store-required": [422, false],
  "engine-required": [501, false],
  "registration-invalid": [422, false],
  "registry-full": [503, true],
  "lease-unknown": [404, true],
  "service-unknown": [404, false],
  "no-instance": [503, true],
  "endpoint-refused": [422, false],
  "discovery-failed": [502, true],
  "in-progress": [503, true],
  "handler-missing": [422, false],
  "handler-failed": [503, true],
  "handler-nak": [503, true],
  "handler-term": [422, false],
  "data-invalid": [422, false],
  "not-connected": [503, true],
  "timeout": [504, true],
  "unreachable": [502, true],
  "response-too-large": [502, false],
  "deadline-exceeded": [504, true],
  "attempts-exhausted": [502, true],
  "circuit-open": [503, true],
  "unauthorized": [401, false],
  "forbidden": [403, false],
  "signature-missing": [401, false],
  "signature-invalid": [401, false],
  "signature-stale": [401, false],
  "secret-missing": [500, false],
  "open-mode-refused": [403, false],
  "open-mode-required": [500, false],
  "closing": [503, true],
  "too-many-streams": [503, true],
  "permission-missing": [500, false],
  "argument-invalid": [400, false],
  "route-unknown": [404, false],
  "method-unsupported": [405, false],
  "internal": [500, true],
};

/** Of each code: blame, title and fix. What people read: two kilobytes that a page need not load, see {@linkcode told}. */
const TEXTS: Readonly<Record<ErrorCode, readonly [blame: Blame, title: string, fix: string]>> = {
  "envelope-malformed": [
    "sender",
    "The body is not a readable envelope",
    "Send JSON that is a CloudEvents 1.0 envelope, or the ce- headers of one.",
  ],
  "envelope-invalid": [
    "sender",
    "The envelope breaks a rule of the protocol",
    "Correct each field named in `faults`.",
  ],
  "content-type-unsupported": [
    "sender",
    "The content type is none that is understood here",
    "Use application/cloudevents+json, application/cloudevents-batch+json, or ce- headers.",
  ],
  "body-too-large": [
    "sender",
    "The body is larger than the advertised limit",
    "Send less, or send a reference to the data.",
  ],
  "body-used": [
    "operator",
    "A middleware took the body before it was read here",
    "Have it read by c.req.json() or c.req.text(), which Hono keeps, or from c.req.raw.clone().",
  ],
  "headers-too-large": [
    "sender",
    "The headers are larger than the advertised limit",
    "Use structured mode, which carries attributes in the body.",
  ],
  "batch-too-large": [
    "sender",
    "The batch holds more envelopes than the advertised limit",
    "Split the batch.",
  ],
  "type-reserved": [
    "sender",
    "Types service.* and message.* belong to the protocol",
    "Choose another type.",
  ],
  "source-reserved": [
    "sender",
    "That source is the gateway's own",
    "Publish with a source of your own.",
  ],
  "message-expired": [
    "sender",
    "The message had expired when it arrived",
    "Check expirytime and the sender's clock.",
  ],
  "id-conflict": [
    "sender",
    "Another message with this source and id was accepted before",
    "Give each message an id of its own.",
  ],
  "target-unknown": [
    "sender",
    "No service of that name was ever registered",
    "Check the target's name, or register the service first.",
  ],
  "message-unknown": [
    "sender",
    "No message with that source and id is known",
    "Check source and id; status is kept for the duplicate horizon only.",
  ],
  "dead-letter-unknown": [
    "sender",
    "No dead letter with that id is kept",
    "List the dead letters again.",
  ],
  "message-ended": [
    "sender",
    "Every delivery of the message has ended",
    "Nothing is left to cancel.",
  ],
  "queue-full": [
    "receiver",
    "The receiver's queue is full of work that is at least as important",
    "Try again after the time in Retry-After.",
  ],
  "store-full": [
    "operator",
    "The quota for CRITICAL messages on disk is used up",
    "Redrive or discard dead letters, or raise the quota.",
  ],
  "record-too-large": [
    "sender",
    "A CRITICAL message is larger than the store can keep",
    "Send less, or send a reference to the data.",
  ],
  "not-durable": [
    "operator",
    "The message could not be flushed to disk and was not accepted",
    "Check the disk, restart the gateway, and publish again.",
  ],
  "store-locked": [
    "operator",
    "Another process owns the store",
    "Stop the other process, or give each process its own file.",
  ],
  "store-unavailable": [
    "operator",
    "This runtime cannot run the disk store",
    "Use Deno, or Node 22.13 or newer, or another store.",
  ],
  "store-failed": [
    "operator",
    "The store reported an error",
    "Read `detail`; check the disk and the file.",
  ],
  "store-version": [
    "operator",
    "The store was written by another version",
    "Open it with the version that wrote it, or migrate it.",
  ],
  "store-closed": [
    "operator",
    "The store is closed",
    "Open it again.",
  ],
  "store-required": [
    "operator",
    "CRITICAL needs a store that flushes to disk",
    "Give the gateway a durable store, or lower the priority.",
  ],
  "engine-required": [
    "operator",
    "This gateway has no Durable Object to run in",
    "Add the lines in `detail` to wrangler.jsonc, and export the class.",
  ],
  "registration-invalid": [
    "sender",
    "The registration breaks a rule of the protocol",
    "Correct each field named in `faults`.",
  ],
  "registry-full": [
    "operator",
    "The registry holds as many entries as it may",
    "Deregister what is not used, or raise the limit.",
  ],
  "lease-unknown": [
    "sender",
    "No instance holds that lease",
    "Register again.",
  ],
  "service-unknown": [
    "sender",
    "No service of that name is registered",
    "Check the name, or register the service.",
  ],
  "no-instance": [
    "receiver",
    "No instance of the service can be called",
    "Try again later, or start an instance.",
  ],
  "endpoint-refused": [
    "sender",
    "The endpoint's address is not allowed here, or it does not consent",
    "In open mode use a loopback address; elsewhere a public one, or name its host in `allowHosts`. " +
    "If it does not consent, mount `service()` before what answers OPTIONS, as CORS and auth do.",
  ],
  "discovery-failed": [
    "receiver",
    "The service did not answer with a manifest",
    "Check the URL: it is where service() is mounted.",
  ],
  "in-progress": [
    "receiver",
    "The same message is being handled at this moment",
    "Wait; the sender tries again by itself.",
  ],
  "handler-missing": [
    "sender",
    "The service has no handler for this type",
    "Subscribe only to what the service handles.",
  ],
  "handler-failed": [
    "receiver",
    "The handler threw",
    "Read the service's log.",
  ],
  "handler-nak": [
    "receiver",
    "The handler asks for another attempt",
    "Wait; the bus tries again.",
  ],
  "handler-term": [
    "receiver",
    "The handler refuses the message for good",
    "Read the reason in detail; redrive the dead letter when it no longer holds.",
  ],
  "data-invalid": [
    "sender",
    "The data does not fit the schema of its type",
    "Correct each field named in `faults`.",
  ],
  "not-connected": [
    "operator",
    "The service has nothing to publish or call through",
    "Connect it with connect(service, …), or give service() a gateway and a token.",
  ],
  "timeout": [
    "receiver",
    "No answer came in time",
    "Try again, or raise the time allowed.",
  ],
  "unreachable": [
    "receiver",
    "The other side could not be reached",
    "Check that it runs, and its address with the path that it is mounted at.",
  ],
  "response-too-large": [
    "receiver",
    "The answer is larger than the limit",
    "Answer with a status and a short body.",
  ],
  "deadline-exceeded": [
    "sender",
    "The deadline passed",
    "Allow more time, or find what is slow.",
  ],
  "attempts-exhausted": [
    "receiver",
    "Every attempt allowed by the policy failed",
    "See `cause` for the last error.",
  ],
  "circuit-open": [
    "receiver",
    "The circuit breaker is open after too many failures",
    "Wait until it half-opens.",
  ],
  "unauthorized": [
    "sender",
    "The request carries no credential that is known here",
    "Send `authorization: Bearer` with a token that the gateway was configured with.",
  ],
  "forbidden": [
    "sender",
    "The credential does not allow this",
    "Give the credential the scope or the source named in `detail`, or use another.",
  ],
  "signature-missing": [
    "sender",
    "The delivery is not signed",
    "Send webhook-id, webhook-timestamp and webhook-signature; give sender and receiver the same secret.",
  ],
  "signature-invalid": [
    "sender",
    "No signature of the delivery fits its content",
    "Compare the secrets of both sides, and let nothing change the body on its way.",
  ],
  "signature-stale": [
    "sender",
    "The signature was made too long ago, or in the future",
    "Set the clocks of both sides.",
  ],
  "secret-missing": [
    "operator",
    "There is no secret to sign or to verify deliveries with",
    "Give gateway() signingSecrets and service() a signingSecret (BELLHOP_SIGNING_SECRET), or both `open: true`.",
  ],
  "open-mode-refused": [
    "sender",
    "Open mode serves loopback peers only",
    "Call from this machine, without a proxy and from the same origin.",
  ],
  "open-mode-required": [
    "operator",
    "Neither open mode nor credentials were chosen",
    "Pass `open: true` to serve this machine alone, or `credentials` to serve others.",
  ],
  "closing": [
    "gateway",
    "The gateway is closing",
    "Try again; another process will take over.",
  ],
  "too-many-streams": [
    "gateway",
    "As many streams are open as may be",
    "Close one, or try again later.",
  ],
  "permission-missing": [
    "operator",
    "The runtime does not let this process do that",
    "Start it with the flag named in `detail`.",
  ],
  "argument-invalid": [
    "sender",
    "An argument is outside its range",
    "Correct the field that is named.",
  ],
  "route-unknown": [
    "sender",
    "Nothing is served at that path",
    "Check the URL of the gateway: it ends with the path that it is mounted at.",
  ],
  "method-unsupported": [
    "sender",
    "The path does not take that method",
    "Use a method named in `allow`.",
  ],
  "internal": [
    "gateway",
    "A fault of the gateway itself",
    "Report it with the detail given.",
  ],
};

/** {@linkcode TEXTS}, unless a bundler left them out. */
let texts: Partial<typeof TEXTS> = {};

/**
 * Every error code with its meaning (spec HTTP, "Problems").
 *
 * A bundle in which nothing uses the table has no texts: a title is then the code, and a fix points to the list of
 * errors.
 */
// Called pure so that bundlers drop it, and the texts with it, where nobody asks for the table.
export const ERRORS: Readonly<Record<ErrorCode, ErrorMeaning>> = /* @__PURE__ */ told();

/** Whether a text is an error code of this version. */
export function isErrorCode(text: unknown): text is ErrorCode {
  return typeof text === "string" && Object.hasOwn(FACTS, text);
}

/** One rule that one field breaks. */
export interface Fault {
  /** The field at fault, as a path: `time`, `subscriptions[2]`. */
  readonly field: string;
  /** Stable name of the rule broken: `missing`, `empty`, `too-long`, … */
  readonly code: string;
  /** A sentence: what was wanted and what was there. */
  readonly reason: string;
}

/** What an occurrence adds to its code. */
export interface ErrorDetails {
  /** The field at fault, where there is one. */
  readonly field?: string;
  /** Every fault found, where there may be many. */
  readonly faults?: readonly Fault[];
  /** Milliseconds after which trying again makes sense. */
  readonly retryAfterMs?: number;
  /** What led to it. */
  readonly cause?: unknown;
}

/**
 * The error that every part of Bellhop throws: match on {@linkcode BellhopError.code}, never on the text.
 *
 * @example
 * ```ts
 * import { BellhopError } from "@bellhop/bellhop";
 * import { assertEquals } from "@std/assert";
 * const error = new BellhopError("store-locked", "bus.db is open in another process");
 * assertEquals(error.code, "store-locked");
 * assertEquals(error.status, 503);
 * ```
 */
export class BellhopError extends Error {
  /** Tells it from other errors, across realms too. */
  override readonly name: string = "BellhopError";
  /** What went wrong: match on this. */
  readonly code: ErrorCode;
  /** The field at fault, where there is one. */
  readonly field: string | undefined;
  /** Every fault found, where there may be many. */
  readonly faults: readonly Fault[] | undefined;
  /** Milliseconds after which trying again makes sense. */
  readonly retryAfterMs: number | undefined;

  /**
   * Makes an error of a known kind.
   *
   * @param detail a sentence on this occurrence: what could not be done, wanted and actual value
   */
  constructor(code: ErrorCode, detail?: string, details: ErrorDetails = {}) {
    super(detail ?? texts[code]?.[1] ?? code, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.field = details.field;
    this.faults = details.faults;
    this.retryAfterMs = details.retryAfterMs;
  }

  /**
   * Whether it is such an error, by its name: those of another copy of the library are, and those of `retry()`, which is
   * too small to hold this class.
   */
  static override [Symbol.hasInstance](value: unknown): value is BellhopError {
    return value instanceof Error && value.name === "BellhopError";
  }

  /** HTTP status by which the gateway reports it. */
  get status(): number {
    return FACTS[this.code][0];
  }

  /** What to do about it. */
  get fix(): string {
    return texts[this.code]?.[2] ?? `See ${this.code} in the list of errors.`;
  }

  /** Whether the same request may succeed later. */
  get retry(): boolean {
    return FACTS[this.code][1];
  }
}

function told(): Readonly<Record<ErrorCode, ErrorMeaning>> {
  texts = TEXTS;
  const meanings: Partial<Record<ErrorCode, ErrorMeaning>> = {};
  let code: ErrorCode;
  for (code in TEXTS) {
    const [status, retry] = FACTS[code];
    const [blame, title, fix] = TEXTS[code];
    meanings[code] = { status, blame, retry, title, fix };
  }
  return meanings as Record<ErrorCode, ErrorMeaning>;
}
