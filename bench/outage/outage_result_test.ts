import { assertEquals } from "@std/assert";
import { PRIORITY_POLICIES } from "../../mod.ts";
import { spreadOf } from "../spread.ts";
import { measuresOf, seriesOf } from "./outage_result.ts";
import { runPolicies } from "./policy_run.ts";
import { namedScenario } from "./scenarios.ts";

Deno.test("measuresOf() spreads the rounds as all benches do, between two of them in a straight line", async () => {
  const scenario = namedScenario("outage", { clients: 20, outageMs: 5_000 })!;
  const series = await seriesOf("bellhop", [1, 2], (seed) => runPolicies(scenario, PRIORITY_POLICIES, seed));
  const attempts = series.measured.map(({ attempts }) => attempts);
  const measures = measuresOf("outage/test", "Test", [series]);
  const { value } = measures.find(({ id }) => id === "outage/test/attempts/bellhop")!;
  assertEquals(new Set(attempts).size, 2);
  assertEquals(value, spreadOf(attempts));
});
