/** Folders in which nothing is ours. */
const FOREIGN = new Set(["node_modules", ".git", "site", "coverage", "results", "dist"]);

/** Every file below the folder whose path fits, relative to the repository, sorted. */
export function filesBelow(folder: string, fits: (path: string) => boolean): string[] {
  const found: string[] = [];
  const visit = (at: string): void => {
    for (const entry of Deno.readDirSync(at === "" ? "." : at)) {
      const path = at === "" ? entry.name : `${at}/${entry.name}`;
      if (entry.isDirectory && !FOREIGN.has(entry.name)) visit(path);
      else if (entry.isFile && fits(path)) found.push(path);
    }
  };
  visit(folder);
  return found.sort();
}

/** The flags of every test run: leaks fail, and one seed replays all properties. */
export const TEST_FLAGS: readonly string[] = [
  "test",
  "-A",
  "--sanitize-ops",
  "--sanitize-resources",
  "--preload=testing/seed.ts",
];

/** The arguments of `deno` that run these test files and write the result file. */
export function testArguments(resultFile: string, files: readonly string[]): string[] {
  return [...TEST_FLAGS, `--junit-path=${resultFile}`, ...files];
}
