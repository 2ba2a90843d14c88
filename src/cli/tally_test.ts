import { assertEquals } from "@std/assert";
import { summary, Tally } from "./tally.ts";

Deno.test("Tally counts outcomes, codes and deliveries", () => {
  const tally = new Tally();
  const deliveries = [{ receiver: "users", outcome: "delivered" as const, attempts: 1 }];
  tally.add({ line: 1, result: "delivered", deliveries });
  tally.add({ line: 2, result: "delivered", duplicate: true, deliveries });
  tally.add({ line: 3, result: "failed", deliveries: [{ receiver: "users", outcome: "rejected", attempts: 2 }] });
  tally.add({ line: 4, result: "refused", code: "envelope-invalid" });
  tally.add({ line: 5, result: "accepted", receivers: [] });
  assertEquals(tally.totals(), {
    messages: 5,
    accepted: 4,
    duplicates: 1,
    delivered: 2,
    failed: 1,
    pending: 0,
    refused: 1,
    unsubscribed: 1,
    codes: { "envelope-invalid": 1 },
    deliveries: { users: { delivered: 2, rejected: 1 } },
  });
});

Deno.test("summary() lines numbers up and leaves out what did not happen", () => {
  const tally = new Tally();
  for (let line = 1; line <= 12; line++) tally.add({ line, result: "accepted" });
  assertEquals(summary(tally.totals(), 1.25, false), [
    "12 messages in 1.3 s",
    "  accepted  12",
    "  refused    0",
  ]);
});
