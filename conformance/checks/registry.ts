/**
 * Checks of the chapter Registry: registration, discovery, subscriptions and the choice of an instance.
 *
 * @module
 */
import fc from "fast-check";
import type { Check, Effort } from "../check.ts";
import type { CallAnswer, Json, JsonObject, OtherCall, Refusal } from "../control.ts";
import { forAll } from "../for_all.ts";
import { canonical, type Reply, type Session } from "../session.ts";
import { idOf } from "./_queued.ts";
import { dataOf, instancesOf, listed, registration, registryEvents } from "./_registered.ts";

const needs = ["core", "registry"] as const;
const MOST_INSTANCES = 1_000;

/** Per member of a registration: values that break its grammar. `undefined` leaves it out. */
const BAD_MEMBERS: Readonly<Record<string, readonly (Json | undefined)[]>> = {
  name: [undefined, "", "B", "-b", "b_c", "b.c", "x".repeat(64), 5, "b@i1"],
  version: [undefined, "", "1".repeat(65), "1\u0000", "1\n", 1],
  instance: ["", "a b", "x".repeat(129), "ü", "a@b", 5],
  endpoint: [
    undefined,
    "",
    "nonsense",
    "/relative",
    "ftp://127.0.0.1/",
    "http://user:secret@127.0.0.1:9/",
    "http://user@127.0.0.1:9/",
    "http://127.0.0.1:9/#part",
    `http://127.0.0.1:9/${"x".repeat(2_048)}`,
    5,
  ],
  subscriptions: [
    undefined,
    "thing.*",
    [5],
    Array.from({ length: 65 }, (_, i) => `t${i}`),
    [""],
    ["a..b"],
    [".a"],
    ["a."],
    ["a.>.b"],
    [">.a"],
    ["a*"],
    ["a.b*.c"],
    ["a>"],
    ["**"],
    ["thing.*", "a..b"],
    [Array(17).fill("a").join(".")],
    [`a.${"x".repeat(255)}`],
  ],
  leaseMs: [999, 3_600_001, 0, -1, 1_000.5, "30000"],
  ephemeral: ["yes", 1],
  receipts: ["no", 0],
  maxInFlight: [0, 10_001, -1, 1.5, "64"],
  health: ["", "x".repeat(257), 5],
  delivery: ["poll", "", true],
};

/** See the module. */
export const REGISTRY_CHECKS: readonly Check[] = [
  {
    id: "registry/answer",
    requirements: ["REG-001", "REG-011"],
    title: "A valid registration is answered with name, instance, lease, leaseMs and renewEveryMs",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      await forAll(session, effort, fc.integer({ min: 1_000, max: 3_600_000 }), async (leaseMs) => {
        await session.start();
        const reply = await session.registry("service.register", registration({ leaseMs }));
        session.same(reply.ok?.type, "service.registered", "REG-001", "the type of the answer");
        const data = dataOf(session, reply, "REG-001");
        session.same([data.name, data.instance, data.leaseMs], ["b", "i1", leaseMs], "REG-001", "the answer");
        session.must(typeof data.lease === "string" && data.lease !== "", "REG-001", "the answer has a lease token");
        session.same(data.renewEveryMs, Math.floor(leaseMs / 3), "REG-011", `renewEveryMs of ${leaseMs}`);
        const renewed = dataOf(session, await session.registry("service.renew", { lease: data.lease }), "REG-025");
        session.same(renewed.renewEveryMs, Math.floor(leaseMs / 3), "REG-011", `renewEveryMs of ${leaseMs}`);
      });
    },
  },
  {
    id: "registry/defaults",
    requirements: ["REG-001", "REG-011"],
    title: "A registration of the needed members alone has a lease of 30,000 ms and an instance",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      const { instance: _, ...least } = registration();
      const data = dataOf(session, await session.registry("service.register", least), "REG-001");
      session.same(data.leaseMs, 30_000, "REG-001", "leaseMs");
      session.same(data.renewEveryMs, 10_000, "REG-011", "renewEveryMs");
      const empty = await session.registry("service.register", registration({ name: "c", subscriptions: [] }));
      dataOf(session, empty, "REG-001");
    },
  },
  {
    id: "registry/members-at-their-bounds",
    requirements: ["REG-001"],
    title: "The shortest and the longest value of each member are taken",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      const good: Readonly<Record<string, readonly Json[]>> = {
        name: ["0", "a-", `z${"-".repeat(62)}`],
        version: ["1", "v".repeat(64), "1.0.0-α+build 7"],
        instance: ["x", "A.b_c-9", "x".repeat(128)],
        endpoint: ["http://127.0.0.1:9", "http://127.0.0.1:9/a?b=c", `http://127.0.0.1:9/${"x".repeat(2_029)}`],
        subscriptions: [
          [],
          [">"],
          ["*"],
          ["*.*.>"],
          [Array(16).fill("a").join(".")],
          [`a.${"x".repeat(254)}`],
          Array.from({ length: 64 }, (_, i) => `t${i}.*`),
        ],
        leaseMs: [1_000, 3_600_000],
        ephemeral: [true, false],
        receipts: [true, false],
        maxInFlight: [1, 10_000],
        health: ["h", "a/b/c", "x".repeat(256)],
        delivery: ["push"],
      };
      for (const [member, values] of Object.entries(good)) {
        for (const value of values) {
          const reply = await session.registry("service.register", registration({ [member]: value }));
          session.must(
            reply.ok !== undefined,
            "REG-001",
            () => `${member} ${canonical(value).slice(0, 100)} is refused: ${canonical(reply)}`,
          );
          const wanted = member === "leaseMs" ? value : 30_000;
          session.same(dataOf(session, reply, "REG-001").leaseMs, wanted, "REG-001", `leaseMs beside ${member}`);
        }
      }
    },
  },
  {
    id: "registry/one-bad-member",
    requirements: ["REG-002"],
    title: "A member that breaks its grammar is refused by its name; without the fault the registration is taken",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      await forAll(session, effort, fc.constantFrom(...badMembers()), async ([member, value]) => {
        await session.start();
        await judgeBad(session, { [member]: value });
        session.must(await listed(session) === undefined, "REG-002", "what was refused is registered");
        dataOf(session, await session.registry("service.register", registration()), "REG-002");
      });
    },
  },
  {
    id: "registry/every-bad-member",
    requirements: ["REG-002", "REG-039"],
    title: "No value of the table of bad ones is taken",
    kind: "hostile",
    needs,
    async run(session: Session) {
      await session.start();
      for (const [member, value] of badMembers()) {
        const pattern = member === "subscriptions" && Array.isArray(value) && JSON.stringify(value).length < 30;
        await judgeBad(session, { [member]: value }, pattern ? "REG-039" : "REG-002");
      }
      session.same(await session.list("services"), [], "REG-002", "what is registered");
      dataOf(session, await session.registry("service.register", registration()), "REG-002");
    },
  },
  {
    id: "registry/every-fault-at-once",
    requirements: ["REG-002"],
    title: "A refused registration names each member at fault",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const members = fc.subarray(Object.keys(BAD_MEMBERS), { minLength: 2 });
      await forAll(session, effort, fc.tuple(members, fc.nat(20)), async ([names, pick]) => {
        await session.start();
        await judgeBad(
          session,
          Object.fromEntries(names.map((name) => [name, BAD_MEMBERS[name][pick % BAD_MEMBERS[name].length]])),
        );
        dataOf(session, await session.registry("service.register", registration()), "REG-002");
      });
    },
  },
  {
    id: "registry/unknown-members",
    requirements: ["REG-003"],
    title: "Members that are not known are passed over",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      const odd = { color: "blue", weight: 7, nested: { a: [null] }, Name: "B", lease: "lse_x", registeredMs: -1 };
      const reply = await session.registry("service.register", registration(odd));
      const data = dataOf(session, reply, "REG-003");
      session.must(data.lease !== "lse_x" && data.name === "b", "REG-003", () => `it is taken in: ${canonical(data)}`);
    },
  },
  {
    id: "registry/never-queued",
    requirements: ["REG-004"],
    title: "A registration is answered at once, and is no message of the bus",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ capacity: 1 });
      await session.member("c", { subscriptions: [">", "service.register"], maxInFlight: 1 });
      await session.accepted({ target: "c" });
      const reply = await session.say({
        do: "registry",
        envelope: {
          specversion: "1.0",
          id: "reg-1",
          source: "/suite",
          type: "service.register",
          data: registration({ subscriptions: [] }),
        },
      });
      session.must(reply.ok !== undefined, "REG-004", () => `it is answered at once: ${canonical(reply)}`);
      const status = await session.say({ do: "status", source: "/suite", id: "reg-1" });
      session.must(
        status.refused?.code === "message-unknown",
        "REG-004",
        () => `a registration is no message: ${canonical(status)}`,
      );
    },
  },
  {
    id: "registry/given-instance",
    requirements: ["REG-005"],
    title: "Instances that name none are given ids of their own",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      const { instance: _, ...nameless } = registration();
      const ids = new Set<string>();
      for (let i = 0; i < 20; i++) {
        const { instance } = dataOf(session, await session.registry("service.register", nameless), "REG-001");
        session.must(
          /^[A-Za-z0-9._-]{1,128}$/.test(String(instance)),
          "REG-005",
          `${instance} is no id of an instance`,
        );
        session.must(!ids.has(String(instance)), "REG-005", `${instance} was given twice`);
        ids.add(String(instance));
      }
      session.same(await instancesOf(session), [...ids].sort(), "REG-005", "the instances of the service");
    },
  },
  {
    id: "registry/replaces",
    requirements: ["REG-006", "REG-056"],
    title: "A registration of a living instance replaces it, with a new lease token",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ healthIntervalMs: 0 });
      const first = await session.member("b");
      const other = await session.member("c");
      const second = await session.member("b");
      session.must(second.lease !== first.lease, "REG-006", "the lease token is the same");
      session.same(await instancesOf(session), ["i1"], "REG-006", "the instances of the service");
      const old = await session.registry("service.renew", { lease: first.lease });
      session.must(
        old.refused?.code === "lease-unknown",
        "REG-006",
        () => `the old token is not known: ${canonical(old)}`,
      );
      dataOf(session, await session.registry("service.renew", { lease: second.lease }), "REG-006");
      dataOf(session, await session.registry("service.renew", { lease: other.lease }), "REG-006");
      session.same(
        registryEvents(session, "registered"),
        ["registered b@i1 new", "registered c@i1 new", "registered b@i1 replaced"],
        "REG-056",
        "the events",
      );
    },
  },
  {
    id: "registry/replaced-is-new",
    requirements: ["REG-006", "REG-051"],
    title: "Who replaces an instance has the health and the breaker of a new one",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ healthIntervalMs: 0 });
      await session.member("b");
      for (let n = 0; n < 5; n++) {
        await session.accepted({ target: "b", priority: "LOW" });
        for (let attempt = 1; attempt <= 2; attempt++) {
          const call = session.begun("BUS-018", "b");
          await session.settle(call, { status: n < 2 ? 404 : 503, headers: {}, body: "" });
        }
      }
      const state = async () => {
        const [{ healthy, breaker }] = (await listed(session))?.instances as unknown as readonly JsonObject[];
        return [healthy, breaker];
      };
      session.same(await state(), [false, "open"], "RET-061", "health and breaker after ten failures, four charged");
      await session.member("b");
      session.same(await state(), [true, "closed"], "REG-006", "health and breaker of the one that replaces it");
      await session.accepted({ target: "b" });
      await session.ack(session.begun("REG-006", "b"));
    },
  },
  {
    id: "registry/lease-tokens",
    requirements: ["REG-007"],
    title: "Lease tokens are long enough for 128 bits, and never the same",
    kind: "scenario",
    needs,
    async run(session: Session) {
      const tokens = new Set<string>();
      await session.start();
      for (let i = 0; i < 100; i++) {
        const { lease } = await session.member("b", { instance: `i${i % 10}` });
        // 20 printable characters hold less than 132 bits, 19 less than 128.
        session.must(lease.length >= 20, "REG-007", `${lease} is too short for 128 bits`);
        session.must(!tokens.has(lease), "REG-007", `${lease} was given twice`);
        tokens.add(lease);
      }
    },
  },
  {
    id: "registry/tokens-are-secret",
    requirements: ["REG-008"],
    title: "No answer but that to the registration shows the lease token",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ healthIntervalMs: 0 });
      const { lease } = await session.member("b", { subscriptions: ["thing.*"], receipts: true });
      const { lease: other } = await session.member("c", { subscriptions: ["thing.*"] });
      const before = session.log.length;
      await session.registry("service.renew", { lease });
      const event = await session.accepted({}, { lease });
      await session.ack(session.begun("BUS-019", "b"));
      await session.term(session.begun("BUS-019", "c"));
      await session.status(event);
      await session.list("services");
      await session.list("dead-letters");
      await session.registry("service.register", registration({ version: "" }));
      await session.registry("service.deregister", { lease: other });
      await session.registry("service.deregister", { lease });
      await session.registry("service.renew", { lease });
      for (const { from, message } of session.log.slice(before)) {
        const text = JSON.stringify([message.ok ?? null, message.refused ?? null]);
        session.must(
          from === "suite" || !text.includes(lease) && !text.includes(other),
          "REG-008",
          () => `an answer shows a lease token: ${text}`,
        );
      }
    },
  },
  {
    id: "registry/latest-registration-counts",
    requirements: ["REG-009"],
    title: "Subscriptions, version, slots, receipts and ephemeral are those of the latest registration",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ healthIntervalMs: 0 });
      const first = await session.member("b", { subscriptions: ["old.*", "both"], maxInFlight: 1, receipts: false });
      const second = await session.member("b", {
        instance: "i2",
        version: "2.0.0",
        subscriptions: ["new.*", "both"],
        maxInFlight: 3,
        receipts: true,
        ephemeral: true,
      });
      const receivers = async (type: string) => (await published(session, { type })).receivers;
      session.same(await receivers("old.one"), [], "REG-009", "the receivers of an old type");
      session.same(await receivers("new.one"), ["b"], "REG-009", "the receivers of a new type");
      session.same((await listed(session))?.version, "2.0.0", "REG-009", "the version of the service");
      for (let i = 0; i < 4; i++) await session.accepted({ type: "both" });
      session.same(session.calls.length, 3, "REG-009", "attempts that run");
      while (session.peek() !== undefined) await session.ack(session.peek()!);
      await session.accepted({ target: "b" }, { lease: first.lease });
      await session.ack(session.begun("BUS-018", "b"));
      const receipt = session.peek("b");
      session.must(receipt?.envelope.type === "message.delivered", "REG-009", "the service takes receipts now");
      await session.ack(receipt);
      await session.registry("service.deregister", { lease: first.lease });
      await session.registry("service.deregister", { lease: second.lease });
      session.must(await listed(session) === undefined, "REG-009", "the service is ephemeral now, and goes");
    },
  },
  {
    id: "registry/full",
    requirements: ["REG-010"],
    title: "The 1,001st instance of a service is refused with registry-full, other services are not",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ healthIntervalMs: 0 });
      for (let i = 0; i < MOST_INSTANCES; i++) {
        const data = registration({ instance: `i${i}`, leaseMs: 3_600_000 });
        const reply = await session.registry("service.register", data);
        session.must(reply.ok !== undefined, "REG-010", () => `instance ${i + 1} is refused: ${canonical(reply)}`);
      }
      const reply = await session.registry("service.register", registration({ instance: "more" }));
      session.must(
        reply.refused?.code === "registry-full",
        "REG-010",
        () => `wanted registry-full for instance 1,001, got ${canonical(reply)}`,
      );
      dataOf(session, await session.registry("service.register", registration({ instance: "i7" })), "REG-010");
      dataOf(session, await session.registry("service.register", registration({ name: "c" })), "REG-010");
      session.same((await instancesOf(session)).length, MOST_INSTANCES, "REG-010", "instances of the service");
    },
  },
  {
    id: "registry/in-force-at-once",
    requirements: ["REG-012"],
    title: "What is published after the answer is delivered to the service",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      for (let i = 1; i <= 5; i++) {
        await session.registry("service.register", registration({ name: `s${i}` }));
        const event = await session.accepted();
        for (let at = 1; at <= i; at++) {
          const call = session.begun("REG-012", `s${at}`);
          session.must(idOf(call) === event.id, "REG-012", `s${at} gets the message`);
          await session.ack(call);
        }
      }
    },
  },
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
  {
    id: "registry/patterns",
    requirements: ["REG-038"],
    title: "Whoever has a pattern that matches is a receiver, and nobody else",
    kind: "model",
    needs,
    async run(session: Session, effort: Effort) {
      const token = fc.constantFrom("a", "b", "A", "ab", "c-1");
      const dotted = (tokens: readonly string[]) => tokens.join(".");
      const pattern = fc.tuple(
        fc.array(fc.oneof({ weight: 2, arbitrary: token }, { weight: 1, arbitrary: fc.constant("*") }), {
          maxLength: 4,
        }),
        fc.boolean(),
      ).map(([tokens, rest]) => rest || tokens.length === 0 ? [...tokens, ">"] : tokens).map(dotted);
      const drawn = fc.tuple(
        fc.array(fc.array(pattern, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 }),
        fc.array(fc.array(token, { minLength: 1, maxLength: 5 }).map(dotted), { minLength: 1, maxLength: 12 }),
      );
      await forAll(session, effort, drawn, async ([services, types]) => {
        await session.start();
        for (const [at, subscriptions] of services.entries()) await session.member(`s${at}`, { subscriptions });
        for (const type of types) {
          const { receivers } = await published(session, { type });
          const wanted = services.flatMap((patterns, at) => patterns.some((one) => fits(one, type)) ? [`s${at}`] : []);
          session.same([...receivers].sort(), wanted, "REG-038", `the receivers of ${type}`);
        }
      });
    },
  },
  {
    id: "registry/table-of-patterns",
    requirements: ["REG-038"],
    title: "The patterns of the table match what it says, and not what it says they do not",
    kind: "scenario",
    needs,
    async run(session: Session) {
      const rows: readonly (readonly [string, readonly string[], readonly string[]])[] = [
        ["user.created", ["user.created"], ["user.created.v2", "User.created", "user"]],
        ["user.*", ["user.created"], ["user", "user.address.changed", "users.created"]],
        ["user.>", ["user.created", "user.address.changed"], ["user", "users.created"]],
        ["*.created", ["user.created"], ["a.b.created", "created"]],
        ["*", ["user"], ["user.created"]],
        ["*.*.>", ["a.b.c", "a.b.c.d"], ["a.b", "a"]],
        [">", ["user", "user.created", "a.b.c.d.e.f"], []],
      ];
      for (const [pattern, matching, others] of rows) {
        await session.start();
        await session.member("b", { subscriptions: [pattern] });
        for (const type of [...matching, ...others]) {
          session.same(
            (await published(session, { type })).receivers,
            matching.includes(type) ? ["b"] : [],
            "REG-038",
            `the receivers of ${type} by ${pattern}`,
          );
        }
      }
    },
  },
  {
    id: "registry/wildcards-and-reserved-types",
    requirements: ["REG-040"],
    title: "A pattern with a wildcard gets no receipts and no events of the registry",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      await session.member("c", { subscriptions: [">", "*.*", "message.*", "message.>", "service.*", "*.delivered"] });
      const { lease } = await session.member("a", { receipts: true, subscriptions: ["message.*", ">"] });
      const event = await session.accepted({ target: "a" }, { lease });
      await session.ack(session.begun("BUS-018", "a"));
      await session.member("d", {});
      const reserved = session.calls.filter(({ envelope }) => /^(message|service)\./.test(String(envelope.type)));
      session.same(
        reserved.map(({ receiver, envelope }) => [receiver, envelope.type, envelope.causationid]),
        [["a", "message.delivered", event.id]],
        "REG-040",
        "deliveries of reserved types, the receipt to its publisher alone",
      );
    },
  },
  {
    id: "registry/another-instance-for-the-retry",
    requirements: ["REG-043", "BUS-023"],
    title: "A retry goes to another instance than the one that failed while there is a healthy one",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const drawn = fc.tuple(
        fc.integer({ min: 2, max: 4 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 3 }),
      );
      await forAll(session, effort, drawn, async ([instances, failures, deliveries]) => {
        await session.start({ healthIntervalMs: 0, draws: [0] });
        for (let i = 1; i <= instances; i++) await session.member("b", { instance: `i${i}` });
        for (let i = 0; i < deliveries; i++) {
          await session.accepted({ target: "b", priority: "HIGH" });
          let before: string | undefined;
          for (let attempt = 0; attempt <= failures; attempt++) {
            const call = await session.untilCall(10_000, "b");
            session.must(call !== undefined, "RET-046", "it is retried");
            session.must(/^i[1-4]$/.test(call.instance), "BUS-023", `${call.instance} is no instance of the service`);
            session.must(
              call.instance !== before,
              "REG-043",
              `attempt ${attempt + 1} goes to ${before} again, one of ${instances} healthy instances`,
            );
            before = call.instance;
            await (attempt < failures ? session.nak(call) : session.ack(call));
          }
        }
      });
    },
  },
  {
    id: "registry/the-one-instance-is-retried",
    requirements: ["REG-043"],
    title: "Where there is no other instance the retry goes to the one that failed",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      await session.member("b");
      await session.accepted({ target: "b" });
      await session.nak(session.begun("BUS-018", "b"));
      session.same(session.begun("REG-043", "b").instance, "i1", "REG-043", "the instance of the retry");
    },
  },
  {
    id: "registry/deregister-one",
    requirements: ["REG-033", "REG-056"],
    title: "service.deregister removes the instance of its token, and no other",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ healthIntervalMs: 0 });
      const { lease } = await session.member("b");
      await session.member("b", { instance: "i2" });
      const answer = await session.registry("service.deregister", { lease });
      const data = dataOf(session, answer, "REG-033");
      session.same(answer.ok?.type, "service.deregistered", "REG-033", "the type of the answer");
      session.same([data.name, data.instance, data.serviceGone], ["b", "i1", false], "REG-033", "the answer");
      session.same(await instancesOf(session), ["i2"], "REG-033", "the instances that are left");
      session.same(registryEvents(session).slice(2), ["deregistered b@i1 request"], "REG-056", "the events");
      for (let i = 0; i < 4; i++) {
        await session.accepted({ target: "b" });
        const call = session.begun("REG-033", "b");
        session.must(call.instance === "i2", "REG-033", "the instance that left is called");
        await session.ack(call);
      }
    },
  },
  {
    id: "registry/deregister-all",
    requirements: ["REG-034", "REG-035", "REG-056"],
    title: "With service: true the whole service ends, and with it what it had not got",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ healthIntervalMs: 0 });
      const { lease } = await session.member("b", { subscriptions: ["thing.*"], maxInFlight: 1 });
      await session.member("b", { subscriptions: ["thing.*"], instance: "i2", maxInFlight: 1 });
      const waiting = await session.accepted();
      await session.nak(session.begun("BUS-019", "b"), 60_000);
      const blockedHead = await session.accepted({ partitionkey: "k" });
      await session.ack(session.begun("BUS-019", "b"));
      const running = await session.accepted();
      const queued = await session.accepted();
      const delayed = await session.accepted({ deliverat: new Date(session.nowMs + 60_000).toISOString() });
      const data = dataOf(session, await session.registry("service.deregister", { lease, service: true }), "REG-034");
      session.same(data.serviceGone, true, "REG-034", "serviceGone of the answer");
      session.must(await listed(session) === undefined, "REG-034", "the service is still listed");
      session.must(
        registryEvents(session).includes("service-gone b deregistered"),
        "REG-056",
        () => `the events tell of the end: ${registryEvents(session).join(", ")}`,
      );
      for (const event of [waiting, queued, delayed]) {
        session.same((await session.delivery(event)).outcome, "receiver-gone", "REG-035", "the outcome of a delivery");
      }
      session.same((await session.delivery(blockedHead)).outcome, "delivered", "BUS-030", "what had ended before");
      await session.nak(session.calls[0]);
      session.same((await session.delivery(running)).outcome, "receiver-gone", "REG-035", "the one that was running");
      const refused = await session.publish(session.event({ target: "b" }));
      session.must(
        refused.refused?.code === "target-unknown",
        "REG-034",
        () => `its name is unknown: ${canonical(refused)}`,
      );
      session.same((await published(session, {})).receivers, [], "REG-034", "the receivers of its type");
    },
  },
  {
    id: "registry/unknown-lease",
    requirements: ["REG-029"],
    title: "A renewal with a token that is not known is refused with lease-unknown",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ healthIntervalMs: 0 });
      const { lease } = await session.member("b");
      for (const unknown of ["lse_nobody", `${lease}x`, lease.slice(0, -1), lease.toUpperCase(), ` ${lease}`]) {
        if (unknown === lease) continue;
        const reply = await session.registry("service.renew", { lease: unknown });
        session.must(
          reply.refused?.code === "lease-unknown",
          "REG-029",
          () => `wanted lease-unknown for ${unknown}, got ${canonical(reply)}`,
        );
      }
      dataOf(session, await session.registry("service.renew", { lease }), "REG-029");
      await session.registry("service.deregister", { lease });
      const gone = await session.registry("service.renew", { lease });
      session.must(gone.refused?.code === "lease-unknown", "REG-029", () => `after leaving: ${canonical(gone)}`);
    },
  },
];

/** Publishes; gives the members of the acceptance. */
async function published(session: Session, fields: JsonObject): Promise<{ readonly receivers: readonly string[] }> {
  const reply = await session.publish(session.event(fields));
  session.must(reply.ok !== undefined, "BUS-024", () => `a publish is refused: ${canonical(reply)}`);
  const { receivers } = reply.ok as { readonly receivers?: readonly string[] };
  session.must(Array.isArray(receivers), "HTTP-018", () => `the acceptance has receivers: ${canonical(reply)}`);
  return { receivers: receivers as readonly string[] };
}

/** Whether a pattern matches, by its definition alone. */
function fits(pattern: string, type: string): boolean {
  const tokens = pattern.split(".");
  const parts = type.split(".");
  if (tokens.at(-1) === ">") {
    return parts.length >= tokens.length &&
      tokens.slice(0, -1).every((token, i) => token === "*" || token === parts[i]);
  }
  return parts.length === tokens.length && tokens.every((token, i) => token === "*" || token === parts[i]);
}

function badMembers(): (readonly [string, Json | undefined])[] {
  return Object.entries(BAD_MEMBERS).flatMap(([member, values]) => values.map((value) => [member, value] as const));
}

/** Registers with members at fault, each of which must be named. */
async function judgeBad(
  session: Session,
  bad: Readonly<Record<string, Json | undefined>>,
  requirement = "REG-002",
): Promise<void> {
  const data = Object.fromEntries(
    Object.entries({ ...registration(), ...bad }).filter((entry): entry is [string, Json] => entry[1] !== undefined),
  );
  const reply = await session.registry("service.register", data);
  session.must(
    reply.refused?.code === "registration-invalid",
    requirement,
    () => `wanted registration-invalid for ${shown(bad)}, got ${canonical(reply)}`,
  );
  for (const member of Object.keys(bad)) {
    session.must(
      names(reply.refused, member),
      requirement,
      () => `no fault names ${member} of ${shown(bad)}: ${canonical(reply.refused)}`,
    );
  }
}

/** A fault may name its member by a path, `data.name` or `subscriptions[1]`. */
function names({ faults = [] }: Refusal, member: string): boolean {
  return faults.some(({ field }) => field.split(/[^A-Za-z]+/).includes(member));
}

function shown(bad: Readonly<Record<string, Json | undefined>>): string {
  return Object.entries(bad).map(([member, value]) =>
    `${member} ${value === undefined ? "left out" : canonical(value).slice(0, 80)}`
  ).join(", ");
}

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
