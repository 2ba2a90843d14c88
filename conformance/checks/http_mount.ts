/**
 * Checks of where a gateway is mounted, and of what it passes over.
 *
 * @module
 */
import type { Check } from "../check.ts";
import type { JsonObject } from "../control.ts";
import type { Session } from "../session.ts";
import { begin, called, http, replyWithin, taken } from "./_http.ts";

const needs = ["core", "registry", "http"] as const;

/** See the module. */
export const HTTP_MOUNT_CHECKS: readonly Check[] = [
  {
    id: "http/any-mount",
    requirements: ["HTTP-001"],
    title: "The gateway behaves alike under every path",
    kind: "scenario",
    needs,
    can: ["mount"],
    virtual: false,
    async run(session: Session) {
      const seen: JsonObject[] = [];
      for (const mount of ["/bus", "/deep/er/messages", "/services"]) {
        await session.start({ mount });
        seen.push(await behaviour(session));
        session.same(seen.at(-1), seen[0], "HTTP-001", `what a gateway does under ${mount}`);
      }
    },
  },
  {
    id: "http/unknown-names-are-passed-over",
    requirements: ["HTTP-006"],
    title: "Headers, members and parts of a query that are not known are passed over",
    kind: "hostile",
    needs,
    virtual: false,
    async run(session: Session) {
      await session.start();
      const headers = {
        "x-odd": "1",
        "bellhop-odd": "?",
        "prefer-odd": "wait=1",
        "ce-odd-one": "x",
        forwarded_odd: "y",
      };
      const member = await http(session, "POST", "/registry", {
        event: {
          ...{ specversion: "1.0", id: "odd-1", source: "/suite", type: "service.register" },
          data: {
            ...{
              name: "odd",
              version: "1.0.0",
              instance: "i1",
              endpoint: "http://127.0.0.1:9/odd/i1",
              subscriptions: [],
            },
            odd: { very: ["odd", null] },
            Name: "other",
          },
        },
        headers,
      });
      session.must(member.status === 200, "HTTP-006", `a registration with an odd member was answered ${member.text}`);
      const event = session.event();
      const sent = await http(session, "POST", "/messages?odd=1", { event, headers });
      session.must(
        sent.status === 202,
        "HTTP-006",
        `a publish with odd headers was answered ${sent.status} ${sent.text}`,
      );
      const query = `source=${encodeURIComponent(String(event.source))}&id=${event.id}`;
      const status = await http(session, "GET", `/messages?${query}`, { headers });
      session.must(status.status === 200, "HTTP-006", `a status with odd headers was answered ${status.status}`);
      const found = await http(session, "GET", "/services/odd", { headers });
      session.must(found.json?.name === "odd", "HTTP-006", `the service is registered as odd: ${found.text}`);
      const { lease } = member.json?.data as { readonly lease: string };
      const gone = await http(session, "POST", "/registry", {
        event: {
          ...{ specversion: "1.0", id: "odd-2", source: "/suite", type: "service.deregister" },
          data: { lease, odd: 1 },
        },
      });
      session.must(gone.status === 200, "HTTP-006", `a deregistration with an odd member was answered ${gone.text}`);
    },
  },
];

/** What can be seen of a gateway, without what names its place. */
async function behaviour(session: Session): Promise<JsonObject> {
  const seen: { [name: string]: JsonObject } = {};
  async function ask(name: string, method: string, path: string, parts = {}): Promise<void> {
    const { status, headers, json } = await http(session, method, path, parts);
    seen[name] = { status, type: headers["content-type"] ?? "", code: json?.code ?? null, field: json?.field ?? null };
  }
  await session.member("b", { subscriptions: ["thing.*"] });
  await ask("manifest", "GET", "/");
  await ask("health", "GET", "/health");
  const event = session.event({ id: "the-same" });
  await ask("publish", "POST", "/messages", { event });
  const call = await taken(session, "b");
  await session.settle(call, { status: 422, headers: {}, body: "" });
  await session.untilTrace(({ kind, id }) => kind === "ended" && id === event.id, 5_000);
  await ask("status", "GET", `/messages?source=${encodeURIComponent(String(event.source))}&id=the-same`);
  await ask("no status", "GET", "/messages?source=%2Fsuite&id=none");
  await ask("half a question", "GET", "/messages?source=%2Fsuite");
  await ask("services", "GET", "/services");
  await ask("service", "GET", "/services/b");
  await ask("no service", "GET", "/services/nobody");
  const letters = await http(session, "GET", "/dead-letters");
  const [letter] = letters.json?.deadLetters as JsonObject[];
  session.must(letter !== undefined, "HTTP-048", "a message that was refused is a dead letter");
  await ask("letter", "GET", `/dead-letters/${encodeURIComponent(String(letter.id))}`);
  await ask("discard", "DELETE", `/dead-letters/${encodeURIComponent(String(letter.id))}`);
  await ask("nothing", "GET", "/no/such/path");
  await ask("a method", "PUT", "/messages");
  const { reply, seq } = await begin(session, "GET", "/services/b/some/path?x=%2F");
  session.must(reply === undefined, "HTTP-001", () => `under a mount the proxy answers by itself: ${reply?.text}`);
  const proxied = await called(session, "proxy", "HTTP-040");
  await session.settle(proxied, { status: 200, headers: { "content-type": "text/plain" }, body: "here" });
  const answer = await replyWithin(session, seq, 5_000);
  seen.proxy = { url: proxied.request?.url ?? "", status: answer?.status ?? 0, body: answer?.text ?? "" };
  return seen;
}
