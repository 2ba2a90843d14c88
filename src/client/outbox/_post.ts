import type { OutboxAnswer } from "../../core/outbox/message.ts";
import { type Gateway, readText } from "../_gateway.ts";
import { readObject } from "../_problem.ts";
import { timeLimit } from "../_time_limit.ts";

/** As an attempt of the priority table. */
const ATTEMPT_MS = 15_000;
/** Most bytes of an answer that are read. */
const MAX_ANSWER_BYTES = 4_194_304;

/** One attempt to hand a message to the gateway, and what its answer means. Never rejects. */
export async function post(gateway: Gateway, json: string): Promise<OutboxAnswer> {
  const limit = timeLimit(gateway.clock, ATTEMPT_MS, () => undefined, gateway.closed);
  try {
    const response = await gateway.fetch(`${gateway.url}/messages`, {
      method: "POST",
      headers: {
        accept: "application/json",
        "content-type": "application/cloudevents+json; charset=utf-8",
        ...await gateway.credential(limit.signal),
      },
      signal: limit.signal,
      redirect: "manual",
      body: json,
    });
    const text = await readText(response, MAX_ANSWER_BYTES);
    return answerOf(gateway, response, text);
  } catch {
    return { kind: "silence", reason: limit.signal.aborted ? "timeout" : "unreachable" };
  } finally {
    limit.end();
  }
}

function answerOf(gateway: Gateway, response: Response, text: string): OutboxAnswer {
  const { status, ok } = response;
  if (ok && /^\s*($|{)/.test(text)) return { kind: "accepted" };
  // A login page of a hotel says 200 to everything, or 511 (RFC 6585): it is as if nobody had answered.
  if (ok || status === 511) return { kind: "silence", reason: "no-gateway" };
  // A redirect is never followed, and a page may not even see where to.
  if (status < 400) return { kind: "silence", reason: "redirected" };
  const { code, retry } = readObject(text);
  const reason = typeof code === "string" ? code.slice(0, 64) : `status-${status}`;
  // Only a problem of a gateway is final: what a proxy says may be over soon.
  if (retry === false) return { kind: "refused", reason };
  return { kind: "again", reason, retryAfterMs: waitOf(response.headers.get("retry-after"), gateway.clock.nowMs()) };
}

/** `Retry-After`: seconds, or a date of HTTP, which says GMT or, in its oldest form, means it. All else is ignored. */
function waitOf(text: string | null, nowMs: number): number {
  const asked = text ?? "";
  if (/^\d+$/.test(asked)) return Number(asked) * 1_000;
  // The platform takes much for a date: "12 2099" too.
  const date = /^[A-Z].*:/.test(asked) ? `${asked.replace(" GMT", "")} GMT` : "";
  return Date.parse(date) - nowMs || 0;
}
