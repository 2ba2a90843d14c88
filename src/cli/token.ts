/**
 * `bellhop token`: a new token, and the entry by which a gateway knows it.
 *
 * @module
 */
import { BellhopError } from "../core/error.ts";
import { createCredentials, type CredentialOptions, hashToken, newToken } from "../security/mod.ts";
import { atMost, type Given, texts } from "./arguments.ts";
import type { Command } from "./command.ts";
import { changeCredentials } from "./credentials_file.ts";
import { EXIT, Stop } from "./exit_code.ts";
import { print, tell } from "./output.ts";

export const TOKEN: Command = {
  name: "token",
  summary: "make a token and the entry of a credentials file that knows it",
  about:
    "Makes a random token, and the entry of a credentials file that holds its digest alone: nobody can find the token " +
    "out from it. With --file the entry joins that file, and standard output is the token. Without it standard output " +
    "is a credentials file with that entry, and the token goes to standard error. A gateway reads its file when it " +
    "starts.",
  usage: "NAME --scope SCOPE... [--source PREFIX]... [--file FILE [--rotate]]",
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
    file: { value: "FILE", help: "credentials file to add the entry to; made if there is none" },
    rotate: { help: "a second token for the entry that the file has: the one before goes on, older ones end" },
    json: { help: "entry and token as one JSON document on standard output" },
  },
  examples: [
    "bellhop token till --scope 'publish:order.*' --source /till --file credentials.json > till.token",
    "bellhop token till --rotate --file credentials.json > till.token",
    "bellhop token dashboard --scope observe --json",
  ],
  run,
};

async function run({ values, positionals }: Given): Promise<number> {
  const [name] = positionals;
  if (name === undefined) throw new Stop(EXIT.usage, "wanted a name for who carries the token, as orders");
  atMost(positionals, 1, "one name");
  const token = newToken();
  const sha256 = await hashToken(token);
  const entry = values.rotate === true
    ? await rotated(name, sha256, values)
    : await added({ name, sha256, ...granted(values) }, values);
  if (values.json === true) print(JSON.stringify({ token, entry }));
  else if (values.file !== undefined) print(token);
  else {
    print(JSON.stringify({ credentials: [entry] }));
    tell(`token: ${token}`);
  }
  return EXIT.done;
}

async function added(entry: CredentialOptions, { file, ...values }: Given["values"]): Promise<CredentialOptions> {
  try {
    createCredentials([entry]);
  } catch (error) {
    if (!(error instanceof BellhopError)) throw error;
    throw new Stop(EXIT.usage, spoken(error.message, values));
  }
  if (typeof file === "string") {
    await changeCredentials(file, (credentials) => {
      if (credentials.some(({ name }) => name === entry.name)) {
        throw new Stop(EXIT.usage, `${file} has an entry ${entry.name} already: --rotate gives it another token`);
      }
      return [...credentials, entry];
    });
  }
  return entry;
}

async function rotated(name: string, sha256: string, values: Given["values"]): Promise<CredentialOptions> {
  const { file } = values;
  if (typeof file !== "string") {
    throw new Stop(EXIT.usage, "--rotate needs --file, with the entry that it is to change");
  }
  const besides = ["scope", "source"].find((option) => values[option] !== undefined);
  if (besides !== undefined) throw new Stop(EXIT.usage, `--rotate changes the token alone: leave --${besides} out`);
  let entry: CredentialOptions | undefined;
  await changeCredentials(file, (credentials) =>
    credentials.map((one) => {
      if (one.name !== name) return one;
      // The one that was added last stands last.
      const last = [one.sha256 ?? []].flat().slice(-1);
      return entry = { ...one, sha256: [...last, sha256] };
    }));
  if (entry === undefined) throw new Stop(EXIT.usage, `${file} has no entry ${name}`);
  return entry;
}

function granted(values: Given["values"]): Pick<CredentialOptions, "scopes" | "sources"> {
  const scopes = texts(values, "scope");
  if (scopes.length === 0) {
    throw new Stop(EXIT.usage, "wanted at least one --scope, as --scope 'publish:order.*'; see bellhop token --help");
  }
  const sources = texts(values, "source");
  return { scopes, ...(sources.length === 0 ? {} : { sources }) };
}

/** A fault of an entry, in the words of the command line: who wrote `--scope` knows no `credentials[0].scopes[0]`. */
function spoken(fault: string, values: Given["values"]): string {
  return fault.replace(
    /^(?:cannot read )?credentials\[0\]\.(\w+?)s?(?:\[(\d+)\])?:/,
    (_whole, member: string, at?: string) => {
      const option = member === "name" ? "the name" : `--${member}`;
      return at === undefined ? `${option}:` : `${option} ${JSON.stringify(texts(values, member)[Number(at)])}:`;
    },
  );
}
