/**
 * The log of a handler: records of a few plain values, which somebody outside writes.
 *
 * @module
 */

/** How much a record matters. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** One thing that a handler said, with the delivery that it was about. */
export interface LogRecord {
  /** How much it matters. */
  readonly level: LogLevel;
  /** What the handler said, at most 4,096 characters. */
  readonly message: string;
  /** When, in epoch milliseconds. */
  readonly atMs: number;
  /** The service's name. */
  readonly service: string;
  /** The event's id. */
  readonly event: string;
  /** The attempt's number. */
  readonly attempt: number;
  /** The trace's id, 32 hexadecimal digits, if the event carries one. */
  readonly trace?: string;
  /** What the handler added. */
  readonly fields: Readonly<Record<string, string | number | boolean | null>>;
}

/** Takes records. What it throws is ignored. */
export type LogSink = (record: LogRecord) => void;

/** Says one thing; of `fields` at most 32 are kept. */
export type LogWriter = (message: string, fields?: Readonly<Record<string, unknown>>) => void;

/**
 * A handler's log. A record names service, event, attempt and trace by itself, and never the event's data.
 *
 * Of the fields only texts (at most 1,024 characters), numbers, booleans and `null` are kept as they are. Of an error
 * its name and message remain, of any other object its kind alone: an event, its data or the platform's bindings put
 * there by mistake show nothing. What is named like a credential (`token`, `authorization`, …) is `[secret]`.
 */
export interface Log {
  /** For whoever looks for a fault. */
  readonly debug: LogWriter;
  /** For the record. */
  readonly info: LogWriter;
  /** Something to look at. */
  readonly warn: LogWriter;
  /** Something to act on. */
  readonly error: LogWriter;
}

/** What every record of one delivery says. */
export interface LogSubject {
  readonly service: string;
  readonly event: string;
  readonly attempt: number;
  /** The event's, in the form of W3C Trace Context. */
  readonly traceparent: string | undefined;
}

const MAX_MESSAGE_LENGTH = 4_096;
const MAX_FIELDS = 32;
const MAX_NAME_LENGTH = 64;
const MAX_TEXT_LENGTH = 1_024;
const CREDENTIAL = /token|secret|passw|authorization|cookie|credential|signature|api-?_?key|private-?_?key/i;

/** The log of one delivery; without a sink it says nothing. */
export function createLog(subject: LogSubject, sink: LogSink | undefined, nowMs: () => number): Log {
  const { traceparent, ...about } = subject;
  const trace = /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(traceparent ?? "")?.[1];
  const writer = (level: LogLevel): LogWriter => (message, fields = {}) => {
    if (sink === undefined) return;
    // A log that fails must not fail the message.
    try {
      sink({
        level,
        message: String(message).slice(0, MAX_MESSAGE_LENGTH),
        atMs: nowMs(),
        ...about,
        ...(trace === undefined ? {} : { trace }),
        fields: plain(fields),
      });
    } catch { /* nobody is left to tell */ }
  };
  return { debug: writer("debug"), info: writer("info"), warn: writer("warn"), error: writer("error") };
}

function plain(fields: Readonly<Record<string, unknown>>): LogRecord["fields"] {
  const kept: [string, string | number | boolean | null][] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (kept.length === MAX_FIELDS) break;
    if (value === undefined) continue;
    kept.push([name.slice(0, MAX_NAME_LENGTH), CREDENTIAL.test(name) ? "[secret]" : shown(value)]);
  }
  return Object.fromEntries(kept);
}

function shown(value: unknown): string | number | boolean | null {
  if (value === null || typeof value === "boolean") return value;
  // JSON knows no negative zero.
  if (typeof value === "number") return Number.isFinite(value) ? value + 0 : String(value);
  if (typeof value === "string" || typeof value === "bigint") return String(value).slice(0, MAX_TEXT_LENGTH);
  if (value instanceof Error) return `${value.name}: ${value.message}`.slice(0, MAX_TEXT_LENGTH);
  return Array.isArray(value) ? "[array]" : `[${typeof value}]`;
}
