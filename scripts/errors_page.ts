/**
 * Writes `docs/errors.md` from the list of errors and the notes on them; `--check` only compares.
 *
 *     deno run -A scripts/errors_page.ts [--check]
 *
 * Exit code 1 with `--check` if the page is stale.
 *
 * @module
 */
import { type ErrorCode, ERRORS } from "../src/core/error.ts";
import { print } from "./_print.ts";
import { ERROR_NOTES, type ErrorNotes, type Group, GROUPS, type ProblemExample } from "./error_notes.ts";

const PAGE = new URL("../docs/errors.md", import.meta.url);

/** The code of which a problem is shown with all its members. */
const FULL: ErrorCode = "queue-full";

const HEAD = `# Errors

<!-- Made by scripts/errors_page.ts from src/core/error.ts and scripts/error_notes.ts: change those. -->

Whatever goes wrong has a code of this list: as \`error.code\` of a \`BellhopError\`, and as \`code\` of a problem document (RFC 9457, [spec HTTP](spec/http.md#problems)). Match on the code; texts may change, and so may \`type\`, the address where a code is explained. A gateway serves this list itself, at \`errors\` below its mount.

_Blame_ says where the cause is: with the sender, the receiver, the gateway or who runs it. _Retry_ says whether the same request may succeed later. Of a problem document, the examples show what is not said above them; in full it is:

\`\`\`http
HTTP/1.1 ${ERRORS[FULL].status}
content-type: application/problem+json
retry-after: 1

${JSON.stringify(inFull(), null, 2)}
\`\`\``;

/** The page, the way \`deno fmt\` would write it. */
export function errorsPage(): string {
  const groups = Object.keys(GROUPS) as Group[];
  return [HEAD, ...groups.map(index), ...groups.map(section)].join("\n\n") + "\n";
}

function codesOf(group: Group): ErrorCode[] {
  return (Object.keys(ERRORS) as ErrorCode[]).filter((code) => ERROR_NOTES[code].group === group);
}

function index(group: Group): string {
  const links = codesOf(group).map((code) => `[\`${code}\`](#${code})`);
  return `**[${GROUPS[group][0]}](#${group})** ${links.join(" · ")}`;
}

function section(group: Group): string {
  const [title, about] = GROUPS[group];
  return [`## ${title}`, about, ...codesOf(group).map((code) => entry(code, ERROR_NOTES[code]))].join("\n\n");
}

function entry(code: ErrorCode, { cause, example }: ErrorNotes): string {
  const { status, blame, retry, title, fix } = ERRORS[code];
  const shown = typeof example === "string" ? ["text", example] : ["http", problem(code, example)];
  return [
    `### ${code}`,
    `**${escaped(title)}.** Status ${status} · blame: ${blame} · retry: ${retry ? "yes" : "no"}`,
    `_Cause:_ ${cause}`,
    `_What to do:_ ${escaped(fix)}`,
    ["```" + shown[0], shown[1], "```"].join("\n"),
  ].join("\n\n");
}

function inFull(): object {
  const { title, status, retry, fix } = ERRORS[FULL];
  return { type: `/bus/errors#${FULL}`, title, status, ...ERROR_NOTES[FULL].example as object, code: FULL, retry, fix };
}

/** What an occurrence adds; all else of its problem stands above it. */
function problem(code: ErrorCode, example: ProblemExample): string {
  return `HTTP/1.1 ${ERRORS[code].status}\n\n${JSON.stringify({ code, ...example })}`;
}

/** A sentence as Markdown: a star outside of code is a star. */
function escaped(text: string): string {
  return text.split("`").map((part, at) => at % 2 === 0 ? part.replaceAll("*", "\\*") : part).join("`");
}

function main(check: boolean): number {
  const page = errorsPage();
  if (check) {
    const found = Deno.readTextFileSync(PAGE);
    if (found === page) return 0;
    print("docs/errors.md is stale: run scripts/errors_page.ts");
    return 1;
  }
  Deno.writeTextFileSync(PAGE, page);
  return 0;
}

if (import.meta.main) Deno.exit(main(Deno.args.includes("--check")));
