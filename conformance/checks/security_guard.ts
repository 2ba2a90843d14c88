/**
 * Checks of the endpoint guard over time and by its allow-list: where a gateway goes, whatever a name's owner says later.
 *
 * @module
 */
import type { Check } from "../check.ts";
import type { JsonObject, OutgoingRequest } from "../control.ts";
import type { Session } from "../session.ts";
import { begin, http, lateReply, problem } from "./_http.ts";
import { ADMIN, bearer, CONSENT, register, SECURITY } from "./_secured.ts";

const needs = ["core", "registry", "http", "security"] as const;
const PUBLIC = "93.184.215.14";
const OTHER_PUBLIC = "151.101.1.69";
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const REDIRECTS = [302, 307];
const ELSEWHERE = "http://elsewhere.example/bellhop";

/** See the module. */
export const GUARD_CHECKS: readonly Check[] = [
  {
    id: "security/guard-looks-when-it-connects",
    requirements: ["SEC-025"],
    title: "A name that leads to a private address after its registration is not connected to",
    kind: "hostile",
    needs,
    can: ["hosts"],
    async run(session: Session) {
      for (const inside of ["10.0.0.7", "127.0.0.1", "169.254.169.254", "::ffff:10.0.0.7"]) {
        await session.start({ security: { ...SECURITY, hosts: { "b.example": [PUBLIC] } } });
        await join(session);
        await session.say({ do: "hosts", hosts: { "b.example": [OTHER_PUBLIC] } });
        await pass(session, MINUTE_MS);
        await publish(session);
        const call = await session.untilCall(MINUTE_MS, "b");
        session.must(call !== undefined, "SEC-025", "what has moved to another public address is connected to");
        await session.settle(call, { status: 204, headers: {}, body: "" });
        await session.say({ do: "hosts", hosts: { "b.example": [inside] } });
        // What was looked up a moment ago may be believed for a moment.
        await pass(session, MINUTE_MS);
        const before = session.nowMs;
        session.manualHealth = true;
        session.otherCalls = [];
        await publish(session);
        await begin(session, "GET", "/services/b/x", { headers: bearer(ADMIN) });
        for (let told = 0; told < 50 && session.nowMs < before + 10 * MINUTE_MS; told++) {
          await session.advance(Math.min(MINUTE_MS, before + 10 * MINUTE_MS - session.nowMs));
          const [first] = [...session.calls, ...session.otherCalls];
          session.must(
            first === undefined,
            "SEC-025",
            () => `b.example leads to ${inside} since ${session.nowMs - before + MINUTE_MS} ms: ${first.request?.url}`,
          );
        }
      }
    },
  },
  {
    id: "security/no-redirect-is-followed",
    requirements: ["SEC-026"],
    title: "Wherever an endpoint sends the gateway, it does not go there",
    kind: "hostile",
    needs,
    async run(session: Session) {
      const hosts = { "b.example": [PUBLIC], "elsewhere.example": [OTHER_PUBLIC] };
      for (const status of REDIRECTS) {
        const answer = { status, headers: { location: ELSEWHERE }, body: "" };
        await session.start({ security: { ...SECURITY, hosts } });
        session.manualHealth = true;

        const data = { name: "b", version: "1", endpoint: "http://b.example/bellhop", subscriptions: [] };
        const event = session.event({ type: "service.register", data });
        await begin(session, "POST", "/registry", { event, headers: bearer(ADMIN) });
        const handshake = session.otherCalls.find((one) => one.for === "handshake");
        session.must(handshake !== undefined, "SEC-054", "the endpoint is asked for its consent");
        await session.settle(handshake, answer);
        await session.advance(1);
        stays(session, `a handshake answered ${status}`);
        const { asked } = await register(session, { name: "b", subscriptions: ["thing.*"], leaseMs: HOUR_MS });
        session.must(asked, "SEC-054", "the endpoint is asked for its consent");

        await publish(session);
        const call = await session.untilCall(MINUTE_MS, "b");
        session.must(call !== undefined, "BUS-019", "the delivery begins");
        await session.settle(call, answer);
        await session.advance(1);
        stays(session, `a delivery answered ${status}`);

        const { seq } = await begin(session, "POST", "/discover", {
          json: { url: "http://b.example/bellhop" },
          headers: bearer(ADMIN),
        });
        const manifest = session.otherCalls.find((one) => one.for === "manifest");
        session.must(manifest !== undefined, "HTTP-037", "the manifest is asked for");
        await session.settle(manifest, answer);
        await session.advance(1);
        stays(session, `a discovery answered ${status}`);
        const refused = lateReply(session, seq);
        session.must(
          refused === undefined || refused.status >= 400,
          "SEC-026",
          `there was no manifest: ${refused?.status} ${refused?.text}`,
        );

        await begin(session, "GET", "/services/b/x", { headers: bearer(ADMIN) });
        const proxied = session.otherCalls.find(({ request }) => request?.url === "http://b.example/x");
        session.must(proxied !== undefined, "HTTP-040", "the request reaches the instance");
        await session.settle(proxied, answer);
        await session.advance(1);
        stays(session, `a proxied request answered ${status}`);

        for (let n = 0; n < 200 && !session.otherCalls.some((one) => one.for === "health"); n++) {
          await session.advance(1_000);
        }
        const health = session.otherCalls.find((one) => one.for === "health");
        session.must(health !== undefined, "REG-044", "its health is asked for");
        await session.settle(health, answer);
        await session.advance(1);
        stays(session, `a health check answered ${status}`);
      }
    },
  },
  {
    id: "security/level-checked",
    requirements: ["SEC-023", "SEC-060", "SEC-022"],
    title: "At the level checked there is an allow-list, and no host besides it is registered",
    kind: "hostile",
    needs,
    can: ["guard"],
    async run(session: Session) {
      const hosts = { "b.example": [PUBLIC], "c.example": [PUBLIC], "x.svc.example": [PUBLIC] };
      const base = { ...SECURITY, hosts, guard: "checked" };
      const none = await session.tryStart({ security: base });
      session.must(none.refused !== undefined, "SEC-023", "without an allow-list it is not to start");
      await session.start({ security: { ...base, allowHosts: ["b.example", "*.svc.example", PUBLIC] } });
      const { json } = await http(session, "GET", "/");
      session.must(json?.endpointGuard === "checked", "SEC-022", `the manifest says ${json?.endpointGuard}`);
      await judge(session, "SEC-060", [
        ["http://b.example/x", true],
        ["http://x.svc.example/x", true],
        [`http://${PUBLIC}/x`, true],
        ["http://c.example/x", false],
        ["http://svc.example/x", false],
        ["http://b.example.c.example/x", false],
        [`http://${OTHER_PUBLIC}/x`, false],
        ["http://[2606:2800:21f::1]/x", false],
      ]);
    },
  },
  {
    id: "security/listed-names-that-lead-inside",
    requirements: ["SEC-061", "SEC-024"],
    title: "A listed name may lead to a private address, but to no link-local, unspecified, multicast or reserved one",
    kind: "hostile",
    needs,
    async run(session: Session) {
      const fine = ["10.0.0.7", "192.168.1.1", "172.31.0.1", "127.0.0.1", "::1", "fd00::7", PUBLIC];
      const wrong = [
        "169.254.169.254",
        "169.254.0.1",
        "fe80::1",
        "0.0.0.0",
        "::",
        "224.0.0.1",
        "239.255.255.255",
        "ff02::1",
        "240.0.0.1",
        "255.255.255.255",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
      ];
      const names = [...fine, ...wrong].map((address, n) => [`h${n}.example`, address] as const);
      const mixed = [...wrong.map((address, n) => [`m${n}.example`, ["10.0.0.7", address]] as const)];
      await session.start({
        security: {
          ...SECURITY,
          hosts: { ...Object.fromEntries(names.map(([name, one]) => [name, [one]])), ...Object.fromEntries(mixed) },
          allowHosts: [...names, ...mixed].map(([name]) => name),
        },
      });
      await judge(session, "SEC-024", names.slice(0, fine.length).map(([name]) => [`http://${name}/x`, true]));
      await judge(session, "SEC-061", [
        ...names.slice(fine.length).map(([name]) => [`http://${name}/x`, false] as const),
        ...mixed.map(([name]) => [`http://${name}/x`, false] as const),
      ]);
    },
  },
  {
    id: "security/suffixes-of-the-list",
    requirements: ["SEC-062"],
    title: "An entry with *. stands for the names below its suffix, and for nothing that looks like them",
    kind: "hostile",
    needs,
    async run(session: Session) {
      const below = ["a.svc.example", "a.b.svc.example", "a-b.svc.example", "svc.example.svc.example"];
      const besides = [
        "svc.example",
        "asvc.example",
        "svc.example.other.example",
        "a.svc.example.other.example",
        "svc-example.example",
        "a.svcxexample",
        "example",
      ];
      const hosts = Object.fromEntries([...below, ...besides].map((host) => [host, ["10.0.0.7"]]));
      await session.start({ security: { ...SECURITY, hosts, allowHosts: ["*.svc.example"] } });
      await judge(session, "SEC-062", [
        ...below.map((host) => [`http://${host}/x`, true] as const),
        ["http://A.SVC.example/x", true],
        ...besides.map((host) => [`http://${host}/x`, false] as const),
        ["http://10.0.0.7/x", false],
      ]);
    },
  },
];

/** Registers each endpoint, or must not. */
async function judge(
  session: Session,
  requirement: string,
  rows: readonly (readonly [string, boolean])[],
): Promise<void> {
  for (const [n, [endpoint, fine]] of rows.entries()) {
    const { reply } = await register(session, { name: `s${n}`, endpoint }, 204, CONSENT);
    if (fine) session.must(reply.status === 200, requirement, `${endpoint}: ${reply.status} ${reply.text}`);
    else problem(session, reply, 422, "endpoint-refused", requirement);
  }
}

async function join(session: Session): Promise<void> {
  const fields: JsonObject = { name: "b", subscriptions: ["thing.*"], leaseMs: HOUR_MS };
  const { reply } = await register(session, fields);
  session.must(reply.status === 200, "SEC-058", `a public endpoint is registered: ${reply.status} ${reply.text}`);
}

async function publish(session: Session): Promise<void> {
  const event = session.event({ source: "/shop" });
  const { status, text } = await http(session, "POST", "/messages", { event, headers: bearer(ADMIN) });
  session.must(status === 202, "SEC-035", `admin may publish: ${status} ${text}`);
}

/** Lets time pass; what is still called meanwhile is answered. */
async function pass(session: Session, ms: number): Promise<void> {
  const endMs = session.nowMs + ms;
  while (session.nowMs < endMs) {
    await session.advance(endMs - session.nowMs);
    for (const call of session.calls) await session.settle(call, { status: 204, headers: {}, body: "" });
  }
}

/** Nothing goes to where the redirect led. */
function stays(session: Session, what: string): void {
  const requests = [...session.calls, ...session.otherCalls].map(({ request }): OutgoingRequest | undefined => request);
  const gone = requests.find((request) => request?.url.includes("elsewhere.example"));
  session.must(gone === undefined, "SEC-026", () => `${what} led to ${gone?.method} ${gone?.url}`);
}
