import { assert, assertEquals } from "@std/assert";
import { packVectors } from "./pack_vectors.ts";

Deno.test("packVectors() packs every vector, with the schema and a README of thirty lines at most", async () => {
  const folder = await Deno.makeTempDir({ prefix: "bellhop-" });
  await packVectors(`${folder}/a.tgz`);
  await packVectors(`${folder}/b.tgz`);
  assertEquals(await Deno.readFile(`${folder}/a.tgz`), await Deno.readFile(`${folder}/b.tgz`));
  await new Deno.Command("tar", { args: ["-xzf", `${folder}/a.tgz`, "-C", folder] }).output();
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => !name.endsWith(".tgz"));
  const kinds = names.filter((name) => name.endsWith(".json") && !name.endsWith(".schema.json"));
  assertEquals(names.length, kinds.length + 2);
  let vectors = 0;
  for (const name of kinds) vectors += JSON.parse(await Deno.readTextFile(`${folder}/${name}`)).vectors.length;
  assert(vectors >= 300, `${vectors} vectors`);
  assert((await Deno.readTextFile(`${folder}/README.md`)).trimEnd().split("\n").length <= 30);
  await Deno.remove(folder, { recursive: true });
});
