/**
 * Which gateway a command speaks to, and as whom.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import process from "node:process";
import type { Given } from "./arguments.ts";
import { EXIT, Stop } from "./exit_code.ts";
import { tell } from "./output.ts";

/** A gateway that somebody named. */
export interface GatewayAddress {
  /** Without a slash at its end. */
  readonly url: string;
  /** Where the URL was found, for sentences. */
  readonly from: string;
  /** The credential. It goes into one header and nowhere else. */
  readonly token: string | undefined;
}

/** The options that each command takes that speaks to a gateway. */
export const GATEWAY_OPTIONS = {
  gateway: { value: "URL", help: "the gateway's URL (default BELLHOP_URL, else http://127.0.0.1:8000)" },
  "token-file": { value: "FILE", help: "file that holds the credential (default BELLHOP_TOKEN)" },
} as const;

const LOCAL = "http://127.0.0.1:8000";
const LONGEST_TOKEN = 4_096;

/**
 * Finds out where the gateway is: by arguments, else by the environment.
 *
 * There is no `--token VALUE`: a command line is kept in the shell's history, and everybody on the machine can list it.
 *
 * @throws {Stop} `usage` for a text that is no URL, a file that cannot be read or a credential that no header can carry
 */
export async function gatewayAddress(
  values: Given["values"],
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<GatewayAddress> {
  const dev = isOn(env.BELLHOP_DEV);
  const [given, from]: [string, string] = typeof values.gateway === "string"
    ? [values.gateway, "--gateway"]
    : dev && !isHere(env.BELLHOP_URL)
    ? [LOCAL, "BELLHOP_DEV"]
    : env.BELLHOP_URL
    ? [env.BELLHOP_URL, "BELLHOP_URL"]
    : [LOCAL, "the default"];
  const url = checkedUrl(given, from);
  const file = values["token-file"];
  if (typeof file === "string") return told({ url, from, token: checkedToken(await read(file), "--token-file") });
  const { BELLHOP_TOKEN: token = "", BELLHOP_URL: home = "" } = env;
  // Where the environment names a gateway, its credential is for that one, not for any other that is tried by hand.
  const foreign = home !== "" && URL.canParse(home) && new URL(home).origin !== new URL(url).origin;
  return told({ url, from, token: dev || foreign || token === "" ? undefined : checkedToken(token, "BELLHOP_TOKEN") });
}

/** The header that carries the credential, if there is one. */
export function credentialHeaders({ token }: GatewayAddress): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

function told(address: GatewayAddress): GatewayAddress {
  const { protocol, hostname } = new URL(address.url);
  if (address.token !== undefined && protocol === "http:" && !isHere(address.url)) {
    tell(`warning: the credential goes to ${hostname} unencrypted; use https`);
  }
  return address;
}

/** Whether it is a URL of this machine. */
function isHere(url: string | undefined): boolean {
  const hostname = url !== undefined && URL.canParse(url) ? new URL(url).hostname : "";
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && !["", "0", "false", "no", "off"].includes(value.toLowerCase());
}

function checkedUrl(given: string, from: string): string {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new Stop(EXIT.usage, `${from}: wanted a URL such as ${LOCAL}, got ${JSON.stringify(given.slice(0, 200))}`);
  }
  // It would stand in the process list, in logs, and in every sentence about the gateway.
  if (url.username !== "" || url.password !== "") {
    throw new Stop(
      EXIT.usage,
      `${from}: wanted a URL without a user or password; the credential goes into --token-file`,
    );
  }
  if (url.search !== "" || url.hash !== "") {
    throw new Stop(EXIT.usage, `${from}: wanted the URL that the gateway is mounted at, without a query`);
  }
  return given.replace(/\/+$/, "");
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new Stop(EXIT.usage, `--token-file: cannot read ${file}: ${(error as Error).message}`);
  }
}

/** The sentences must not show it, as a runtime's own would. */
function checkedToken(given: string, from: string): string {
  const token = given.trim();
  if (token === "") throw new Stop(EXIT.usage, `${from}: it is empty`);
  if (token.length <= LONGEST_TOKEN && /^[\x21-\x7e]+$/.test(token)) return token;
  throw new Stop(EXIT.usage, `${from}: wanted one line of at most ${LONGEST_TOKEN} visible ASCII characters`);
}
