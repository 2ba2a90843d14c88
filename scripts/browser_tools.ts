/**
 * Installs Chromium by apt unless it is there, as root or by sudo; its output is shown only if that fails.
 *
 *     deno run -A scripts/browser_tools.ts
 *
 * @module
 */
import { print } from "./_print.ts";

/** Where Debian's package puts the browser; tests named `_browser_test.ts` start it from there. */
const CHROMIUM = "/usr/bin/chromium";

if (import.meta.main) {
  if (!exists(CHROMIUM)) {
    await apt("update", "-qq");
    await apt("install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-dejavu-core");
  }
  print(`${CHROMIUM}: ${await outputOf(CHROMIUM, "--version")}`);
}

async function apt(...args: string[]): Promise<void> {
  const command = ["apt-get", ...args];
  if (Deno.uid() !== 0) command.unshift("sudo", "-n");
  const { code, stdout, stderr } = await new Deno.Command(command[0], {
    args: command.slice(1),
    env: { DEBIAN_FRONTEND: "noninteractive" },
    stdin: "null",
  }).output();
  if (code === 0) return;
  await Deno.stdout.write(stdout);
  await Deno.stderr.write(stderr);
  Deno.exit(code);
}

async function outputOf(...[command, ...args]: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(command, { args, stdin: "null" }).output();
  if (code !== 0) throw new Error(`${command} ended with code ${code}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout).trim();
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
