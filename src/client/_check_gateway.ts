import { BellhopError } from "../core/error.ts";

/** @returns the gateway's URL without a slash at its end @throws {BellhopError} `argument-invalid` */
export function checkedUrl(url: unknown): string {
  if (typeof url !== "string" || url === "" || !isPlainUrl(url)) {
    throw new BellhopError("argument-invalid", "gateway: wanted its URL, without user, password, query or fragment", {
      field: "gateway",
    });
  }
  return url.replace(/\/$/, "");
}

/** What a URL holds besides its path would stand in every error that names the gateway. A page may give a path alone. */
function isPlainUrl(text: string): boolean {
  const base = URL.canParse(text) ? undefined : "http://page";
  if (!URL.canParse(text, base)) return false;
  const { username, password } = new URL(text, base);
  return username === "" && password === "" && !/[?#]/.test(text);
}
