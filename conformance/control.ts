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
export const PROFILES = ["core.envelope", "core.retry", "core", "registry", "http", "durable", "security"] as const;

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
  /** plays a receiving service: `start` with `role: "service"` */
  "service",
  /** takes `drain` */
  "drain",
] as const;

/** One of {@linkcode ABILITIES}. */
export type Ability = typeof ABILITIES[number];

/** What a subject says of itself. */
export interface Hello {
  /** The version of the control messages. */
  readonly control: number;
  /** Name and version of the implementation. */
  readonly name: string;
  readonly version: string;
  /** The release of the specification, `0.1`. */
  readonly spec: string;
  readonly profiles: readonly Profile[];
  /** Whether time is given by `advance` or passes by itself. */
  readonly clock: "virtual" | "real";
  readonly asks: readonly Question[];
  readonly can: readonly Ability[];
}

/** How the bus is to be set up; what is left out has the default of the specification. */
export interface StartOptions {
  /** Fields of the retry policy, the same for all priorities; `retries` is never among them. */
  readonly policy?: Readonly<Record<string, number | string | null>>;
  readonly capacity?: number;
  readonly maxInFlight?: number;
  readonly maxDeadLetters?: number;
  readonly healthIntervalMs?: number;
  /** 0 = no health checks. */
  readonly limits?: Readonly<Record<string, number>>;
  /** Bytes of CRITICAL messages that one principal may keep. */
  readonly maxDurableBytes?: number;
  /** `memory`, or one that counts as flushed. Default: `durable` where the profile is declared. */
  readonly store?: "memory" | "durable";
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
    readonly role?: "gateway" | "service";
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
  /** `fail`: the next write fails; `hold`: writes hang until `release`; `crash`: the process dies now. */
  | { readonly do: "store"; readonly action: "fail" | "hold" | "release" | "crash" }
  | {
    readonly do: "request";
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
    readonly bodyBase64?: string;
  }
  | { readonly do: "ask"; readonly about: Question; readonly input: JsonObject }
  | { readonly do: "stop" };

/** How a call that the subject made ends. */
export type CallAnswer =
  /** A verdict, as a transport without statuses gives it. */
  | { readonly verdict: "ack" | "nak" | "term"; readonly delayMs?: number; readonly reason?: string }
  /** The receiver is still at it. */
  | { readonly verdict: "working" }
  /** An answer of HTTP, to be judged by the subject. */
  | { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string }
  /** The call found nobody. */
  | { readonly fault: "unreachable" };

/** Why a command was refused: a code of the specification's list. */
export interface Refusal {
  readonly code: string;
  readonly field?: string;
  readonly faults?: readonly { readonly field: string; readonly code: string; readonly reason?: string }[];
  readonly retryAfterMs?: number;
}

/** One attempt of a delivery, begun and waiting for its answer. */
export interface DeliveryCall {
  readonly kind: "call";
  /** Names the call in `settle`. */
  readonly call: string;
  readonly for: "delivery";
  readonly atMs: number;
  readonly receiver: string;
  readonly instance: string;
  readonly run: number;
  readonly attempt: number;
  readonly deliveryId: string;
  /** What is delivered, in the JSON format. */
  readonly envelope: JsonObject;
  /** With the profile http: the request as it goes out. */
  readonly request?: OutgoingRequest;
}

/** A request that the subject makes. */
export interface OutgoingRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Another call of the subject: health, manifest, handshake, or the handler of a service. */
export interface OtherCall {
  readonly kind: "call";
  readonly call: string;
  readonly for: "health" | "manifest" | "handshake" | "proxy" | "handler";
  readonly atMs: number;
  readonly request?: OutgoingRequest;
  readonly envelope?: JsonObject;
}

/** A step of the bus or of the registry, as the specification's table of trace events has it. */
export interface TraceStep {
  readonly kind: "trace";
  readonly event: { readonly kind: string; readonly atMs: number; readonly [member: string]: Json };
}

/** The answer to a command that was `pending`. */
export interface LateAnswer {
  readonly kind: "answer";
  readonly to: number;
  readonly ok?: JsonObject;
  readonly refused?: Refusal;
}

/** What a subject tells beside the answer, in the order in which it happened. */
export type SubjectEvent = DeliveryCall | OtherCall | TraceStep | LateAnswer;

/** One message from a subject: the answer to the command with that `seq`, and all that happened since the last. */
export interface Answer {
  readonly seq: number;
  /** The subject's clock after the command. */
  readonly nowMs: number;
  /** Exactly one of `ok`, `refused`, `pending` and `unsupported` is there. */
  readonly ok?: JsonObject;
  readonly refused?: Refusal;
  /** The answer follows as an event, once something else has happened. */
  readonly pending?: true;
  /** The subject does not know the command or an option: the check does not apply. */
  readonly unsupported?: string;
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
