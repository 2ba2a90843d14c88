import { assert, assertEquals } from "@std/assert";
import { Ajv2020 } from "npm:ajv@8.20.0/dist/2020.js";
import { CHECKS } from "../checks/mod.ts";
import type { Subject } from "../control.ts";
import { stdioSubject } from "../drivers/stdio.ts";
import { runChecks } from "../run.ts";
import { bellhop } from "../subjects/bellhop.ts";
import { playTranscript, readTranscript, transcriptPage } from "./transcript.ts";

const ROOT = new URL("../../", import.meta.url);
const PAGE = Deno.readTextFileSync(new URL("docs/conformance/transcript.md", ROOT));
const SCHEMA = JSON.parse(Deno.readTextFileSync(new URL("conformance/control.schema.json", ROOT)));

const ajv = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false, allowUnionTypes: true });
ajv.addSchema(SCHEMA, "control");
const isCommand = ajv.getSchema("control#/$defs/command")!;
const isAnswer = ajv.getSchema("control#/$defs/answer")!;

Deno.test("the transcript is what the reference says, byte for byte", async () => {
  assertEquals(PAGE, transcriptPage(await playTranscript()));
});

Deno.test("the transcript is what the reference says over its standard output, byte for byte", async () => {
  const lines: string[] = [];
  const command = `'${Deno.execPath()}' run -A conformance/subjects/serve_stdio.ts`;
  const subject = await stdioSubject(command, {
    wire: (from, line) => from === "subject" && lines.push(line),
  })();
  const exchanges = readTranscript(PAGE);
  for (const { said } of exchanges) {
    const { seq, ...rest } = JSON.parse(said);
    await subject.send(seq, rest);
  }
  await subject.close();
  assertEquals(lines, exchanges.map(({ answered }) => answered));
  assert(exchanges.length > 10);
});

Deno.test("every message of the transcript, and of every check on the reference, is as the schema says", async () => {
  for (const { said, answered } of readTranscript(PAGE)) {
    assert(isCommand(JSON.parse(said)), `${said}: ${ajv.errorsText(isCommand.errors)}`);
    assert(isAnswer(JSON.parse(answered)), `${answered}: ${ajv.errorsText(isAnswer.errors)}`);
  }
  const faults = new Set<string>();
  const listening = async (): Promise<Subject> => {
    const subject = await bellhop()();
    return {
      close: () => subject.close(),
      async send(seq, command) {
        if (!isCommand({ seq, ...command })) faults.add(`${command.do}: ${ajv.errorsText(isCommand.errors)}`);
        const answer = await subject.send(seq, command);
        if (!isAnswer(answer)) faults.add(`answer to ${command.do}: ${ajv.errorsText(isAnswer.errors)}`);
        return answer;
      },
    };
  };
  const checks = CHECKS.filter(({ kind }, index) => index % (kind === "vector" ? 20 : 3) === 0);
  await runChecks({ open: listening, checks, seed: 1, runs: 1 });
  assertEquals([...faults], []);
});

Deno.test("the schema refuses what is no message", () => {
  for (
    const message of [
      {},
      { seq: 1 },
      { seq: 1, do: "advance" },
      { seq: 1, do: "settle", call: "c1", answer: { verdict: "perhaps" } },
      { seq: 1, do: "start", nowMs: 0, draws: [], options: {} },
      { seq: 1, do: "ask", about: "everything", input: {} },
    ]
  ) assert(!isCommand(message), JSON.stringify(message));
  for (
    const message of [
      { seq: 1, nowMs: 0, events: [] },
      { seq: 1, nowMs: 0, events: [], ok: {}, refused: { code: "internal" } },
      { seq: 1, nowMs: 0, events: [], refused: { code: "NO" } },
      { seq: 1, nowMs: 0, ok: {} },
      { seq: 1, nowMs: 0, ok: {}, events: [{ kind: "call", for: "delivery", call: "c1" }] },
    ]
  ) assert(!isAnswer(message), JSON.stringify(message));
});
