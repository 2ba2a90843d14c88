import type { BenchResult, Subject } from "./report/result.ts";

/**
 * Several results of one machine as one.
 *
 * @throws {Error} if two have a measure or a plot of the same id
 */
export function mergeResults(
  results: readonly BenchResult[],
  as: Pick<BenchResult, "command" | "date" | "machine" | "missing">,
): BenchResult {
  const measures = results.flatMap(({ measures }) => measures);
  const plots = results.flatMap(({ plots }) => plots);
  for (const list of [measures, plots]) refuseTwice(list);
  const runtimes = Object.assign({}, as.machine.runtimes, ...results.map(({ machine }) => machine.runtimes));
  return {
    schema: 1,
    command: as.command,
    date: as.date,
    machine: { ...as.machine, runtimes },
    subjects: mergeSubjects(results.flatMap(({ subjects }) => subjects)),
    measures,
    plots,
    missing: [...as.missing ?? [], ...results.flatMap(({ missing = [] }) => missing)],
  };
}

/** One for each name, with all that was said of it. */
function mergeSubjects(subjects: readonly Subject[]): Subject[] {
  return Array.from(Map.groupBy(subjects, ({ name }) => name), ([name, same]) => ({
    name,
    version: same.find(({ version }) => version !== "")?.version ?? "",
    notes: [...new Set(same.flatMap(({ notes }) => notes))],
  }));
}

function refuseTwice(list: readonly { readonly id: string }[]): void {
  const seen = new Set<string>();
  for (const { id } of list) {
    if (seen.has(id)) throw new Error(`two results have ${id}: an id belongs to one bench alone`);
    seen.add(id);
  }
}
