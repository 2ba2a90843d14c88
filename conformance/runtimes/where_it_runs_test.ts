import { assertEquals } from "@std/assert";
import { ALL, DURABLE } from "./reference_checks.ts";

const PAGE = new URL("../../docs/conformance/README.md", import.meta.url);

Deno.test("docs/conformance/README.md tells how many checks pass where", async () => {
  const [, section] = /\n## Where it runs\n(.*?)\n## /s.exec(await Deno.readTextFile(PAGE))!;
  const rows = [...section.matchAll(/^\| (.*) \|$/gm)].slice(2)
    .map(([, row]) => row.split("|").map((cell) => cell.trim()));
  const [all, durable] = [ALL, DURABLE].map(({ length }) =>
    `${length.toLocaleString("en")} of ${length.toLocaleString("en")}`
  );
  assertEquals(rows.length > 10, true);
  assertEquals(
    rows.map(([runtime, store, passed]) => [runtime, store, passed]),
    rows.map(([runtime, store]) => [runtime, store, store === "in memory" ? all : durable]),
  );
  const told = [ALL, DURABLE].map(({ length }) => length.toLocaleString("en"));
  assertEquals([...section.split("|")[0].matchAll(/\b\d[\d,]*\b/g)].map(([number]) => number), told);
});
