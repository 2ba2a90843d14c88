/**
 * `deno doc --lint` on every entry of `exports`, for the faults that are ours: a type of a dependency that is part of our
 * public face is linted with it, and its own undocumented types are its authors' affair. Run: `deno run -A scripts/doc_lint.ts`
 *
 * @module
 */
import { print } from "./_print.ts";
/** The faults in `deno doc --lint`'s report that lie in files below `root`. */
export function ownFaults(report: string, root: string): string[] {
  return report.split(/\n(?=error\[)/).filter((fault) => /^error\[/.test(fault) && fault.includes(`--> ${root}`));
}

if (import.meta.main) {
  const root = new URL("../", import.meta.url).pathname;
  const { exports } = JSON.parse(await Deno.readTextFile(new URL("../deno.json", import.meta.url)));
  const { code, stderr, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--lint", ...Object.values<string>(exports)],
    cwd: root,
    env: { NO_COLOR: "1" },
  }).output();
  const report = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  const faults = ownFaults(report, root);
  const counted = /Found (\d+) documentation lint error/.exec(report);
  if (code !== 0 && counted === null) {
    print(report);
    Deno.exit(1);
  }
  print([...faults, `doc lint: ${faults.length} faults of ours, ${counted?.[1] ?? 0} in all`].join("\n"));
  if (faults.length > 0) Deno.exit(1);
}
