import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Lanes } from "./lanes.ts";

Deno.test("Lanes lets one head per key go and keeps the others in order of arrival", () => {
  const key = fc.constantFrom("a", "b", "c");
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom("enter", "enter", "release", "drop"), key, fc.nat()), { maxLength: 300 }),
      (steps) => {
        const lanes = new Lanes();
        const model = new Map<string, number[]>();
        let item = 0;
        for (const [step, lane, pick] of steps) {
          const line = model.get(lane);
          if (step === "enter") {
            assertEquals(lanes.enter(lane, item), line === undefined);
            if (line === undefined) model.set(lane, [item]);
            else line.push(item);
            item++;
          } else if (step === "release" && line !== undefined) {
            line.shift();
            assertEquals(lanes.release(lane), line[0] ?? -1);
            if (line.length === 0) model.delete(lane);
          } else if (step === "drop" && line !== undefined && line.length > 1) {
            const victim = line.splice(1 + pick % (line.length - 1), 1)[0];
            assertEquals(lanes.drop(lane, victim), true);
          } else if (step === "drop") {
            assertEquals(lanes.drop(lane, line?.[0] ?? pick), false);
          }
          assertEquals(lanes.size, model.size);
        }
      },
    ),
  );
});
