import type { Json, JsonObject } from "../control.ts";
import type { Session } from "../session.ts";

/** An answer of the gateway. */
export interface HttpReply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The body as JSON, `undefined` if it is none. */
  readonly json: JsonObject | undefined;
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
  { headers = {}, body, bodyBase64, json, event, peer }: HttpBody = {},
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
    ...(peer === undefined ? {} : { peer }),
  });
  if ("pending" in answer) return { reply: undefined, seq: answer.pending };
  session.must(answer.ok !== undefined, "HTTP-010", () => `a request is answered by HTTP: ${JSON.stringify(answer)}`);
  return { reply: replyOf(answer.ok), seq: 0 };
}

/** The answer to a request that had to wait, once it has come. */
export function lateReply(session: Session, seq: number): HttpReply | undefined {
  const late = session.late.get(seq);
  return late?.ok === undefined ? undefined : replyOf(late.ok);
}

/** Judges a refusal: status, code and form. */
export function problem(
  session: Session,
  reply: HttpReply,
  status: number,
  code: string,
  requirement: string,
): JsonObject {
  const { json } = reply;
  session.must(reply.status === status, requirement, `wanted ${status} ${code}, got ${reply.status} ${reply.text}`);
  session.must(
    /^application\/problem\+json\b/i.test(reply.headers["content-type"] ?? ""),
    "HTTP-010",
    `a refusal is a problem document, not ${reply.headers["content-type"]}`,
  );
  session.must(json !== undefined, "HTTP-008", "a problem is JSON");
  session.must(json.code === code, requirement, `wanted the code ${code}, got ${json.code}`);
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
  const { status, headers, body } = ok as { status: number; headers: Record<string, string>; body: string };
  let json: JsonObject | undefined;
  try {
    json = JSON.parse(body);
  } catch {
    json = undefined;
  }
  return { status, headers, text: body, json };
}
