import { amountText } from "./amount.ts";
import { printable } from "./printable.ts";
import type { BenchResult } from "./result.ts";

/** What a result was measured with, in a line; a machine that was busy is called so. */
export function machineText({ command, date, machine }: BenchResult): string {
  const { cpu, cores, memoryBytes, os, runtimes, load } = machine;
  const versions = Object.entries(runtimes).map(([name, version]) => `${name} ${version}`);
  const facts = [
    command,
    `${date.slice(0, 16).replace("T", " ")} UTC`,
    `${cpu}, ${cores} ${cores === 1 ? "core" : "cores"}, ${amountText(memoryBytes, "B")}`,
    os,
    ...versions,
    `load ${load.toFixed(1)}${isBusy(machine) ? ", busy: trust ratios only" : ""}`,
  ];
  return printable(facts.filter((fact) => fact !== "").join(" · "));
}

/** Whether something else ran that took a core or more of what the bench could have had. */
export function isBusy({ cores, load }: BenchResult["machine"]): boolean {
  return load > cores / 2;
}
