/**
 * What is too long for CI: `deno task long <part>` runs it and leaves a row in docs/evidence.json.
 *
 * @module
 */
import { EVIDENCE_FILE, readEvidence } from "./evidence.ts";
import { print } from "./_print.ts";
import { run } from "./_process.ts";
import { LONG_PARTS, type LongPart } from "./long_parts.ts";

if (import.meta.main) {
  Deno.chdir(new URL("..", import.meta.url));
  const part = LONG_PARTS.find(({ name }) => name === Deno.args[0]);
  if (part === undefined) {
    print(`usage: deno task long <part>; parts: ${LONG_PARTS.map(({ name }) => name).join(", ")}`);
    Deno.exit(2);
  }
  Deno.exit(await runPart(part) ? 0 : 1);
}

async function runPart(part: LongPart): Promise<boolean> {
  await Deno.mkdir("results", { recursive: true });
  const commit = await checkedOut();
  const startedMs = Date.now();
  const commands = part.commands().filter((command) => command.length > 0);
  let passed = commands.length > 0;
  for (const command of commands) {
    const leftSeconds = part.limitSeconds - (Date.now() - startedMs) / 1_000;
    const { code, overtime } = await run([Deno.execPath(), ...command], leftSeconds, part.env);
    passed = code === 0 && !overtime;
    if (!passed) break;
  }
  const row = {
    part: part.name,
    commit,
    date: new Date(startedMs).toISOString().replace(/\.\d+Z$/, "Z"),
    command: `deno task long ${part.name}`,
    seconds: Math.round((Date.now() - startedMs) / 100) / 10,
    result: passed ? "passed" as const : "failed" as const,
  };
  await Deno.writeTextFile(EVIDENCE_FILE, `${JSON.stringify([...await readEvidence(), row], undefined, 2)}\n`);
  print(JSON.stringify(row));
  return passed;
}

async function checkedOut(): Promise<string> {
  const git = async (...args: string[]) => {
    const { stdout } = await new Deno.Command("git", { args }).output();
    return new TextDecoder().decode(stdout).trim();
  };
  const changed = await git("status", "--porcelain", "--untracked-files=no");
  return `${await git("rev-parse", "HEAD")}${changed === "" ? "" : "+"}`;
}
