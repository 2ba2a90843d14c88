/**
 * Checks of what the proxy lends to those who call through it: no way past a credential, no false origin, no false end.
 *
 * @module
 */
import type { Check } from "../check.ts";
import type { OutgoingRequest } from "../control.ts";
import type { Session } from "../session.ts";
import { begin, http, type HttpBody, problem } from "./_http.ts";
import { ADMIN, bearer, PUBLISHER, register, SECURITY } from "./_secured.ts";

const needs = ["core", "registry", "http", "security"] as const;

/** See the module. */
export const PROXY_CHECKS: readonly Check[] = [
  {
    id: "security/options-is-a-call",
    requirements: ["SEC-067", "SEC-009"],
    title: "OPTIONS passes the proxy with a credential alone; what the gateway answers by itself wants none",
    kind: "hostile",
    needs,
    async run(session: Session) {
      await start(session);
      for (const path of ["/services/b/x", "/services/b/", "/services/b/x?y=1"]) {
        const { reply } = await call(session, "OPTIONS", path, {});
        session.must(reply !== undefined, "SEC-067", `OPTIONS ${path} without a credential waits for the service`);
        problem(session, reply, 401, "unauthorized", "SEC-067");
        const { reply: lacking } = await call(session, "OPTIONS", path, { headers: bearer(PUBLISHER) });
        session.must(lacking !== undefined, "SEC-011", `OPTIONS ${path} without call: waits for the service`);
        problem(session, lacking, 403, "forbidden", "SEC-011");
        const { request } = await call(session, "OPTIONS", path, { headers: bearer(ADMIN) });
        session.must(request?.method === "OPTIONS", "SEC-067", `with a credential ${path} is passed on`);
      }
      for (const path of ["/messages", "/services", "/services/b", "/dead-letters"]) {
        const { status } = await http(session, "OPTIONS", path);
        session.must(status !== 401 && status !== 403, "SEC-009", `OPTIONS ${path} needs no credential, got ${status}`);
      }
    },
  },
  {
    id: "security/proxy-says-that-it-is-one",
    requirements: ["SEC-068"],
    title: "What the proxy passes on says by via that it was passed on",
    kind: "hostile",
    needs,
    async run(session: Session) {
      await start(session);
      const via = async (method: string, headers: Record<string, string>) => {
        const { request } = await call(session, method, "/services/b/x", { headers: { ...bearer(ADMIN), ...headers } });
        session.must(request !== undefined, "HTTP-040", "the request reaches the instance");
        return (request.headers.via ?? "").split(",").map((one) => one.trim()).filter((one) => one !== "");
      };
      for (const method of ["GET", "POST", "OPTIONS"]) {
        const own = await via(method, {});
        session.must(own.length === 1, "SEC-068", `${method}: via is ${own.join(", ") || "not there"}`);
        session.must(/^\S+ \S+/.test(own[0]), "SEC-068", `${method}: via names protocol and proxy, not ${own[0]}`);
        const after = await via(method, { via: "1.0 edge, 1.1 other" });
        session.same(after.slice(0, -1), ["1.0 edge", "1.1 other"], "SEC-068", `${method}: via before its own`);
        // Named as of one hop, it would be taken away, and nothing put in its place.
        const named = await via(method, { connection: "via" });
        session.must(named.length >= 1, "SEC-068", `${method}: via is there although connection names it`);
      }
    },
  },
  {
    id: "security/proxy-says-where-a-body-ends",
    requirements: ["SEC-072"],
    title: "A length that the caller says is not passed on, unless it is that of the body",
    kind: "hostile",
    needs,
    async run(session: Session) {
      const body = "GET /inner HTTP/1.1\r\nhost: inner.example\r\n\r\n";
      const rows: readonly (readonly [string, HttpBody])[] = [
        ["POST", { body }],
        ["POST", { body, headers: { "content-length": "0" } }],
        ["POST", { body, headers: { "content-length": "3" } }],
        ["PUT", { body, headers: { "content-length": String(body.length) } }],
        ["POST", { body, headers: { "content-length": "0", connection: "close" } }],
        ["POST", { body, headers: { "transfer-encoding": "identity" } }],
        ["POST", { body, headers: { "transfer-encoding": "identity", "content-length": "3" } }],
        ["DELETE", { body, headers: { "content-length": "0" } }],
        ["OPTIONS", { body, headers: { "content-length": "0" } }],
        ["GET", { headers: { "content-length": "44" } }],
        ["GET", { headers: { "transfer-encoding": "chunked" } }],
        ["DELETE", { headers: { "content-length": "44" } }],
      ];
      await start(session);
      for (const [method, parts] of rows) {
        const { request, reply } = await call(session, method, "/services/b/x", {
          ...parts,
          headers: { ...bearer(ADMIN), ...parts.headers },
        });
        const what = `${method} with ${JSON.stringify(parts.headers ?? {})}`;
        // Who finds the request itself at fault need not pass it on; one without a false word must arrive.
        if (request === undefined) {
          session.must(parts.headers !== undefined, "SEC-072", `${what} is passed on: ${reply?.status} ${reply?.text}`);
          session.must(reply !== undefined && reply.status >= 400, "SEC-072", `${what} is passed on or refused`);
          continue;
        }
        const { "content-length": length, "transfer-encoding": coding } = request.headers;
        const bytes = new TextEncoder().encode(request.body).byteLength;
        session.must(
          length === undefined || length === String(bytes),
          "SEC-072",
          `${what}: content-length ${length} stands before ${bytes} bytes`,
        );
        session.must(
          coding === undefined || coding.toLowerCase() === "chunked" && length === undefined,
          "SEC-072",
          `${what}: transfer-encoding ${coding} beside content-length ${length}`,
        );
      }
    },
  },
];

async function start(session: Session): Promise<void> {
  await session.start({ security: SECURITY });
  const { reply } = await register(session, { name: "b", leaseMs: 3_600_000 });
  session.must(reply.status === 200, "SEC-058", `a public endpoint is registered: ${reply.status} ${reply.text}`);
}

/** A request through the proxy, and what reaches the service of it, which is answered at once. */
async function call(
  session: Session,
  method: string,
  path: string,
  parts: HttpBody,
): Promise<
  { readonly request: OutgoingRequest | undefined; readonly reply: Awaited<ReturnType<typeof begin>>["reply"] }
> {
  const { reply } = await begin(session, method, path, parts);
  const passed = session.otherCalls.find(({ request }) => request?.url.startsWith("http://b.example/"));
  if (passed !== undefined) await session.settle(passed, { status: 204, headers: {}, body: "" });
  return { reply, request: passed?.request };
}
