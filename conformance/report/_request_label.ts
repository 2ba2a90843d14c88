/**
 * What a diagram says of a request over HTTP, of its answer, and of what came of a stream: enough to see which of many
 * alike it was. Reads whatever a broken subject may have said.
 *
 * @module
 */
import type { Json, JsonObject } from "../control.ts";
import { objectOf, parsed, textOf } from "./_lenient_json.ts";

/** `GET /deliveries?max=2 as a stream`, `POST /deliveries {"answers":…}`. */
export function requestLabel(command: JsonObject): string {
  const accept = headerOf(command, "accept") ?? "";
  const stream = command.stream === true || /event-stream/.test(accept) ? " as a stream" : "";
  const body = bodyLabel(command);
  return `${textOf(command.method)} ${textOf(command.path)}${stream}${body === "" ? "" : ` ${body}`}`;
}

/** `200: m-1 attempt 1`, `400 argument-invalid (max)`. */
export function answerLabel(ok: JsonObject): string {
  if (ok.closed === true) return "closed";
  const status = textOf(ok.status);
  const body = objectOf(parsed(textOf(ok.body)));
  if (typeof body.code === "string") {
    return `${status} ${body.code}${body.field === undefined ? "" : ` (${textOf(body.field)})`}`;
  }
  if (Array.isArray(body.deliveries)) return `${status}: ${body.deliveries.map(handedOut).join(", ") || "nothing"}`;
  if (!Array.isArray(body.results)) return status;
  const held = body.results.map((one) => objectOf(one).held).filter((one) => typeof one === "boolean");
  return held.length === 0 ? status : `${status}: ${held.map((one) => one ? "held" : "not held").join(", ")}`;
}

/** `came: m-1 attempt 1, ended {"code":"lease-unknown"}`. */
export function streamLabel({ text, ended }: JsonObject): string {
  const parts = textOf(text).split(/\r\n\r\n|\n\n|\r\r/).filter((block) => block !== "").map((block) => {
    const lines = block.split(/\r\n|\n|\r/);
    const valueOf = (name: string) => lines.find((line) => line.startsWith(`${name}:`))?.slice(name.length + 1).trim();
    const [event, data] = [valueOf("event"), valueOf("data")];
    if (event === undefined && data === undefined) return "a comment";
    return event === "delivery" ? handedOut(parsed(data ?? "")) : `${event ?? "message"} ${data ?? ""}`;
  });
  if (ended === true) parts.push("the end");
  return `came: ${parts.join(", ") || "nothing"}`;
}

/** A header of a request, whatever the case of its name. */
export function headerOf({ headers }: JsonObject, name: string): string | undefined {
  const found = Object.entries(objectOf(headers)).find(([one]) => one.toLowerCase() === name);
  return found === undefined ? undefined : textOf(found[1]);
}

function handedOut(one: Json): string {
  const { envelope, attempt } = objectOf(one);
  return `${textOf(objectOf(envelope).id)} attempt ${textOf(attempt)}`;
}

/** An event by what names it, whatever else as it is. */
function bodyLabel({ body }: JsonObject): string {
  const text = textOf(body);
  const { type, id, specversion } = objectOf(parsed(text));
  return specversion === undefined ? text : `${textOf(type)} ${textOf(id)}`;
}
