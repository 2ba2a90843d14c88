/**
 * Where each error is explained: a page that the gateway serves itself, for there is no address on the web that would be
 * there as long as a gateway is.
 *
 * @module
 */
import type { Context } from "hono";
import { BellhopError, ERRORS } from "../../core/error.ts";
import { mountOf } from "./_mount.ts";

/** Below the mount. */
export const ERRORS_PATH = "/errors";

const HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "max-age=3600",
  "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
} as const;

const STYLE = ":root{color-scheme:light dark;font:1rem/1.5 system-ui,sans-serif}" +
  "body{max-width:48rem;margin:auto;padding:1rem}h2{margin:2rem 0 0;font-size:1.1rem}p{margin:.25rem 0}" +
  "small{opacity:.75}a{color:inherit}:target{outline:2px solid;outline-offset:.4rem}";

/** The page as a path from the root, as far as the app knows where it is mounted: a proxy before it may know better. */
export function errorsUrlOf(c: Context): string {
  return mountOf(c) + ERRORS_PATH;
}

/** @throws {BellhopError} `argument-invalid` */
export function assertErrorsUrl(url: string | undefined): void {
  if (url === undefined || (/^[!-~]{1,2048}$/.test(url) && !url.includes("#") && URL.canParse(url, "http://a"))) return;
  throw new BellhopError("argument-invalid", "errorsUrl: wanted the URL of a page, without a fragment", {
    field: "errorsUrl",
  });
}

let page: string | undefined;

/** `GET /errors` */
export function errors(): Response {
  return new Response(page ??= written(), { headers: HEADERS });
}

function written(): string {
  const entries = Object.entries(ERRORS).map(([code, { status, blame, retry, title, fix }]) =>
    `<h2 id="${code}"><a href="#${code}"><code>${code}</code></a></h2><p>${html(title)}.</p><p>${html(fix)}</p>` +
    `<p><small>status ${status} · blame: ${blame} · ${retry ? "the same may succeed later" : "no retry"}</small></p>`
  );
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
    `<title>Bellhop: errors</title><style>${STYLE}</style><h1>Errors</h1>\n${entries.join("\n")}\n</html>\n`;
}

function html(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(/`([^`]*)`/g, "<code>$1</code>");
}
