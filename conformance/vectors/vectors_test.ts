import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { Ajv2020 } from "npm:ajv@8.20.0/dist/2020.js";
import { expand, readVectors, type Vector, type VectorFile } from "./expand.ts";
import { mutations } from "./mutation.ts";

const FOLDER = new URL("./", import.meta.url);
const KINDS = ["parse", "write", "delay", "policy", "match", "verdict", "order", "sign", "verify"];
/** Kinds in which a refusal counts only beside a twin that is accepted. */
const TWINNED = new Set(["parse", "policy", "verify"]);
const LEAST_VECTORS = 320;

const texts = new Map(KINDS.map((kind) => [kind, Deno.readTextFileSync(new URL(`${kind}.json`, FOLDER))]));
const files = new Map<string, VectorFile>([...texts].map(([kind, text]) => [kind, readVectors(text)]));
const all = [...files.values()].flatMap((file) => file.vectors);
const byId = new Map(all.map((vector) => [vector.id, vector]));

Deno.test("vectors fit their schema", () => {
  const ajv = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true, allErrors: true });
  const fits = ajv.compile(JSON.parse(Deno.readTextFileSync(new URL("vectors.schema.json", FOLDER))));
  for (const [kind, text] of texts) assert(fits(JSON.parse(text)), `${kind}: ${JSON.stringify(fits.errors, null, 1)}`);
  const broken = JSON.parse(texts.get("delay")!);
  broken.vectors[0].expect.draws = 2;
  assert(!fits(broken));
});

Deno.test("vectors are enough, and numbered in their order, once each", () => {
  assertGreaterOrEqual(all.length, LEAST_VECTORS);
  assertGreaterOrEqual(files.get("parse")!.vectors.length, 150);
  assertEquals(byId.size, all.length);
  for (const [kind, file] of files) {
    assertEquals(file.about, kind);
    const numbered = file.vectors.map((_, at) => `${kind}-${String(at + 1).padStart(3, "0")}`);
    assertEquals(file.vectors.map((vector) => vector.id), numbered);
  }
});

Deno.test("vectors do not ask the same thing twice", () => {
  for (const [kind, file] of files) {
    const inputs = new Map<string, string>();
    for (const { id, input } of file.vectors) {
      const key = JSON.stringify(input);
      assert(!inputs.has(key), `${kind}: ${id} is ${inputs.get(key)}`);
      inputs.set(key, id);
    }
  }
});

Deno.test("vectors name requirements of the catalogue", async () => {
  const catalogue = JSON.parse(await Deno.readTextFile(new URL("../../docs/spec/catalogue.json", FOLDER)));
  const known = new Set(catalogue.map((row: { id: string }) => row.id));
  for (const { id, requirements } of all) {
    for (const requirement of requirements) assert(known.has(requirement), `${id}: ${requirement}`);
  }
});

Deno.test("every refusal has a twin that is accepted and differs by one mutation", () => {
  for (const [kind, file] of files) {
    for (const vector of file.vectors) {
      if (!TWINNED.has(kind)) assertEquals(vector.twin, undefined);
      else assertEquals(vector.twin !== undefined, isRefused(vector), `${vector.id}: a twin goes with a refusal`);
      if (vector.twin !== undefined) assertTwin(vector);
    }
  }
});

Deno.test("mutations() tells what was changed when inputs differ", () => {
  const from = { headers: { a: "1", b: "2" }, body: '{"x":{"y":[1,2]},"z":0}' };
  const count = (to: Record<string, unknown>) => mutations(from, { ...from, ...to }).length;
  assertEquals(count({}), 0);
  assertEquals(count({ headers: { a: "1" } }), 1);
  assertEquals(count({ headers: { a: "1", c: "2" } }), 2);
  assertEquals(count({ nowMs: 1 }), 1);
  assertEquals(count({ body: '{"x":{"y":[1,3]},"z":0}' }), 1);
  assertEquals(count({ body: '{"x":{"y":[1,3]},"z":1}' }), 2);
  assertEquals(count({ body: '{"x":{"y":[1]},"z":null}' }), 2);
  assertEquals(count({ body: '{"z":1,"x":{"y":[1,2]},"z":0}' }), 1);
  assertEquals(count({ body: '{"x":{"y":[1,2]},"z":0' }), 1);
  assertEquals(count({ body: "no JSON and longer than 16 bytes" }), 2);
  assertEquals(count({ body: "" }), 1);
});

Deno.test("expand() writes out repeated parts", () => {
  assertEquals(expand({ a: { $repeat: [["x", 3], ["y", 1]] } }), { a: "xxxy" });
  assertEquals(expand([{ $repeat: [[[{ $repeat: [["z", 2]] }], 2]] }]), [["zz", "zz"]]);
  const odd = expand(JSON.parse('{"__proto__":{"a":1}}')) as object;
  assertEquals(Object.keys(odd), ["__proto__"]);
});

const python = await pythonVersion();

Deno.test({
  name: python === undefined
    ? "the scripts write the same bytes (skipped: no python3 on the path)"
    : "the scripts write the same bytes",
  ignore: python === undefined,
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      const script = new URL("make/all.py", FOLDER).pathname;
      const run = await new Deno.Command("python3", { args: ["-B", script, folder] }).output();
      assert(run.success, new TextDecoder().decode(run.stderr));
      for (const [kind, text] of texts) assertEquals(await Deno.readTextFile(`${folder}/${kind}.json`), text);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

function isRefused({ expect }: Vector): boolean {
  if (expect.refused !== undefined) return true;
  return Array.isArray(expect.batch) && expect.batch.some((item: { refused?: object }) => item.refused !== undefined);
}

function assertTwin(vector: Vector): void {
  const twin = byId.get(vector.twin!);
  assert(twin !== undefined, `${vector.id}: no ${vector.twin}`);
  assertEquals(twin.id.split("-")[0], vector.id.split("-")[0]);
  assert(!isRefused(twin), `${vector.id}: its twin ${twin.id} is refused`);
  const found = mutations(twin.input, vector.input);
  if (vector.parts === undefined) return assertEquals(found.length, 1, `${vector.id}: ${found.join("; ")}`);
  const parts = vector.parts.map((id) => byId.get(id)!);
  const alone = parts.flatMap((part) => {
    assertEquals(part.twin, vector.twin, `${vector.id}: ${part.id} has another twin`);
    assertEquals(part.parts, undefined);
    return mutations(twin.input, part.input);
  });
  assertEquals(found.toSorted(), alone.toSorted(), vector.id);
}

async function pythonVersion(): Promise<string | undefined> {
  try {
    const { success, stdout } = await new Deno.Command("python3", { args: ["--version"] }).output();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch {
    return undefined;
  }
}
