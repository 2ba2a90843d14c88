/**
 * Checks of the chapter Security: credentials, signatures, consent, the endpoint guard, open mode.
 *
 * @module
 */
import type { Check } from "../check.ts";
import type { DeliveryCall, JsonObject } from "../control.ts";
import type { Session } from "../session.ts";
import { begin, http, problem } from "./_http.ts";
import { ADMIN, bearer, OLD, OTHER_SECRET, PUBLISHER, register, SECRET, SECURITY, sign, WATCHER } from "./_secured.ts";

const needs = ["core", "registry", "http", "security"] as const;
/** See the module. */
export const SECURITY_CHECKS: readonly Check[] = [
  {
    id: "security/who-may-ask",
    requirements: ["SEC-009", "SEC-010", "SEC-011", "SEC-039", "SEC-040", "SEC-043"],
    title: "Every route but three asks for a credential, from one header alone",
    kind: "hostile",
    needs,
    async run(session: Session) {
      await session.start({ security: SECURITY });
      const event = session.event({ source: "/shop" });
      for (
        const [method, path] of [["GET", "/services"], ["GET", "/dead-letters"], ["POST", "/messages"], [
          "POST",
          "/registry",
        ]]
      ) {
        const reply = await http(session, method, path, method === "POST" ? { event } : {});
        problem(session, reply, 401, "unauthorized", "SEC-010");
        session.must(
          /^bearer\b/i.test(reply.headers["www-authenticate"] ?? ""),
          "SEC-040",
          "www-authenticate names Bearer",
        );
      }
      for (const path of ["/", "/health"]) {
        const { status } = await http(session, "GET", path);
        session.must(status === 200, "SEC-009", `GET ${path} needs no credential, got ${status}`);
      }
      for (
        const authorization of ["Bearer none-such-token-at-all-0000", `Basic ${btoa(`a:${PUBLISHER}`)}`, PUBLISHER]
      ) {
        problem(
          session,
          await http(session, "POST", "/messages", { event, headers: { authorization } }),
          401,
          "unauthorized",
          "SEC-010",
        );
      }
      const byQuery = await http(session, "POST", `/messages?access_token=${PUBLISHER}`, { event });
      problem(session, byQuery, 401, "unauthorized", "SEC-039");
      for (const token of [PUBLISHER, OLD]) {
        const { status, text } = await http(session, "POST", "/messages", { event, headers: bearer(token) });
        session.must(status === 202, "SEC-043", `either token of a credential is good: ${status} ${text}`);
      }
      problem(
        session,
        await http(session, "GET", "/services", { headers: bearer(PUBLISHER) }),
        403,
        "forbidden",
        "SEC-011",
      );
      const { status } = await http(session, "GET", "/services", { headers: bearer(WATCHER) });
      session.must(status === 200, "SEC-011", `with the scope it is answered, got ${status}`);
    },
  },
  {
    id: "security/scopes-of-a-publish",
    requirements: ["SEC-029", "SEC-030", "SEC-031", "SEC-032", "SEC-033", "SEC-035", "SEC-036", "SEC-037"],
    title: "A publish is judged by its type, its priority and its source",
    kind: "hostile",
    needs,
    async run(session: Session) {
      await session.start({ security: SECURITY });
      const send = (fields: JsonObject, token = PUBLISHER) =>
        http(session, "POST", "/messages", { event: session.event(fields), headers: bearer(token) });
      const rows: readonly (readonly [JsonObject, string | undefined])[] = [
        [{ source: "/shop" }, undefined],
        [{ source: "/shop/till/1" }, undefined],
        [{ source: "/shop", type: "other.happened" }, "SEC-029"],
        [{ source: "/shop", type: "thing.a.b" }, "SEC-029"],
        [{ source: "/shop", priority: "CRITICAL" }, "SEC-030"],
        [{ source: "/shopping" }, "SEC-031"],
        [{ source: "/bank" }, "SEC-032"],
        [{ source: "/shop/../bank" }, "SEC-033"],
        [{ source: "/shop/%2e%2e/bank" }, "SEC-033"],
      ];
      for (const [fields, broken] of rows) {
        const reply = await send(fields);
        if (broken === undefined) {
          session.must(
            reply.status === 202,
            "SEC-031",
            `${JSON.stringify(fields)} was answered ${reply.status} ${reply.text}`,
          );
        } else {
          const { detail } = problem(session, reply, 403, "forbidden", broken);
          session.must(
            /scope|source|publish/i.test(String(detail)),
            "SEC-037",
            `the detail says what is lacking: ${detail}`,
          );
        }
      }
      const { status } = await send({ source: "/anything", type: "other.happened" }, ADMIN);
      session.must(status === 202, "SEC-035", `admin may publish anything, got ${status}`);
      const batch = await http(session, "POST", "/messages", {
        headers: { ...bearer(PUBLISHER), "content-type": "application/cloudevents-batch+json" },
        body: JSON.stringify([session.event({ source: "/shop" }), session.event({ source: "/bank" })]),
      });
      const results = (batch.json?.results ?? []) as JsonObject[];
      session.same(results.map((one) => one.status), [202, 403], "SEC-036", "each envelope of a batch");
    },
  },
  {
    id: "security/others-messages",
    requirements: ["SEC-034"],
    title: "Whether another's message is known is told to nobody",
    kind: "hostile",
    needs,
    async run(session: Session) {
      await session.start({ security: SECURITY });
      const event = session.event({ source: "/bank" });
      await http(session, "POST", "/messages", { event, headers: bearer(ADMIN) });
      for (const id of [String(event.id), "never-seen"]) {
        for (const method of ["GET", "DELETE"]) {
          const reply = await http(session, method, `/messages?source=%2Fbank&id=${id}`, {
            headers: bearer(PUBLISHER),
          });
          problem(session, reply, 403, "forbidden", "SEC-034");
        }
      }
      const seen = await http(session, "GET", `/messages?source=%2Fbank&id=${event.id}`, { headers: bearer(WATCHER) });
      session.must(seen.status === 200, "SEC-011", `observe sees any message, got ${seen.status}`);
    },
  },
  {
    id: "security/consent",
    requirements: ["SEC-054", "SEC-055", "SEC-056", "REG-018", "REG-019"],
    title: "An endpoint is registered with its consent, said by headers alone",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ security: SECURITY });
      const rows: readonly (readonly [number, Record<string, string>, string | undefined])[] = [
        [204, { "webhook-allowed-origin": "ORIGIN" }, undefined],
        [200, { "webhook-allowed-origin": "*", "webhook-allowed-rate": "120" }, undefined],
        [405, { "webhook-allowed-origin": "*" }, undefined],
        [204, { "webhook-allowed-origin": "*", "webhook-allowed-rate": "*" }, undefined],
        [200, {}, "REG-019"],
        [204, { "webhook-allowed-origin": "elsewhere.example" }, "REG-018"],
        [204, { "webhook-allowed-origin": "*", "webhook-allowed-rate": "0" }, "SEC-055"],
        [204, { "webhook-allowed-origin": "*", "webhook-allowed-rate": "many" }, "SEC-055"],
      ];
      for (const [n, [status, headers, broken]] of rows.entries()) {
        const { reply, asked } = await register(session, { name: `b${n}` }, status, headers);
        session.must(asked, "SEC-054", "the endpoint is asked for its consent");
        if (broken === undefined) {
          const requirement = headers["webhook-allowed-rate"] === undefined ? "SEC-056" : "SEC-054";
          session.must(
            reply.status === 200,
            requirement,
            `${status} ${JSON.stringify(headers)}: ${reply.status} ${reply.text}`,
          );
        } else problem(session, reply, 422, "endpoint-refused", broken);
      }
    },
  },
  {
    id: "security/guard",
    requirements: ["SEC-024", "SEC-058", "SEC-059", "SEC-063", "SEC-022"],
    title: "An endpoint that is not public is refused, however it is written",
    kind: "hostile",
    needs,
    async run(session: Session) {
      await session.start({ security: SECURITY });
      const bad: readonly (readonly [string, string])[] = [
        ...[
          "http://127.0.0.1/x",
          "http://10.1.2.3/x",
          "http://192.168.0.1/x",
          "http://172.16.0.1/x",
          "http://169.254.169.254/x",
          "http://0.0.0.0/x",
          "http://[::1]/x",
          "http://[fe80::1]/x",
          "http://[fd00::1]/x",
        ].map((url) => [url, "SEC-024"] as const),
        ["http://100.64.0.1/x", "SEC-058"],
        ["http://[::ffff:127.0.0.1]/x", "SEC-058"],
        ["http://[64:ff9b::7f00:1]/x", "SEC-058"],
        ["http://224.0.0.1/x", "SEC-058"],
        ["http://0x7f.1/x", "SEC-063"],
        ["http://2130706433/x", "SEC-063"],
        ["http://inside.example/x", "SEC-058"],
        ["http://mixed.example/x", "SEC-059"],
      ];
      for (const [endpoint, requirement] of bad) {
        const { reply } = await register(session, { name: "b", endpoint }, 204, { "webhook-allowed-origin": "*" });
        problem(session, reply, 422, "endpoint-refused", requirement);
      }
      const { reply } = await register(session, { name: "b" }, 204, { "webhook-allowed-origin": "*" });
      session.must(reply.status === 200, "SEC-058", `a public endpoint is registered: ${reply.status} ${reply.text}`);
      const { json } = await http(session, "GET", "/");
      session.must(
        ["pinned", "platform", "checked"].includes(String(json?.endpointGuard)),
        "SEC-022",
        `the manifest has the level, not ${json?.endpointGuard}`,
      );
    },
  },
  {
    id: "security/deliveries-are-signed",
    requirements: ["SEC-016", "SEC-017", "SEC-018"],
    title: "Every attempt is signed anew, with one id",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ security: SECURITY });
      const { reply } = await register(session, { name: "b", subscriptions: ["thing.*"] }, 204, {
        "webhook-allowed-origin": "*",
      });
      session.must(reply.status === 200, "SEC-054", `it is registered: ${reply.status} ${reply.text}`);
      await http(session, "POST", "/messages", { event: session.event({ source: "/shop" }), headers: bearer(ADMIN) });
      const first = await attempt(session);
      const one = await signed(session, first);
      await session.settle(first, { status: 503, headers: { "retry-after": "90" }, body: "" });
      const second = await session.untilCall(200_000, "b");
      session.must(second !== undefined, "RET-046", "retry 1 follows");
      const two = await signed(session, second);
      session.must(one.id === two.id, "SEC-017", `webhook-id is equal over attempts: ${one.id}, ${two.id}`);
      session.must(!one.id.includes("."), "SEC-048", "webhook-id has no dot");
      session.must(
        two.timestampS - one.timestampS === 90,
        "SEC-018",
        `the timestamp is new: ${one.timestampS}, ${two.timestampS}`,
      );
    },
  },
  {
    id: "security/nothing-is-shown",
    requirements: ["SEC-015", "HTTP-014"],
    title: "No answer, delivery or trace shows a token or a secret",
    kind: "hostile",
    needs,
    async run(session: Session) {
      await session.start({ security: SECURITY });
      const { reply } = await register(session, { name: "b", subscriptions: ["thing.*"] }, 204, {
        "webhook-allowed-origin": "*",
      });
      const { lease } = (reply.json?.data ?? {}) as { lease?: string };
      await http(session, "POST", "/messages", {
        event: session.event({ source: "/shop" }),
        headers: bearer(PUBLISHER),
      });
      const call = await attempt(session);
      await session.settle(call, { status: 422, headers: {}, body: "" });
      const pages = [];
      for (const path of ["/", "/health", "/services", "/dead-letters", "/messages?unfinished=CRITICAL"]) {
        pages.push((await http(session, "GET", path, { headers: bearer(ADMIN) })).text);
      }
      pages.push((await http(session, "POST", "/messages", { body: "{", headers: bearer(PUBLISHER) })).text);
      const told = pages.join("\n") + JSON.stringify(session.trace) + JSON.stringify(call.request);
      for (
        const canary of [
          ADMIN,
          PUBLISHER,
          OLD,
          WATCHER,
          SECRET,
          SECRET.slice(6),
          ...(lease === undefined ? [] : [lease]),
        ]
      ) {
        session.must(!told.includes(canary), "SEC-015", `a secret is shown: ${canary.slice(0, 8)}…`);
      }
    },
  },
  {
    id: "security/proxy-keeps-the-token",
    requirements: ["SEC-044"],
    title: "The proxy does not pass on the token that let a request in",
    kind: "hostile",
    needs,
    async run(session: Session) {
      await session.start({ security: SECURITY });
      await register(session, { name: "b" }, 204, { "webhook-allowed-origin": "*" });
      await begin(session, "GET", "/services/b/x", { headers: bearer(ADMIN) });
      const call = session.otherCalls.find((one) => one.for === "proxy");
      session.must(call?.request !== undefined, "HTTP-040", "the request reaches the instance");
      session.must(!JSON.stringify(call.request).includes(ADMIN), "SEC-044", "the token is passed on");
    },
  },
  {
    id: "security/open-mode-is-for-loopback",
    requirements: ["SEC-005", "SEC-006", "SEC-007"],
    title: "Open mode refuses foreign origins, forwarded requests and endpoints",
    kind: "hostile",
    needs,
    async run(session: Session) {
      await session.start();
      const rows: readonly (readonly [Record<string, string>, string])[] = [
        [{ forwarded: "for=1.2.3.4" }, "SEC-005"],
        [{ via: "1.1 proxy" }, "SEC-005"],
        [{ "x-real-ip": "1.2.3.4" }, "SEC-005"],
        [{ "x-forwarded-for": "1.2.3.4" }, "SEC-005"],
        [{ "x-forwarded-host": "a" }, "SEC-005"],
        [{ origin: "https://evil.example" }, "SEC-006"],
        [{ origin: "null" }, "SEC-006"],
      ];
      for (const [headers, requirement] of rows) {
        problem(session, await http(session, "GET", "/services", { headers }), 403, "open-mode-refused", requirement);
      }
      const { status } = await http(session, "GET", "/services");
      session.must(status === 200, "SEC-005", `without such a header it is answered, got ${status}`);
      const far = await session.registry("service.register", {
        name: "b",
        version: "1",
        endpoint: "http://93.184.215.14/b",
        subscriptions: [],
      });
      session.must(
        far.refused?.code === "endpoint-refused",
        "SEC-007",
        `a far endpoint is refused: ${JSON.stringify(far)}`,
      );
    },
  },
  {
    id: "security/service-verifies",
    requirements: ["SEC-020", "SEC-045", "SEC-046", "SEC-021", "SEC-048", "SEC-050", "SEC-051", "SEC-053"],
    title: "A service takes a delivery with one valid signature and no other",
    kind: "hostile",
    needs: ["http", "security"],
    can: ["service"],
    async run(session: Session) {
      await session.start({
        role: "service",
        service: { name: "subject", subscriptions: [">"] },
        security: { secrets: SECRET },
      });
      const nowS = Math.floor(session.nowMs / 1_000);
      const body = JSON.stringify(session.event());
      const good = await sign(SECRET, "dlv_1", nowS, body);
      const bad = await sign(OTHER_SECRET, "dlv_1", nowS, body);
      const dotted = await sign(SECRET, "dlv.1", nowS, body);
      const base = { "webhook-id": "dlv_1", "webhook-timestamp": String(nowS), "webhook-signature": good };
      const without = (name: string) => Object.fromEntries(Object.entries(base).filter(([one]) => one !== name));
      const rows: readonly (readonly [Record<string, string>, string, string, string?])[] = [
        [without("webhook-id"), "signature-missing", "SEC-045"],
        [without("webhook-timestamp"), "signature-missing", "SEC-045"],
        [without("webhook-signature"), "signature-missing", "SEC-045"],
        [{ ...base, "webhook-signature": bad }, "signature-invalid", "SEC-046"],
        [{ ...base, "webhook-signature": good.replace("v1,", "v2,") }, "signature-invalid", "SEC-051"],
        [{ ...base, "webhook-id": "dlv_2" }, "signature-invalid", "SEC-046"],
        [{ ...base, "webhook-id": "dlv.1", "webhook-signature": dotted }, "signature-invalid", "SEC-048"],
        [{ ...base, "webhook-signature": Array(9).fill(good).join(" ") }, "signature-invalid", "SEC-050"],
        [base, "signature-invalid", "SEC-053", `${body} `],
      ];
      for (const [headers, code, requirement, other] of rows) {
        const reply = await http(session, "POST", "/", {
          headers: { ...headers, "content-type": "application/cloudevents+json" },
          body: other ?? body,
        });
        session.must(reply.status === 401, requirement, `wanted 401 ${code}, got ${reply.status} ${reply.text}`);
        session.must(reply.json?.code === code, requirement, `wanted ${code}, got ${reply.json?.code}`);
        session.must(!session.otherCalls.some((call) => call.for === "handler"), "SEC-020", "no handler runs");
      }
      const both = { ...base, "webhook-signature": `v9,zzz ${bad} ${good}` };
      await begin(session, "POST", "/", { headers: { ...both, "content-type": "application/cloudevents+json" }, body });
      session.must(
        session.otherCalls.some((call) => call.for === "handler"),
        "SEC-021",
        "one valid signature of several is enough",
      );
    },
  },
  {
    id: "security/service-judges-time",
    requirements: ["SEC-019", "SEC-047"],
    title: "A signature of more than 300 s ago, or ahead, is stale",
    kind: "scenario",
    needs: ["http", "security"],
    can: ["service"],
    async run(session: Session) {
      for (const skewS of [-301, -300, 0, 300, 301, -86_400]) {
        await session.start({
          role: "service",
          service: { name: "subject", subscriptions: [">"] },
          security: { secrets: SECRET },
        });
        const timestampS = Math.floor(session.nowMs / 1_000) + skewS;
        const body = JSON.stringify(session.event());
        const headers = {
          "content-type": "application/cloudevents+json",
          "webhook-id": "dlv_1",
          "webhook-timestamp": String(timestampS),
          "webhook-signature": await sign(SECRET, "dlv_1", timestampS, body),
        };
        const { reply } = await begin(session, "POST", "/", { headers, body });
        if (Math.abs(skewS) <= 300) {
          session.must(
            reply === undefined,
            "SEC-019",
            `a skew of ${skewS} s is within bounds: ${reply?.status} ${reply?.text}`,
          );
          continue;
        }
        session.must(reply?.status === 401, "SEC-019", `a skew of ${skewS} s is answered 401, not ${reply?.status}`);
        session.must(
          reply.json?.code === "signature-stale",
          "SEC-047",
          `the code is signature-stale, not ${reply.json?.code}`,
        );
        session.must(
          String(reply.json.detail).includes(String(Math.abs(skewS))),
          "SEC-047",
          `the detail has ${Math.abs(skewS)}: ${reply.json.detail}`,
        );
      }
    },
  },
];

async function attempt(session: Session): Promise<DeliveryCall> {
  const call = await session.untilCall(1_000, "b");
  session.must(call !== undefined, "BUS-019", "the delivery begins");
  return call;
}

/** Judges the signature of a delivery. */
async function signed(
  session: Session,
  call: DeliveryCall,
): Promise<{ readonly id: string; readonly timestampS: number }> {
  const { headers = {}, body = "" } = call.request ?? {};
  const id = headers["webhook-id"] ?? "";
  const timestampS = Number(headers["webhook-timestamp"]);
  const wanted = await sign(SECRET, id, timestampS, body);
  const given = (headers["webhook-signature"] ?? "").split(" ");
  session.must(given.includes(wanted), "SEC-016", `webhook-signature is ${wanted}, not ${given.join(" ")}`);
  return { id, timestampS };
}
