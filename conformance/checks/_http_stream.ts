import { SubjectBroken } from "../failure.ts";
import type { Session } from "../session.ts";
import { begin, type HttpBody, type HttpReply } from "./_http.ts";

/** A request whose answer is read piece by piece. */
export interface Streamed {
  readonly reply: HttpReply;
  /** Its command. */
  readonly seq: number;
  /** All that was read. */
  text: string;
  /** Whether that was all. */
  ended: boolean;
}

/** One event of a stream of Server-Sent Events. */
export interface SentEvent {
  readonly event: string;
  readonly data: string;
}

/** A request that is answered when its headers are there. */
export async function stream(session: Session, path: string, parts: HttpBody = {}): Promise<Streamed> {
  const { reply, seq } = await begin(session, "GET", path, { ...parts, stream: true });
  if (reply === undefined) throw new SubjectBroken(`GET ${path} with stream was not answered when its headers came`);
  return { reply, seq, text: "", ended: false };
}

/** Reads what has come, until it fits, and by real time for some seconds. */
export async function readUntil(
  session: Session,
  streamed: Streamed,
  fits: (streamed: Streamed) => boolean,
  limitMs = session.hello.clock === "virtual" ? 0 : PATIENCE_MS,
): Promise<void> {
  const untilMs = session.nowMs + limitMs;
  for (;;) {
    const { ok } = await session.say({ do: "read", to: streamed.seq });
    if (typeof ok?.text !== "string" || typeof ok.ended !== "boolean") {
      throw new SubjectBroken(`read is answered {"text", "ended"}, not ${JSON.stringify(ok)}`);
    }
    streamed.text += ok.text;
    streamed.ended ||= ok.ended;
    if (fits(streamed) || streamed.ended || session.nowMs >= untilMs) return;
    await session.advance(STEP_MS);
  }
}

/** Goes away. */
export async function hangUp(session: Session, { seq }: { readonly seq: number }): Promise<void> {
  await session.say({ do: "hang-up", to: seq });
}

/** The events of a stream that have come whole. */
export function eventsOf({ text }: { readonly text: string }): readonly SentEvent[] {
  return text.split(/\r\n\r\n|\n\n|\r\r/).slice(0, -1).flatMap((block) => {
    const fields = block.split(/\r\n|\n|\r/).map((line) => /^(event|data): ?(.*)$/.exec(line)).filter((one) =>
      one !== null
    );
    const valuesOf = (name: string) => fields.filter((field) => field[1] === name).map((field) => field[2]);
    const data = valuesOf("data");
    return data.length === 0 ? [] : [{ event: valuesOf("event").at(-1) ?? "message", data: data.join("\n") }];
  });
}

/** Milliseconds by the real clock after which no more is waited for. */
const PATIENCE_MS = 5_000;
/** Milliseconds after which a stream is looked at again. */
const STEP_MS = 20;
