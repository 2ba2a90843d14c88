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
  | "argument-invalid"
  | "route-unknown"
  | "method-unsupported"
  | "internal";

/** Every error code with its meaning (spec HTTP, "Problems"). */
export const ERRORS: Readonly<Record<ErrorCode, ErrorMeaning>> = {
  "envelope-malformed": meaning(
    400,
    "sender",
    false,
    "The body is not a readable envelope",
    "Send JSON that is a CloudEvents 1.0 envelope, or the ce- headers of one.",
  ),
  "envelope-invalid": meaning(
    422,
    "sender",
    false,
    "The envelope breaks a rule of the protocol",
    "Correct each field named in `faults`.",
  ),
  "content-type-unsupported": meaning(
    415,
    "sender",
    false,
    "The content type is none that is understood here",
    "Use application/cloudevents+json, application/cloudevents-batch+json, or ce- headers.",
  ),
  "body-too-large": meaning(
    413,
    "sender",
    false,
    "The body is larger than the advertised limit",
    "Send less, or send a reference to the data.",
  ),
  "body-used": meaning(
    500,
    "operator",
    false,
    "A middleware took the body before it was read here",
    "Have it read by c.req.json() or c.req.text(), which Hono keeps, or from c.req.raw.clone().",
  ),
  "headers-too-large": meaning(
    431,
    "sender",
    false,
    "The headers are larger than the advertised limit",
    "Use structured mode, which carries attributes in the body.",
  ),
  "batch-too-large": meaning(
    413,
    "sender",
    false,
    "The batch holds more envelopes than the advertised limit",
    "Split the batch.",
  ),
  "type-reserved": meaning(
    422,
    "sender",
    false,
    "Types service.* and message.* belong to the protocol",
    "Choose another type.",
  ),
  "source-reserved": meaning(
    422,
    "sender",
    false,
    "That source is the gateway's own",
    "Publish with a source of your own.",
  ),
  "message-expired": meaning(
    422,
    "sender",
    false,
    "The message had expired when it arrived",
    "Check expirytime and the sender's clock.",
  ),
  "id-conflict": meaning(
    409,
    "sender",
    false,
    "Another message with this source and id was accepted before",
    "Give each message an id of its own.",
  ),
  "target-unknown": meaning(
    404,
    "sender",
    false,
    "No service of that name was ever registered",
    "Check the target's name, or register the service first.",
  ),
  "message-unknown": meaning(
    404,
    "sender",
    false,
    "No message with that source and id is known",
    "Check source and id; status is kept for the duplicate horizon only.",
  ),
  "dead-letter-unknown": meaning(
    404,
    "sender",
    false,
    "No dead letter with that id is kept",
    "List the dead letters again.",
  ),
  "message-ended": meaning(
    409,
    "sender",
    false,
    "Every delivery of the message has ended",
    "Nothing is left to cancel.",
  ),
  "queue-full": meaning(
    503,
    "receiver",
    true,
    "The receiver's queue is full of work that is at least as important",
    "Try again after the time in Retry-After.",
  ),
  "store-full": meaning(
    507,
    "operator",
    true,
    "The quota for CRITICAL messages on disk is used up",
    "Redrive or discard dead letters, or raise the quota.",
  ),
  "record-too-large": meaning(
    413,
    "sender",
    false,
    "A CRITICAL message is larger than the store can keep",
    "Send less, or send a reference to the data.",
  ),
  "not-durable": meaning(
    503,
    "operator",
    true,
    "The message could not be flushed to disk and was not accepted",
    "Check the disk, restart the gateway, and publish again.",
  ),
  "store-locked": meaning(
    503,
    "operator",
    true,
    "Another process owns the store",
    "Stop the other process, or give each process its own file.",
  ),
  "store-unavailable": meaning(
    501,
    "operator",
    false,
    "This runtime cannot run the disk store",
    "Use Deno, or Node 22.13 or newer, or another store.",
  ),
  "store-failed": meaning(
    500,
    "operator",
    true,
    "The store reported an error",
    "Read `detail`; check the disk and the file.",
  ),
  "store-version": meaning(
    500,
    "operator",
    false,
    "The store was written by another version",
    "Open it with the version that wrote it, or migrate it.",
  ),
  "store-closed": meaning(503, "operator", true, "The store is closed", "Open it again."),
  "store-required": meaning(
    422,
    "operator",
    false,
    "CRITICAL needs a store that flushes to disk",
    "Give the gateway a durable store, or lower the priority.",
  ),
  "registration-invalid": meaning(
    422,
    "sender",
    false,
    "The registration breaks a rule of the protocol",
    "Correct each field named in `faults`.",
  ),
  "registry-full": meaning(
    503,
    "operator",
    true,
    "The registry holds as many entries as it may",
    "Deregister what is not used, or raise the limit.",
  ),
  "lease-unknown": meaning(404, "sender", true, "No instance holds that lease", "Register again."),
  "service-unknown": meaning(
    404,
    "sender",
    false,
    "No service of that name is registered",
    "Check the name, or register the service.",
  ),
  "no-instance": meaning(
    503,
    "receiver",
    true,
    "No instance of the service can be called",
    "Try again later, or start an instance.",
  ),
  "endpoint-refused": meaning(
    422,
    "sender",
    false,
    "The endpoint's address is not allowed here",
    "In open mode use a loopback address; elsewhere a public one, or put its host on the allow-list.",
  ),
  "discovery-failed": meaning(
    502,
    "receiver",
    true,
    "The service did not answer with a manifest",
    "Check the URL: it is where service() is mounted.",
  ),
  "in-progress": meaning(
    503,
    "receiver",
    true,
    "The same message is being handled at this moment",
    "Wait; the sender tries again by itself.",
  ),
  "handler-missing": meaning(
    422,
    "sender",
    false,
    "The service has no handler for this type",
    "Subscribe only to what the service handles.",
  ),
  "handler-failed": meaning(503, "receiver", true, "The handler threw", "Read the service's log."),
  "handler-nak": meaning(503, "receiver", true, "The handler asks for another attempt", "Wait; the bus tries again."),
  "handler-term": meaning(
    422,
    "receiver",
    false,
    "The handler refuses the message for good",
    "Read the reason in detail; redrive the dead letter when it no longer holds.",
  ),
  "data-invalid": meaning(
    422,
    "sender",
    false,
    "The data does not fit the schema of its type",
    "Correct each field named in `faults`.",
  ),
  "not-connected": meaning(
    503,
    "operator",
    true,
    "The service has nothing to publish or call through",
    "Connect it with connect(service, …), or give service() a gateway and a token.",
  ),
  "timeout": meaning(504, "receiver", true, "No answer came in time", "Try again, or raise the time allowed."),
  "unreachable": meaning(
    502,
    "receiver",
    true,
    "The other side could not be reached",
    "Check that it runs and listens.",
  ),
  "response-too-large": meaning(
    502,
    "receiver",
    false,
    "The answer is larger than the limit",
    "Answer with a status and a short body.",
  ),
  "deadline-exceeded": meaning(504, "sender", true, "The deadline passed", "Allow more time, or find what is slow."),
  "attempts-exhausted": meaning(
    502,
    "receiver",
    true,
    "Every attempt allowed by the policy failed",
    "See `cause` for the last error.",
  ),
  "circuit-open": meaning(
    503,
    "receiver",
    true,
    "The circuit breaker is open after too many failures",
    "Wait until it half-opens.",
  ),
  "unauthorized": meaning(
    401,
    "sender",
    false,
    "The request carries no credential that is known here",
    "Send `authorization: Bearer` with a token that the gateway was configured with.",
  ),
  "forbidden": meaning(
    403,
    "sender",
    false,
    "The credential does not allow this",
    "Give the credential the scope or the source named in `detail`, or use another.",
  ),
  "signature-missing": meaning(
    401,
    "sender",
    false,
    "The delivery is not signed",
    "Send webhook-id, webhook-timestamp and webhook-signature; give sender and receiver the same secret.",
  ),
  "signature-invalid": meaning(
    401,
    "sender",
    false,
    "No signature of the delivery fits its content",
    "Compare the secrets of both sides, and let nothing change the body on its way.",
  ),
  "signature-stale": meaning(
    401,
    "sender",
    false,
    "The signature was made too long ago, or in the future",
    "Set the clocks of both sides.",
  ),
  "secret-missing": meaning(
    500,
    "operator",
    false,
    "There is no secret to sign or to verify deliveries with",
    "Give gateway() signingSecrets and service() a signingSecret (BELLHOP_SIGNING_SECRET), or both `open: true`.",
  ),
  "open-mode-refused": meaning(
    403,
    "sender",
    false,
    "Open mode serves loopback peers only",
    "Call from this machine, without a proxy and from the same origin.",
  ),
  "open-mode-required": meaning(
    500,
    "operator",
    false,
    "Neither open mode nor credentials were chosen",
    "Pass `open: true` to serve this machine alone, or `credentials` to serve others.",
  ),
  "closing": meaning(503, "gateway", true, "The gateway is closing", "Try again; another process will take over."),
  "too-many-streams": meaning(
    503,
    "gateway",
    true,
    "As many streams are open as may be",
    "Close one, or try again later.",
  ),
  "argument-invalid": meaning(
    400,
    "sender",
    false,
    "An argument is outside its range",
    "Correct the field that is named.",
  ),
  "route-unknown": meaning(
    404,
    "sender",
    false,
    "Nothing is served at that path",
    "Check the path the gateway is mounted on.",
  ),
  "method-unsupported": meaning(
    405,
    "sender",
    false,
    "The path does not take that method",
    "Use a method named in `allow`.",
  ),
  "internal": meaning(500, "gateway", true, "A fault of the gateway itself", "Report it with the detail given."),
};

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
    super(detail ?? ERRORS[code].title, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.field = details.field;
    this.faults = details.faults;
    this.retryAfterMs = details.retryAfterMs;
  }

  /** HTTP status by which the gateway reports it. */
  get status(): number {
    return ERRORS[this.code].status;
  }

  /** What to do about it. */
  get fix(): string {
    return ERRORS[this.code].fix;
  }

  /** Whether the same request may succeed later. */
  get retry(): boolean {
    return ERRORS[this.code].retry;
  }
}

function meaning(status: number, blame: Blame, retry: boolean, title: string, fix: string): ErrorMeaning {
  return { status, blame, retry, title, fix };
}
