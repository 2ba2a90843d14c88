import type { Envelope } from "../core/envelope/mod.ts";

/** One attempt to deliver, on its way out. */
export interface Delivery {
  /** What is delivered. */
  readonly envelope: Envelope;
  /** The delivery's opaque id, equal over attempts. */
  readonly deliveryId: string;
  /** 1 = the first attempt of the run. */
  readonly attempt: number;
  /** The service it is for. */
  readonly receiver: string;
  /** The instance that is called. */
  readonly instance: string;
  /** Where the instance takes deliveries. */
  readonly endpoint: string;
  /** Milliseconds that the attempt may take; after that the transport gives up and answers nak, `timeout`. */
  readonly timeoutMs: number;
}

/** What came of an attempt. A transport never throws and never rejects: a fault is an answer. */
export interface Answer {
  /** What becomes of the delivery. */
  readonly verdict: "ack" | "nak" | "term";
  /** Stable word for what went wrong: `status-503`, `timeout`, `unreachable`, `redirected`, …; empty with an ack. */
  readonly reason: string;
  /** What the receiver asked for by `Retry-After`, milliseconds. */
  readonly retryAfterMs?: number;
  /** Whether the receiver itself answered, which is a sign of life. */
  readonly answered: boolean;
  /** Whether the failure counts against the instance's health: its configuration is at fault, not the message. */
  readonly blameHealth?: boolean;
  /** Whether the endpoint said that it is gone for good. */
  readonly removeEndpoint?: boolean;
}

/** What an instance says of its health. */
export type ProbeStatus = "pass" | "warn" | "fail";

/** What an endpoint agreed to before it was registered. */
export interface Consent {
  /** Deliveries a minute, from 1; absent = any number. */
  readonly ratePerMinute?: number;
}

/** One hop out. */
export interface Transport {
  /** Makes one attempt. It may answer at once, which costs no promise. */
  deliver(delivery: Delivery): Answer | Promise<Answer>;
  /** Asks an instance for its health; no answer in time is `fail`. Never rejects. */
  health(endpoint: string, path: string, timeoutMs: number): Promise<ProbeStatus>;
  /**
   * Fetches the manifest that a service serves at a URL, as JSON data.
   *
   * @throws {BellhopError} `discovery-failed`, `endpoint-refused`
   */
  manifest(url: string, timeoutMs: number): Promise<unknown>;
  /**
   * Asks an endpoint whether it takes the deliveries of a service. Absent where nobody is asked, as in open mode.
   *
   * @throws {BellhopError} `endpoint-refused`, `secret-missing`; `unreachable` if there is no answer in time
   */
  consent?(endpoint: string, service: string, timeoutMs: number): Promise<Consent>;
  /**
   * Whether an endpoint's address may be called at all.
   *
   * @throws {BellhopError} `endpoint-refused`
   */
  check(endpoint: string): void;
}
