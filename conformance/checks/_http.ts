import type { DeliveryCall, Json, JsonObject, OtherCall } from "../control.ts";
import type { Session } from "../session.ts";

/** An answer of the gateway. */
export interface HttpReply {
  /** 0 if the connection was closed instead. */
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The body as JSON, `undefined` if it is none. */
  readonly json: JsonObject | undefined;
  /** What it answers, `GET /health`; absent of one that had to wait. */
  readonly to?: string;
}

/** What is sent; a `json` is written with its content type. */
export interface HttpBody {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly bodyBase64?: string;
  readonly json?: Json;
  readonly event?: JsonObject;
  /** Where it comes from, for subjects with the ability `peer`. */
  readonly peer?: string | null;
  /** Answer when the headers are there, for subjects with the ability `streams`. */
  readonly stream?: true;
  /** The body goes on, and nothing more comes of it; for subjects with the ability `streams`. */
  readonly unfinished?: true;
}

/** Sends a request to the gateway's mount and waits for the answer, in virtual time at most so many milliseconds. */
export async function http(session: Session, method: string, path: string, parts: HttpBody = {}): Promise<HttpReply> {
  const { reply } = await begin(session, method, path, parts);
  if (reply === undefined) throw new Error(`${method} ${path} is still without an answer`);
  return reply;
}

/** A request that may have to wait for its answer. */
export async function begin(
  session: Session,
  method: string,
  path: string,
  { headers = {}, body, bodyBase64, json, event, ...more }: HttpBody = {},
): Promise<{ readonly reply: HttpReply | undefined; readonly seq: number }> {
  const type = event !== undefined
    ? "application/cloudevents+json"
    : json !== undefined
    ? "application/json"
    : undefined;
  const text = event !== undefined ? JSON.stringify(event) : json !== undefined ? JSON.stringify(json) : body;
  const answer = await session.say({
    do: "request",
    method,
    path,
    headers: type === undefined ? headers : { "content-type": type, ...headers },
    ...(text === undefined ? {} : { body: text }),
    ...(bodyBase64 === undefined ? {} : { bodyBase64 }),
    ...more,
  });
  if ("pending" in answer) return { reply: undefined, seq: answer.pending };
  session.must(answer.ok !== undefined, "HTTP-010", () => `a request is answered by HTTP: ${JSON.stringify(answer)}`);
  const to = `${method} ${path}${text === undefined ? "" : ` ${text.slice(0, MOST_SHOWN)}`}`;
  return { reply: { ...replyOf(answer.ok), to }, seq: answer.seq ?? 0 };
}

/** The answer to a request that had to wait, once it has come. */
export function lateReply(session: Session, seq: number): HttpReply | undefined {
  const late = session.late.get(seq);
  return late?.ok === undefined ? undefined : replyOf(late.ok);
}

/**
 * The answer to a request that has to wait, `ms` after `fromMs`: by virtual time then and not a millisecond earlier, by
 * real time no earlier.
 */
export async function replyAfter(
  session: Session,
  seq: number,
  { fromMs, ms }: { readonly fromMs: number; readonly ms: number },
  requirement: string,
  what: string,
): Promise<HttpReply> {
  const early = (): boolean => lateReply(session, seq) !== undefined && session.nowMs < fromMs + ms;
  if (session.hello.clock === "virtual") {
    await session.advance(fromMs + ms - 1 - session.nowMs);
    session.must(!early(), requirement, `${what} before ${ms} ms`);
    await session.advance(1);
  }
  const reply = await replyWithin(session, seq, session.hello.clock === "virtual" ? 0 : ms + PATIENCE_MS);
  session.must(!early(), requirement, `${what} before ${ms} ms`);
  session.must(reply !== undefined, requirement, `${what} after ${ms} ms`);
  return reply;
}

/** The answer to a request that has to wait, if it comes within so many milliseconds. */
export async function replyWithin(session: Session, seq: number, limitMs: number): Promise<HttpReply | undefined> {
  const untilMs = session.nowMs + limitMs;
  for (;;) {
    const reply = lateReply(session, seq);
    if (reply !== undefined || session.nowMs >= untilMs) return reply;
    // What happens by virtual time stops it by itself.
    const stepMs = session.hello.clock === "virtual" ? Infinity : STEP_MS;
    await session.advance(Math.min(stepMs, untilMs - session.nowMs));
  }
}

/** The delivery that must be begun, by real time within some seconds. */
export async function taken(session: Session, receiver: string): Promise<DeliveryCall> {
  const call = await session.untilCall(PATIENCE_MS, receiver);
  session.must(call !== undefined, "BUS-019", `${receiver} gets the message`);
  return call;
}

/** The call that the gateway makes, by real time within some seconds. */
export async function called(session: Session, what: OtherCall["for"], requirement: string): Promise<OtherCall> {
  const untilMs = session.nowMs + PATIENCE_MS;
  for (;;) {
    const call = session.otherCalls.find((one) => one.for === what);
    if (call !== undefined) return call;
    session.must(session.nowMs < untilMs, requirement, `the gateway makes the call for ${what}`);
    await session.advance(STEP_MS);
  }
}

/** Milliseconds by the real clock after which nothing more is waited for. */
const PATIENCE_MS = 5_000;
/** Milliseconds after which an answer is looked for again. */
const STEP_MS = 20;
/** Characters of a body that a failure shows. */
const MOST_SHOWN = 200;

/** Judges a refusal: status, code and form. */
export function problem(
  session: Session,
  reply: HttpReply,
  status: number,
  code: string,
  requirement: string,
): JsonObject {
  const { json } = reply;
  const to = reply.to === undefined ? "" : `, in answer to ${reply.to}`;
  session.must(
    reply.status === status,
    requirement,
    () => `wanted ${status} ${code}, got ${reply.status} ${reply.text}${to}`,
  );
  session.must(
    /^application\/problem\+json\b/i.test(reply.headers["content-type"] ?? ""),
    "HTTP-010",
    `a refusal is a problem document, not ${reply.headers["content-type"]}`,
  );
  session.must(json !== undefined, "HTTP-008", "a problem is JSON");
  session.must(json.code === code, requirement, () => `wanted the code ${code}, got ${json.code}${to}`);
  session.must(json.status === status, "HTTP-011", `the member status is ${json.status}, the answer's ${status}`);
  session.must(
    typeof json.title === "string" && typeof json.retry === "boolean",
    "HTTP-011",
    "a problem has title and retry",
  );
  session.must(String(json.type).endsWith(code), "HTTP-012", `the type ${json.type} ends in ${code}`);
  return json;
}

function replyOf(ok: JsonObject): HttpReply {
  if (ok.closed === true) return { status: 0, headers: {}, text: "", json: undefined };
  const { status, headers, body } = ok as { status: number; headers: Record<string, string>; body: string };
  let json: JsonObject | undefined;
  try {
    json = JSON.parse(body);
  } catch {
    json = undefined;
  }
  return { status, headers, text: body, json };
}
