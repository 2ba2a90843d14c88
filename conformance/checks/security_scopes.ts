/**
 * Checks of what a credential binds: sources, names of services, room on disk, streams.
 *
 * @module
 */
import type { Check } from "../check.ts";
import type { JsonObject } from "../control.ts";
import { NotApplicable } from "../failure.ts";
import type { Session } from "../session.ts";
import { begin, http, problem } from "./_http.ts";
import { ADMIN, bearer, CONSENT, OLD, PUBLISHER, register, SECRET, SECURITY, WATCHER } from "./_secured.ts";

const needs = ["core", "registry", "http", "security"] as const;
const BANK = "tok_bank_YmFuay1jYW5hcnktMDAwMDA";
const ASKER = "tok_asker_YXNrZXItY2FuYXJ5LTAwMDA";
const ANYBODY = "tok_anybody_YW55Ym9keS1jYW5hcnk";
/** Most streams of one credential: half of 16. */
const STREAMS = 8;

/** See the module. */
export const SCOPE_CHECKS: readonly Check[] = [
  {
    id: "security/sources-are-bound",
    requirements: ["SEC-012"],
    title: "Each credential publishes under its own sources, and under none of another",
    kind: "hostile",
    needs,
    async run(session: Session) {
      await session.start({
        security: withCredentials(
          { name: "bank", token: BANK, scopes: ["publish:thing.*"], sources: ["/bank", "/vault/"] },
          // Registers alone: nothing is bound, so nothing may be published.
          { name: "asker", token: ASKER, scopes: ["register:asker"] },
        ),
      });
      const sources = ["/shop", "/shop/till", "/bank", "/bank/1", "/vault/1"];
      const rows: readonly (readonly [string, readonly string[]])[] = [
        [PUBLISHER, ["/shop", "/shop/till"]],
        [OLD, ["/shop", "/shop/till"]],
        [BANK, ["/bank", "/bank/1", "/vault/1"]],
        [ASKER, []],
      ];
      for (const [token, own] of rows) {
        for (const source of sources) {
          const reply = await http(session, "POST", "/messages", {
            event: session.event({ source }),
            headers: bearer(token),
          });
          if (!own.includes(source)) problem(session, reply, 403, "forbidden", "SEC-012");
          else session.must(reply.status === 202, "SEC-012", `${source} is its own: ${reply.status} ${reply.text}`);
        }
      }
    },
  },
  {
    id: "security/names-are-bound",
    requirements: ["SEC-013"],
    title: "Who may register one service may register no other",
    kind: "hostile",
    needs,
    async run(session: Session) {
      await session.start({
        security: withCredentials(
          { name: "asker", token: ASKER, scopes: ["register:asker"] },
          { name: "anybody", token: ANYBODY, scopes: ["register:*"] },
        ),
      });
      const rows: readonly (readonly [string, string, boolean])[] = [
        [ASKER, "asker", true],
        [ASKER, "b", false],
        [ASKER, "aske", false],
        [ASKER, "asker2", false],
        [ANYBODY, "b", true],
        [PUBLISHER, "asker", false],
        [WATCHER, "asker", false],
      ];
      for (const [token, name, may] of rows) {
        const { reply, asked } = await register(session, { name }, 204, CONSENT, token);
        if (may) {
          session.must(reply.status === 200, "SEC-013", `${name} is its own: ${reply.status} ${reply.text}`);
          continue;
        }
        problem(session, reply, 403, "forbidden", "SEC-013");
        session.must(!asked, "SEC-013", `for ${name} nobody is asked in the gateway's name`);
      }
    },
  },
  {
    id: "security/room-is-the-credentials",
    requirements: ["SEC-038"],
    title: "Room on disk is one credential's, whichever its source or token, and no other's",
    kind: "hostile",
    needs: [...needs, "durable"],
    async run(session: Session) {
      const scopes = ["publish:thing.*", "publish:critical"];
      await session.start({
        maxDurableBytes: 20_000,
        security: withCredentials(
          { name: "writer", token: [ASKER, ANYBODY], scopes, sources: ["/one", "/two"] },
          { name: "other", token: BANK, scopes, sources: ["/one"] },
        ),
      });
      const { reply } = await register(session, { name: "b", subscriptions: ["thing.*"] });
      session.must(reply.status === 200, "SEC-054", `it is registered: ${reply.status} ${reply.text}`);
      const write = (token: string, source: string) =>
        http(session, "POST", "/messages", {
          event: session.event({ source, priority: "CRITICAL", data: "x".repeat(1_500) }),
          headers: bearer(token),
        });
      let kept = 0;
      for (let tries = 0; tries < 40; tries++) {
        const { status } = await write(ASKER, "/one");
        if (status !== 202) break;
        kept++;
      }
      session.must(kept > 0 && kept < 40, "SEC-038", `20,000 bytes took ${kept} messages of 1,500`);
      for (const [token, source] of [[ASKER, "/one"], [ASKER, "/two"], [ANYBODY, "/one"], [ANYBODY, "/two"]]) {
        problem(session, await write(token, source), 507, "store-full", "SEC-038");
      }
      const { status, text } = await write(BANK, "/one");
      session.must(status === 202, "SEC-038", `another credential has room of its own: ${status} ${text}`);
    },
  },
  {
    id: "security/replies-go-to-own-services",
    requirements: ["SEC-069"],
    title: "A reply can be asked for on behalf of a service that the credential may register, and of no other",
    kind: "hostile",
    needs,
    async run(session: Session) {
      const more = { scopes: ["publish:thing.*", "register:asker"], sources: ["/shop"] };
      await session.start({
        security: withCredentials(
          { name: "asker", token: ASKER, ...more },
          { name: "anybody", token: ANYBODY, scopes: ["publish:thing.*", "register:*"], sources: ["/shop"] },
        ),
      });
      const rows: readonly (readonly [string, string | undefined, boolean])[] = [
        [ASKER, undefined, true],
        [ASKER, "asker@i1", true],
        [ASKER, "other@i1", false],
        [ASKER, "aske@i1", false],
        [ASKER, "asker2@i1", false],
        [PUBLISHER, undefined, true],
        [PUBLISHER, "asker@i1", false],
        [ANYBODY, "other@i1", true],
        [ADMIN, "other@i1", true],
      ];
      for (const [token, replyto, may] of rows) {
        const event = session.event({ source: "/shop", ...(replyto === undefined ? {} : { replyto }) });
        const reply = await http(session, "POST", "/messages", { event, headers: bearer(token) });
        if (may) session.must(reply.status === 202, "SEC-069", `replyto ${replyto}: ${reply.status} ${reply.text}`);
        else problem(session, reply, 403, "forbidden", "SEC-069");
      }
    },
  },
  {
    id: "security/asyncapi-wants-observe",
    requirements: ["HTTP-081"],
    title: "What services subscribe to is told to those alone who may observe",
    kind: "hostile",
    needs,
    async run(session: Session) {
      await session.start({
        security: withCredentials({ name: "caller", token: ASKER, scopes: ["call:*", "register:*"] }),
      });
      const ask = (token: string) => http(session, "GET", "/asyncapi.json", { headers: bearer(token) });
      const seen = await ask(WATCHER);
      if (seen.status === 404) throw new NotApplicable("the gateway has no /asyncapi.json");
      session.must(seen.status === 200, "HTTP-081", `with observe it is answered: ${seen.status} ${seen.text}`);
      for (const token of [PUBLISHER, ASKER]) problem(session, await ask(token), 403, "forbidden", "HTTP-081");
    },
  },
  {
    id: "security/streams-of-one-credential",
    requirements: ["HTTP-087"],
    title: "One credential may hold half of the trace streams, and leaves the others to others",
    kind: "hostile",
    needs,
    can: ["streams"],
    async run(session: Session) {
      await session.start({
        security: withCredentials({ name: "second", token: [ASKER, ANYBODY], scopes: ["observe"] }),
      });
      const open = (token: string) => http(session, "GET", "/trace", { headers: bearer(token), stream: true });
      for (const [token, other] of [[WATCHER, WATCHER], [ASKER, ANYBODY]]) {
        for (let n = 1; n <= STREAMS; n++) {
          const { status, text } = await open(n % 2 === 0 ? token : other);
          session.must(status === 200, "HTTP-087", `stream ${n} of ${STREAMS} is open: ${status} ${text}`);
        }
        if (token !== WATCHER) continue;
        const { reply } = await begin(session, "GET", "/trace", { headers: bearer(token) });
        session.must(reply !== undefined, "HTTP-087", `stream ${STREAMS + 1} of one credential is open`);
        problem(session, reply, 503, "too-many-streams", "HTTP-087");
      }
    },
  },
];

function withCredentials(...more: readonly JsonObject[]): JsonObject {
  return { ...SECURITY, secrets: SECRET, credentials: [...SECURITY.credentials as JsonObject[], ...more] };
}
