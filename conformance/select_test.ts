import { assert, assertEquals } from "@std/assert";
import type { Check } from "./check.ts";
import { CHECKS } from "./checks/mod.ts";
import { SPECIFICATION } from "./requirement.ts";
import { selectChecks, type Selection, selectRequirements } from "./select.ts";

function check(id: string, requirements: string[], needs: Check["needs"] = ["core"]): Check {
  return { id, requirements, needs, title: "", kind: "scenario", run: () => Promise.resolve() };
}

const checks = [
  check("retry/wait", ["RET-017"]),
  check("retry/wait-long", ["RET-027", "RET-026"]),
  check("http/wait", ["HTTP-020"], ["http"]),
  check("envelope/empty", ["ENV-001"], ["core.envelope"]),
];

function ids(selection: Selection): string[] {
  return selectChecks(checks, selection).map(({ id }) => id);
}

Deno.test("selectChecks() takes the beginning of an id of a check or of a requirement", () => {
  assertEquals(ids({}), checks.map(({ id }) => id));
  assertEquals(ids({ only: ["RET-"] }), ["retry/wait", "retry/wait-long"]);
  assertEquals(ids({ only: ["RET-026", "http/"] }), ["retry/wait-long", "http/wait"]);
  assertEquals(ids({ only: ["BUS-"] }), []);
});

Deno.test("selectChecks() takes a whole id for that check alone, as a replay names it", () => {
  assertEquals(ids({ only: ["retry/wait"] }), ["retry/wait"]);
  for (const { id } of CHECKS) assertEquals(selectChecks(CHECKS, { only: [id] }).map((one) => one.id), [id]);
});

Deno.test("selectChecks() narrows by profile and by level", () => {
  assertEquals(ids({ profiles: ["http"] }), ["http/wait"]);
  assertEquals(ids({ profiles: ["core.envelope"] }), ["envelope/empty"]);
  assertEquals(ids({ levels: ["SHOULD"] }), ["retry/wait-long"]);
  assertEquals(ids({ levels: ["MUST"], only: ["RET-"], profiles: ["core"] }), ["retry/wait", "retry/wait-long"]);
});

Deno.test("selectRequirements() takes the same words", () => {
  const { requirements } = SPECIFICATION;
  const of = (selection: Selection) => selectRequirements(requirements, checks, selection).map(({ id }) => id);
  assertEquals(of({}).length, requirements.length);
  assertEquals(of({ only: ["RET-017", "retry/wait-l"] }), ["RET-017", "RET-026", "RET-027"]);
  assert(of({ profiles: ["durable"], levels: ["SHOULD"] }).length < of({ profiles: ["durable"] }).length);
  assert(of({ only: ["BUS-"] }).every((id) => id.startsWith("BUS-")));
});
