/**
 * Checks of what a gateway says of itself to people and machines: the page of errors, OpenAPI, AsyncAPI.
 *
 * @module
 */
import type { Check } from "../check.ts";
import type { Json, JsonObject } from "../control.ts";
import { NotApplicable } from "../failure.ts";
import type { Session } from "../session.ts";
import { CODES } from "./_codes.ts";
import { http, type HttpBody, type HttpReply, problem } from "./_http.ts";

const needs = ["core", "registry", "http"] as const;

/** The routes of the specification, with braces for what varies. */
const ROUTES: readonly (readonly [method: string, path: string])[] = [
  ["get", "/"],
  ["get", "/health"],
  ["get", "/trace"],
  ["post", "/messages"],
  ["get", "/messages"],
  ["delete", "/messages"],
  ["post", "/registry"],
  ["post", "/discover"],
  ["get", "/services"],
  ["get", "/services/{}"],
  ["get", "/services/{}/{}"],
  ["post", "/services/{}/{}"],
  ["get", "/dead-letters"],
  ["get", "/dead-letters/{}"],
  ["post", "/dead-letters/{}/redrive"],
  ["delete", "/dead-letters/{}"],
];

/** Those of the profile pull. */
const PULL_ROUTES = [["get", "/deliveries"], ["post", "/deliveries"]] as const;

/** See the module. */
export const HTTP_DOCUMENT_CHECKS: readonly Check[] = [
  {
    id: "http/errors-are-explained",
    requirements: ["HTTP-075"],
    title: "GET /errors is a page that has an anchor for each code",
    kind: "scenario",
    needs,
    virtual: false,
    async run(session: Session) {
      await session.start();
      const { status, headers, text } = await http(session, "GET", "/errors");
      session.must(status === 200, "HTTP-075", `GET /errors was answered ${status}`);
      session.must(
        /^(text\/html|application\/xhtml\+xml)\b/i.test(headers["content-type"] ?? ""),
        "HTTP-075",
        `a page is HTML, not ${headers["content-type"]}`,
      );
      const anchors = new Set([...text.matchAll(/\s(?:id|name)\s*=\s*["']?([^\s"'>]+)/gi)].map(([, anchor]) => anchor));
      const missing = CODES.filter((code) => !anchors.has(code));
      session.must(missing.length === 0, "HTTP-075", `there is no anchor for ${missing.join(" ")}`);
    },
  },
  {
    id: "http/problems-lead-to-their-page",
    requirements: ["HTTP-076"],
    title: "The type of a problem is a page from the root, or a URL, with the code as its fragment",
    kind: "scenario",
    needs,
    virtual: false,
    async run(session: Session) {
      await session.start();
      const refusals = [
        problem(session, await http(session, "GET", "/no/such/path"), 404, "route-unknown", "HTTP-002"),
        problem(session, await http(session, "PUT", "/messages"), 405, "method-unsupported", "HTTP-003"),
        problem(session, await http(session, "GET", "/messages?id=1"), 400, "argument-invalid", "HTTP-030"),
        problem(session, await http(session, "GET", "/services/nobody"), 404, "service-unknown", "HTTP-039"),
      ];
      for (const { type, code } of refusals) {
        const [page, fragment, more] = String(type).split("#");
        session.must(
          /^(\/|https?:\/\/.)/.test(page) && fragment === code && more === undefined,
          "HTTP-076",
          `the type of ${code} is a page and the fragment #${code}, not ${type}`,
        );
      }
    },
  },
  {
    id: "http/problems-lead-below-the-mount",
    requirements: ["HTTP-076"],
    title: "Under a mount the type of a problem is the path of the page of errors from the root",
    kind: "scenario",
    needs,
    can: ["mount"],
    virtual: false,
    async run(session: Session) {
      for (const mount of ["/bus", "/deep/er"]) {
        await session.start({ mount });
        const { type } = problem(session, await http(session, "GET", "/no/such"), 404, "route-unknown", "HTTP-002");
        const elsewhere = /^https?:\/\//.test(String(type));
        session.must(
          elsewhere || type === `${mount}/errors#route-unknown`,
          "HTTP-076",
          `under ${mount} the type is ${mount}/errors#route-unknown, not ${type}`,
        );
      }
    },
  },
  {
    id: "http/openapi",
    requirements: ["HTTP-077"],
    title: "GET /openapi.json is an OpenAPI 3.1 document with the mount as its server",
    kind: "scenario",
    needs,
    can: ["mount"],
    virtual: false,
    async run(session: Session) {
      for (const mount of ["/bus", "/deep/er"]) {
        await session.start({ mount });
        const { status, json } = await http(session, "GET", "/openapi.json");
        session.must(status === 200 && json !== undefined, "HTTP-077", `GET /openapi.json was answered ${status}`);
        session.must(/^3\.1\.\d+$/.test(String(json.openapi)), "HTTP-077", `openapi is 3.1, not ${json.openapi}`);
        const { title, version } = objectOf(json.info);
        session.must(
          typeof title === "string" && typeof version === "string",
          "HTTP-077",
          "info has title and version",
        );
        const urls = listOf(json.servers).map(({ url }) => String(url));
        const paths = urls.map((url) => pathOf(url, "http://127.0.0.1/"));
        session.must(paths.includes(mount), "HTTP-077", `the URL of a server is ${mount}, not ${urls.join(" ")}`);
      }
    },
  },
  {
    id: "http/openapi-names-every-route",
    requirements: ["HTTP-078"],
    title: "An OpenAPI document names every route",
    kind: "scenario",
    needs,
    virtual: false,
    async run(session: Session) {
      await session.start();
      const operations = operationsOf(await openapi(session));
      for (const [method, path] of session.has("pull") ? [...ROUTES, ...PULL_ROUTES] : ROUTES) {
        const served = operations.has(`${method} ${path}`);
        session.must(served, "HTTP-078", `${method.toUpperCase()} ${path} is not named`);
      }
    },
  },
  {
    id: "http/openapi-names-every-answer",
    requirements: ["HTTP-078"],
    title: "An OpenAPI document names every status and every code that a route answers with",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ capacity: 1 });
      const document = await openapi(session);
      const operations = operationsOf(document);
      for (const [method, path, route, parts] of await questions(session)) {
        const reply = await http(session, method, path, parts);
        const operation = operations.get(`${method.toLowerCase()} ${route}`);
        session.must(operation !== undefined, "HTTP-078", `${method} ${route} is not named`);
        namedIn(session, document, operation, `${method} ${route}`, reply);
      }
    },
  },
  {
    id: "http/asyncapi",
    requirements: ["HTTP-079"],
    title: "GET /asyncapi.json is an AsyncAPI 3.0 document of the protocol's events and of what is subscribed to",
    kind: "scenario",
    needs,
    virtual: false,
    async run(session: Session) {
      await session.start();
      const patterns = ["asy.happened", "asy.odd.*", "asy.all.>"];
      await session.member("asy-1", { subscriptions: patterns.slice(0, 2) });
      await session.member("asy-2", { subscriptions: patterns.slice(1) });
      const document = await asyncapi(session);
      session.must(document !== undefined, "HTTP-079", "GET /asyncapi.json is answered with a document");
      session.must(
        /^3\.0\.\d+$/.test(String(document.asyncapi)),
        "HTTP-079",
        `asyncapi is 3.0, not ${document.asyncapi}`,
      );
      const { title, version } = objectOf(document.info);
      session.must(typeof title === "string" && typeof version === "string", "HTTP-079", "info has title and version");
      const texts = textsOf(document);
      const own = ["message.delivered", "message.failed", "service.register", "service.renew", "service.deregister"];
      for (const text of [...own, ...patterns]) {
        session.must(texts.has(text), "HTTP-079", `the document does not name ${text}`);
      }
    },
  },
  {
    id: "http/asyncapi-says-what-it-leaves-out",
    requirements: ["HTTP-080"],
    title: "An AsyncAPI document that leaves something out says so",
    kind: "hostile",
    needs,
    async run(session: Session) {
      await session.start();
      await session.member("bulk-0", { subscriptions: ["bulk.0.0"] });
      const small = await asyncapi(session);
      if (small === undefined) throw new NotApplicable("there is no AsyncAPI document");
      const patterns = ["bulk.0.0"];
      for (let service = 1; service <= 60; service++) {
        const subscriptions = Array.from({ length: 50 }, (_, n) => `bulk.${service}.${n}`);
        await session.member(`bulk-${service}`, { subscriptions });
        patterns.push(...subscriptions);
      }
      const large = await asyncapi(session) ?? {};
      const shown = textsOf(large);
      const left = patterns.filter((pattern) => !shown.has(pattern));
      session.must(
        shown.has(patterns[0]) || left.length > 0,
        "HTTP-080",
        "the document shows patterns, or leaves some out",
      );
      if (left.length === 0) return;
      // Whatever it says it by, it is something that neither stood in the whole document nor comes with what is shown.
      const known = saidBy(small);
      const said = [...saidBy(large)].filter((text) => !known.has(text) && !/bulk/.test(text));
      session.must(
        said.length > 0,
        "HTTP-080",
        `${left.length} of ${patterns.length} patterns are left out without a word`,
      );
    },
  },
];

/** The document; a gateway need not have one. */
async function openapi(session: Session): Promise<JsonObject> {
  const { status, json } = await http(session, "GET", "/openapi.json");
  if (status !== 200 || json === undefined) throw new NotApplicable("there is no OpenAPI document");
  return json;
}

async function asyncapi(session: Session): Promise<JsonObject | undefined> {
  const { status, json } = await http(session, "GET", "/asyncapi.json");
  return status === 200 ? json : undefined;
}

/** Operations by method and path, with braces for parameters. */
function operationsOf(document: JsonObject): Map<string, JsonObject> {
  const operations = new Map<string, JsonObject>();
  for (const [path, methods] of Object.entries(objectOf(document.paths))) {
    for (const [method, operation] of Object.entries(objectOf(methods))) {
      operations.set(`${method} ${path.replaceAll(/\{[^}]*\}/g, "{}")}`, objectOf(operation));
    }
  }
  return operations;
}

/** Judges that the answer is one of those that the document has for it. */
function namedIn(session: Session, document: JsonObject, operation: JsonObject, what: string, reply: HttpReply): void {
  const { status, json } = reply;
  const responses = objectOf(operation.responses);
  const response = responses[String(status)];
  session.must(
    response !== undefined,
    "HTTP-078",
    `${what} was answered ${status}, of ${Object.keys(responses).join(" ")}`,
  );
  if (status < 400) return;
  const code = String(json?.code);
  const texts = textsOf(resolved(document, response));
  session.must(
    [...texts].some((text) => text.split(/[^a-z0-9-]+/).includes(code)),
    "HTTP-078",
    `${what} was answered ${status} ${code}, and the document has no ${code} there`,
  );
}

/** Requests, each with its route. */
async function questions(
  session: Session,
): Promise<readonly (readonly [method: string, path: string, route: string, parts: HttpBody])[]> {
  const { lease } = await session.member("full", { subscriptions: ["full.up"] });
  await session.accepted({ type: "full.up", priority: "HIGH" });
  const event = (fields: JsonObject = {}) => ({ event: session.event(fields) });
  const first = session.event();
  const envelope = (type: string, data: JsonObject) => ({
    event: { specversion: "1.0", id: `q-${type}`, source: "/suite", type, data },
  });
  const status = `/messages?source=%2Fsuite&id=${first.id}`;
  return [
    ["GET", "/", "/", {}],
    ["GET", "/health", "/health", {}],
    ["POST", "/messages", "/messages", { event: first }],
    ["POST", "/messages", "/messages", { event: { ...first, subject: "another" } }],
    ["POST", "/messages", "/messages", event({ type: "service.gone" })],
    ["POST", "/messages", "/messages", event({ priority: "URGENT" })],
    ["POST", "/messages", "/messages", event({ target: "nobody" })],
    ["POST", "/messages", "/messages", event({ target: "full", priority: "LOW" })],
    ["POST", "/messages", "/messages", event({ expirytime: "2020-01-01T00:00:00Z" })],
    ["POST", "/messages", "/messages", { body: "{", headers: { "content-type": "application/cloudevents+json" } }],
    ["POST", "/messages", "/messages", { body: "x", headers: { "content-type": "text/plain" } }],
    ["POST", "/messages", "/messages", { ...event(), headers: { "bellhop-delay-ms": "soon" } }],
    ["POST", "/messages", "/messages", { ...event(), headers: { "bellhop-lease": "unknown" } }],
    ["POST", "/messages", "/messages", event({ data: "x".repeat(2_000_000) })],
    ["GET", status, "/messages", {}],
    ["GET", "/messages?source=%2Fsuite&id=none", "/messages", {}],
    ["GET", "/messages?id=1", "/messages", {}],
    ["DELETE", status, "/messages", {}],
    ["DELETE", "/messages?source=%2Fsuite&id=none", "/messages", {}],
    ["DELETE", "/messages", "/messages", {}],
    ["POST", "/registry", "/registry", envelope("service.renew", { lease })],
    ["POST", "/registry", "/registry", envelope("service.renew", { lease: "unknown" })],
    ["POST", "/registry", "/registry", envelope("service.dance", {})],
    ["POST", "/registry", "/registry", envelope("service.register", { name: "?" })],
    ["POST", "/registry", "/registry", { body: "x", headers: { "content-type": "text/plain" } }],
    ["POST", "/discover", "/discover", { json: { url: 1 } }],
    ["GET", "/services", "/services", {}],
    ["GET", "/services?limit=0", "/services", {}],
    ["GET", "/services/full", "/services/{}", {}],
    ["GET", "/services/nobody", "/services/{}", {}],
    ["GET", "/services/nobody/x", "/services/{}/{}", {}],
    ["POST", "/services/nobody/x", "/services/{}/{}", { body: "" }],
    ["GET", "/dead-letters", "/dead-letters", {}],
    ["GET", "/dead-letters?limit=0", "/dead-letters", {}],
    ["GET", "/dead-letters/none", "/dead-letters/{}", {}],
    ["DELETE", "/dead-letters/none", "/dead-letters/{}", {}],
    ["POST", "/dead-letters/none/redrive", "/dead-letters/{}/redrive", {}],
  ];
}

/** The value with what its references stand for, as far as there is no circle. */
function resolved(document: JsonObject, value: Json | undefined, within: readonly string[] = []): Json {
  if (Array.isArray(value)) return value.map((one) => resolved(document, one, within));
  if (typeof value !== "object" || value === null) return value ?? null;
  const { $ref } = value as JsonObject;
  if (typeof $ref === "string" && $ref.startsWith("#/")) {
    if (within.includes($ref) || within.length > 20) return null;
    let found: Json | undefined = document;
    for (const part of $ref.slice(2).split("/")) {
      found = objectOf(found)[part.replaceAll("~1", "/").replaceAll("~0", "~")];
    }
    return resolved(document, found, [...within, $ref]);
  }
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, resolved(document, part, within)]));
}

/** Every text in it, names of members included. */
function textsOf(value: Json | undefined, found: Set<string> = new Set()): Set<string> {
  if (typeof value === "string") found.add(value);
  if (typeof value === "object" && value !== null) {
    for (const [name, part] of Object.entries(value)) textsOf(part, Array.isArray(value) ? found : found.add(name));
  }
  return found;
}

/** All that it says, as one text for each leaf. */
function saidBy(value: Json | undefined, path = "", found: Set<string> = new Set()): Set<string> {
  if (typeof value === "object" && value !== null) {
    for (const [name, part] of Object.entries(value)) {
      saidBy(part, Array.isArray(value) ? path : `${path}/${name}`, found);
    }
  } else found.add(`${path}=${JSON.stringify(value)}`);
  return found;
}

function objectOf(value: Json | undefined): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value as JsonObject : {};
}

function listOf(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.map(objectOf) : [];
}

function pathOf(url: string, base: string): string {
  try {
    return new URL(url, base).pathname.replace(/(.)\/$/, "$1");
  } catch {
    return "";
  }
}
