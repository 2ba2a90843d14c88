/**
 * `bellhop token`: a new token, and the entry by which a gateway knows it.
 *
 * @module
 */
import { BellhopError } from "../core/error.ts";
import { createCredentials, hashToken, newToken } from "../security/mod.ts";
import type { Given } from "./arguments.ts";
import { texts } from "./arguments.ts";
import type { Command } from "./command.ts";
import { EXIT, Stop } from "./exit_code.ts";
import { print, tell } from "./output.ts";

export const TOKEN: Command = {
  name: "token",
  summary: "make a token and the entry of a credentials file that knows it",
  about:
    "Makes a random token. The entry goes to standard output and holds its digest alone; the token goes to standard " +
    "error, once: nobody can find it out from the entry.",
  usage: "NAME --scope SCOPE... [--source PREFIX]...",
  options: {
    scope: {
      value: "SCOPE",
      many: true,
      help: "register:SERVICE, publish:PATTERN, publish:critical, call:SERVICE, observe or admin",
    },
    source: {
      value: "PREFIX",
      many: true,
      help: "source that it may publish with, and what lies below; may be repeated",
    },
    json: { help: "entry and token as one JSON document on standard output" },
  },
  examples: [
    "bellhop token orders --scope 'publish:order.*' --scope publish:critical --source /orders",
    "bellhop token dashboard --scope observe --json",
  ],
  run,
};

async function run({ values, positionals }: Given): Promise<number> {
  const [name] = positionals;
  if (positionals.length !== 1) {
    throw new Stop(EXIT.usage, `token takes one argument, its name: got ${positionals.length}`);
  }
  const token = newToken();
  const sources = texts(values, "source");
  const scopes = texts(values, "scope");
  const entry = { name, sha256: await hashToken(token), scopes, ...(sources.length === 0 ? {} : { sources }) };
  try {
    createCredentials([entry]);
  } catch (error) {
    if (error instanceof BellhopError) throw new Stop(EXIT.usage, error.message);
    throw error;
  }
  if (values.json === true) print(JSON.stringify({ token, entry }));
  else {
    print(JSON.stringify({ credentials: [entry] }));
    tell(`token: ${token}`);
  }
  return EXIT.done;
}
