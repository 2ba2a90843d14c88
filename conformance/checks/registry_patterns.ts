/**
 * Checks of the chapter Registry: which patterns fit which types.
 *
 * @module
 */
import fc from "fast-check";
import type { Check, Effort } from "../check.ts";
import { forAll } from "../for_all.ts";
import type { Session } from "../session.ts";
import { published } from "./_registered.ts";

const needs = ["core", "registry"] as const;

/** See the module. */
export const PATTERN_CHECKS: readonly Check[] = [
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
];

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
