/**
 * Media types by RFC 9110: what is read of them is the essence and the charset.
 *
 * @module
 */

import { HTTP_TOKEN } from "./_characters.ts";

/** A media type as far as it decides how data is read. */
export interface MediaType {
  /** Type and subtype in lower case: `application/json`. */
  readonly essence: string;
  /** The charset in lower case, or the empty string. */
  readonly charset: string;
}

const JSON_TYPE: MediaType = { essence: "application/json", charset: "" };

/** Reads a media type in one pass; `undefined` if the text is none. */
export function parseMediaType(text: string): MediaType | undefined {
  if (text === "application/json") return JSON_TYPE;
  const slash = tokenEnd(text, 0);
  if (slash === 0 || text[slash] !== "/") return undefined;
  let at = tokenEnd(text, slash + 1);
  if (at === slash + 1) return undefined;
  const essence = text.slice(0, at).toLowerCase();
  let charset = "";
  while (true) {
    at = skipSpace(text, at);
    if (at === text.length) return { essence, charset };
    if (text[at] !== ";") return undefined;
    at = skipSpace(text, at + 1);
    if (at === text.length || text[at] === ";") continue;
    const equals = tokenEnd(text, at);
    if (equals === at || text[equals] !== "=") return undefined;
    const end = text[equals + 1] === '"' ? quotedEnd(text, equals + 1) : tokenEnd(text, equals + 1);
    if (end <= equals + 1) return undefined;
    if (charset === "" && text.slice(at, equals).toLowerCase() === "charset") {
      const value = text.slice(equals + 1, end).toLowerCase();
      charset = value[0] === '"' ? value.slice(1, -1) : value;
    }
    at = end;
  }
}

/** Whether data of that type is a JSON value, as data without a type is; `undefined` if it is no media type. */
export function isJsonType(contentType: unknown): boolean | undefined {
  if (contentType === undefined || contentType === "application/json" || contentType === null) return true;
  const essence = typeof contentType === "string" ? parseMediaType(contentType)?.essence : undefined;
  return essence === undefined ? undefined : essence.endsWith("/json") || essence.endsWith("+json");
}

/** Whether data of that type is better read as text in UTF-8 than as bytes. */
export function isTextType(contentType: string): boolean {
  const media = parseMediaType(contentType);
  if (media === undefined) return false;
  const { essence, charset } = media;
  if (charset !== "" && charset !== "utf-8" && charset !== "us-ascii") return false;
  return essence.startsWith("text/") || essence.endsWith("/xml") || essence.endsWith("+xml");
}

function tokenEnd(text: string, start: number): number {
  let at = start;
  while (at < text.length && text.charCodeAt(at) < 128 && HTTP_TOKEN[text.charCodeAt(at)] === 1) at++;
  return at;
}

function skipSpace(text: string, start: number): number {
  let at = start;
  while (text[at] === " ") at++;
  return at;
}

/** Index after the quoted string of printable ASCII that begins at `start`, or -1. */
function quotedEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 34) return at + 1;
    if (code < 32 || code > 126) return -1;
    if (code === 92) at++;
  }
  return -1;
}
