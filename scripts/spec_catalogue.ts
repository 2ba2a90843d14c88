/**
 * Reads the numbered requirements of `docs/spec/` into `docs/spec/catalogue.json`, for programs, and into
 * `conformance/_catalogue.ts`, which the suite carries wherever it runs; `--check` only compares.
 *
 *     deno run -A scripts/spec_catalogue.ts [--check]
 *
 * Exit code 1 with one line per fault if the spec breaks a rule of its own form.
 *
 * @module
 */

/** How binding a requirement is (RFC 2119). */
export type Level = "MUST" | "SHOULD" | "MAY";

/** Who has to keep a requirement: what the suite calls the subject, who handles its deliveries, or who asks it. */
export type Role = "gateway" | "service" | "client";

/** One requirement: one line of a chapter. */
export interface Requirement {
  readonly id: string;
  readonly level: Level;
  readonly role: Role;
  /** The part of the protocol that an implementation declares: core, registry, http, pull, outbox, durable, security. */
  readonly profile: string;
  /** What a check of it needs of time: virtual, real, none. */
  readonly timing: string;
  readonly sentence: string;
  /** File name without its ending. */
  readonly chapter: string;
  /** Nearest heading above. */
  readonly section: string;
}

/** A Markdown page, as read. */
export interface Page {
  /** Path below `docs/`, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** One rule broken at one place. */
export interface Fault {
  /** `path:line` */
  readonly at: string;
  readonly rule: Rule;
  readonly detail: string;
}

/** Names of the rules, so that a test can ask for the one it means. */
export type Rule =
  | "malformed"
  | "wrong-chapter"
  | "duplicate"
  | "out-of-order"
  | "no-final-stop"
  | "keyword"
  | "unknown-reference"
  | "not-current";

/** The chapters, in reading order, and the letters of their numbers. */
export const CHAPTERS: Readonly<Record<string, string>> = {
  envelope: "ENV",
  priority: "PRI",
  retry: "RET",
  bus: "BUS",
  registry: "REG",
  http: "HTTP",
  pull: "PULL",
  outbox: "OUT",
  security: "SEC",
};

const LINE =
  /^\*\*([A-Z]+)-(\d{3})\*\* \((MUST|SHOULD|MAY)(?:, (service|client))?, (core|registry|http|pull|outbox|durable|security), (virtual|real|none)\): (\S.*)$/;
const ATTEMPT = /^\s*\*\*[A-Z]+-/;
const KEYWORDS = /\b(MUST|SHOULD|MAY|SHALL|REQUIRED|RECOMMENDED|OPTIONAL)\b/g;
const REFERENCE = new RegExp(`\\b(?:${Object.values(CHAPTERS).join("|")})-\\d+\\b`, "g");

/** Reads the requirements of one page of the spec; a page that is no chapter may hold none. */
export function parsePage(page: Page): { requirements: Requirement[]; faults: Fault[] } {
  const chapter = page.path.slice(page.path.lastIndexOf("/") + 1).replace(/\.md$/, "");
  const requirements: Requirement[] = [];
  const faults: Fault[] = [];
  let section = "";
  let highest = 0;
  for (const { line, at } of prose(page)) {
    const heading = /^#{1,6} (.+)$/.exec(line);
    if (heading) section = heading[1]!;
    if (!ATTEMPT.test(line)) continue;
    const match = LINE.exec(line);
    if (!match) {
      faults.push({ at, rule: "malformed", detail: line });
      continue;
    }
    const [, letters, number, level, role, profile, timing, sentence] = match as unknown as string[];
    const id = `${letters}-${number}`;
    if (CHAPTERS[chapter] !== letters) faults.push({ at, rule: "wrong-chapter", detail: `${id} in ${page.path}` });
    if (Number(number) < highest) faults.push({ at, rule: "out-of-order", detail: `${id} after ${highest}` });
    highest = Math.max(highest, Number(number));
    if (!sentence!.endsWith(".")) faults.push({ at, rule: "no-final-stop", detail: id! });
    const keywords = sentence!.match(KEYWORDS) ?? [];
    if (keywords.length !== 1 || keywords[0] !== level) {
      faults.push({ at, rule: "keyword", detail: `${id} wants one ${level}, has ${keywords.join(", ") || "none"}` });
    }
    requirements.push({
      id,
      level: level as Level,
      // Most are the gateway's: a line says only who else it is.
      role: (role ?? "gateway") as Role,
      profile: profile!,
      timing: timing!,
      sentence: sentence!,
      chapter,
      section,
    });
  }
  return { requirements, faults };
}

/** Reads all pages below `docs/spec/`, chapters in their order, and finds what no single page can show. */
export function catalogue(pages: readonly Page[]): { requirements: Requirement[]; faults: Fault[] } {
  const requirements: Requirement[] = [];
  const faults: Fault[] = [];
  const seen = new Set<string>();
  for (const page of inOrder(pages.filter((page) => page.path.startsWith("spec/")))) {
    const parsed = parsePage(page);
    faults.push(...parsed.faults);
    for (const requirement of parsed.requirements) {
      if (seen.has(requirement.id)) faults.push({ at: page.path, rule: "duplicate", detail: requirement.id });
      seen.add(requirement.id);
      requirements.push(requirement);
    }
  }
  return { requirements, faults };
}

/** Finds numbers that pages name and no requirement has; the pages may be any below `docs/`. */
export function unknownReferences(pages: readonly Page[], requirements: readonly Requirement[]): Fault[] {
  const known = new Set(requirements.map((requirement) => requirement.id));
  const faults: Fault[] = [];
  for (const page of pages) {
    page.text.split("\n").forEach((line, index) => {
      for (const id of line.match(REFERENCE) ?? []) {
        if (!known.has(id)) faults.push({ at: `${page.path}:${index + 1}`, rule: "unknown-reference", detail: id });
      }
    });
  }
  return faults;
}

/** The files that hold the catalogue, by their path from `docs/`, and how each is written. */
export const FILES: Readonly<Record<string, (requirements: readonly Requirement[]) => string>> = {
  "spec/catalogue.json": render,
  "../conformance/_catalogue.ts": renderModule,
};

/** Compares a file on disk with what the pages give. */
export function notCurrent(file: string, written: string, requirements: readonly Requirement[]): Fault[] {
  if (written === FILES[file](requirements)) return [];
  return [{ at: file, rule: "not-current", detail: "run scripts/spec_catalogue.ts" }];
}

/** Writes the catalogue as JSON, the way `deno fmt` would. */
export function render(requirements: readonly Requirement[]): string {
  return JSON.stringify(requirements, null, 2) + "\n";
}

/** Writes the catalogue as a module of one row a requirement: an import of JSON is not taken everywhere. */
export function renderModule(requirements: readonly Requirement[]): string {
  const rows = requirements.map(({ id, level, role, profile, timing, chapter, section, sentence }) =>
    `  ${JSON.stringify([id, level, role, profile, timing, chapter, section, sentence])},\n`
  );
  return `// deno-fmt-ignore-file
/** Made by scripts/spec_catalogue.ts: id, level, role, profile, timing, chapter, section, sentence. */
export const ROWS: readonly (readonly string[])[] = [
${rows.join("")}];
`;
}

/** Reads every Markdown page below a folder, sorted by path. */
export function readPages(root: URL, below = ""): Page[] {
  const pages: Page[] = [];
  for (const entry of Deno.readDirSync(new URL(below, root))) {
    if (entry.isDirectory) pages.push(...readPages(root, `${below}${entry.name}/`));
    else if (entry.name.endsWith(".md")) {
      const path = below + entry.name;
      pages.push({ path, text: Deno.readTextFileSync(new URL(path, root)) });
    }
  }
  return pages.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Lines outside code fences: an example of a requirement is none. */
function* prose(page: Page): Generator<{ line: string; at: string }> {
  let fenced = false;
  let number = 0;
  for (const line of page.text.split("\n")) {
    number++;
    if (line.startsWith("```")) fenced = !fenced;
    else if (!fenced) yield { line, at: `${page.path}:${number}` };
  }
}

function inOrder(pages: Page[]): Page[] {
  const order = Object.keys(CHAPTERS).map((chapter) => `spec/${chapter}.md`);
  return pages.sort((a, b) => order.indexOf(a.path) - order.indexOf(b.path));
}

function main(check: boolean): number {
  const docs = new URL("../docs/", import.meta.url);
  const pages = readPages(docs);
  const { requirements, faults } = catalogue(pages);
  faults.push(...unknownReferences(pages, requirements));
  for (const [file, rendered] of Object.entries(FILES)) {
    if (check) faults.push(...notCurrent(file, readIfThere(new URL(file, docs)), requirements));
    else Deno.writeTextFileSync(new URL(file, docs), rendered(requirements));
  }
  const lines = faults.map((fault) => `docs/${fault.at}: ${fault.rule}: ${fault.detail}\n`);
  lines.push(`spec: ${requirements.length} requirements, ${faults.length} faults\n`);
  Deno.stdout.writeSync(new TextEncoder().encode(lines.join("")));
  return faults.length === 0 ? 0 : 1;
}

function readIfThere(file: URL): string {
  try {
    return Deno.readTextFileSync(file);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return "";
  }
}

if (import.meta.main) Deno.exit(main(Deno.args.includes("--check")));
