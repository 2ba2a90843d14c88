import { assertEquals } from "@std/assert";
import { PRIORITIES, PRIORITY_TABLE, rankOf } from "./table.ts";

Deno.test("PRIORITY_TABLE is the table of the specification", () => {
  const page = Deno.readTextFileSync(new URL("../../../docs/spec/priority.md", import.meta.url));
  const rows = page.split("\n").filter((line) => line.startsWith("| `")).map((line) =>
    line.split("|").slice(1, -1).map((cell) => cell.trim())
  );
  assertEquals(
    PRIORITIES.map((priority) => {
      const { retries, storage, weight, useCases } = PRIORITY_TABLE[priority];
      const bounded = retries === "unlimited" ? ["Unlimited", "Unlimited"] : [String(retries), String(retries + 1)];
      const kept = { memory: "Memory only", disk: "Disk persistence" }[storage];
      return ["`" + priority + "`", ...bounded, kept, String(weight), useCases];
    }),
    rows,
  );
});

Deno.test("rankOf() is the place among PRIORITIES, and that of NORMAL when no priority is given", () => {
  assertEquals([undefined, ...PRIORITIES].map(rankOf), [1, 0, 1, 2, 3]);
});
