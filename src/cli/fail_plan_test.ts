import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import type { Answer, Delivery, Transport } from "../ports/transport.ts";
import { EXIT, Stop } from "./exit_code.ts";
import { failPlan } from "./fail_plan.ts";
import { failingTransport } from "./failing_transport.ts";
import { injections } from "./injections.ts";

Deno.test("failPlan() gives each service as many failures as were asked for", () => {
  const plan = failPlan(["users:2", "search:*", "users:1"]);
  assertEquals([1, 2, 3, 4].map(() => plan.take("users")), [2, 1, 0, undefined]);
  assertEquals([plan.take("search"), plan.take("search")], [Infinity, Infinity]);
  assertEquals(plan.take("other"), undefined);
});

Deno.test("failPlan() refuses what names no service and no count", () => {
  for (
    const text of ["users", "users:", "users:0", "users:-1", ":2", "Users:1", "users:1.5", "users:9999999", "a b:1"]
  ) {
    assertEquals(assertThrows(() => failPlan([text]), Stop).exitCode, EXIT.usage, text);
  }
});

const DELIVERY: Delivery = {
  envelope: { specversion: "1.0", id: "7d1f", source: "/documents", type: "document.created" },
  deliveryId: "dlv_1",
  attempt: 1,
  receiver: "users",
  instance: "a1",
  endpoint: "http://127.0.0.1:8001/bellhop",
  timeoutMs: 1_000,
};

Deno.test("failingTransport() answers 503 in the receiver's place, and passes on what is not to fail", async () => {
  const delivered: Delivery[] = [];
  const ack: Answer = { verdict: "ack", reason: "", answered: true };
  const other = {
    deliver: (delivery) => (delivered.push(delivery), ack),
    health: () => Promise.resolve("warn"),
    manifest: (url) => Promise.resolve(url),
    check: () => {
      throw new Error("checked");
    },
  } as Partial<Transport> as Transport;
  const told: [string, number][] = [];
  const failing = failingTransport(other, failPlan(["users:1"]), ({ receiver }, left) => told.push([receiver, left]));
  assertEquals(failing.deliver(DELIVERY), { verdict: "nak", reason: "status-503", answered: true });
  assertEquals([delivered.length, told], [0, [["users", 0]]]);
  assertStrictEquals(failing.deliver(DELIVERY), ack);
  assertStrictEquals(failing.deliver({ ...DELIVERY, receiver: "search" }), ack);
  assertEquals([delivered.length, told.length], [2, 1]);
  assertEquals([await failing.health("", "", 1), await failing.manifest("u", 1)], ["warn", "u"]);
  assertThrows(() => failing.check(""), Error, "checked");
});

Deno.test("injections() marks the failure of an attempt that was made to fail, once", () => {
  const made = injections();
  const failed = { kind: "failed", source: "/documents", id: "7d1f", receiver: "users", attempt: 1 };
  made.add(DELIVERY, 3);
  assertEquals(made.mark({ ...failed, kind: "attempt" }).injected, undefined);
  assertEquals(made.mark({ ...failed, attempt: 2 }).injected, undefined);
  assertEquals(made.mark(failed).injected, "--fail, 3 left");
  assertEquals(made.mark(failed).injected, undefined);
});
