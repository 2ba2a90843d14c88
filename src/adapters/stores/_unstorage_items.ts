/**
 * How records lie in an unstorage: schema version 1.
 *
 * | item                       | value                                             |
 * | -------------------------- | ------------------------------------------------- |
 * | `<base>:schema`            | `bellhop-store-1`                                 |
 * | `<base>:opener`            | a text of its own for each opening                |
 * | `<base>:<keyspace>:k<key>` | `b1`, the text's CRC-32 in hexadecimal, the text  |
 *
 * Drivers make paths, URLs and rows of keys, some without regard to case: so a key is written in lower-case letters,
 * digits and hyphens, anything else as `_` and two hexadecimal digits, and a long one in several segments, of which all
 * but the last end in `_`. The value is one that unstorage hands back as it is: it takes what looks like JSON for that.
 *
 * @module
 */

import { type Keyspace, KEYSPACES } from "../../core/bus/operation.ts";
import { crc32 } from "./_crc32.ts";

/** What the item `schema` says. */
export const SCHEMA = "bellhop-store-1";

const SEGMENT = 100;
const MARK = "b1";
const HEAD = /^b1 ([0-9a-f]{8}) /;
const encoder = new TextEncoder();
const keyspaces: ReadonlySet<string> = new Set(KEYSPACES);

/** The item that keeps a record. */
export function itemKey(base: string, keyspace: Keyspace, key: string): string {
  const plain = key.replace(/[^a-z0-9-]/g, (character) => `_${hex(character.charCodeAt(0), 2)}`);
  const segments: string[] = [];
  for (let at = 0; at < plain.length; at += SEGMENT) segments.push(`k${plain.slice(at, at + SEGMENT)}`);
  return `${base}:${keyspace}:${segments.join("_:")}`;
}

/** Whose item it is, or `undefined` if it is none of a record. */
export function recordKey(
  base: string,
  item: string,
): { readonly keyspace: Keyspace; readonly key: string } | undefined {
  const [keyspace, ...segments] = item.slice(base.length + 1).split(":");
  if (!keyspaces.has(keyspace) || segments.length === 0) return undefined;
  const last = segments.length - 1;
  const plain = segments.map((segment, index) => segment.slice(1, index < last ? -1 : undefined)).join("");
  const key = plain.replace(/_([0-9a-f]{2})/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)));
  // Whatever is not written so is not ours.
  return key !== "" && itemKey(base, keyspace as Keyspace, key) === item
    ? { keyspace: keyspace as Keyspace, key }
    : undefined;
}

/** A record's text as the item keeps it. */
export function itemValue(text: string): string {
  return `${MARK} ${hex(crc32(encoder.encode(text)), 8)} ${text}`;
}

/** The text that an item keeps, or `undefined` if it is not what was written. */
export function recordText(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const head = HEAD.exec(value);
  if (head === null) return undefined;
  const text = value.slice(head[0].length);
  return hex(crc32(encoder.encode(text)), 8) === head[1] ? text : undefined;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
