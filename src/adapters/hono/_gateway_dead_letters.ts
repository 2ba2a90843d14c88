/**
 * Dead letters over HTTP: listed, shown, redriven, discarded.
 *
 * @module
 */
import type { DeadLetter } from "../../core/bus/dead_letter.ts";
import { serialize } from "../../core/envelope/mod.ts";
import { BellhopError } from "../../core/error.ts";
import { assertMayAdmin, assertMayObserve } from "../../security/permission.ts";
import { type Call, JSON_TYPE } from "./_gateway.ts";
import { pageOf, readQuery } from "./_query.ts";

/** `GET /dead-letters` */
export async function deadLetters({ c, engine, principal }: Call): Promise<Response> {
  assertMayObserve(principal);
  const query = readQuery(c.req.url, ["limit", "after", "receiver"]);
  const { limit, after } = pageOf(query);
  const page = await engine.deadLetters(limit, after, query.get("receiver"));
  const entries = page.entries.map(toJson).join(",");
  return c.body(`{"deadLetters":[${entries}],"after":${JSON.stringify(page.after)}}`, 200, JSON_TYPE);
}

/** `GET /dead-letters/{id}` */
export async function deadLetter({ c, engine, principal }: Call): Promise<Response> {
  assertMayObserve(principal);
  return c.body(toJson(await engine.deadLetter(idOf(c.req.param("id")))), 200, JSON_TYPE);
}

/** `POST /dead-letters/{id}/redrive` */
export async function redrive({ c, engine, principal }: Call): Promise<Response> {
  assertMayAdmin(principal);
  const id = idOf(c.req.param("id"));
  const letter = await engine.deadLetter(id);
  const { source, id: messageId, deliveries } = await engine.redrive(id);
  const run = letter.run + 1;
  // Without a subscriber the receivers are found anew: they are those of the new run.
  const receivers = letter.receiver !== "" ? [letter.receiver] : deliveries.map((delivery) => delivery.receiver);
  return c.json({ source, id: messageId, run, receivers }, 202);
}

/** `DELETE /dead-letters/{id}` */
export async function discard({ c, engine, principal }: Call): Promise<Response> {
  assertMayAdmin(principal);
  await engine.discard(idOf(c.req.param("id")));
  return c.body(null, 204);
}

/** Its envelope in structured mode, where bytes have a form. */
function toJson({ envelope, ...rest }: DeadLetter): string {
  return `${JSON.stringify(rest).slice(0, -1)},"envelope":${serialize(envelope)}}`;
}

function idOf(id: string | undefined): string {
  if (id === undefined || id.length > 64) throw new BellhopError("dead-letter-unknown");
  return id;
}
