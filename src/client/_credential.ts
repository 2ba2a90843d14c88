import { BellhopError } from "../core/error.ts";
import { aborted } from "./_time_limit.ts";
import type { Token } from "./token.ts";

/** Headers with the credential, if there is one; rejects with the signal's reason if that aborts first. */
export type Credential = (signal: AbortSignal) => Promise<Readonly<Record<string, string>>>;

/** @throws {BellhopError} `argument-invalid` for a token that cannot be sent; one that a function gives rejects with it */
export function credentialOf(token: Token | undefined): Credential {
  if (typeof token !== "function") {
    const headers = bearer(token);
    return () => Promise.resolve(headers);
  }
  // Whoever is asked may never answer.
  return (signal) => Promise.race([aborted(signal), (async () => bearer(await token()))()]);
}

/** Checked, for `fetch` would repeat what it cannot send, in an error that is logged. */
function bearer(token: unknown): Readonly<Record<string, string>> {
  if (token === undefined) return {};
  if (typeof token === "string" && /^[!-~]+$/.test(token)) return { authorization: `Bearer ${token}` };
  throw new BellhopError("argument-invalid", "token: wanted visible ASCII characters", { field: "token" });
}
