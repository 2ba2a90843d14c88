/**
 * The eccentrics: each conforms, and each does what a check that was written too narrowly would call a fault.
 *
 * @module
 */
import type { Answer, Json, JsonObject, SubjectEvent } from "../control.ts";
import { type Eccentric, odd, type Oddity } from "./eccentric.ts";

export type { Eccentric } from "./eccentric.ts";

/** See the module. */
export const ECCENTRICS: readonly Eccentric[] = oddities().map(odd);

function oddities(): readonly Oddity[] {
  let token = 0;
  return [
    {
      id: "members-reversed",
      why: "the order of the members of a JSON object has no meaning",
      says: (answer) => everywhere(answer, (object) => Object.fromEntries(Object.entries(object).reverse())),
    },
    {
      id: "members-unknown",
      why: "names of members that are not known are passed over",
      says: (answer, command) =>
        // What was published must reach the receiver as it was; only what the subject itself says may grow.
        command.do === "hello" || command.do === "ask" ? answer : {
          ...answer,
          ...(answer.ok === undefined ? {} : { ok: { ...answer.ok, xodd: { very: ["odd"] } } }),
          ...(answer.refused === undefined ? {} : { refused: { ...answer.refused, xodd: true } }),
          events: answer.events.map((event): SubjectEvent =>
            event.kind === "trace"
              ? { ...event, event: { ...event.event, xodd: 1 } }
              : { ...event, xodd: [null] } as unknown as SubjectEvent
          ),
        },
    },
    {
      id: "steps-unknown",
      why: "the table of trace events says which there must be, not that there are no others",
      says: (answer) => ({
        ...answer,
        events: answer.events.flatMap((event): SubjectEvent[] =>
          event.kind === "trace"
            ? [event, { kind: "trace", event: { kind: "pondered", atMs: event.event.atMs } }]
            : [event]
        ),
      }),
    },
    {
      id: "tokens-long",
      why: "a lease token and an instance id may have up to 128 characters",
      changes: { embedded: { token: () => `${"odd.Token_-".repeat(10)}${(++token).toString().padStart(12, "0")}` } },
    },
    {
      id: "wakes-early",
      why: "a wake-up before its time is harmless",
      hears: (command, nowMs) => {
        if (command.do !== "advance" || command.toMs - nowMs < 4) return [command];
        const quarter = Math.floor((command.toMs - nowMs) / 4);
        return [1, 2, 3].map((n) => ({ do: "advance" as const, toMs: nowMs + n * quarter })).concat([command]);
      },
    },
    {
      id: "pages-of-one",
      why: "a page holds at most `limit` entries; nothing asks it to hold more than one",
      hears: (command) => command.do === "list" && command.what !== "services" ? [{ ...command, limit: 1 }] : [command],
    },
    {
      id: "replicated",
      why: "what is replicated is flushed or better",
      says: (answer) =>
        everywhere(
          answer,
          (object) => object.durability === "flushed" ? { ...object, durability: "replicated" } : object,
        ),
    },
    {
      id: "other-words",
      why: "titles, details and reasons of faults are for people",
      says: (answer) =>
        everywhere(answer, (object) => ({
          ...object,
          ...(Array.isArray(object.faults)
            ? {
              faults: object.faults.map((fault) => ({ ...fault as JsonObject, reason: "so ist es nicht recht" }))
                .reverse(),
            }
            : {}),
        })),
    },
    {
      id: "bodies-spaced",
      why: "white space in JSON has no meaning",
      says: (answer, command) =>
        command.do !== "request" || answer.ok === undefined ? answer : { ...answer, ok: spaced(answer.ok) },
    },
    {
      id: "headers-capital",
      why: "names of headers have no case",
      says: (answer, command) => ({
        ...answer,
        ...(command.do === "request" && answer.ok !== undefined ? { ok: capital(answer.ok) } : {}),
        events: answer.events.map((event) =>
          event.kind === "call" && event.request !== undefined
            ? { ...event, request: capital(event.request as unknown as JsonObject) } as unknown as SubjectEvent
            : event
        ),
      }),
    },
    {
      id: "answers-late",
      why: "an answer may follow as an event",
      says: (answer, command) => {
        if (command.do !== "publish" || answer.pending === true) return answer;
        const { ok, refused, ...rest } = answer;
        const late = { kind: "answer", to: answer.seq, ...(ok === undefined ? { refused } : { ok }) } as SubjectEvent;
        return { ...rest, pending: true, events: [...answer.events, late] };
      },
    },
    {
      id: "outbox-one-at-a-time",
      why: "nothing asks an outbox to have more than one attempt under way",
      changes: { outbox: { maxInFlight: 1 } },
    },
    {
      id: "source-odd",
      why: "the gateway's own source and the random numbers of its choices are its own business",
      changes: {
        hello: { name: "odd", version: "9.9-odd+build" },
        embedded: {
          source: "urn:odd:gateway",
          random: lcg(7),
          registry: { strategy: "least-loaded-of-two" },
        },
      },
    },
  ];
}

/** The answer with each of its objects changed, but for envelopes, which belong to their publishers. */
function everywhere(answer: Answer, change: (object: JsonObject) => JsonObject): Answer {
  const visit = (value: Json, name: string): Json => {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map((one) => visit(one, name));
    if (name === "envelope") return value;
    return change(
      Object.fromEntries(Object.entries(value).map(([member, one]) => [member, visit(one, member)])),
    );
  };
  return visit(answer as unknown as Json, "") as unknown as Answer;
}

function spaced(ok: JsonObject): JsonObject {
  try {
    return { ...ok, body: `\n ${JSON.stringify(JSON.parse(String(ok.body)), null, 3)}\n` };
  } catch {
    return ok;
  }
}

function capital(message: JsonObject): JsonObject {
  const headers = Object.entries(message.headers as JsonObject).map(([name, value]) => [name.toUpperCase(), value]);
  return { ...message, headers: Object.fromEntries(headers) };
}

/** Numbers that are always the same: a report of a fault must be repeatable. */
function lcg(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
