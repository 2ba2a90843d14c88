/**
 * URI references by RFC 3986, checked in a fixed number of passes.
 *
 * @module
 */

import { allIn, hexValue, REFUSED, SCHEME, URI, URI_COLON, URI_RULED } from "./_characters.ts";

const PERCENT = 37;
const HASH = 35;
const SLASH = 47;
const COLON = 58;
const QUESTION = 63;
const AT_SIGN = 64;
const LONGEST_IPV6 = 45;
// Each of these can match in one way only, so that it runs in linear time.
const PORT = /^\d*$/;
const IPV6_GROUP = /^[\dA-Fa-f]{1,4}$/;
const IPV4 = /^(?:(?:\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])(?:\.(?!$)|$)){4}$/;
const IP_FUTURE = /^[Vv][\dA-Fa-f]+\.[A-Za-z\d\-._~!$&'()*+,;=:]+$/;

/** Whether the text is a non-empty RFC 3986 `URI-reference`. */
export function isUriReference(text: string): boolean {
  return schemeLength(text) >= 0;
}

/** Whether the text is an RFC 3986 `URI`: a reference that begins with a scheme. */
export function isAbsoluteUri(text: string): boolean {
  return schemeLength(text) > 0;
}

/** Length of the scheme, 0 for a relative reference, -1 for neither. */
function schemeLength(text: string): number {
  let all = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    all |= code > 127 ? REFUSED : URI[code];
  }
  if (text.length === 0 || all >= REFUSED) return -1;
  const scheme = (all & URI_COLON) === 0 ? 0 : schemeEnd(text);
  if (scheme < 0 || ((all & URI_RULED) !== 0 && !obeysRules(text, scheme))) return -1;
  return isAuthority(text, scheme) ? scheme : -1;
}

/** Index of the colon after the scheme; 0 if every colon stands behind a delimiter; -1 if the first one may not stand. */
function schemeEnd(text: string): number {
  const colon = text.indexOf(":");
  if (colon > 0 && isLetter(text.charCodeAt(0)) && allIn(SCHEME, text, 1, colon)) return colon;
  for (let at = 0; at < colon; at++) if (isDelimiter(text.charCodeAt(at))) return 0;
  return -1;
}

/** The percent sign, the number sign and the brackets. */
function obeysRules(text: string, scheme: number): boolean {
  const hash = text.indexOf("#");
  if (hash >= 0 && text.indexOf("#", hash + 1) >= 0) return false;
  for (let at = text.indexOf("%"); at >= 0; at = text.indexOf("%", at + 3)) {
    if (hexValue(text.charCodeAt(at + 1)) < 0 || hexValue(text.charCodeAt(at + 2)) < 0) return false;
  }
  const open = text.indexOf("[");
  const close = text.indexOf("]");
  return open === close || isIpLiteral(text, scheme, open, close);
}

/** Brackets enclose an IP literal, which is the host of an authority, and stand nowhere else. */
function isIpLiteral(text: string, scheme: number, open: number, close: number): boolean {
  if (open < 0 || close <= open + 1 || text.indexOf("[", open + 1) >= 0 || text.indexOf("]", close + 1) >= 0) {
    return false;
  }
  const authority = scheme === 0 ? 2 : scheme + 3;
  if (open < authority || text.slice(authority - 2, authority) !== "//") return false;
  if (open > authority && text.charCodeAt(open - 1) !== AT_SIGN) return false;
  for (let at = authority; at < close; at++) {
    const code = text.charCodeAt(at);
    if (isDelimiter(code) || (at > open && code === PERCENT)) return false;
  }
  const after = text.charCodeAt(close + 1);
  return close + 1 === text.length || after === COLON || isDelimiter(after);
}

/** Behind two slashes: `[userinfo@]host[:port]`, the port of digits, the IP literal of an address. */
function isAuthority(text: string, scheme: number): boolean {
  const start = scheme === 0 ? 0 : scheme + 1;
  if (text.charCodeAt(start) !== SLASH || text.charCodeAt(start + 1) !== SLASH) return true;
  let end = start + 2;
  while (end < text.length && !isDelimiter(text.charCodeAt(end))) end++;
  const authority = text.slice(start + 2, end);
  const host = authority.slice(authority.indexOf("@") + 1);
  const close = host.indexOf("]");
  if (close >= 0 && !isIpv6(host.slice(1, close)) && !IP_FUTURE.test(host.slice(1, close))) return false;
  const colon = host.indexOf(":", close + 1);
  return colon < 0 ? !host.includes("@") : PORT.test(host.slice(colon + 1));
}

/** RFC 3986 `IPv6address`: eight groups, of which `::` stands for one or more, the last two perhaps as IPv4. */
function isIpv6(host: string): boolean {
  if (host.length > LONGEST_IPV6) return false;
  const halves = host.split("::").map((half) => half === "" ? [] : half.split(":"));
  if (halves.length > 2) return false;
  const last = halves[halves.length - 1];
  const dotted = last.length > 0 && IPV4.test(last[last.length - 1]);
  if (dotted) last.splice(-1, 1, "0", "0");
  const groups = halves.flat();
  return groups.every((group) => IPV6_GROUP.test(group)) &&
    (halves.length === 1 ? groups.length === 8 : groups.length <= 7);
}

function isDelimiter(code: number): boolean {
  return code === SLASH || code === QUESTION || code === HASH;
}

function isLetter(code: number): boolean {
  return (code | 32) >= 97 && (code | 32) <= 122;
}
