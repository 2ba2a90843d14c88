/**
 * The attributes that the envelope knows: how long each may be, and what its text must look like.
 *
 * From the table of docs/spec/envelope.md; a rule gives `undefined`, or the code of the fault.
 */

/** The code of the fault, if the text is none of what is wanted. */
type Grammar = (text: string) => "format" | "unknown-value" | undefined;

const LETTER = String.raw`A-Za-z0-9\-._~!$&'()*+,;=`;
const ENCODED = "%[0-9A-Fa-f]{2}";
const IN_PATH = `(?:[${LETTER}:@]|${ENCODED})`;
const AUTHORITY = String.raw`(?:(?:[${LETTER}:]|${ENCODED})*@)?` +
  String.raw`(?:\[(?<literal>[^\[\]]*)\]|(?:[${LETTER}]|${ENCODED})*)(?::[0-9]*)?`;
const URI_REFERENCE = new RegExp(
  String.raw`^(?<scheme>[A-Za-z][A-Za-z0-9+\-.]*:)?` +
    String.raw`(?://${AUTHORITY}(?:/${IN_PATH}*)*|(?!//)(?<path>(?:${IN_PATH}|/)*))` +
    String.raw`(?:\?(?:${IN_PATH}|[/?])*)?(?:#(?:${IN_PATH}|[/?])*)?$`,
);
const FUTURE_LITERAL = new RegExp(String.raw`^[vV][0-9A-Fa-f]+\.[${LETTER}:]+$`);
const TIMESTAMP = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[Zz]|[+-](\d\d):(\d\d))$/;
const TOKEN = "[A-Za-z0-9!#$%&'*+\\-.^_`|~]+";
const PARAMETER = String.raw`${TOKEN}=(?:${TOKEN}|"(?:[^"\\]|\\.)*")`;
/** White space belongs to one place alone: a pattern in which it fits two would take for ever to fail. */
const MEDIA_TYPE = new RegExp(
  String.raw`^${TOKEN}/${TOKEN}(?:[ \t]*;(?:[ \t]*${PARAMETER})?)*(?:[ \t]*;[ \t]*)?$`,
);
/** Tokens of printable ASCII but space, `.`, `*` and `>`, joined by dots. */
const TYPE = /^[!-)+-\-/-=?-~]+(?:\.[!-)+-\-/-=?-~]+)*$/;
const SERVICE = "[a-z0-9][a-z0-9-]{0,62}";
const INSTANCE = "[A-Za-z0-9._-]{1,128}";
const TRACE_PARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$/;

const anyText: Grammar = () => undefined;
const mediaType = like(MEDIA_TYPE);

/** Whether data of this media type is carried as a JSON value; that of none is. */
export function isJson(datacontenttype = "application/json"): boolean {
  return /[/+]json$/i.test(datacontenttype.split(";")[0].trim());
}

/** Whether the text is a media type. */
export function isMediaType(text: unknown): text is string {
  return typeof text === "string" && mediaType(text) === undefined;
}

/** The longest value of each attribute, in UTF-16 code units, and its grammar. */
export const ATTRIBUTES: ReadonlyMap<string, readonly [longest: number, grammar: Grammar]> = new Map([
  ["specversion", [4096, oneOf("1.0")]],
  ["id", [256, anyText]],
  ["source", [1024, uriReference]],
  ["type", [256, like(TYPE)]],
  ["time", [64, timestamp]],
  ["subject", [4096, anyText]],
  ["datacontenttype", [256, mediaType]],
  ["dataschema", [1024, uri]],
  ["priority", [4096, oneOf("LOW", "NORMAL", "HIGH", "CRITICAL")]],
  ["target", [192, like(new RegExp(`^${SERVICE}(?:@${INSTANCE})?$`))]],
  ["correlationid", [4096, anyText]],
  ["causationid", [4096, anyText]],
  ["expirytime", [64, timestamp]],
  ["deliverat", [64, timestamp]],
  ["replyto", [192, like(new RegExp(`^${SERVICE}@${INSTANCE}$`))]],
  ["partitionkey", [4096, anyText]],
  ["traceparent", [256, traceParent]],
  ["tracestate", [4096, anyText]],
]);

/** Attributes that every envelope has. */
export const REQUIRED: readonly string[] = ["specversion", "id", "source", "type"];

function like(pattern: RegExp): Grammar {
  return (text) => pattern.test(text) ? undefined : "format";
}

function oneOf(...values: string[]): Grammar {
  return (text) => values.includes(text) ? undefined : "unknown-value";
}

function uriReference(text: string): ReturnType<Grammar> {
  const match = URI_REFERENCE.exec(text);
  if (match === null) return "format";
  const { scheme, path = "", literal } = match.groups!;
  if (scheme === undefined && path.split("/")[0].includes(":")) return "format";
  if (literal === undefined || FUTURE_LITERAL.test(literal)) return undefined;
  // The parser of URLs knows what an IPv6 address is.
  return URL.canParse(`http://[${literal}]/`) ? undefined : "format";
}

function uri(text: string): ReturnType<Grammar> {
  return /^[A-Za-z][A-Za-z0-9+\-.]*:/.test(text) ? uriReference(text) : "format";
}

function timestamp(text: string): ReturnType<Grammar> {
  const match = TIMESTAMP.exec(text);
  if (match === null) return "format";
  const [year, month, day, hour, minute, second, offsetHour, offsetMinute] = match.slice(1).map((part) => +(part ?? 0));
  if (hour > 23 || minute > 59 || offsetHour > 23 || offsetMinute > 59) return "format";
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 1 : 0;
  const days = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
  // Second 60 is a leap second: which there were is not ours to say.
  return day >= 1 && day <= days + leap && second <= 60 ? undefined : "format";
}

function traceParent(text: string): ReturnType<Grammar> {
  const match = TRACE_PARENT.exec(text);
  return match !== null && (match[1] !== "00" || match[2] === undefined) ? undefined : "format";
}
