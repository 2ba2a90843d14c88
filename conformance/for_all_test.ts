import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import type { Answer, Hello } from "./control.ts";
import { forAll, PropertyFailure } from "./for_all.ts";
import { Session } from "./session.ts";

Deno.test("forAll() leaves the log of the smallest input that failed, and of no other try", async () => {
  const subject = {
    send: (seq: number) => Promise.resolve<Answer>({ seq, nowMs: 0, ok: {}, events: [] }),
    close: () => Promise.resolve(),
  };
  const session: Session = new Session(
    subject,
    { clock: "virtual", profiles: [], asks: [], can: [] } as unknown as Hello,
  );
  const error = await assertRejects(
    () =>
      forAll(session, { seed: 1, runs: 100 }, fc.nat(1_000), async (count) => {
        await session.start();
        await session.say({ do: "status", source: "/suite", id: `m-${count}` });
        session.must(count < 37, "BUS-001", `${count}`);
      }),
    PropertyFailure,
  );
  assertEquals(error.counterexample, "37");
  const said = session.log.filter(({ from }) => from === "suite").map(({ message }) => message.do);
  assertEquals(said, ["start", "status"]);
  assertEquals(session.log[2].message.id, "m-37");
});
