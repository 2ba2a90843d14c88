/**
 * Who may deliver to a service: who signs with its secret or, while it has none, this machine alone.
 *
 * @module
 */
import type { Context } from "hono";
import { BellhopError } from "../../core/error.ts";
import type { Clock } from "../../ports/clock.ts";
import { importKeys, type SigningSecret } from "../../security/keyring.ts";
import { verifyWebhook } from "../../security/signature.ts";
import { assertLoopback } from "./_loopback.ts";
import { peerAddress } from "./_peer.ts";
import { requestFacts } from "./_request_facts.ts";

/** Whose deliveries a service takes. */
export interface SenderOptions {
  /**
   * The secret that deliveries are signed with, `whsec_…`, or two while the old one is being replaced. Without one only
   * this machine is served, as by a gateway in open mode.
   */
  readonly signingSecret?: SigningSecret;
  /** Takes deliveries that nobody signed, from anywhere: for tests, and where the platform keeps others away. */
  readonly open?: boolean;
  /**
   * The address a request came from, `undefined` if that is not known: then it is not this machine's. By default it is
   * read from what the servers of Deno, Bun and Node pass on beside the request, Hono's `c.env`.
   */
  readonly peer?: (request: Request, env: unknown) => string | undefined;
}

/** Judges senders. */
export interface SenderCheck {
  /** Before the body is read. @throws {BellhopError} `secret-missing` */
  admit(c: Context): void;
  /**
   * Gives the id that was signed, `undefined` if nothing was.
   *
   * @throws {BellhopError} `signature-missing`, `signature-invalid`, `signature-stale`
   */
  verify(headers: Headers, body: Uint8Array): Promise<string | undefined>;
}

/** @throws {BellhopError} `argument-invalid` for a secret that is none, or one beside `open` */
export function senderCheck(
  { signingSecret, open = false, peer = peerAddress }: SenderOptions,
  clock: Clock,
): SenderCheck {
  if (signingSecret !== undefined && open) {
    throw new BellhopError("argument-invalid", "open: a service with a signing secret is not open", { field: "open" });
  }
  const keys = signingSecret === undefined ? undefined : importKeys(signingSecret);
  return {
    admit(c: Context): void {
      if (open || keys !== undefined) return;
      const { raw } = c.req;
      const facts = requestFacts(raw.headers);
      try {
        assertLoopback(facts, peer(raw, c.env), raw.url);
      } catch (cause) {
        throw new BellhopError("secret-missing", `A service without a signing secret serves its own machine alone`, {
          cause,
        });
      }
    },
    async verify(headers: Headers, body: Uint8Array): Promise<string | undefined> {
      if (keys === undefined) return undefined;
      return (await verifyWebhook(await keys, headers, body, clock.nowMs())).id;
    },
  };
}
