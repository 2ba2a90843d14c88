/**
 * The direction rules: what each file may import and, in the pure core, name. No list of exceptions.
 *
 *     deno run -A scripts/directions.ts
 *
 * Exit code 1 with one line per fault.
 *
 * @module
 */
import { readSource, type Source } from "./_source.ts";
import { filesBelow } from "./_testing.ts";
import { print } from "./_print.ts";
import {
  ADAPTER_FOLDERS,
  type Direction,
  DIRECTIONS,
  IMPURE_NAMES,
  PURE,
  PURE_WEB,
  RESERVED,
} from "./direction_table.ts";

/** One broken rule. */
export interface DirectionFault {
  readonly rule:
    | "unknown-folder"
    | "import"
    | "package"
    | "adapter"
    | "cycle"
    | "private"
    | "pure"
    | "test-imported"
    | "missing"
    | "export";
  readonly file: string;
  readonly detail: string;
}

/** The files to judge by path, and what deno.json says of them. */
export interface Tree {
  readonly files: ReadonlyMap<string, string>;
  readonly name: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly imports: Readonly<Record<string, string>>;
}

/** Every broken rule, in the order of the files. */
export function directionFaults(tree: Tree): DirectionFault[] {
  const faults: DirectionFault[] = [];
  const graph = new Map<string, string[]>();
  const faces = new Set(Object.values(tree.exports).map((path) => path.replace(/^\.\//, "")));
  for (const [file, text] of tree.files) {
    // Data is imported and imports nothing.
    if (file.endsWith(".json")) continue;
    const report = (rule: DirectionFault["rule"], detail: string) => faults.push({ rule, file, detail });
    const row = rowOf(file);
    if (row === undefined) {
      report("unknown-folder", "no row of the table speaks of it");
      continue;
    }
    const source = readSource(file, text);
    const targets: string[] = [];
    for (const specifier of source.imports) {
      const target = resolve(tree, file, specifier);
      if (typeof target === "string") judgePackage(file, row, target, report);
      else if (!tree.files.has(target.path)) report("missing", `${specifier} leads to no file`);
      else {
        targets.push(target.path);
        judgeImport(file, row, target.path, faces, report);
      }
    }
    graph.set(file, targets);
    if (file.startsWith(PURE) && !isTest(file)) judgePurity(file, source, report);
  }
  return [...faults, ...cycles(graph), ...exportFaults(tree)];
}

/** The tree on disk. */
export async function readTree(): Promise<Tree> {
  const { name, exports, imports } = JSON.parse(await Deno.readTextFile("deno.json"));
  const files = new Map<string, string>();
  for (const path of filesBelow("", (path) => /\.([mc]?[jt]sx?|json)$/.test(path))) {
    files.set(path, await Deno.readTextFile(path));
  }
  return { files, name, exports: typeof exports === "string" ? { ".": exports } : exports, imports };
}

type Report = (rule: DirectionFault["rule"], detail: string) => void;

function rowOf(file: string): Direction | undefined {
  return DIRECTIONS.filter((row) => file.startsWith(row.path)).sort((a, b) => b.path.length - a.path.length)[0];
}

/** A file of the tree, or the name of a package. */
function resolve(tree: Tree, file: string, specifier: string): { readonly path: string } | string {
  if (specifier.startsWith(".")) return { path: join(file, specifier) };
  if (specifier === tree.name || specifier.startsWith(`${tree.name}/`)) {
    const entry = tree.exports[`.${specifier.slice(tree.name.length)}`];
    return { path: entry === undefined ? specifier : entry.replace(/^\.\//, "") };
  }
  const mapped = tree.imports[specifier];
  if (mapped?.startsWith("./")) return { path: mapped.slice(2) };
  return packageName(specifier);
}

function judgeImport(file: string, row: Direction, target: string, faces: ReadonlySet<string>, report: Report): void {
  if (isTest(target) && !isTest(file)) report("test-imported", `imports ${target}: only a test may`);
  const owner = privateTo(target);
  if (owner !== undefined && !file.startsWith(owner)) report("private", `imports ${target}, private to ${owner}`);
  // A test may stand on every public and internal face; its rules are the two above.
  if (isTest(file)) return;
  const allowed = target.startsWith(row.path) ||
    row.may.some((may) => may === "exports" ? faces.has(target) : target.startsWith(may)) ||
    sharedByAdapters(file, target);
  if (!allowed) report("import", `imports ${target}: ${row.path} may import ${row.may.join(", ") || "itself"} only`);
  const [from, to] = [adapterOf(file), adapterOf(target)];
  if (from !== undefined && to !== undefined && from !== to) report("adapter", `imports the adapter ${to}`);
}

function judgePackage(file: string, row: Direction, name: string, report: Report): void {
  const reserved = RESERVED[name];
  if (reserved !== undefined && !reserved.some((path) => file.startsWith(path)) && !isTest(file)) {
    report("package", `imports ${name}, which only ${reserved.join("*, ")}* may name`);
  } else if (!isTest(file) && !row.packages.some((pattern) => fits(name, pattern))) {
    report("package", `imports ${name}: ${row.path} may import ${row.packages.join(", ") || "no package"}`);
  }
}

function judgePurity(file: string, source: Source, report: Report): void {
  for (const { name, line } of source.names) {
    const impure = IMPURE_NAMES.has(name) || /^(async|await|import\(\)|import\.meta|Math\.random)$/.test(name);
    const web = file.startsWith(PURE_WEB.path) && PURE_WEB.names.has(name);
    if (impure && !web) report("pure", `line ${line} names ${name}`);
  }
}

/** Each cycle once, told from its first file. */
function cycles(graph: ReadonlyMap<string, readonly string[]>): DirectionFault[] {
  const faults: DirectionFault[] = [];
  const done = new Set<string>();
  const way: string[] = [];
  const visit = (file: string): void => {
    const at = way.indexOf(file);
    if (at >= 0) {
      faults.push({ rule: "cycle", file, detail: [...way.slice(at), file].join(" → ") });
      return;
    }
    if (done.has(file)) return;
    way.push(file);
    for (const target of graph.get(file) ?? []) visit(target);
    way.pop();
    done.add(file);
  };
  for (const file of graph.keys()) visit(file);
  return faults;
}

function exportFaults(tree: Tree): DirectionFault[] {
  const faults: DirectionFault[] = [];
  for (const [entry, given] of Object.entries(tree.exports)) {
    const path = given.replace(/^\.\//, "");
    const report = (detail: string) => faults.push({ rule: "export", file: path, detail: `${entry}: ${detail}` });
    if (!tree.files.has(path)) report("no such file");
    else if (isTest(path)) report("a test is no public face");
    else if (privateTo(path) !== undefined) report("a private file is no public face");
  }
  return faults;
}

function isTest(path: string): boolean {
  return path.endsWith("_test.ts");
}

/** The folder that a file `_x.ts`, or a folder `_x/`, belongs to. */
function privateTo(path: string): string | undefined {
  const at = `/${path}`.lastIndexOf("/_");
  return at < 0 ? undefined : path.slice(0, at);
}

function adapterOf(path: string): string | undefined {
  const folder = ADAPTER_FOLDERS.find((folder) => path.startsWith(folder));
  if (folder === undefined) return undefined;
  const name = path.slice(folder.length).split("/")[0].replace(/\.ts$/, "");
  return name.startsWith("_") || name === "mod" ? undefined : `${folder}${name}`;
}

/** Private files of a folder of adapters serve all adapters in it. */
function sharedByAdapters(file: string, target: string): boolean {
  const folder = ADAPTER_FOLDERS.find((folder) => file.startsWith(folder));
  return folder !== undefined && target.startsWith(`${folder}_`);
}

function fits(name: string, pattern: string): boolean {
  return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

/** `npm:hono@4.1.0/cors` and `hono/cors` are hono; `node:fs/promises` is node:fs. */
function packageName(specifier: string): string {
  if (specifier.startsWith("node:")) return specifier.split("/")[0];
  const bare = specifier.replace(/^(npm|jsr):\/?/, "");
  return /^(@[^/]+\/)?[^/@]+/.exec(bare)?.[0] ?? specifier;
}

function join(file: string, specifier: string): string {
  return new URL(specifier, `file:///${file}`).pathname.slice(1);
}

if (import.meta.main) {
  Deno.chdir(new URL("..", import.meta.url));
  const tree = await readTree();
  const faults = directionFaults(tree);
  for (const { rule, file, detail } of faults) print(`${file}: ${rule}: ${detail}`);
  if (faults.length === 0) print(`directions: ${tree.files.size} files keep every rule`);
  Deno.exit(faults.length > 0 ? 1 : 0);
}
