/**
 * Installs the pinned tools that judge the package, by npm, into a folder of their own, unless they lie there already.
 *
 *     deno run -A scripts/package_tools.ts
 *
 * @module
 */
import { print } from "./_print.ts";

/** Where the tools lie, relative to the repository; their commands in `node_modules/.bin`. */
export const TOOLS = "dist/tools";

if (import.meta.main) {
  Deno.chdir(new URL("..", import.meta.url));
  const wanted = await Deno.readTextFile("testing/packages/tools.json");
  const stamp = `${TOOLS}/installed.json`;
  if (await Deno.readTextFile(stamp).catch(() => "") !== wanted) {
    await Deno.remove(TOOLS, { recursive: true }).catch(() => {});
    await Deno.mkdir(TOOLS, { recursive: true });
    await Deno.writeTextFile(`${TOOLS}/package.json`, wanted);
    // esbuild, Node and Bun fetch their binary in an install script.
    const { code } = await new Deno.Command("npm", {
      args: ["install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error", "--ignore-scripts=false"],
      cwd: TOOLS,
      stdin: "null",
    }).spawn().status;
    if (code !== 0) Deno.exit(code);
    await Deno.writeTextFile(stamp, wanted);
  }
  print(`${TOOLS}: ${Object.entries(JSON.parse(wanted).dependencies).map((entry) => entry.join("@")).join(", ")}`);
}
