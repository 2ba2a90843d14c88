/**
 * `bellhop conform init`: where an implementer starts.
 *
 * @module
 */
import type { Language } from "../../conformance/init/init.ts";
import { atMost, type Given } from "./arguments.ts";
import type { Command } from "./command.ts";
import { EXIT, Stop } from "./exit_code.ts";
import { print, tell } from "./output.ts";

export const CONFORM_INIT: Command = {
  name: "conform init",
  summary: "write an adapter to start an implementation from",
  about:
    `Writes an envelope that is read, judged and written by the specification, and an adapter by which the suite asks about
it: a program that declares the profile core.envelope alone and passes it. The folder is ./bellhop-LANGUAGE unless it is
named; no file that is there is overwritten.`,
  usage: "python|ts|go|rust [FOLDER]",
  options: { json: { help: "one JSON document instead of text" } },
  examples: [
    "bellhop conform init python",
    "bellhop conform init go ./my-bus",
  ],
  run,
};

async function run({ values, positionals }: Given): Promise<number> {
  atMost(positionals, 2, "a language and a folder");
  const [{ ADAPTERS }, { initInto }] = await Promise.all([
    import("../../conformance/init/init.ts"),
    import("./init_into.ts"),
  ]);
  const [language, folder = `bellhop-${language}`] = positionals;
  if (language === undefined || !Object.hasOwn(ADAPTERS, language)) {
    const got = language === undefined ? "none" : JSON.stringify(language);
    throw new Stop(EXIT.usage, `wanted a language, one of ${Object.keys(ADAPTERS).join(", ")}, got ${got}`);
  }
  const files = await initInto(folder, language as Language);
  const adapter = ADAPTERS[language as Language];
  if (values.json === true) print(JSON.stringify({ folder, files, adapter }));
  else {
    for (const file of files) print(`${folder}/${file}`);
    tell(`Now, in ${folder}: bellhop conform --stdio ${JSON.stringify(adapter)}`);
  }
  return EXIT.done;
}
