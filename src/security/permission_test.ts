import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { BellhopError } from "../core/error.ts";
import { matches } from "../core/registry/pattern.ts";
import type { Principal } from "./credentials.ts";
import * as may from "./permission.ts";
import { parseScopes } from "./scope.ts";

function holder(scopes: readonly string[], sources: readonly string[] | undefined = []): Principal {
  return { name: "holder", grants: parseScopes(scopes), sources };
}

const ADMIN: Principal = { ...holder(["admin"]), sources: undefined };

Deno.test("mayPublish() wants the type, the priority and the source, all three", () => {
  const type = fc.constantFrom("order.paid", "order.paid.late", "user.created", "critical", "message.delivered");
  const pattern = fc.constantFrom("order.*", "order.>", ">", "*", "user.created");
  const priority = fc.constantFrom("LOW", "NORMAL", "HIGH", "CRITICAL", undefined);
  const source = fc.constantFrom("/orders", "/orders/eu", "/orders-evil", "/users", "/orders/../users");
  fc.assert(fc.property(
    fc.record({ type, source, priority }),
    fc.array(pattern, { minLength: 1 }),
    fc.boolean(),
    (event, patterns, critical) => {
      const scopes = patterns.map((pattern) => `publish:${pattern}`);
      const principal = holder(critical ? [...scopes, "publish:critical"] : scopes, ["/orders"]);
      const { priority, ...rest } = event;
      const envelope = priority === undefined ? rest : { ...rest, priority };
      const wanted = patterns.some((pattern) => matches(pattern, event.type)) &&
        (priority !== "CRITICAL" || critical) && (event.source === "/orders" || event.source === "/orders/eu");
      assertEquals(may.mayPublish(principal, envelope), wanted);
    },
  ));
});

Deno.test("assertMayPublish() names the scope or the source that is lacking", () => {
  const orders = holder(["publish:order.*"], ["/orders"]);
  const refused = (principal: Principal, envelope: may.Publishing) => {
    const error = assertThrows(() => may.assertMayPublish(principal, envelope), BellhopError);
    assertEquals([error.code, error.status], ["forbidden", 403]);
    return error.message;
  };
  assertEquals(
    refused(orders, { source: "/orders", type: "user.created" }),
    "The credential lacks the scope publish:user.created",
  );
  assertEquals(
    refused(orders, { source: "/orders", type: "order.paid", priority: "CRITICAL" }),
    "The credential lacks the scope publish:critical",
  );
  assertEquals(
    refused(orders, { source: "/users", type: "order.paid" }),
    "The credential is not bound to a prefix of the source /users",
  );
  may.assertMayPublish(orders, { source: "/orders", type: "order.paid" });
});

Deno.test("mayPublish() wants the replies only of services that it may register", () => {
  const event = { source: "/a", type: "sum.wanted" };
  const asker = holder(["publish:sum.*", "register:asker"], ["/a"]);
  const asks = (principal: Principal, replyto: string) => may.mayPublish(principal, { ...event, replyto });
  assertEquals(["asker@1", "asker@2", "asker2@1", "billing@1"].map((to) => asks(asker, to)), [
    true,
    true,
    false,
    false,
  ]);
  assertEquals(asks(holder(["publish:sum.*"], ["/a"]), "asker@1"), false);
  assertEquals(asks(holder(["publish:sum.*", "register:*"], ["/a"]), "billing@1"), true);
  assertEquals(asks(ADMIN, "billing@1"), true);
  const lack = assertThrows(() => may.assertMayPublish(asker, { ...event, replyto: "billing@1" }), BellhopError);
  assertEquals(lack.message, "The credential lacks the scope register:billing, for replyto");
});

Deno.test("an admin may do everything, and is bound to prefixes where it has some", () => {
  const critical = { source: "/anyone", type: "order.paid", priority: "CRITICAL" } as const;
  assertEquals(may.mayPublish(ADMIN, critical), true);
  assertEquals(may.mayPublish(holder(["admin"], ["/orders"]), critical), false);
  assertEquals(may.mayRegister(ADMIN, "users"), true);
  assertEquals(may.mayRegister(ADMIN, "*"), true);
  assertEquals(may.mayRegister(ADMIN), true);
  assertEquals(may.mayCall(ADMIN, "users"), true);
  assertEquals(may.mayResolve(ADMIN, "users"), true);
  assertEquals(may.mayObserve(ADMIN), true);
  assertEquals(may.mayAdmin(ADMIN), true);
  assertEquals(may.maySeeStatus(ADMIN, "/anyone"), true);
  assertEquals(may.mayCancel(ADMIN, "/anyone"), true);
});

Deno.test("each scope but admin opens its own doors and no other", () => {
  const doors = (scope: string) => {
    const one = holder([scope], ["/a"]);
    const open = {
      publish: may.mayPublish(one, { source: "/a", type: "x" }),
      critical: may.mayPublish(one, { source: "/a", type: "x", priority: "CRITICAL" }),
      registerUsers: may.mayRegister(one, "users"),
      registerAny: may.mayRegister(one, "*"),
      renew: may.mayRegister(one),
      callUsers: may.mayCall(one, "users"),
      callOrders: may.mayCall(one, "orders"),
      resolveUsers: may.mayResolve(one, "users"),
      observe: may.mayObserve(one),
      admin: may.mayAdmin(one),
      ownStatus: may.maySeeStatus(one, "/a/b"),
      othersStatus: may.maySeeStatus(one, "/b"),
      ownCancel: may.mayCancel(one, "/a/b"),
      othersCancel: may.mayCancel(one, "/b"),
    };
    return Object.entries(open).filter(([, is]) => is).map(([door]) => door).join(" ");
  };
  assertEquals(doors("publish:>"), "publish ownStatus ownCancel");
  assertEquals(doors("publish:y"), "ownStatus ownCancel");
  assertEquals(doors("register:users"), "registerUsers renew");
  assertEquals(doors("register:orders"), "renew");
  assertEquals(doors("register:*"), "registerUsers registerAny renew");
  assertEquals(doors("call:users"), "callUsers resolveUsers");
  assertEquals(doors("call:*"), "callUsers callOrders resolveUsers");
  assertEquals(doors("observe"), "resolveUsers observe ownStatus othersStatus");
});

Deno.test("each assertion throws forbidden exactly where its question is answered no", () => {
  const all = [
    ADMIN,
    ...["publish:>", "register:users", "call:users", "observe"].map((scope) => holder([scope], ["/a"])),
  ];
  const pairs: [(one: Principal) => boolean, (one: Principal) => void, string][] = [
    [(one) => may.mayRegister(one, "users"), (one) => may.assertMayRegister(one, "users"), "register:users"],
    [(one) => may.mayRegister(one), (one) => may.assertMayRegister(one), "register:<service>"],
    [(one) => may.mayCall(one, "users"), (one) => may.assertMayCall(one, "users"), "call:users"],
    [(one) => may.mayResolve(one, "users"), (one) => may.assertMayResolve(one, "users"), "call:users"],
    [may.mayObserve, may.assertMayObserve, "observe"],
    [may.mayAdmin, may.assertMayAdmin, "admin"],
    [(one) => may.maySeeStatus(one, "/a"), (one) => may.assertMaySeeStatus(one, "/a"), "observe"],
    [(one) => may.mayCancel(one, "/a"), (one) => may.assertMayCancel(one, "/a"), "admin"],
  ];
  for (const [question, assertion, scope] of pairs) {
    assertEquals(all.map(question).includes(false), true, "a pair that is never refused tests nothing");
    for (const one of all) {
      if (question(one)) assertion(one);
      else assertEquals(assertThrows(() => assertion(one), BellhopError, scope).code, "forbidden");
    }
  }
});
