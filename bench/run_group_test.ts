import { assertEquals, assertMatch } from "@std/assert";
import type { Group, Part } from "./part.ts";
import { runGroup } from "./run_group.ts";

const made: Group = {
  id: "test/processes",
  title: "Processes",
  unit: "1",
  cases: {
    "its pid": () => ({ sample: () => Deno.pid }),
    "talks": () => ({
      sample() {
        // deno-lint-ignore no-console
        console.log("bench is a word of libraries too");
        return 7;
      },
    }),
    "cannot open": () => {
      throw new Error("needs a browser that is not here");
    },
    "dies": () => ({ sample: () => Deno.exit(3) }),
    "says nonsense": () => ({ sample: () => NaN }),
  },
};
const plain = new URL("run_group_test.ts", import.meta.url).href;

export const part: Part = { url: plain, groups: [made] };

// A subject's process loads this file for the part alone.
if (Deno.args.length === 0) {
  Deno.test("runGroup() runs each case in a process of its own and tells why one gave nothing", async () => {
    const pace = { launches: 2, rounds: 2, warmMs: 1, share: 0.01 };
    const { values, failures } = await runGroup(plain, made, pace);
    assertEquals([...values.keys()], ["its pid", "talks"]);
    const pids = values.get("its pid")!;
    assertEquals([pids.length, new Set(pids).size, pids.includes(Deno.pid)], [4, 2, false]);
    assertEquals(values.get("talks"), [7, 7, 7, 7]);
    assertEquals(failures.get("cannot open"), "needs a browser that is not here");
    assertMatch(failures.get("dies")!, /^its process ended/);
    assertEquals(failures.get("says nonsense"), "gave no number");
  });
}
