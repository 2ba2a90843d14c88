/**
 * A strict reader of JSON that leaves the parts of a value as the text they came as.
 *
 * So numbers keep all their digits, members their order, and names that stand twice can be seen. It keeps its own
 * stack: no nesting, however deep, can exhaust that of the runtime.
 */

/** The text is no JSON. */
export class NotJson extends Error {}

/** What an object or an array holds. */
export interface Part {
  /** `undefined` in an array. */
  readonly name: string | undefined;
  readonly text: string;
  /** A scalar is 0, `{}` is 1. */
  readonly depth: number;
}

type Kind = "string" | "scalar" | "{" | "[" | "}" | "]" | "," | ":";

const STRING = String.raw`"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})[^"\\\x00-\x1f]*)*"`;
const SCALAR = String.raw`-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null`;
const TOKEN = new RegExp(String.raw`[ \t\n\r]*(?:(${STRING})|(${SCALAR})|([{}\[\],:]))`, "y");
const END = /[ \t\n\r]*$/y;

const VALUE = ["string", "scalar", "{", "["];
/** What may come after what, within what. */
const MAY_FOLLOW: Readonly<Record<string, readonly string[]>> = {
  "start in nothing": VALUE,
  "{ in {": ["string", "}"],
  "name in {": [":"],
  ": in {": VALUE,
  ", in {": ["string"],
  "value in {": [",", "}"],
  "[ in [": [...VALUE, "]"],
  ", in [": VALUE,
  "value in [": [",", "]"],
};

/** The kind of a value and, of an object or an array, its parts. Throws {@linkcode NotJson}. */
export function parts(text: string): { readonly kind: Kind; readonly parts: readonly Part[] } {
  const found: Part[] = [];
  const opened: string[] = [];
  let root: Kind | undefined;
  let before = "start";
  let name: string | undefined;
  let [at, start, depth] = [0, 0, 0];
  while (before !== "value" || opened.length > 0) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text);
    const inside = opened.at(-1) ?? "nothing";
    const kind = kindOf(token);
    if (token === null || kind === undefined || !MAY_FOLLOW[`${before} in ${inside}`].includes(kind)) {
      throw new NotJson(`no JSON from character ${at} on`);
    }
    root ??= kind;
    at = TOKEN.lastIndex;
    if (kind === "string" && inside === "{" && before !== ":") {
      before = "name";
      if (opened.length === 1) name = JSON.parse(token[1]);
      continue;
    }
    if (VALUE.includes(kind) && opened.length === 1) {
      start = at - (token[1] ?? token[2] ?? token[3]).length;
      depth = 0;
    }
    if (kind === "{" || kind === "[") {
      opened.push(kind);
      depth = Math.max(depth, opened.length - 1);
    }
    before = kind;
    if (kind === "}" || kind === "]") opened.pop();
    if (kind === "string" || kind === "scalar" || kind === "}" || kind === "]") {
      before = "value";
      if (opened.length === 1) found.push({ name, text: text.slice(start, at), depth });
    }
  }
  END.lastIndex = at;
  if (!END.test(text)) throw new NotJson(`more than one value: character ${at}`);
  return { kind: root!, parts: found };
}

function kindOf(token: RegExpExecArray | null): Kind | undefined {
  if (token?.[1] !== undefined) return "string";
  if (token?.[2] !== undefined) return "scalar";
  return token?.[3] as Kind | undefined;
}
