import type { JsonObject } from "../control.ts";
import type { Reply, Session } from "../session.ts";

/** What is refused must be, and for its reason. */
export function refused(
  session: Session,
  reply: Reply,
  code: string | readonly string[],
  requirement: string,
  what = "it",
): void {
  const codes: readonly string[] = typeof code === "string" ? [code] : code;
  session.must(
    codes.includes(reply.refused?.code ?? ""),
    requirement,
    () => `${what} must be refused with ${codes.join(" or ")}, not answered ${JSON.stringify(reply)}`,
  );
}

/** A point in time as an attribute: so many milliseconds from now. */
export function inMs(session: Session, ms: number): string {
  return new Date(session.nowMs + ms).toISOString();
}

/** Cancels a message. */
export function cancel(session: Session, { source, id }: { readonly [name: string]: unknown }): Promise<Reply> {
  return session.say({ do: "cancel", source: String(source), id: String(id) });
}

/** Redrives or discards a dead letter. */
export function letter(session: Session, { id }: JsonObject, action: "redrive" | "discard"): Promise<Reply> {
  return session.say({ do: "letter", id: String(id), action });
}

/** The dead letters of a message, oldest first. */
export async function lettersOf(session: Session, { id }: { readonly id: string }): Promise<JsonObject[]> {
  return (await session.list("dead-letters")).filter(({ envelope }) => (envelope as JsonObject).id === id);
}

/** The only dead letter of a message. */
export async function letterOf(session: Session, message: { readonly id: string }): Promise<JsonObject> {
  const [found, ...more] = await lettersOf(session, message);
  session.must(found !== undefined, "BUS-076", `${message.id} is a dead letter`);
  session.must(more.length === 0, "BUS-029", () => `${message.id} is one dead letter, not ${more.length + 1}`);
  return found;
}

/** The outcome that a message must have by now, and no other. */
export function mustEnd(
  session: Session,
  message: { readonly id: string },
  outcome: string | readonly string[],
  requirement: string,
  atMs = session.nowMs,
): void {
  const outcomes: readonly string[] = typeof outcome === "string" ? [outcome] : outcome;
  const ended = session.steps(message, "ended");
  session.must(
    ended.length > 0,
    requirement,
    () => `${message.id} must have ended as ${outcomes.join(" or ")} by ${atMs}, and has not`,
  );
  session.must(ended.length === 1, "BUS-029", () => `${message.id} has ${ended.length} outcomes`);
  session.must(
    outcomes.includes(String(ended[0].outcome)),
    requirement,
    () => `the outcome must be ${outcomes.join(" or ")}, not ${ended[0].outcome}`,
  );
  session.must(
    ended[0].atMs === atMs,
    requirement,
    () => `it must end at ${atMs}, not ${Number(ended[0].atMs) - atMs} ms from it`,
  );
}

/** The orders in which things can come. */
export function ordersOf<T>(things: readonly T[]): T[][] {
  if (things.length === 0) return [[]];
  return things.flatMap((first, at) => ordersOf(things.toSpliced(at, 1)).map((rest) => [first, ...rest]));
}
