import { type CredentialOptions, newSigningSecret, newToken } from "../../security/mod.ts";
import { gateway, type GatewayApp, type GatewayOptions } from "./gateway.ts";
import { serve, type Server } from "./serve.ts";

/** Who there is in these tests, and what each may do. */
export const PEOPLE = {
  admin: { scopes: ["admin"] },
  observer: { scopes: ["observe"] },
  orders: { scopes: ["publish:order.>"], sources: ["/orders"] },
  critical: { scopes: ["publish:order.>", "publish:critical"], sources: ["/orders"] },
  users: { scopes: ["register:users"] },
  registrar: { scopes: ["register:*"] },
  caller: { scopes: ["call:users"] },
} as const;

export type Name = keyof typeof PEOPLE;

export interface Secure extends AsyncDisposable {
  readonly url: string;
  readonly bus: GatewayApp;
  readonly secret: string;
  readonly tokens: Readonly<Record<Name, string>>;
  /** Asks with somebody's token, or with none. */
  ask(who: Name | undefined, request: string, init?: RequestInit): Promise<Response>;
}

/** A gateway outside open mode on a free port. Endpoints on 127.0.0.1 are let through unless told otherwise. */
export async function secureBus(options: Partial<GatewayOptions> = {}): Promise<Secure> {
  const secret = newSigningSecret();
  const tokens = Object.fromEntries(Object.keys(PEOPLE).map((name) => [name, newToken()])) as Record<Name, string>;
  const credentials: CredentialOptions[] = Object.entries(PEOPLE).map(([name, rights]) => ({
    name,
    token: tokens[name as Name],
    ...rights,
  }));
  const bus = gateway({ credentials, signingSecrets: secret, allowHosts: ["127.0.0.1"], ...options });
  const server: Server = await serve(bus, { port: 0 });
  return {
    url: server.url,
    bus,
    secret,
    tokens,
    ask(who, request, init = {}) {
      const [method, path] = request.split(" ");
      const headers = new Headers(init.headers);
      if (who !== undefined) headers.set("authorization", `Bearer ${tokens[who]}`);
      return fetch(server.url + path, { ...init, method, headers, redirect: "manual" });
    },
    async [Symbol.asyncDispose]() {
      await bus.close({ deadlineMs: 500 });
      await server.close({ deadlineMs: 500 });
      // Connections that were kept alive end with the turn.
      await new Promise((resolve) => setTimeout(resolve, 20));
    },
  };
}

/** An envelope as the body of a request. */
export function envelope(type: string, source: string, more: object = {}): RequestInit {
  const id = crypto.randomUUID();
  return {
    headers: { "content-type": "application/cloudevents+json" },
    body: JSON.stringify({ specversion: "1.0", id, source, type, ...more }),
  };
}

/** What answers as an endpoint that consents: deliveries go to `deliver`. */
export function endpoint(
  deliver: (request: Request) => Response | Promise<Response>,
  handshake: (request: Request) => Response = () =>
    new Response(null, { status: 204, headers: { "webhook-allowed-origin": "bellhop" } }),
): { readonly url: string; readonly seen: Request[] } & AsyncDisposable {
  const seen: Request[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    seen.push(request.clone());
    if (request.method === "OPTIONS") return handshake(request);
    if (request.method === "GET") return Response.json({ status: "pass" });
    return deliver(request);
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/bellhop`,
    seen,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** A registration as the body of a request. */
export function registration(name: string, url: string, more: object = {}): RequestInit {
  const data = { name, version: "1", endpoint: url, subscriptions: [`${name}.>`, "order.>"], ...more };
  return envelope("service.register", `/services/${name}`, { data });
}

/** Waits until it holds, for a time that no test needs. */
export async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 500; turn++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error("it never came to hold");
}
