/**
 * Checks of the table of scopes: every route with every kind of credential, and with none.
 *
 * @module
 */
import type { Check } from "../check.ts";
import type { JsonObject } from "../control.ts";
import type { Session } from "../session.ts";
import { begin, http, type HttpBody, type HttpReply, problem } from "./_http.ts";
import { ADMIN, bearer, PUBLISHER, register, SECRET, SECURITY } from "./_secured.ts";

const needs = ["core", "registry", "http", "security"] as const;

/** Credentials with one kind of scope each. */
const SCOPES: Readonly<Record<string, readonly string[]>> = {
  admin: ["admin"],
  publish: ["publish:thing.*"],
  critical: ["publish:thing.*", "publish:critical"],
  register: ["register:b"],
  registerAny: ["register:*"],
  call: ["call:b"],
  callAny: ["call:*"],
  observe: ["observe"],
};

/** A request, who may send it, and what is broken if others may. */
interface Row {
  readonly method: string;
  readonly path: string;
  readonly parts?: (session: Session) => HttpBody;
  readonly may: readonly string[];
  readonly broken?: string;
}

const SHOP = "/messages?source=%2Fshop&id=known";
const UNKNOWN = "/messages?source=%2Fshop&id=never-seen";
const ROWS: readonly Row[] = [
  { method: "POST", path: "/messages", parts: (session) => shop(session, {}), may: ["publish", "critical"] },
  {
    method: "POST",
    path: "/messages",
    parts: (session) => shop(session, { priority: "CRITICAL" }),
    may: ["critical"],
    broken: "SEC-030",
  },
  {
    method: "POST",
    path: "/messages",
    parts: (session) => shop(session, { type: "thing" }),
    may: [],
    broken: "SEC-029",
  },
  { method: "GET", path: SHOP, may: ["publish", "critical", "observe"], broken: "SEC-034" },
  { method: "GET", path: UNKNOWN, may: ["publish", "critical", "observe"], broken: "SEC-034" },
  { method: "DELETE", path: SHOP, may: ["publish", "critical"], broken: "SEC-034" },
  { method: "DELETE", path: UNKNOWN, may: ["publish", "critical"], broken: "SEC-034" },
  { method: "GET", path: "/messages?unfinished=CRITICAL", may: ["observe"] },
  { method: "GET", path: "/messages?state=delayed", may: ["observe"] },
  { method: "POST", path: "/registry", parts: registration, may: ["register", "registerAny"] },
  { method: "POST", path: "/discover", parts: () => ({ json: { url: "http://b.example/" } }), may: ["registerAny"] },
  { method: "GET", path: "/services", may: ["observe"] },
  { method: "GET", path: "/services/b", may: ["observe", "call", "callAny"] },
  { method: "GET", path: "/services/c", may: ["observe", "callAny"] },
  { method: "GET", path: "/services/b/x", may: ["call", "callAny"] },
  { method: "POST", path: "/services/b/x", may: ["call", "callAny"] },
  { method: "GET", path: "/services/c/x", may: ["callAny"] },
  { method: "GET", path: "/dead-letters", may: ["observe"] },
  { method: "GET", path: "/dead-letters/none", may: ["observe"] },
  { method: "POST", path: "/dead-letters/none/redrive", may: [] },
  { method: "DELETE", path: "/dead-letters/none", may: [] },
];

/** See the module. */
export const TABLE_CHECKS: readonly Check[] = [
  {
    id: "security/each-scope-on-each-route",
    requirements: ["SEC-011", "SEC-029", "SEC-030", "SEC-034", "SEC-035"],
    title: "Every route is answered to those whom the table of scopes names, and to admin, and to nobody else",
    kind: "hostile",
    needs,
    async run(session: Session) {
      await start(session);
      for (const { method, path, parts, may, broken = "SEC-011" } of ROWS) {
        for (const name of Object.keys(SCOPES)) {
          const given = parts?.(session) ?? {};
          const reply = await answered(session, method, path, { ...given, headers: bearer(tokenOf(name)) });
          const what = `${method} ${path} with ${SCOPES[name].join(" and ")}`;
          if (name === "admin" || may.includes(name)) {
            const requirement = name === "admin" ? "SEC-035" : broken;
            const refused = reply?.status === 401 || reply?.status === 403;
            session.must(!refused, requirement, `${what}: ${reply?.status} ${reply?.text}`);
          } else {
            session.must(reply !== undefined, broken, `${what} is carried out`);
            problem(session, reply, 403, "forbidden", broken);
          }
        }
      }
    },
  },
  {
    id: "security/nothing-without-credential",
    requirements: ["SEC-009", "SEC-010", "SEC-040"],
    title: "Without a credential every route is refused alike, served or not, and what is public is answered",
    kind: "hostile",
    needs,
    async run(session: Session) {
      await start(session);
      const more: readonly Row[] = [
        "/openapi.json",
        "/asyncapi.json",
        "/trace",
        "/nothing",
        "/services/never",
        "/errors/x",
      ]
        .map((path) => ({ method: "GET", path, may: [] }));
      const others = ["PUT", "PATCH", "DELETE"].map((method) => ({ method, path: "/services", may: [] }));
      const posts = ["/", "/health", "/errors"].map((path) => ({ method: "POST", path, may: [] }));
      const wrong = [
        "",
        "Bearer",
        "Bearer ",
        `Bearer ${PUBLISHER}x`,
        `Bearer ${PUBLISHER} ${PUBLISHER}`,
        "Bearer admin",
      ];
      const rows: readonly Row[] = [...ROWS, ...more, ...others, ...posts];
      for (const { method, path, parts } of rows) {
        const authorizations = path === "/services/b" ? wrong : [undefined];
        for (const authorization of authorizations) {
          const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
          const reply = await answered(session, method, path, { ...parts?.(session), headers });
          session.must(reply !== undefined, "SEC-009", `${method} ${path} is carried out for anybody`);
          session.must(reply.status >= 400, "SEC-009", `${method} ${path} is answered ${reply.status} to anybody`);
          problem(session, reply, 401, "unauthorized", "SEC-010");
          const challenge = reply.headers["www-authenticate"] ?? "";
          session.must(/^bearer\b/i.test(challenge), "SEC-040", `${method} ${path}: www-authenticate is ${challenge}`);
        }
      }
      for (const [method, path] of [["GET", "/"], ["GET", "/health"], ["OPTIONS", "/messages"]]) {
        const { status } = await http(session, method, path);
        session.must(status !== 401 && status !== 403, "SEC-009", `${method} ${path} is public, got ${status}`);
      }
    },
  },
  {
    id: "security/tokens-from-elsewhere",
    requirements: ["SEC-039"],
    title: "A good token counts in the header authorization with Bearer, and in no other place",
    kind: "hostile",
    needs,
    async run(session: Session) {
      await start(session);
      const token = tokenOf("observe");
      const good = await http(session, "GET", "/services", { headers: bearer(token) });
      session.must(good.status === 200, "SEC-039", `in its place it is good: ${good.status} ${good.text}`);
      const places: readonly (readonly [string, Record<string, string>])[] = [
        [`/services?access_token=${token}`, {}],
        [`/services?token=${token}`, {}],
        [`/services?authorization=Bearer%20${token}`, {}],
        ["/services", { cookie: `access_token=${token}; token=${token}; authorization=${token}` }],
        ["/services", { "x-api-key": token }],
        ["/services", { "x-access-token": token }],
        ["/services", { "x-authorization": `Bearer ${token}` }],
        ["/services", { "proxy-authorization": `Bearer ${token}` }],
        ["/services", { "sec-websocket-protocol": `bearer, ${token}` }],
        ["/services", { authorization: token }],
        ["/services", { authorization: `Token ${token}` }],
        ["/services", { authorization: `Basic ${btoa(`observe:${token}`)}` }],
        ["/services", { authorization: `Basic ${btoa(`${token}:`)}` }],
      ];
      for (const [path, headers] of places) {
        problem(session, await http(session, "GET", path, { headers }), 401, "unauthorized", "SEC-039");
      }
      const form = await http(session, "POST", "/messages", {
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: `access_token=${tokenOf("admin")}`,
      });
      problem(session, form, 401, "unauthorized", "SEC-039");
    },
  },
  {
    id: "security/admin-with-prefixes",
    requirements: ["SEC-032", "SEC-031", "SEC-036", "SEC-037"],
    title: "Prefixes bind an admin that has some, by their borders; in a batch each envelope is judged by itself",
    kind: "hostile",
    needs,
    async run(session: Session) {
      const bound = tokenOf("bound");
      await session.start({
        security: {
          secrets: SECRET,
          credentials: [
            { name: "bound", token: bound, scopes: ["admin"], sources: ["/shop", "/till/"] },
            { name: "free", token: ADMIN, scopes: ["admin"] },
          ],
        },
      });
      const rows: readonly (readonly [string, boolean])[] = [
        ["/shop", true],
        ["/shop/", true],
        ["/shop/1", true],
        ["/till/", true],
        ["/till/1/2", true],
        ["/other/shop", false],
        ["/till", false],
        ["/tiller", false],
        ["/shops", false],
        ["/shop%2F1", false],
        ["/shop?a=1", false],
        ["/shop#a", false],
        ["/SHOP", false],
        ["shop", false],
      ];
      const send = (source: string, token: string) =>
        http(session, "POST", "/messages", { event: session.event({ source }), headers: bearer(token) });
      for (const [source, may] of rows) {
        const free = await send(source, ADMIN);
        session.must(
          free.status === 202,
          "SEC-032",
          `an admin without prefixes, ${source}: ${free.status} ${free.text}`,
        );
        const reply = await send(source, bound);
        if (may) session.must(reply.status === 202, "SEC-031", `${source} is bound: ${reply.status} ${reply.text}`);
        else {
          const { detail } = problem(
            session,
            reply,
            403,
            "forbidden",
            source === "/other/shop" ? "SEC-032" : "SEC-031",
          );
          session.must(
            /source/i.test(String(detail)),
            "SEC-037",
            `the detail says that the source is not bound: ${detail}`,
          );
        }
      }
      const batch = await http(session, "POST", "/messages", {
        headers: { ...bearer(bound), "content-type": "application/cloudevents-batch+json" },
        body: JSON.stringify(rows.map(([source]) => session.event({ source }))),
      });
      const results = (batch.json?.results ?? []) as readonly JsonObject[];
      session.same(
        results.map(({ status, code }) => status === 202 ? true : code),
        rows.map(([, may]) => may ? true : "forbidden"),
        "SEC-036",
        "the results of a batch",
      );
    },
  },
];

/** A gateway with the services b and c, and one message of /shop. */
async function start(session: Session): Promise<void> {
  await session.start({
    security: {
      ...SECURITY,
      credentials: Object.entries(SCOPES).map(([name, scopes]) => ({
        name,
        token: tokenOf(name),
        scopes,
        ...(scopes.some((scope) => scope.startsWith("publish")) ? { sources: ["/shop"] } : {}),
      })),
    },
  });
  for (const name of ["b", "c"]) {
    const endpoint = `http://b.example/${name}`;
    const { reply } = await register(session, { name, endpoint, leaseMs: 3_600_000 }, 204, undefined, tokenOf("admin"));
    session.must(reply.status === 200, "SEC-035", `admin may register ${name}: ${reply.status} ${reply.text}`);
  }
  const event = session.event({ source: "/shop", id: "known" });
  const { status, text } = await http(session, "POST", "/messages", { event, headers: bearer(tokenOf("publish")) });
  session.must(status === 202, "SEC-029", `what its pattern matches is taken: ${status} ${text}`);
}

/** What is answered, once whatever the gateway asks of others was answered; nothing if it still waits. */
async function answered(
  session: Session,
  method: string,
  path: string,
  parts: HttpBody,
): Promise<HttpReply | undefined> {
  const { reply } = await begin(session, method, path, parts);
  for (const call of [...session.otherCalls]) await session.settle(call, { status: 404, headers: {}, body: "" });
  return reply;
}

function tokenOf(name: string): string {
  return `tok_${name}_dGFibGUtY2FuYXJ5LTAwMDA`;
}

function shop(session: Session, fields: JsonObject): HttpBody {
  return { event: session.event({ source: "/shop", ...fields }) };
}

function registration(session: Session): HttpBody {
  const data = { name: "b", version: "1", instance: "i1", endpoint: "http://b.example/b", subscriptions: [] };
  return { event: session.event({ type: "service.register", data }) };
}
