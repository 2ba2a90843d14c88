import type { Command } from "./command.ts";
import { EXIT_MEANINGS } from "./exit_code.ts";

const WIDTH = 100;

/** What `bellhop --help` says. */
export function mainHelp(commands: readonly Command[]): string {
  return `bellhop: messages between services, with priorities, retries and receipts

Usage
  bellhop <command> [arguments] [options]
  bellhop <command> --help                 options and examples of a command
  bellhop --version

Commands
${columns(commands.map(({ name, summary }) => [name, summary]))}

Environment
${columns(ENVIRONMENT)}

Exit codes
${columns(EXIT_MEANINGS.map(([code, meaning]) => [String(code), meaning]))}`;
}

/** What the environment may say; arguments win. */
const ENVIRONMENT: readonly (readonly [string, string])[] = [
  ["BELLHOP_URL", "the gateway's URL, where --gateway is absent (default http://127.0.0.1:8000)"],
  ["BELLHOP_TOKEN", "the credential, where --token-file is absent; sent as a bearer token, never shown"],
  [
    "BELLHOP_DEV",
    "1 takes a gateway of this machine, without a credential: BELLHOP_URL if that is one, else port 8000",
  ],
  ["NO_COLOR", "any value: no colours"],
];

/** What `bellhop <command> --help` says. */
export function commandHelp(command: Command, commands: readonly Command[]): string {
  const { name, about, usage, options, examples } = command;
  const below = commands.filter((other) => other.name.startsWith(`${name} `));
  const rows = Object.entries(options).map(([option, { value, help }]) =>
    [value === undefined ? `--${option}` : `--${option} ${value}`, help] as const
  );
  const parts = [
    broken(about, WIDTH).join("\n"),
    `Usage\n  bellhop ${[name, usage].filter((part) => part !== "").join(" ")}`,
    ...(below.length === 0 ? [] : [`Commands\n${columns(below.map((other) => [other.name, other.summary]))}`]),
    `Options\n${columns(rows)}`,
    `Examples\n${examples.map((example) => `  ${example}`).join("\n")}`,
  ];
  return parts.join("\n\n");
}

/** Two columns, the second broken between words. */
function columns(rows: readonly (readonly [string, string])[]): string {
  const left = Math.max(...rows.map(([name]) => name.length));
  const room = WIDTH - left - 4;
  return rows.map(([name, says]) => {
    const [first, ...rest] = broken(says, room);
    return [`  ${name.padEnd(left)}  ${first}`, ...rest.map((line) => `${" ".repeat(left + 4)}${line}`)].join("\n");
  }).join("\n");
}

function broken(text: string, room: number): string[] {
  const lines = [""];
  for (const word of text.split(/\s+/)) {
    const line = lines[lines.length - 1];
    if (line === "") lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= room) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}
