import type { JsonObject } from "../control.ts";
import type { Session } from "../session.ts";
import { begin, type HttpReply, lateReply } from "./_http.ts";

export const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
export const OTHER_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
export const ADMIN = "tok_admin_ZmFzdC1jYW5hcnktMDAx";
export const PUBLISHER = "tok_publisher_Y2FuYXJ5LTAwMg0x";
export const OLD = "tok_publisher_old_b2xkLWNhbmFyeS0wMDM";
export const WATCHER = "tok_watcher_d2F0Y2hlci1jYW5hcnkw";

export const SECURITY: JsonObject = {
  secrets: SECRET,
  credentials: [
    { name: "admin", token: ADMIN, scopes: ["admin"] },
    { name: "publisher", token: [PUBLISHER, OLD], scopes: ["publish:thing.*"], sources: ["/shop"] },
    { name: "watcher", token: WATCHER, scopes: ["observe"] },
  ],
  hosts: {
    "b.example": ["93.184.215.14"],
    "inside.example": ["10.0.0.7"],
    "mixed.example": ["93.184.215.14", "127.0.0.1"],
  },
};

/** What an endpoint answers that consents to everything. */
export const CONSENT: Readonly<Record<string, string>> = { "webhook-allowed-origin": "*" };

/** The header of a request with a token. */
export function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

/** Registers, by the admin's token unless told otherwise, consenting as told when asked; `ORIGIN` stands for the origin asked for. */
export async function register(
  session: Session,
  fields: JsonObject,
  status = 204,
  headers: Readonly<Record<string, string>> = CONSENT,
  token: string = ADMIN,
): Promise<{ readonly reply: HttpReply; readonly asked: boolean }> {
  const data = { version: "1.0.0", instance: "i1", endpoint: "http://b.example/bellhop", subscriptions: [], ...fields };
  const event = session.event({ type: "service.register", data });
  const { reply, seq } = await begin(session, "POST", "/registry", { event, headers: bearer(token) });
  const call = session.otherCalls.find((one) => one.for === "handshake");
  if (call === undefined) {
    session.must(reply !== undefined, "REG-004", "a registration is answered");
    return { reply, asked: false };
  }
  const origin = call.request?.headers["webhook-request-origin"] ?? "";
  const consent = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, value === "ORIGIN" ? origin : value]),
  );
  await session.settle(call, { status, headers: consent, body: "" });
  for (let turn = 0; turn < 5 && lateReply(session, seq) === undefined; turn++) await session.advance(1);
  const late = lateReply(session, seq);
  session.must(late !== undefined, "REG-004", "a registration is answered");
  return { reply: late, asked: true };
}

/** A signature by Standard Webhooks, written here from its text: nothing of a subject makes it. */
export async function sign(secret: string, id: string, timestampS: number, body: string): Promise<string> {
  const raw = Uint8Array.from(atob(secret.slice("whsec_".length)), (letter) => letter.charCodeAt(0));
  const key = await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const bytes = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(`${id}.${timestampS}.${body}`));
  return `v1,${btoa(String.fromCharCode(...new Uint8Array(bytes)))}`;
}
