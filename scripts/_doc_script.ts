/** A fenced block of a page: its language, the words behind it, and its text. */
export interface Block {
  readonly language: string;
  readonly words: Readonly<Record<string, string>>;
  readonly text: string;
  /** Of the first line of the text. */
  readonly line: number;
}

/** What a page says that is printed, and the log in which it must be. */
export interface Expected {
  readonly line: number;
  readonly log: string;
  readonly text: string;
}

/** What becomes of a block: said for each, so that none is left out in silence. */
export interface Plan {
  /** Bash that plays the page in its order. `$PAGE` is the folder of its texts and logs, `$CLONE` a clone. */
  readonly script: string;
  /** What is to lie in `$PAGE`. */
  readonly files: ReadonlyMap<string, string>;
  readonly expected: readonly Expected[];
  /** Code of other libraries, to be judged by a compiler: what they speak with is not here. */
  readonly before: readonly (Block & { readonly peer: string })[];
  /** Commands that CI runs by themselves. */
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
 * How a page is played: from its top to its end in one shell, so that a `cd` counts for what follows. In its info
 * string a block says `in=clone` if it begins in a clone, `file=NAME` if it is to be saved where the reader then is,
 * `until=WORD` if it goes on (what follows waits until it has said the word), and `before=PEER` if it is the code of
 * another library. A `text` block with `said` is what the block before it prints, with `said=WORD` what the one with
 * `until=WORD` has printed at the end; as is the comment behind a
 * `console.log(…);`; `…` stands for anything.
 *
 * @param elsewhere commands that are left out, since CI runs them by themselves
 */
export function planOf(page: string, elsewhere: readonly string[] = []): Plan {
  const files = new Map<string, string>();
  const expected: Expected[] = [];
  const before: (Block & { peer: string })[] = [];
  const left: string[] = [];
  const script = ["set -eu"];
  const lasting = new Map<string, string>();
  let log: string | undefined;
  for (const block of blocksOf(page)) {
    const { language, words, text, line } = block;
    if (language === "text" && "said" in words) {
      const from = words.said === "" ? log : lasting.get(words.said);
      if (from === undefined) throw new Error(`line ${line}: nothing ran before`);
      expected.push({ line, log: from, text });
      continue;
    }
    if (words.file !== undefined) {
      files.set(words.file, text);
      script.push(`cp "$PAGE/${words.file}" .`);
      continue;
    }
    if (!RUNS.has(language)) continue;
    if (words.before !== undefined) {
      before.push({ ...block, peer: words.before });
      continue;
    }
    log = `line_${line}.log`;
    let command = text;
    if (language === "sh") {
      const lines = text.split("\n");
      left.push(...lines.filter((one) => elsewhere.includes(one)));
      command = lines.filter((one) => !elsewhere.includes(one)).join("\n");
    } else {
      files.set(`line_${line}.${language}`, text);
      command = `cp "$PAGE/line_${line}.${language}" .\ndeno run -A line_${line}.${language}\n`;
      const said = printed(text);
      if (said !== "") expected.push({ line, log, text: said });
    }
    script.push(`echo 'line ${line}' >&2`);
    if (words.in === "clone") script.push('cd "$CLONE"');
    const at = `"$PAGE/${log}"`;
    if (words.until === undefined) {
      script.push(`{\n${command}} > ${at} 2>&1 || { cat ${at} >&2; exit 1; }`);
    } else {
      lasting.set(words.until, log);
      script.push(`{\n${command}} > ${at} 2>&1 &`);
      script.push(
        `until grep -q '${words.until}' ${at}; do kill -0 $! || { cat ${at} >&2; exit 1; }; sleep 0.05; done`,
      );
    }
  }
  return { script: script.join("\n") + "\n", files, expected, before, left };
}

/** What comments say that their lines print. */
function printed(code: string): string {
  return [...code.matchAll(/^\s*console\.log\(.*\); \/\/ (.+)$/gm)].map(([, said]) => `${said}\n`).join("");
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
