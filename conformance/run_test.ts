import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import type { Check } from "./check.ts";
import type { Answer, Command, OpenSubject, Subject } from "./control.ts";
import { SubjectBroken } from "./failure.ts";
import { runChecks } from "./run.ts";

const HELLO = {
  control: 1,
  name: "x",
  version: "1",
  spec: "0.1",
  profiles: ["core"],
  clock: "virtual",
  asks: [],
  can: [],
} as const;

function check(id: string, run: Check["run"]): Check {
  return { id, requirements: ["RET-017"], title: id, kind: "scenario", needs: ["core"], run };
}

const asking = (id: string): Check => check(id, async (session) => void await session.say({ do: "drain" }));
const passing = check("passing", (session) => Promise.resolve(session.must(true, "RET-017", "")));

/** A subject that says hello and answers all else as told; counts how often it was opened and closed. */
function subject(answer: (command: Command) => Promise<Partial<Answer>>, maxOpens = Infinity, hello: object = HELLO) {
  const counts = { opened: 0, closed: 0 };
  const open: OpenSubject = () => {
    if (++counts.opened > maxOpens) return Promise.reject(new Error("no such file"));
    const one: Subject = {
      send: async (seq, command) => ({
        seq,
        nowMs: 0,
        events: [],
        ...command.do === "hello" ? { ok: hello as never } : await answer(command),
      }),
      close: () => Promise.resolve(void counts.closed++),
    };
    return Promise.resolve(one);
  };
  return { open, counts };
}

Deno.test("runChecks() opens a subject anew after it broke, and says which check broke it", async () => {
  const { open, counts } = subject(() => Promise.reject(new Error("segmentation fault")));
  const { results } = await runChecks({ open, checks: [asking("a"), passing, asking("b")], seed: 1, runs: 1 });
  assertEquals(results.map(({ verdict, broken }) => [verdict, broken]), [
    ["not-testable", "subject"],
    ["pass", undefined],
    ["not-testable", "subject"],
  ]);
  assertMatch(results[0].reason!, /segmentation fault/);
  assertEquals(counts, { opened: 3, closed: 3 });
});

Deno.test("runChecks() keeps what it has when the subject cannot be opened again", async () => {
  const { open } = subject(() => Promise.reject(new Error("crash")), 1);
  const { results } = await runChecks({ open, checks: [passing, asking("a"), passing], seed: 1, runs: 1 });
  assertEquals(results.map(({ verdict }) => verdict), ["pass", "not-testable", "not-testable"]);
  assertMatch(results[2].reason!, /would not start again: .*no such file/);
});

Deno.test("runChecks() gives up on a subject that is silent, and on one that does nothing but break", async () => {
  const many = Array.from({ length: 60 }, (_, at) => asking(`a${at}`));
  const silent = subject(() => new Promise(() => {}));
  const options = { seed: 1, runs: 1, checks: many, commandTimeoutMs: 20 };
  const silence = await runChecks({ open: silent.open, ...options });
  assertEquals([silence.results.length, silent.counts], [60, { opened: 4, closed: 5 }]);
  assertMatch(silence.results[59].reason!, /given up.*no answer to drain within 20 ms/);
  const crashing = subject(() => Promise.reject(new Error("crash")));
  const crash = await runChecks({ open: crashing.open, ...options });
  assertEquals([crash.results.every(({ verdict }) => verdict === "not-testable"), crashing.counts.opened], [true, 20]);
});

Deno.test("runChecks() tells a fault of the suite from one of the subject", async () => {
  const { open } = subject(() => Promise.resolve({ ok: {} }));
  const odd = check("odd", () => Promise.reject(new TypeError("x is undefined")));
  const { results } = await runChecks({ open, checks: [odd], seed: 1, runs: 1 });
  assertEquals([results[0].verdict, results[0].broken], ["not-testable", "suite"]);
  assertMatch(results[0].reason!, /the suite itself failed: TypeError: x is undefined/);
});

Deno.test("runChecks() rejects, and leaves nothing open, when the subject says no hello", async () => {
  const { open, counts } = subject(() => Promise.resolve({}));
  const deaf: OpenSubject = async () => ({ ...await open(), send: () => Promise.reject(new Error("deaf")) });
  await assertRejects(() => runChecks({ open: deaf, checks: [], seed: 1, runs: 1 }), SubjectBroken, "deaf");
  assertEquals(counts, { opened: 1, closed: 1 });
  const odd = { ...HELLO, clock: "sundial", name: undefined };
  const timeless: OpenSubject = async () => ({
    ...await open(),
    send: (seq) => Promise.resolve({ seq, nowMs: 0, events: [], ok: odd as never }),
  });
  await assertRejects(() => runChecks({ open: timeless, checks: [], seed: 1, runs: 1 }), SubjectBroken, "sundial");
  const none = () => Promise.reject(new Error("no such file"));
  await assertRejects(() => runChecks({ open: none, checks: [], seed: 1, runs: 1 }), SubjectBroken, "no such file");
});

/** Says of everything but hello that it does not know it. */
function ignorant(hello: object) {
  return subject(() => Promise.resolve({ unsupported: "not there yet" }), Infinity, { ...HELLO, ...hello });
}

Deno.test("runChecks() lets nobody out of what is declared by saying that a command is not known", async () => {
  const said: readonly Command[] = [
    { do: "settle", call: "c1", answer: { verdict: "ack" } },
    { do: "settle", call: "c1", answer: { verdict: "working" } },
    { do: "store", action: "fail" },
    { do: "store", action: "crash" },
    { do: "hang-up", to: 1 },
    { do: "drain" },
  ];
  const checks = said.map((command, at) => check(`${at}`, async (session) => void await session.say(command)));
  const verdicts = async (hello: object) =>
    (await runChecks({ open: ignorant(hello).open, checks, seed: 1, runs: 1 })).results.map(({ verdict }) => verdict);
  const none = "not-applicable";
  const held = "not-testable";
  assertEquals(await verdicts({}), [held, none, none, none, none, none]);
  const can = ["working", "store-faults", "crash", "streams", "drain"];
  assertEquals(await verdicts({ can }), [held, held, held, held, held, held]);
});

Deno.test("runChecks() goes on with a subject that does not know much yet", async () => {
  const { open, counts } = ignorant({});
  const unknown = (at: number) => check(`${at}`, async (session) => void await session.start());
  const checks = [...Array.from({ length: 30 }, (_, at) => unknown(at)), passing];
  const { results } = await runChecks({ open, checks, seed: 1, runs: 1 });
  assertEquals([results[29].verdict, results[30].verdict, counts.opened], ["not-testable", "pass", 1]);
  assertMatch(results[29].reason!, /^start is needed for what is declared/);
});

Deno.test("runChecks() asks of a declared part of core its questions, named in asks or not", async () => {
  const asks = { ...passing, asks: "policy", needs: ["core.retry"] } as const;
  const verdict = async (hello: object) =>
    (await runChecks({ open: ignorant(hello).open, checks: [asks], seed: 1, runs: 1 })).results[0].verdict;
  assertEquals(await verdict({ profiles: ["core.retry"] }), "not-testable");
  assertEquals(await verdict({ profiles: ["core.retry"], asks: ["policy"] }), "pass");
  assertEquals(await verdict({ profiles: ["core"] }), "not-applicable");
});

Deno.test("runChecks() rejects a hello by which nothing would be judged", async () => {
  for (const profiles of [[], ["cores"]]) {
    const { open, counts } = ignorant({ profiles });
    const run = () => runChecks({ open, checks: [], seed: 1, runs: 1 });
    await assertRejects(run, SubjectBroken, "hello wants profiles of");
    assertEquals(counts, { opened: 1, closed: 1 });
  }
});
