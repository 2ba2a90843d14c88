/**
 * Every vector as a check.
 *
 * @module
 */
import type { Check } from "../check.ts";
import type { Json, JsonObject, Profile, Question } from "../control.ts";
import { NotApplicable } from "../failure.ts";
import { requirementOf } from "../requirement.ts";
import { canonical, type Reply, type Session } from "../session.ts";
import { bodyBytes, expand, type Vector } from "../vectors/expand.ts";
import { VECTOR_FILES } from "../vectors/mod.ts";
import { base64, comparable } from "./_envelopes.ts";
import { cursorAtPlaceOne } from "./_queued.ts";

/** What a subject must declare to be asked; every question needs to be declared too. */
const NEEDS: { readonly [about: string]: readonly Profile[] } = {
  parse: ["core.envelope"],
  write: ["core.envelope"],
  delay: ["core.retry"],
  policy: ["core.retry"],
  order: ["core"],
};

/** See the module. */
export const VECTOR_CHECKS: readonly Check[] = VECTOR_FILES.flatMap(({ about, vectors }) => {
  const byId = new Map(vectors.map((vector) => [vector.id, vector]));
  return vectors.map((vector): Check => {
    const twin = vector.twin === undefined ? undefined : byId.get(vector.twin);
    return {
      id: `vectors/${vector.id}`,
      requirements: vector.requirements,
      title: `${about}: ${vector.title}`,
      kind: "vector",
      needs: needsOf(about, vector),
      ...(about === "order" ? {} : { asks: about as Question, virtual: false }),
      async run(session: Session) {
        if (about === "order") return await runOrder(session, written(vector));
        if (twin !== undefined) await runQuestion(session, about as Question, written(twin));
        if (about === "match" && vector.expect.refused !== undefined) await runQuestion(session, about, PATTERN);
        await runQuestion(session, about as Question, written(vector));
      },
    };
  });
});

/** What no refusal of a pattern counts without. */
const PATTERN: Vector = {
  id: "match-twin",
  requirements: ["REG-038"],
  title: "a pattern without wildcards matches itself",
  input: { pattern: "a.b", type: "a.b" },
  expect: { matches: true },
};

/** Binary mode belongs to the profile http, whatever else a vector is about. */
function needsOf(about: string, { requirements, input }: Vector): readonly Profile[] {
  const binary = about === "write" ? input.mode === "binary" : about === "parse" && !isCloudEvents(input.headers);
  const http = binary || about === "parse" && requirements.some((id) => requirementOf(id)?.profile === "http");
  return [...NEEDS[about] ?? [], ...(http ? ["http" as const] : [])];
}

function isCloudEvents(headers: Readonly<Record<string, string>>): boolean {
  return Object.entries(headers).some(([name, value]) =>
    name.toLowerCase() === "content-type" && /^application\/cloudevents/i.test(value)
  );
}

function written(vector: Vector): Vector {
  return { ...vector, input: expand(vector.input), expect: expand(vector.expect) };
}

async function runQuestion(session: Session, about: Question, vector: Vector): Promise<void> {
  const { input, expect } = vector;
  const found = answerOf(await session.ask(about, input));
  const judge: Judge = (holds, what) => {
    for (const id of vector.requirements) session.must(holds, id, () => `${vector.id}, ${vector.title}: ${what}`);
  };
  if (about === "parse") return judgeParsed(session, judge, expect, found);
  if (about === "write") return judgeWritten(judge, input, expect, found);
  judgeEqual(judge, about, expect, found);
}

type Judge = (holds: boolean, what: string) => void;

/** A refusal may be told as such, or as the expectation that it is. */
function answerOf(reply: Reply): JsonObject {
  if (reply.ok !== undefined) return reply.ok;
  if (reply.refused !== undefined) return { refused: reply.refused as unknown as Json };
  return { pending: true };
}

function judgeEqual(judge: Judge, about: Question, expect: JsonObject, found: JsonObject): void {
  const shown = `wanted ${short(expect)}, got ${short(found)}`;
  if (expect.refused === undefined) {
    const named = Object.fromEntries(Object.keys(expect).map((member) => [member, found[member] ?? null]));
    return judge(found.refused === undefined && canonical(named) === canonical(expect), shown);
  }
  if (found.refused === undefined) return judge(false, shown);
  if (about === "match") return judge(found.refused !== false, shown);
  const { code, field } = refusalOf(found);
  if (about === "verify") return judge(code === expect.refused, shown);
  const wanted = expect.refused as { readonly code: string; readonly field: string };
  judge(code === wanted.code && field === wanted.field, shown);
}

interface Refused {
  readonly code?: string;
  readonly field?: string;
  readonly faults?: readonly { readonly field?: string; readonly code?: string; readonly reason?: string }[];
}

function refusalOf({ refused }: JsonObject): Refused {
  return typeof refused === "string" ? { code: refused } : refused as Refused;
}

function judgeParsed(session: Session, judge: Judge, expect: JsonObject, found: JsonObject): void {
  const shown = `wanted ${short(expect)}, got ${short(found)}`;
  if (expect.batch !== undefined) {
    const items = expect.batch as readonly JsonObject[];
    const results = found.batch as readonly JsonObject[] | undefined;
    judge(Array.isArray(results) && results.length === items.length, shown);
    return items.forEach((item, at) => judgeParsed(session, judge, item, results![at]));
  }
  if (expect.envelope !== undefined) {
    const { envelope } = found as { readonly envelope?: JsonObject };
    judge(envelope !== undefined && comparable(envelope) === comparable(expect.envelope as JsonObject), shown);
    return;
  }
  judge(found.refused !== undefined && found.refused !== null, shown);
  const [wanted, got] = [expect.refused as Refused, refusalOf(found)];
  judge(got.code === wanted.code, shown);
  const faults = got.faults ?? [];
  for (const { field, code } of wanted.faults ?? []) {
    judge(
      faults.some((one) => (field ?? one.field) === one.field && (code ?? one.code) === one.code),
      `no fault ${field ?? "(any field)"} ${code ?? "(any code)"} among ${short(faults)}`,
    );
  }
  for (const fault of faults) {
    for (const part of ["field", "code", "reason"] as const) {
      session.must(typeof fault[part] === "string", "ENV-005", () => `a fault without ${part}: ${short(fault)}`);
    }
  }
}

function judgeWritten(judge: Judge, input: JsonObject, expect: JsonObject, found: JsonObject): void {
  const shown = `wanted ${short(expect)}, got ${short(found)}`;
  judge(typeof found.headers === "object" && found.headers !== null, shown);
  const wanted = expect.headers as Readonly<Record<string, string>>;
  const headers = new Map(
    Object.entries(found.headers as Readonly<Record<string, string>>).map(([name, value]) => [
      name.toLowerCase(),
      value,
    ]),
  );
  const type = headers.get("content-type");
  if (input.mode === "structured") {
    judge(type?.split(";")[0].trim().toLowerCase() === wanted["content-type"], shown);
    const [got, hoped] = [jsonOf(found), jsonOf(expect)];
    judge(got !== undefined && comparable(got as JsonObject) === comparable(hoped as JsonObject), shown);
    return;
  }
  judge(type === wanted["content-type"], shown);
  const named = (names: Iterable<string>) => [...names].filter((name) => name.startsWith("ce-")).sort().join();
  judge(named(headers.keys()) === named(Object.keys(wanted)), shown);
  for (const [name, value] of headers) {
    if (!name.startsWith("ce-")) continue;
    judge(/^(?:[!#$&-~]|%[0-9A-Fa-f]{2})*$/.test(value), `${name} is not percent-encoded: ${value}`);
    judge(decoded(value) === decoded(wanted[name]), `${name} is ${value}, wanted ${wanted[name]}`);
  }
  if (/[/+]json\s*(;|$)/i.test(wanted["content-type"] ?? "")) {
    judge(canonical(jsonOf(found)) === canonical(jsonOf(expect)), shown);
  } else {
    judge(base64(bodyBytes(found)) === base64(bodyBytes(expect)), shown);
  }
}

function jsonOf(message: JsonObject): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bodyBytes(message)));
  } catch {
    return undefined;
  }
}

function decoded(value: string): string | undefined {
  try {
    return decodeURIComponent(value);
  } catch {
    return undefined;
  }
}

function short(value: unknown): string {
  const text = canonical(value);
  return text.length <= 400 ? text : `${text.slice(0, 400)}…`;
}

/** One target with one slot; all that is queued is eligible before the first dispatch of the round. */
async function runOrder(session: Session, { id, requirements, input, expect }: Vector): Promise<void> {
  const queued = input.queued as readonly (readonly [string, number])[];
  if (queued.some(([priority]) => priority === "CRITICAL") && !session.has("durable")) {
    throw new NotApplicable("CRITICAL needs the profile durable");
  }
  await session.start();
  const release = await cursorAtPlaceOne(session);
  const places = new Map<string, number>();
  for (const [priority, count] of queued) {
    for (let i = 0; i < count; i++) {
      const { id } = await session.accepted({ priority });
      places.set(id, places.size);
    }
  }
  await release();
  const started: (number | undefined)[] = [];
  for (let i = 0; i < places.size; i++) {
    const call = session.begun("BUS-019", "b");
    started.push(places.get(String(call.envelope.id)));
    await session.ack(call);
  }
  for (const requirement of requirements) session.same(started, expect.started, requirement, `${id}: starts`);
}
