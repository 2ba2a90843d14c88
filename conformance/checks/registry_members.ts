/**
 * Checks of the chapter Registry: what is registered, and which members are refused.
 *
 * @module
 */
import fc from "fast-check";
import type { Check, Effort } from "../check.ts";
import type { Json, Refusal } from "../control.ts";
import { forAll } from "../for_all.ts";
import { canonical, type Session } from "../session.ts";
import { dataOf, listed, registration } from "./_registered.ts";

const needs = ["core", "registry"] as const;

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
export const MEMBER_CHECKS: readonly Check[] = [
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
];

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
