/** A fenced block of a page: its language, the words behind it, and its text. */
export interface Block {
  readonly language: string;
  readonly words: Readonly<Record<string, string>>;
  readonly text: string;
  /** Of the first line of the text. */
  readonly line: number;
}

/** What becomes of a block: said for each, so that none is left out in silence. */
export interface Plan {
  /** Bash that plays the page in its order. */
  readonly script: string;
  /** Files that the page has its reader save. */
  readonly files: ReadonlyMap<string, string>;
  /** What the page says that the command before it prints. */
  readonly expected: readonly { readonly line: number; readonly log: string; readonly text: string }[];
  /** Blocks that cannot run, and the reason that their info string gives. */
  readonly left: readonly string[];
}

const RUNS: ReadonlySet<string> = new Set(["ts", "js", "sh"]);

/** The blocks of a page. A word without `=` stands for itself: `ts ignore before=bullmq`. */
export function blocksOf(page: string): Block[] {
  return [...page.matchAll(/^```([^\n]*)\n([\s\S]*?)^```$/gm)].map((found) => {
    const [language, ...words] = found[1].trim().split(/\s+/);
    const pairs = words.map((word) => [...word.split("="), ""].slice(0, 2));
    const line = page.slice(0, found.index).split("\n").length + 1;
    return { language, words: Object.fromEntries(pairs), text: found[2], line };
  });
}

/**
 * How a page is played. In its info string a block says `file=NAME` if it is to be saved, `until=WORD` if it goes on
 * (what follows waits until it has said the word), `by=PLACE` if it runs elsewhere, and `before=PEER` if it shows the
 * code of another library. A `text` block with `said` is what the block before it prints; `…` stands for anything.
 */
export function planOf(page: string): Plan {
  const files = new Map<string, string>();
  const expected: { line: number; log: string; text: string }[] = [];
  const left: string[] = [];
  const script = ["set -eu"];
  let log: string | undefined;
  for (const { language, words, text, line } of blocksOf(page)) {
    if (language === "text" && "said" in words) {
      if (log === undefined) throw new Error(`line ${line}: nothing ran before`);
      expected.push({ line, log, text });
      continue;
    }
    if (words.file !== undefined) {
      files.set(words.file, text);
      continue;
    }
    if (!RUNS.has(language)) continue;
    if ("before" in words || "by" in words) {
      left.push(`line ${line}: ${"by" in words ? `by ${words.by}` : `code of ${words.before}`}`);
      continue;
    }
    log = `line_${line}.log`;
    let command = text;
    if (language !== "sh") {
      files.set(`line_${line}.${language}`, text);
      command = `deno run -A line_${line}.${language}\n`;
    }
    script.push(`echo 'line ${line}' >&2`);
    if (words.until === undefined) {
      script.push(`{\n${command}} > ${log} 2>&1 || { cat ${log} >&2; exit 1; }`);
    } else {
      script.push(`{\n${command}} > ${log} 2>&1 &`);
      script.push(
        `until grep -q '${words.until}' ${log}; do kill -0 $! || { cat ${log} >&2; exit 1; }; sleep 0.05; done`,
      );
    }
  }
  return { script: script.join("\n") + "\n", files, expected, left };
}

/** Lines of the page that were not said, in their order. */
export function unsaid(text: string, said: string): string[] {
  const lines = said.split("\n").map((line) => line.trimEnd());
  let from = 0;
  return text.trimEnd().split("\n").filter((wanted) => {
    const at = lines.findIndex((line, i) => i >= from && fits(wanted, line));
    if (at >= 0) from = at + 1;
    return at < 0;
  });
}

function fits(wanted: string, line: string): boolean {
  const parts = wanted.trimEnd().split("…").map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(line);
}
