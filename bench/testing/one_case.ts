/** A part that costs nothing, for tests of what all parts do: `deno run -A bench/testing/one_case.ts --help`. */
import type { Part } from "../part.ts";
import { runParts } from "../run_part.ts";

export const part: Part = {
  url: import.meta.url,
  groups: [{
    id: "test/one",
    title: "One case",
    unit: "ns",
    maxRounds: 1,
    cases: { "as it is": () => ({ sample: () => 1 }) },
  }],
};

if (import.meta.main) await runParts("deno run -A bench/testing/one_case.ts", [part]);
