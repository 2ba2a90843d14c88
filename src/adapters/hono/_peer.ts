/**
 * The address that a request came from, where the server tells it through Hono's `env`: Deno passes the connection's
 * info, Bun its server, Node's server its own pair of messages. Read by shape, so that no platform is named here.
 *
 * @module
 */

interface ServerEnv {
  readonly remoteAddr?: { readonly hostname?: unknown };
  readonly requestIP?: (request: Request) => { readonly address?: unknown } | null;
  readonly incoming?: { readonly socket?: { readonly remoteAddress?: unknown } };
}

/** The peer's address, or `undefined` where the platform does not tell. */
export function peerAddress(request: Request, env: unknown): string | undefined {
  if (typeof env !== "object" || env === null) return undefined;
  const server = env as ServerEnv;
  const address = server.remoteAddr?.hostname ?? server.incoming?.socket?.remoteAddress ??
    (typeof server.requestIP === "function" ? server.requestIP(request)?.address : undefined);
  return typeof address === "string" ? address : undefined;
}
