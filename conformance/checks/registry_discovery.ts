/**
 * Checks of the chapter Registry: services that are discovered.
 *
 * @module
 */
import type { Check } from "../check.ts";
import type { CallAnswer, Json, OtherCall } from "../control.ts";
import { canonical, type Reply, type Session } from "../session.ts";
import { instancesOf, listed, registryEvents } from "./_registered.ts";

const needs = ["core", "registry"] as const;

/** See the module. */
export const DISCOVERY_CHECKS: readonly Check[] = [
  {
    id: "registry/discovery",
    requirements: ["REG-013"],
    title: "Discovery fetches the manifest and registers the instance with its URL as endpoint",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ healthIntervalMs: 0 });
      const url = "http://127.0.0.1:9/found/bellhop";
      const manifest = { name: "b", version: "3.2.1", instance: "one", subscriptions: ["thing.*"], color: "blue" };
      const { asked, call } = await discover(session, url);
      if (call.request !== undefined) {
        session.same([call.request.method, call.request.url], ["GET", url], "REG-013", "the request for the manifest");
      }
      session.must(await listed(session) === undefined, "REG-013", "it is registered before its manifest came");
      await session.settle(call, jsonAnswer(manifest));
      const reply = await consented(session, asked);
      session.must(reply.ok?.name === "b", "REG-013", () => `the answer is the service: ${canonical(reply)}`);
      session.same(await instancesOf(session), ["one"], "REG-013", "the instances of the service");
      await session.accepted();
      const delivery = session.begun("REG-013", "b");
      session.same(delivery.instance, "one", "REG-013", "the instance that is called");
      if (delivery.request !== undefined) session.same(delivery.request.url, url, "REG-013", "the URL that is called");
    },
  },
  {
    id: "registry/discovery-fails",
    requirements: ["REG-014", "REG-017"],
    title: "A manifest that cannot be fetched or read, or redirects, is refused; its twin is taken",
    kind: "scenario",
    needs,
    async run(session: Session) {
      const html = { status: 200, headers: { "content-type": "text/html" }, body: "<p>no</p>" };
      const json = { "content-type": "application/json" };
      const good = JSON.stringify({ name: "b", version: "1.0.0", subscriptions: [] });
      const answers: readonly (readonly [string, CallAnswer])[] = [
        ["REG-014", { fault: "unreachable" }],
        ["REG-014", { status: 404, headers: json, body: good }],
        ["REG-014", { status: 503, headers: json, body: good }],
        ["REG-014", html],
        ["REG-014", { status: 200, headers: json, body: "" }],
        ["REG-014", { status: 200, headers: json, body: good.slice(1) }],
        ["REG-017", { status: 302, headers: { ...json, location: "http://127.0.0.1:9/other" }, body: good }],
        ["REG-017", { status: 307, headers: { ...json, location: "/other" }, body: good }],
      ];
      for (const [requirement, answer] of answers) {
        await session.start({ healthIntervalMs: 0 });
        const { asked, call } = await discover(session, "http://127.0.0.1:9/s");
        await session.settle(call, answer);
        session.must(
          !session.otherCalls.some((one) => one.for === "manifest"),
          "REG-017",
          "after the answer another manifest is fetched",
        );
        const reply = await consented(session, asked);
        session.must(
          reply.refused?.code === "discovery-failed",
          requirement,
          () => `wanted discovery-failed for ${canonical(answer)}, got ${canonical(reply)}`,
        );
        session.same(await session.list("services"), [], requirement, "what is registered");
        const twin = await discover(session, "http://127.0.0.1:9/s");
        await session.settle(twin.call, { status: 200, headers: json, body: good });
        const taken = await consented(session, twin.asked);
        session.must(taken.ok?.name === "b", "REG-013", () => `the twin is registered: ${canonical(taken)}`);
      }
    },
  },
  {
    id: "registry/discovered-twice",
    requirements: ["REG-015", "REG-056"],
    title: "A manifest without an instance is given an id by its URL: the same URL replaces, another adds",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ healthIntervalMs: 0 });
      const find = async (url: string) => {
        const { asked, call } = await discover(session, url);
        await session.settle(call, jsonAnswer({ name: "b", version: "1.0.0", subscriptions: [] }));
        const reply = await consented(session, asked);
        session.must(reply.ok !== undefined, "REG-013", () => `discovery is refused: ${canonical(reply)}`);
        return await instancesOf(session);
      };
      const first = await find("http://127.0.0.1:9/s");
      session.same(first.length, 1, "REG-015", "instances after the first discovery");
      session.same(await find("http://127.0.0.1:9/s"), first, "REG-015", "instances after the second of one URL");
      session.must(registryEvents(session).at(-1)?.endsWith("replaced") === true, "REG-056", "it was replaced");
      session.same((await find("http://127.0.0.1:9/t")).length, 2, "REG-015", "instances after that of another URL");
      await session.start({ healthIntervalMs: 0 });
      session.same(await find("http://127.0.0.1:9/s"), first, "REG-015", "the id after a new start");
    },
  },
];

function jsonAnswer(value: Json): CallAnswer {
  return { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(value) };
}

/** Asks for a discovery; gives the call for the manifest and the number of the command. */
async function discover(session: Session, url: string): Promise<{ readonly asked: Reply; readonly call: OtherCall }> {
  const asked = await session.say({ do: "discover", url });
  const call = session.otherCalls.find((one) => one.for === "manifest");
  session.must(call !== undefined, "REG-013", () => `the manifest is fetched: ${canonical(asked)}`);
  return { asked, call };
}

/** Consents if the gateway asks, which it may leave out in open mode; gives the answer to the discovery. */
async function consented(session: Session, asked: Reply): Promise<Reply> {
  const call = session.otherCalls.find((one) => one.for === "handshake");
  if (call !== undefined) {
    await session.settle(call, { status: 204, headers: { "webhook-allowed-origin": "*" }, body: "" });
  }
  if (!("pending" in asked)) return asked;
  const late = session.late.get(asked.pending);
  session.must(late !== undefined, "REG-013", "discovery is answered once the manifest has come");
  return late.ok !== undefined ? { ok: late.ok } : { refused: late.refused! };
}
