/**
 * Makes one file of the reference, with the fault of a mutant or without.
 *
 * @module
 */
import * as esbuild from "npm:esbuild@0.28.2";
import type { Mutant } from "./mutant.ts";

const ROOT = new URL("../../", import.meta.url);
const CONFIG: { readonly exports: Record<string, string>; readonly imports: Record<string, string> } = JSON.parse(
  Deno.readTextFileSync(new URL("deno.json", ROOT)),
);

/**
 * Bundles the reference as a module for a Worker; packages stay outside.
 *
 * @throws {Error} if the mutant's text does not stand in its file exactly once
 */
export async function buildReference(mutant?: Mutant): Promise<string> {
  let mutated = false;
  const { outputFiles } = await esbuild.build({
    entryPoints: [pathOf("conformance/mutants/_worker.ts")],
    bundle: true,
    format: "esm",
    platform: "neutral",
    target: "esnext",
    write: false,
    logLevel: "silent",
    plugins: [{
      name: "bellhop",
      setup(build) {
        build.onResolve({ filter: /^@bellhop\/bellhop/ }, ({ path }) => {
          const entry = CONFIG.exports[`.${path.slice("@bellhop/bellhop".length)}`];
          if (entry === undefined) throw new Error(`${path} is no entry of deno.json`);
          return { path: pathOf(entry) };
        });
        build.onResolve({ filter: /^[a-z@]/ }, ({ path }) => {
          if (path.startsWith("node:")) return { path, external: true };
          const name = path.split("/").slice(0, path.startsWith("@") ? 2 : 1).join("/");
          const target = CONFIG.imports[name];
          return { path: target === undefined ? path : `${target}${path.slice(name.length)}`, external: true };
        });
        if (mutant === undefined) return;
        const file = pathOf(`src/${mutant.file}`);
        build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
          if (path !== file) return undefined;
          mutated = true;
          return { contents: mutate(await Deno.readTextFile(path), mutant), loader: "ts" };
        });
      },
    }],
  });
  if (mutant !== undefined && !mutated) throw new Error(`${mutant.id}: src/${mutant.file} is no part of the reference`);
  return outputFiles[0].text;
}

/** The text of a file with the fault. @throws {Error} if `find` does not stand there exactly once, or nothing changes */
export function mutate(text: string, { id, file, find, replace }: Mutant): string {
  const places = text.split(find).length - 1;
  if (places !== 1) throw new Error(`${id}: \`${find}\` stands ${places} times in src/${file}, wanted once`);
  if (find === replace) throw new Error(`${id}: changes nothing`);
  return text.replace(find, () => replace);
}

/** Ends the bundler's process. */
export async function endBuilds(): Promise<void> {
  await esbuild.stop();
}

function pathOf(path: string): string {
  return decodeURIComponent(new URL(path, ROOT).pathname);
}
