import { assertEquals } from "@std/assert";
import { deliveryId, digest } from "./delivery_id.ts";

Deno.test("deliveryId() gives the ids that other processes and records on disk know", () => {
  assertEquals(deliveryId("/orders", "1", "billing", 1), "dlv_1981f3943f705a04680c3d3f173f");
  assertEquals(deliveryId("/orders", "1", "billing", 2), "dlv_0aaa0ffd78ea360c34786e4d1626");
  assertEquals(deliveryId("", "", "", 0), "dlv_1e53aad3a689540e50bdf3798eb2");
  assertEquals(deliveryId("/é€😀", "\ud800", "a".repeat(63), 65), "dlv_17eb59cad67c5a126ad364f0a6a2");
  assertEquals([digest(""), digest("a")], ["10c329583afc3b0dc0cfa5aed872", "0432341afdfcd80f4393162ace46"]);
});
