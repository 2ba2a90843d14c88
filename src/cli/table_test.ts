import { assertEquals } from "@std/assert";
import type { InstanceView, ServiceView } from "../core/registry/view.ts";
import { serviceRow } from "./services.ts";
import { table } from "./table.ts";

Deno.test("table() lines columns up and leaves no space at the end of a line", () => {
  assertEquals(table(["NAME", "N", "REST"], [["a", "10", "x"], ["longer", "1", ""]]), [
    "NAME    N   REST",
    "a       10  x",
    "longer  1",
  ]);
});

Deno.test("serviceRow() says the worst of a service's instances", () => {
  const instance: InstanceView = {
    instance: "a1",
    version: "1.0.0",
    endpoint: "http://127.0.0.1:8001/bellhop",
    state: "live",
    healthy: true,
    breaker: "closed",
    inFlight: 0,
    leaseMs: 30_000,
    leaseEndMs: 30_000,
    registeredMs: 0,
  };
  const service: ServiceView = {
    name: "users",
    version: "1.0.0",
    subscriptions: ["user.*", "audit.>"],
    ephemeral: false,
    receipts: false,
    registeredMs: 0,
    instances: [instance],
  };
  const health = (...instances: InstanceView[]) => serviceRow({ ...service, instances })[3];
  assertEquals(serviceRow(service), ["users", "1.0.0", "1", "healthy", "user.* audit.>"]);
  assertEquals(serviceRow({ ...service, subscriptions: [] })[4], "-");
  assertEquals(health(), "down");
  assertEquals(health({ ...instance, healthy: false }), "unhealthy");
  assertEquals(
    health(instance, { ...instance, healthy: false, breaker: "open" }, { ...instance, state: "suspect" }),
    "1 unhealthy, 1 breaker open, 1 suspect",
  );
});
