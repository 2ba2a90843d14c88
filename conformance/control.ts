/**
 * The control plane: what the suite says to a subject, and what a subject says back. One JSON object each way, whether
 * it travels in one process, over stdio as a line, or is put on by the HTTP driver.
 *
 * `control.schema.json` says the same for other languages, `docs/conformance/control.md` explains it.
 *
 * @module
 */

/** The version of the control messages that this suite speaks. */
export const CONTROL_VERSION = 1;

/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** A JSON object. */
export type JsonObject = { readonly [name: string]: Json };

/** What an implementation may declare. `core.envelope` and `core.retry` are parts of `core` that can be had alone. */
export const PROFILES = [
  "core.envelope",
  "core.retry",
  "core",
  "registry",
  "http",
  "pull",
  "durable",
  "security",
  "outbox",
] as const;

/** One of {@linkcode PROFILES}. */
export type Profile = typeof PROFILES[number];

/** Questions that need no bus: the answer follows from the question alone. */
export const QUESTIONS = ["parse", "write", "delay", "policy", "match", "verdict", "sign", "verify"] as const;

/** One of {@linkcode QUESTIONS}. */
export type Question = typeof QUESTIONS[number];

/** What not every subject can do, beside its profiles. */
export const ABILITIES = [
  /** takes `working` as a settlement */
  "working",
  /** takes `store` to fail, hold and release writes */
  "store-faults",
  /** takes `store` to die and `start` with `keep` to come back */
  "crash",
  /** takes `store` to read, once it has died: what its durable store holds */
  "store-read",
  /** takes `writes` at `store` to die between any two writes of one key */
  "torn-writes",
  /** plays a receiving service: `start` with `role: "service"` */
  "service",
  /** takes `drain` */
  "drain",
  /** takes `peer` at a `request` */
  "peer",
  /** takes `hosts`: what names resolve to may change while it runs */
  "hosts",
  /** takes `guard` in the security of a `start`: it can be at the level `checked` */
  "guard",
  /** takes `stream` and `unfinished` at a `request`, `unfinished` at an answer, `read` and `hang-up` */
  "streams",
  /** takes the option `mount` */
  "mount",
  /** takes the option `bounds` */
  "bounds",
  /** plays a service whose handlers have schemas */
  "schemas",
  /** plays a service, and tells when a handler is told to stop */
  "stops",
  /** plays a service whose handlers reply */
  "replies",
] as const;

/** One of {@linkcode ABILITIES}. */
export type Ability = typeof ABILITIES[number];

/** What a subject says of itself. */
export interface Hello {
  /** The version of the control messages. */
  readonly control: number;
  /** Name and version of the implementation. */
  readonly name: string;
  /** Its version. */
  readonly version: string;
  /** The release of the specification, `0.1`. */
  readonly spec: string;
  /** What it declares; nothing else is judged. */
  readonly profiles: readonly Profile[];
  /** Whether time is given by `advance` or passes by itself. */
  readonly clock: "virtual" | "real";
  /** Questions that it takes. */
  readonly asks: readonly Question[];
  /** What it can do beside its profiles. */
  readonly can: readonly Ability[];
}

/** How the bus is to be set up; what is left out has the default of the specification. */
export interface StartOptions {
  /** Fields of the retry policy, the same for all priorities; `retries` is never among them. */
  readonly policy?: Readonly<Record<string, number | string | null>>;
  /** Unfinished deliveries that one target may have. */
  readonly capacity?: number;
  /** Attempts that one target may have running. */
  readonly maxInFlight?: number;
  /** Dead letters that are kept in memory. */
  readonly maxDeadLetters?: number;
  /** Between two health checks; 0 = none. */
  readonly healthIntervalMs?: number;
  /** Limits of an envelope, as the manifest names them. */
  readonly limits?: Readonly<Record<string, number>>;
  /** Bytes of CRITICAL messages that one principal may keep. */
  readonly maxDurableBytes?: number;
  /** Largest record that the store declares to keep, in bytes; at least 98,304. */
  readonly maxRecordBytes?: number;
  /** `memory`, or one that counts as flushed. Default: `durable` where the profile is declared. */
  readonly store?: "memory" | "durable";
  /** Path under which the gateway is mounted, `/bus`; default wherever it likes. Needs the ability `mount`. */
  readonly mount?: string;
  /** Bounds of requests that the specification leaves open. Needs the ability `bounds`. */
  readonly bounds?: {
    /** Requests that may wait for an outcome. */
    readonly waits?: number;
    /** Proxied requests that may be under way. */
    readonly calls?: number;
    /** Requests and streams for deliveries that may be under way, in place of the 10,000. */
    readonly pulls?: number;
    /** Bytes that a trace stream may hold for its reader. */
    readonly streamBytes?: number;
    /** Milliseconds in which the body of a request must have come, in place of the 30,000. */
    readonly bodyMs?: number;
    /** Milliseconds between the comments of a stream, in place of the 15,000. */
    readonly commentMs?: number;
  };
}

/** One message to a subject. */
export type Command =
  | { readonly do: "hello" }
  /** Forget everything and begin anew at that time; with `keep`, begin on what the durable store holds. */
  | {
    readonly do: "start";
    readonly nowMs: number;
    /** The random numbers of the waits in their order, from the first again after the last. */
    readonly draws: readonly number[];
    readonly options: StartOptions;
    readonly keep?: boolean;
    readonly role?: "gateway" | "service" | "client";
    readonly service?: JsonObject;
    readonly security?: JsonObject;
  }
  | {
    readonly do: "publish";
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
    readonly bodyBase64?: string;
    readonly lease?: string;
    readonly delayMs?: number;
  }
  /** A `service.register`, `service.renew` or `service.deregister`. */
  | { readonly do: "registry"; readonly envelope: JsonObject }
  | { readonly do: "discover"; readonly url: string }
  | { readonly do: "settle"; readonly call: string; readonly answer: CallAnswer }
  /** Let time pass up to `toMs`, but stop at the first moment at which there is an event to tell. */
  | { readonly do: "advance"; readonly toMs: number }
  | { readonly do: "status"; readonly source: string; readonly id: string }
  | { readonly do: "cancel"; readonly source: string; readonly id: string }
  | {
    readonly do: "list";
    readonly what: "unfinished" | "delayed" | "dead-letters" | "services";
    readonly limit?: number;
    readonly after?: string;
    readonly receiver?: string;
  }
  | { readonly do: "letter"; readonly id: string; readonly action: "redrive" | "discard" }
  | { readonly do: "drain" }
  /**
   * `fail`: the next write fails; `hold`: writes hang until `release`, with `writes` only after that many writes of one
   * key; `crash`: the process dies now, and what hangs never reaches the disk; `read`: after that, all its bytes, `base64`.
   */
  | { readonly do: "store"; readonly action: "fail" | "hold" | "release" | "crash" | "read"; readonly writes?: number }
  | {
    readonly do: "request";
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
    readonly bodyBase64?: string;
    /** The address that it comes from, `null` = the platform does not tell; default 127.0.0.1. */
    readonly peer?: string | null;
    /** Answer once the headers are there; the body is had by `read`. */
    readonly stream?: true;
    /** More of the body is promised and never comes. */
    readonly unfinished?: true;
  }
  /** What has come of that request's body since the last `read`: `{"text", "ended"}`. Nothing is read before. */
  | { readonly do: "read"; readonly to: number }
  /** Whoever sent that request goes away. */
  | { readonly do: "hang-up"; readonly to: number }
  /** From now on these names resolve to these addresses, and no others to any. */
  | { readonly do: "hosts"; readonly hosts: Readonly<Record<string, readonly string[]>> }
  | { readonly do: "ask"; readonly about: Question; readonly input: JsonObject }
  | { readonly do: "stop" };

/** How a call that the subject made ends. */
export type CallAnswer =
  /** A verdict, as a transport without statuses gives it. */
  | {
    readonly verdict: "ack" | "nak" | "term";
    readonly delayMs?: number;
    readonly reason?: string;
    /** What the handler replies to whoever asked, before its ack. */
    readonly reply?: JsonObject;
  }
  /** The receiver is still at it. */
  | { readonly verdict: "working" }
  /** An answer of HTTP, to be judged by the subject; one that is `unfinished` has more of a body that never comes. */
  | {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
    readonly unfinished?: true;
  }
  /** The call found nobody. */
  | { readonly fault: "unreachable" };

/** Why a command was refused: a code of the specification's list. */
export interface Refusal {
  /** Code of the error. */
  readonly code: string;
  /** What is at fault, where the specification says. */
  readonly field?: string;
  /** Every fault of an envelope. */
  readonly faults?: readonly { readonly field: string; readonly code: string; readonly reason?: string }[];
  /** When trying again makes sense. */
  readonly retryAfterMs?: number;
}

/** One attempt of a delivery, begun and waiting for its answer. */
export interface DeliveryCall {
  /** Marks it. */
  readonly kind: "call";
  /** Names the call in `settle`. */
  readonly call: string;
  /** What it is for. */
  readonly for: "delivery";
  /** The subject's clock at its start. */
  readonly atMs: number;
  /** The service. */
  readonly receiver: string;
  /** The instance of it that is called. */
  readonly instance: string;
  /** 1, and 1 more for each redrive. */
  readonly run: number;
  /** 1 for the first of the run. */
  readonly attempt: number;
  /** The same in every attempt of a delivery. */
  readonly deliveryId: string;
  /** What is delivered, in the JSON format. */
  readonly envelope: JsonObject;
  /** With the profile http: the request as it goes out. */
  readonly request?: OutgoingRequest;
}

/** A request that the subject makes. */
export interface OutgoingRequest {
  /** Its method. */
  readonly method: string;
  /** Where it goes. */
  readonly url: string;
  /** Its headers. */
  readonly headers: Readonly<Record<string, string>>;
  /** Its body as text. */
  readonly body: string;
}

/** Another call of the subject: health, manifest, handshake, or what a service does. */
export interface OtherCall {
  /** Marks it. */
  readonly kind: "call";
  /** Names the call in `settle`. */
  readonly call: string;
  /** What it is for. */
  readonly for: "health" | "manifest" | "handshake" | "proxy" | "handler" | "publish";
  /** The subject's clock at its start. */
  readonly atMs: number;
  /** The request, unless it is the run of a handler. */
  readonly request?: OutgoingRequest;
  /** What the handler is given, or publishes. */
  readonly envelope?: JsonObject;
}

/** A handler is told to stop. */
export interface HandlerStop {
  /** Marks it. */
  readonly kind: "stop";
  /** The call of the handler. */
  readonly call: string;
  /** The subject's clock at that moment. */
  readonly atMs: number;
}

/** A step of the bus or of the registry, as the specification's table of trace events has it. */
export interface TraceStep {
  /** Marks it. */
  readonly kind: "trace";
  /** The step. */
  readonly event: { readonly kind: string; readonly atMs: number; readonly [member: string]: Json };
}

/** The answer to a command that was `pending`. */
export interface LateAnswer {
  /** Marks it. */
  readonly kind: "answer";
  /** The `seq` of the command. */
  readonly to: number;
  /** The result. */
  readonly ok?: JsonObject;
  /** Why there is none. */
  readonly refused?: Refusal;
}

/** What a subject tells beside the answer, in the order in which it happened. */
export type SubjectEvent = DeliveryCall | OtherCall | HandlerStop | TraceStep | LateAnswer;

/** One message from a subject: the answer to the command with that `seq`, and all that happened since the last. */
export interface Answer {
  /** That of the command. */
  readonly seq: number;
  /** The subject's clock after the command. */
  readonly nowMs: number;
  /** Exactly one of `ok`, `refused`, `pending` and `unsupported` is there. */
  readonly ok?: JsonObject;
  /** Why it was refused. */
  readonly refused?: Refusal;
  /** The answer follows as an event, once something else has happened. */
  readonly pending?: true;
  /** The subject does not know the command or an option: the check does not apply. */
  readonly unsupported?: string;
  /** What has happened since the last answer. */
  readonly events: readonly SubjectEvent[];
}

/** An implementation under test, plugged in. */
export interface Subject {
  /** Sends one command and gives the answer; rejects when the subject is broken or silent. */
  send(seq: number, command: Command): Promise<Answer>;
  /** Ends it. Idempotent. */
  close(): Promise<void>;
}

/** Opens a subject; the suite opens a new one after one that broke. */
export type OpenSubject = () => Promise<Subject>;
