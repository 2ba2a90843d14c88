/**
 * `bellhop secret`: a new signing secret.
 *
 * @module
 */
import { newSigningSecret } from "../security/mod.ts";
import { atMost, type Given } from "./arguments.ts";
import type { Command } from "./command.ts";
import { EXIT } from "./exit_code.ts";
import { print } from "./output.ts";

export const SECRET: Command = {
  name: "secret",
  summary: "make a secret that deliveries are signed with",
  about:
    "Makes a random secret of Standard Webhooks for BELLHOP_SIGNING_SECRET, of the gateway and of its services. To " +
    "change it without a pause, give both the old and the new one, with a space between, until all have both.",
  usage: "[--json]",
  options: { json: { help: "one JSON document instead of text" } },
  examples: [
    `export BELLHOP_SIGNING_SECRET="$(bellhop secret)"`,
    "bellhop secret --json | jq -r .secret",
  ],
  run,
};

function run({ values, positionals }: Given): Promise<number> {
  atMost(positionals, 0, "no argument");
  const secret = newSigningSecret();
  print(values.json === true ? JSON.stringify({ secret }) : secret);
  return Promise.resolve(EXIT.done);
}
