/**
 * The real command as a process, for tests.
 *
 * @module
 */

const MAIN = new URL("main.ts", import.meta.url).pathname;
/** What starts the command. */
export const COMMAND = ["run", "-A", "--unstable-no-legacy-abort", MAIN];

/** What a developer's own shell may say. */
const UNSET = { BELLHOP_URL: "", BELLHOP_TOKEN: "", BELLHOP_DEV: "", NO_COLOR: "" };

/** How it ended, and what it said. */
export interface Run {
  readonly code: number;
  readonly out: string;
  readonly told: string;
}

/** Runs the command to its end. @param env besides what the test itself has, of which the command reads nothing */
export async function bellhop(args: readonly string[], input = "", env: Record<string, string> = {}): Promise<Run> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...COMMAND, ...args],
    env: { ...UNSET, ...env },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  // It may end before it has read everything.
  await writer.write(new TextEncoder().encode(input)).then(() => writer.close()).catch(() => {});
  const { code, stdout, stderr } = await child.output();
  return { code, out: new TextDecoder().decode(stdout), told: new TextDecoder().decode(stderr) };
}

/** A command that goes on until it is stopped, with its standard output line by line. */
export interface Running extends AsyncDisposable {
  /** The next line; fails after 10 s without one. */
  line(): Promise<string>;
  /** The next line with this in it; those before it are passed over. */
  lineWith(part: string): Promise<string>;
  /** Resolves when it has told this on standard error. */
  told(part: string): Promise<void>;
  /** Stops it. @returns how it ended, with all that it told */
  stop(signal: Deno.Signal): Promise<{ readonly code: number; readonly told: string }>;
}

/** Starts the command. */
export function running(args: readonly string[], env: Record<string, string> = {}): Running {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...COMMAND, ...args],
    env: { ...UNSET, ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let heard = "";
  let onHeard = () => {};
  const told = (async () => {
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      heard += text;
      onHeard();
    }
    return heard;
  })();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";

  async function line(): Promise<string> {
    while (!rest.includes("\n")) {
      const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
      const { done, value } = await reader.read();
      clearTimeout(timer);
      if (done) throw new Error(`bellhop ${args.join(" ")} ended: ${rest}${await told}`);
      rest += value;
    }
    const end = rest.indexOf("\n");
    const found = rest.slice(0, end);
    rest = rest.slice(end + 1);
    return found;
  }

  let ended = false;
  async function stop(signal: Deno.Signal): Promise<{ code: number; told: string }> {
    if (!ended) child.kill(signal);
    ended = true;
    const { code } = await child.status;
    await reader.cancel();
    return { code, told: await told };
  }

  return {
    line,
    async lineWith(part) {
      for (;;) {
        const found = await line();
        if (found.includes(part)) return found;
      }
    },
    told: (part) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`not told ${part}: ${heard}`)), 10_000);
        onHeard = () => {
          if (!heard.includes(part)) return;
          clearTimeout(timer);
          resolve();
        };
        onHeard();
      }),
    stop,
    [Symbol.asyncDispose]: async () => void await stop("SIGKILL"),
  };
}
