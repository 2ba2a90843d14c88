/**
 * Checks of open mode's border, for a gateway and for a service without a secret: who sits at this machine, and who only
 * seems to.
 *
 * @module
 */
import type { Check } from "../check.ts";
import type { Session } from "../session.ts";
import { begin, http, problem } from "./_http.ts";
import { SECRET, sign } from "./_secured.ts";

const needs = ["core", "registry", "http", "security"] as const;

const NEAR_HOSTS = [
  "localhost",
  "localhost:8000",
  "bus.localhost",
  "127.0.0.1",
  "127.0.0.1:8000",
  "127.9.8.7",
  "[::1]",
];
const FAR_HOSTS = [
  "bus.example",
  "bus.example:8000",
  "localhost.example",
  "notlocalhost",
  "127.0.0.1.example",
  "128.0.0.1",
  "10.0.0.1",
  "0.0.0.0",
  "[::2]",
  "[fe80::1]",
];
const NEAR_PEERS = ["127.0.0.1", "127.255.0.3", "::1"];
const FAR_PEERS = ["93.184.215.14", "10.0.0.7", "128.0.0.1", "0.0.0.0", "::2", "fe80::1", "2606:2800:21f::1"];

/** See the module. */
export const LOOPBACK_CHECKS: readonly Check[] = [
  {
    id: "security/open-mode-hosts",
    requirements: ["SEC-004"],
    title: "Open mode serves localhost, names below it and loopback addresses, and no other Host",
    kind: "hostile",
    needs,
    async run(session: Session) {
      await session.start();
      for (const host of NEAR_HOSTS) {
        const { status, text } = await http(session, "GET", "/services", { headers: { host } });
        session.must(status === 200, "SEC-004", `Host ${host} is of loopback: ${status} ${text}`);
      }
      for (const host of FAR_HOSTS) {
        const reply = await http(session, "GET", "/services", { headers: { host } });
        problem(session, reply, 403, "open-mode-refused", "SEC-004");
      }
      const event = session.event();
      const reply = await http(session, "POST", "/messages", { event, headers: { host: FAR_HOSTS[0] } });
      problem(session, reply, 403, "open-mode-refused", "SEC-004");
    },
  },
  {
    id: "security/open-mode-peers",
    requirements: ["SEC-003", "SEC-008"],
    title: "Open mode serves peers on loopback, and none that is elsewhere or of which nothing is known",
    kind: "hostile",
    needs,
    can: ["peer"],
    async run(session: Session) {
      await session.start();
      for (const [method, path] of [["GET", "/services"], ["POST", "/messages"], ["GET", "/health"]]) {
        const from = async (peer: string | null) => {
          const event = method === "POST" ? { event: session.event() } : {};
          const { reply } = await begin(session, method, path, { ...event, peer });
          if (reply === undefined) throw new Error(`${method} ${path} is still without an answer`);
          return reply;
        };
        for (const peer of NEAR_PEERS) {
          const { status, text } = await from(peer);
          session.must(status < 400, "SEC-003", `${method} ${path} from ${peer}: ${status} ${text}`);
        }
        for (const peer of FAR_PEERS) problem(session, await from(peer), 403, "open-mode-refused", "SEC-003");
        problem(session, await from(null), 403, "open-mode-refused", "SEC-008");
      }
    },
  },
  {
    id: "security/service-without-secret",
    requirements: ["SEC-066"],
    title: "A service without a secret takes deliveries of its own machine alone, unless it was told to take all",
    kind: "hostile",
    needs: ["http", "security"],
    can: ["service", "peer"],
    async run(session: Session) {
      const service = { name: "subject", subscriptions: [">"] };
      const deliver = async (headers: Record<string, string>, peer?: string | null) => {
        const handlers = session.otherCalls.length;
        const { reply } = await begin(session, "POST", "/", {
          event: session.event(),
          headers,
          ...(peer === undefined ? {} : { peer }),
        });
        return { reply, handled: session.otherCalls.length > handlers };
      };
      const strange: readonly (readonly [Record<string, string>, (string | null)?])[] = [
        ...FAR_PEERS.map((peer) => [{}, peer] as const),
        [{}, null],
        ...FAR_HOSTS.map((host) => [{ host }] as const),
        [{ forwarded: "for=1.2.3.4" }],
        [{ via: "1.1 bus.example" }],
        [{ "x-real-ip": "1.2.3.4" }],
        [{ "x-forwarded-for": "1.2.3.4" }],
        [{ origin: "https://evil.example" }],
      ];
      await session.start({ role: "service", service, security: {} });
      for (const peer of NEAR_PEERS) {
        const { handled, reply } = await deliver({}, peer);
        session.must(handled, "SEC-066", `a delivery from ${peer} is taken: ${reply?.status} ${reply?.text}`);
      }
      for (const [headers, peer] of strange) {
        const { handled, reply } = await deliver(headers, peer);
        const what = `a delivery with ${JSON.stringify(headers)} from ${peer === undefined ? "loopback" : peer}`;
        session.must(!handled, "SEC-066", `${what} reaches a handler`);
        session.must(reply?.json?.code === "secret-missing", "SEC-066", `${what}: ${reply?.status} ${reply?.text}`);
      }
      await session.start({ role: "service", service });
      for (const [headers, peer] of [strange[0], strange.find(([{ host }]) => host !== undefined)!]) {
        const { handled, reply } = await deliver(headers, peer);
        session.must(handled, "SEC-066", `who was told to take all takes it: ${reply?.status} ${reply?.text}`);
      }
      await session.start({ role: "service", service, security: { secrets: SECRET } });
      const nowS = Math.floor(session.nowMs / 1_000);
      const event = session.event();
      const { reply } = await begin(session, "POST", "/", {
        body: JSON.stringify(event),
        headers: {
          "content-type": "application/cloudevents+json",
          "webhook-id": "dlv_1",
          "webhook-timestamp": String(nowS),
          "webhook-signature": await sign(SECRET, "dlv_1", nowS, JSON.stringify(event)),
        },
        peer: FAR_PEERS[0],
      });
      session.must(
        session.otherCalls.length > 0,
        "SEC-066",
        `with a secret it is the signature that counts: ${reply?.status} ${reply?.text}`,
      );
    },
  },
];
