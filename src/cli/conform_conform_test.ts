import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { reportOf, RESULTS } from "../../conformance/report/sample_report_test.ts";
import { isFailure, SPECIFICATION } from "../../conformance/mod.ts";
import { bellhop, running } from "./_bellhop_test.ts";
import { given } from "./arguments.ts";
import { CONFORM } from "./conform.ts";
import { conformExit } from "./conform_exit.ts";
import { Stop } from "./exit_code.ts";

const FAULTY = `'${Deno.execPath()}' run -A src/cli/_faulty_subject_test.ts`;
const JITTER = ["--only", "retry/full-jitter", "--seed", "7", "--runs", "20"];

function temporary(): Promise<string> {
  return Deno.makeTempDir({ prefix: "bellhop-conform-" });
}

Deno.test("bellhop conform passes the reference, and writes every report", async () => {
  const folder = await temporary();
  const files = ["json", "junit", "badge", "html"].flatMap((format) => [`--${format}`, `${folder}/report.${format}`]);
  const { code, out, told } = await bellhop([
    "conform",
    "--subject",
    "bellhop",
    "--only",
    "RET-019",
    "--quick",
    ...files,
  ]);
  assertEquals([code, told], [0, ""], out);
  assertMatch(out, /\npassed: \d+ passed, 0 failed\n$/);
  const json = JSON.parse(await Deno.readTextFile(`${folder}/report.json`));
  assertEquals([json.summary.passed, json.requirements.length], [true, SPECIFICATION.requirements.length]);
  assertStringIncludes(await Deno.readTextFile(`${folder}/report.junit`), `failures="0" errors="0"`);
  assertStringIncludes(await Deno.readTextFile(`${folder}/report.badge`), "<svg");
  assertStringIncludes(await Deno.readTextFile(`${folder}/report.html`), "RET-019");
  await Deno.remove(folder, { recursive: true });
});

Deno.test("bellhop conform tries itself on the store that is named, and says so in the replay", async () => {
  const sqlite = await bellhop([
    "conform",
    "--subject",
    "bellhop",
    "--store",
    "sqlite",
    "--only",
    "BUS-011",
    "--quick",
  ]);
  assertEquals([sqlite.code, sqlite.told], [0, ""], sqlite.out);
  for (const wrong of [["--subject", "bellhop", "--store", "paper"], ["--stdio", "cat", "--store", "sqlite"]]) {
    const { code, told } = await bellhop(["conform", ...wrong]);
    assertEquals(code, 2);
    assertStringIncludes(told, "--store");
  }
});

Deno.test("bellhop conform shows a failure with its smallest input, its diagram and a command that replays it", async () => {
  const first = await bellhop(["conform", "--stdio", FAULTY, ...JITTER]);
  assertEquals(first.code, 1, first.told);
  assertMatch(
    first.out,
    /fail retry\/full-jitter[^]*RET-\d+ [^\n]+\n[^]*with \[[^\n]+\n[^]*\|<- - - - \|[^]*replay: bellhop/,
  );
  const counterexample = /with (\[.*)/.exec(first.out)![1];
  const replay = /replay: bellhop (.*)/.exec(first.out)![1];
  assertStringIncludes(replay, "--path ");
  // Read by a shell, as a person would have it read.
  const words = await new Deno.Command("sh", { args: ["-c", `printf '%s\\n' ${replay}`] }).output();
  const again = await bellhop(new TextDecoder().decode(words.stdout).trimEnd().split("\n"));
  assertEquals(again.code, 1, again.told);
  assertEquals(/with (\[.*)/.exec(again.out)?.[1], counterexample);
});

Deno.test("bellhop conform says what to do next, with the exchange that shows it", async () => {
  const { code, out } = await bellhop(["conform", "--stdio", FAULTY, "--next", ...JITTER]);
  assertEquals(code, 1);
  assertMatch(
    out,
    /0 of 1 checks[^]*Next:[^]*RET-\d+ \(MUST, core; docs\/spec\/retry.md, [^]*suite +\{[^]*yours +\{[^]*replay/,
  );
  const all = await bellhop(["conform", "--subject", "bellhop", "--next", "--only", "retry/full-jitter", "--quick"]);
  assertEquals([all.code, all.out], [
    0,
    "1 of 1 checks of what is declared pass.\nEverything is declared, and holds.\n",
  ]);
});

Deno.test("bellhop conform puts up with what is known, until it passes", async () => {
  const folder = await temporary();
  const baseline = ["--baseline", `${folder}/known.json`];
  const faulty = ["conform", "--stdio", FAULTY, ...JITTER, ...baseline];
  assertEquals((await bellhop(faulty)).code, 2);
  const wrote = await bellhop([...faulty, "--write-baseline"]);
  assertEquals(wrote.code, 0, wrote.told);
  assertStringIncludes(wrote.told, "1 of which want a reason");
  const unexplained = await bellhop(faulty);
  assertEquals(unexplained.code, 2);
  assertStringIncludes(unexplained.told, "entry retry/full-jitter has no reason");
  const known = JSON.parse(await Deno.readTextFile(baseline[1]));
  Object.assign(known.known[0], { reason: "we halve", link: "https://example.com/7" });
  await Deno.writeTextFile(baseline[1], JSON.stringify(known));
  const put = await bellhop(faulty);
  assertEquals(put.code, 0, put.out);
  assertMatch(put.out, /known until .*: we halve[^]*passed: 0 passed, 0 failed, 1 known to fail/);
  const stale = await bellhop(["conform", "--subject", "bellhop", ...JITTER, ...baseline]);
  assertEquals(stale.code, 6, stale.out);
  assertStringIncludes(stale.out, "retry/full-jitter: it passes now");
  await Deno.remove(folder, { recursive: true });
});

Deno.test("bellhop conform tells a program that would not start from one that breaks", async () => {
  const none = await bellhop(["conform", "--stdio", "echo no such module >&2; exit 4", "--quick"]);
  assertEquals(none.code, 7);
  assertMatch(none.told, /ended with code 4[^]*no such module/);
  const crash = await bellhop(["conform", "--stdio", `${FAULTY} crash`, ...JITTER]);
  assertEquals(crash.code, 1);
  assertMatch(crash.out, /not-testable retry\/full-jitter[^]*ended with code 3[^]*segmentation fault/);
});

Deno.test("bellhop conform tries a gateway over HTTP: one that it starts, and one that runs", async () => {
  const subset = ["--only", "http/publish", "--quick", "--seed", "1"];
  const serve = `'${Deno.execPath()}' run -A conformance/subjects/serve_http.ts`;
  const started = await bellhop(["conform", "--http-command", serve, ...subset]);
  assertEquals([started.code, started.told], [0, ""], started.out);
  assertMatch(started.out, /time +real[^]*\npassed: [1-9]\d* passed, 0 failed/);
  await using gateway = running(["gateway", "--port", "0", "--store", "memory", "--json"]);
  const { url } = JSON.parse(await gateway.line());
  const found = await bellhop(["conform", "--http", url, ...subset]);
  assertEquals([found.code, found.told], [0, ""], found.out);
  assertMatch(found.out, /\npassed: [1-9]\d* passed, 0 failed/);
});

Deno.test("bellhop conform refuses what it cannot do before it starts anything", async () => {
  for (
    const [args, why] of [
      [[], "got none"],
      [["--subject", "bellhop", "--stdio", "cat"], "got --stdio and --subject"],
      [["--subject", "dapr"], "there is bellhop alone"],
      [["--http", "ftp://x"], "wanted an http URL"],
      [["--subject", "bellhop", "--only", "RET-999"], "no check is about that"],
      [["--subject", "bellhop", "--profile", "cor"], "there is no profile"],
      [["--subject", "bellhop", "--level", "may"], "wanted must or should"],
      [["--subject", "bellhop", "--runs", "0"], "from 1 to 10000"],
      [["--subject", "bellhop", "--path", "$(x)"], "numbers and colons"],
      [["--subject", "bellhop", "--json", "a", "--html", "a"], "two reports want"],
      [["--subject", "bellhop", "--write-baseline"], "wants --baseline FILE"],
      [["--subject", "bellhop", "--baseline", "no/such/file"], "cannot read no/such/file"],
    ] as const
  ) {
    const stop = await assertRejects(async () => await CONFORM.run(given(args, CONFORM.options)), Stop, why);
    assertEquals(stop.exitCode, 2);
  }
  assertEquals((await bellhop(["conform"])).code, 2);
});

Deno.test("bellhop conform --list shows the requirements that are meant, for people and as JSON", async () => {
  const { code, out } = await bellhop(["conform", "--list"]);
  assertEquals([code, out.trim().split("\n").length], [0, SPECIFICATION.requirements.length + 1]);
  const some = await bellhop(["conform", "--list", "--only", "RET-01", "--level", "must", "--json", "-"]);
  const { requirements } = JSON.parse(some.out);
  assertEquals(requirements.map(({ id }: { id: string }) => id).slice(0, 2), ["RET-010", "RET-011"]);
  assert(requirements.find(({ id }: { id: string }) => id === "RET-017").checks.includes("retry/first-retry-waits-0"));
});

Deno.test("bellhop conform ends the program that it started when it is stopped", async () => {
  const folder = await temporary();
  await using command = running(["conform", "--stdio", `echo $$ > ${folder}/pid; exec sleep 60`]);
  const pid = await until(async () => Number(await Deno.readTextFile(`${folder}/pid`).catch(() => "")));
  const { code, told } = await command.stop("SIGINT");
  assertEquals(code, 130, told);
  assert(!await isGone(Deno.pid));
  await until(() => isGone(pid));
  await Deno.remove(folder, { recursive: true });
});

Deno.test("conformExit() weighs a failure above a fault of the suite, and that above a baseline out of date", () => {
  const stale = [{ check: "a", why: "it passes now" }];
  const suite = { ...RESULTS[4], broken: "suite" as const };
  const code = (results: typeof RESULTS, known?: typeof stale) =>
    conformExit({ ...reportOf(results), ...(known === undefined ? {} : { stale: known }) }, isFailure);
  assertEquals(code([RESULTS[0], RESULTS[2], RESULTS[3]]), 0);
  assertEquals(code([RESULTS[0], RESULTS[2]], stale), 6);
  assertEquals(code([RESULTS[0], suite], stale), 8);
  assertEquals([code([suite, RESULTS[1]], stale), code([suite, RESULTS[4]])], [1, 1]);
});

Deno.test("no other command loads the suite", async () => {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json", "src/cli/main.ts"] }).output();
  const { roots, modules } = JSON.parse(new TextDecoder().decode(stdout)) as {
    roots: string[];
    modules: { specifier: string; dependencies?: { isDynamic?: boolean; code?: { specifier?: string } }[] }[];
  };
  const byName = new Map(modules.map((module) => [module.specifier, module]));
  const found = new Set<string>();
  const visit = (name: string): void => {
    if (found.has(name)) return;
    found.add(name);
    for (const { code, isDynamic } of byName.get(name)?.dependencies ?? []) {
      if (isDynamic !== true && code?.specifier !== undefined) visit(code.specifier);
    }
  };
  roots.forEach(visit);
  assert([...found].some((name) => name.endsWith("/src/cli/conform.ts")));
  assertEquals([...found].filter((name) => /\/conformance\/(mod|run|checks|drivers)|fast-check/.test(name)), []);
});

async function until<T>(look: () => Promise<T>): Promise<T> {
  for (const deadline = Date.now() + 10_000; Date.now() < deadline;) {
    const seen = await look();
    if (seen) return seen;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("it did not come to that within 10 s");
}

/** Whether a process has ended; one that nobody has asked for its code yet has, too. */
async function isGone(pid: number): Promise<boolean> {
  const { stdout } = await new Deno.Command("ps", { args: ["-o", "stat=", "-p", String(pid)] }).output();
  const state = new TextDecoder().decode(stdout).trim();
  return state === "" || state.startsWith("Z");
}
